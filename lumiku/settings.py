"""All settings, read from top to bottom; an empty environment runs.

The names that deployments set are listed in the README. In production (DEBUG off) a missing or weak secret, or a
preview backend that nobody asked for, stops the start with one sentence (`lumiku.checks`).
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ

from lumiku import checks

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = environ.Env()

# ---- What kind of installation -------------------------------------------------------------------------------------

DEPLOYMENT_NAMES = [
    "SECRET_KEY",
    "JWT_SECRET",
    "DATABASE_URL",
    "REDIS_URL",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_PASSWORD",
    "CELERY_BROKER_URL",
    "ALLOWED_HOSTS",
    "CORS_ORIGIN",
    "CSRF_TRUSTED_ORIGINS",
    "PORT",
    "HUGGINGFACE_API_KEY",
    "HF_PROVIDER",
    "HF_BASE_URL",
    "HF_ENDPOINT_URL",
    "DIFFUSERS_MODEL",
    "HF_EDIT_MODEL",
    "HF_EDIT_PROVIDER",
    "FAL_KEY",
    "FAL_MODEL",
    "FLUX_MODEL",
    "IMAGE_BACKEND",
    "STORAGE_MODE",
    "UPLOAD_PATH",
    "METRICS_TOKEN",
    "WORKER_CONCURRENCY",
    "R2_ACCOUNT_ID",
    "R2_ACCESS_KEY_ID",
    "R2_SECRET_ACCESS_KEY",
    "R2_BUCKET_NAME",
    "R2_ENDPOINT_URL",
]
# A debug server must never be what somebody gets who configured something and forgot one line.
DEBUG = env.bool("DEBUG", default=not any(name in os.environ for name in DEPLOYMENT_NAMES))

SECRET_KEY = env("SECRET_KEY", default=checks.DEVELOPMENT_SECRET if DEBUG else "")
JWT_SECRET = env("JWT_SECRET", default=checks.DEVELOPMENT_SECRET if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PORT = env.int("PORT", default=4000)
CORS_ALLOWED_ORIGINS = env.list("CORS_ORIGIN", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type", "idempotency-key", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    "x-request-id",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies of ours stand in front and append to X-Forwarded-For; 0 believes nobody.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---- Applications --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_htmx",
    "lucide",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lumiku",
    "lumiku.events",
    "lumiku.users",
    "credits",
    "avatars",
    "pose_generator",
    "lumiku.studio",
]
MIDDLEWARE = [
    "lumiku.api.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "lumiku.studio.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lumiku.studio.policy.PolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lumiku.studio.refusals.RefusalMiddleware",
]
ROOT_URLCONF = "lumiku.urls"
ASGI_APPLICATION = "lumiku.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lumiku.studio.context.studio",
            ]
        },
    }
]
APPEND_SLASH = False
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]  # TLS ends at the proxy

# ---- Database ------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'lumiku.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if "sqlite" in DATABASES["default"]["ENGINE"]:
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock at BEGIN: a transaction that reads first and writes later would otherwise fail at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
    }
    # Threads cannot share Django's in-memory test database.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATABASES["default"]["NAME"]).with_name("test.sqlite3"))}
else:
    DATABASES["default"]["OPTIONS"] = {
        # Hundreds of calls may wait for a provider; only those that talk to the database need a connection.
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=10), "timeout": 30},
        "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000",
    }

# ---- Redis, Celery, Channels ---------------------------------------------------------------------------------------


def _redis_url() -> str:
    password = env("REDIS_PASSWORD", default="")
    login = f":{password}@" if password else ""
    return f"redis://{login}{env('REDIS_HOST', default='127.0.0.1')}:{env('REDIS_PORT', default='6379')}/0"


REDIS_URL = env("REDIS_URL", default="") or _redis_url()
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="") or REDIS_URL
GATE_URL = REDIS_URL  # what all processes know of the backends; empty: each process knows only of its own calls
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=5)
CHANNEL_LAYERS = {
    "default": {
        # The other layer drops idle sockets every 5 s with redis 8 and stalls at 99 sockets a process.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 2}]},
    }
}

# ---- Files ---------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served as the packages ship them; nothing to collect
STORAGE_MODE = env("STORAGE_MODE", default="") or "local"
MEDIA_ROOT = Path(env("UPLOAD_PATH", default=str(BASE_DIR / "var" / "media")))
BUCKET = {
    "R2_ACCOUNT_ID": env("R2_ACCOUNT_ID", default=""),
    "R2_ACCESS_KEY_ID": env("R2_ACCESS_KEY_ID", default=""),
    "R2_SECRET_ACCESS_KEY": env("R2_SECRET_ACCESS_KEY", default=""),
    "R2_BUCKET_NAME": env("R2_BUCKET_NAME", default=""),
    "R2_ENDPOINT_URL": env("R2_ENDPOINT_URL", default=""),
}
STORAGE_OF_MODE: dict[str, dict[str, Any]] = {
    "local": {"BACKEND": "lumiku.storages.folder.Folder", "OPTIONS": {"location": str(MEDIA_ROOT)}},
    "r2": {
        "BACKEND": "lumiku.storages.bucket.Bucket",
        "OPTIONS": {
            "access_key": BUCKET["R2_ACCESS_KEY_ID"],
            "secret_key": BUCKET["R2_SECRET_ACCESS_KEY"],
            "bucket_name": BUCKET["R2_BUCKET_NAME"],
            "endpoint_url": BUCKET["R2_ENDPOINT_URL"] or f"https://{BUCKET['R2_ACCOUNT_ID']}.r2.cloudflarestorage.com",
            "region_name": env("R2_REGION", default="") or "auto",
        },
    },
}
STORAGES = {
    "default": STORAGE_OF_MODE.get(STORAGE_MODE, STORAGE_OF_MODE["local"]),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Modules that say which files their rows name, and how many bytes a user has (`lumiku.keepers`).
FILE_KEEPERS = ["pose_generator.keeping", "avatars.keeping"]
STORAGE_LIMIT = env.int("STORAGE_LIMIT_MB", default=1024) * 1024 * 1024  # bytes for one user; 0 is no limit
RETENTION_DAYS = env.int("RETENTION_DAYS", default=0)  # pictures of older orders are deleted; 0 keeps them
SIGNED_LINK_MARK = 300  # seconds; a link ends on such a mark, one to two marks ahead
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # JSON bodies; files are capped by lumiku.images
FILE_UPLOAD_PERMISSIONS = 0o644

# ---- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ISSUER": "lumiku",
    "AUDIENCE": "lumiku",
    "UPDATE_LAST_LOGIN": False,
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=False)
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# ---- Studio --------------------------------------------------------------------------------------------------------

LOGIN_URL = "studio:log_in"
LOGIN_REDIRECT_URL = "studio:library"
TOP_UP_CONTACT = env("TOP_UP_CONTACT", default="")  # an e-mail address, a link or words: who sells credits
CSRF_FAILURE_VIEW = "lumiku.studio.refusals.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# The studio's pages may load only what is ours: no inline script, no inline style, nobody's frame.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---- Admin ---------------------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Lumiku",
    "SITE_HEADER": "Lumiku",
    "SITE_SUBHEADER": "Operators",
    "SITE_SYMBOL": "accessibility_new",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"navigation": "lumiku.admin.navigation"},
}

# ---- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("id", "Bahasa Indonesia")]
LOCALE_PATHS = [BASE_DIR / "lumiku" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# ---- REST ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["lumiku.users.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["lumiku.api.CamelCaseRenderer"],
    "DEFAULT_PARSER_CLASSES": ["lumiku.api.CamelCaseParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "lumiku.api.exception_handler",
    "DATETIME_FORMAT": None,  # lumiku.api.WireEncoder writes times
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lumiku",
    "DESCRIPTION": "Put your own model into many poses; pay only for the pictures that came.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {"GenderEnum": "avatars.models.Avatar.Gender"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lumiku.pages.camelize_schema",
    ],
}

# ---- The product: prices in credits, limits, times in seconds ------------------------------------------------------

PRICES = {
    "pose": 30,
    "background": 10,
    "avatar_upload": 2,
    "avatar_preset": 8,
    "avatar_generate": 10,
    "registration_bonus": 100,
}
LIMITS_ON = env("LIMITS", default="on") != "off"
LIMITS = {
    "poses_per_minute": 600,
    "poses_in_flight": 1000,
    "orders_per_minute": 60,
    "uploads_per_minute": 10,
    "changes_in_flight": 50,
    "exports_per_minute": 120,
    "sockets_per_user": 5,
    "sockets_per_address": 20,
    "log_in_failures_per_account": 10,
    "log_in_failures_per_address": 30,
}
TIMES = {
    "lease": env.float("LEASE_SECONDS", default=30),
    "lease_renewal": env.float("LEASE_SECONDS", default=30) / 3,
    "call_deadline": env.float("CALL_DEADLINE_SECONDS", default=90),
    "sweep": env.float("SWEEP_SECONDS", default=5),
    "ring_again": 60,
    "order_deadline": env.float("ORDER_DEADLINE_SECONDS", default=2 * 3600),
    "outage": env.float("OUTAGE_SECONDS", default=30),  # between probes of a backend that fails
    "heartbeat_lost": 60,
    "idempotency_keys": 24 * 3600,
    "events_kept": 7 * 24 * 3600,
}
TRIES = {"busy": 8, "bad_answer": 3, "lost_lease": 3}
EVENTS_KEPT_AT_LEAST = 1000

# ---- Image backends ------------------------------------------------------------------------------------------------

HUGGINGFACE_API_KEY = env("HUGGINGFACE_API_KEY", default="")
FAL_KEY = env("FAL_KEY", default="")
# A backend may have a "SCORE": {"THRESHOLD": 60, "REPAINTS": 1, "UNDER": "deliver"}; what is left out is as here.
# Its pictures are then held against the asked pose (about 0.1 s each) and, where it claims `control`, one under the
# threshold is painted again with another seed, free of charge. The best is delivered, or given back for "give_back".
# Preview has none: it draws the very skeleton that it would be measured by.
IMAGE_BACKENDS: dict[str, dict[str, Any]] = {
    "preview": {"BACKEND": "lumiku.backends.preview.PreviewBackend"},
    "huggingface": {
        "BACKEND": "lumiku.backends.huggingface.HuggingFaceBackend",
        "SCORE": {},
        "OFFERED": bool(HUGGINGFACE_API_KEY or env("HF_BASE_URL", default="")),
        "OPTIONS": {
            "token": HUGGINGFACE_API_KEY,
            "model": env("FLUX_MODEL", default="black-forest-labs/FLUX.1-dev"),
            "provider": env("HF_PROVIDER", default="hf-inference"),
            "base_url": env("HF_BASE_URL", default=""),
            "deadline": TIMES["call_deadline"],
        },
    },
    "huggingface_edit": {
        "BACKEND": "lumiku.backends.huggingface_edit.HuggingFaceEditBackend",
        "SCORE": {},
        "OFFERED": bool(HUGGINGFACE_API_KEY),
        "OPTIONS": {
            "token": HUGGINGFACE_API_KEY,
            "model": env("HF_EDIT_MODEL", default="Qwen/Qwen-Image-Edit-2509"),
            "provider": env("HF_EDIT_PROVIDER", default="fal-ai"),
            "deadline": TIMES["call_deadline"],
        },
    },
    "endpoint": {
        "BACKEND": "lumiku.backends.endpoint.EndpointBackend",
        "SCORE": {},
        "OFFERED": bool(env("HF_ENDPOINT_URL", default="")),
        "OPTIONS": {
            "url": env("HF_ENDPOINT_URL", default=""),
            "token": HUGGINGFACE_API_KEY,
            "reference": env.bool("HF_ENDPOINT_REFERENCE", default=False),
            "deadline": TIMES["call_deadline"],
        },
        # The toolkit paints one picture at a time: as many at once as the endpoint has replicas.
        "LIMITS": {"parallel": env.int("HF_ENDPOINT_REPLICAS", default=1)},
    },
    "diffusers": {
        "BACKEND": "lumiku.backends.diffusers.DiffusersBackend",
        "SCORE": {},
        "QUEUE": "gpu",  # celery -A lumiku worker -Q gpu, where the weights are
        "OFFERED": bool(env("DIFFUSERS_MODEL", default="")),
        "OPTIONS": {
            "model": env("DIFFUSERS_MODEL", default=""),
            "controlnet": env("DIFFUSERS_CONTROLNET", default=""),
            "device": env("DIFFUSERS_DEVICE", default="cuda"),
            "offload": env.bool("DIFFUSERS_OFFLOAD", default=False),
            "token": HUGGINGFACE_API_KEY,
            "deadline": TIMES["call_deadline"],
        },
    },
    "fal": {
        "BACKEND": "lumiku.backends.fal.FalBackend",
        "SCORE": {},
        "OFFERED": bool(FAL_KEY or env("FAL_BASE_URL", default="")),
        "OPTIONS": {
            "token": FAL_KEY,
            "model": env("FAL_MODEL", default="fal-ai/flux-general"),
            "base_url": env("FAL_BASE_URL", default=""),
            "reference": env.bool("FAL_REFERENCE", default=False),
            "deadline": TIMES["call_deadline"],
        },
    },
}
# Who takes a pose over whose own backend is closed or has failed for good, in this order, for each plan; only one that
# obeys as much as the first does for the order at hand.
FALLBACKS: dict[str, list[str]] = {"default": env.list("FALLBACK_BACKENDS", default=[])}
IMAGE_BACKEND = env("IMAGE_BACKEND", default="") or ("huggingface" if HUGGINGFACE_API_KEY else "preview")
# What looks at pictures before anybody is shown them; none by default, and each then says "unchecked".
PICTURE_CHECK: dict[str, Any] = {"BACKEND": env("PICTURE_CHECK", default=""), "OPTIONS": {}}
ALLOW_PREVIEW = env.bool("ALLOW_PREVIEW", default=DEBUG)
VISION_MODELS = env("VISION_MODELS", default="") or str(BASE_DIR / "var" / "vision")
# Who finds the person in a picture, so that its background can be changed: `local` (the models for photos) or
# `huggingface` (a segmentation model there; no default, since none was tried).
MATTE = env("MATTE", default="local")
MATTE_OPTIONS: dict[str, Any] = {
    "token": HUGGINGFACE_API_KEY,
    "model": env("MATTE_MODEL", default=""),
    "provider": env("MATTE_PROVIDER", default="hf-inference"),
    "base_url": env("MATTE_BASE_URL", default=""),
    "deadline": TIMES["call_deadline"],
}
METRICS_TOKEN = env("METRICS_TOKEN", default="")

# ---- Logs ----------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "django.utils.log.ServerFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"httpx2": {"level": "WARNING"}, "daphne.ws_protocol": {"level": "WARNING"}},
}

checks.stop_unless_safe(
    debug=DEBUG,
    secrets={"SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET},
    backend=IMAGE_BACKEND,
    backends=list(IMAGE_BACKENDS),
    allow_preview=ALLOW_PREVIEW,
    storage=STORAGE_MODE,
    bucket=BUCKET,
    matte=MATTE,
    matte_model=MATTE_OPTIONS["model"],
    scores={name: entry["SCORE"] for name, entry in IMAGE_BACKENDS.items() if "SCORE" in entry},
)
