"""What stops the start: every process loads the settings, so every process refuses alike, in one sentence."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

DEVELOPMENT_SECRET = "for-development-only-never-for-people-or-money"
#: What a backend's SCORE says where it is silent.
SCORE: dict[str, Any] = {"THRESHOLD": 60, "REPAINTS": 1, "UNDER": "deliver"}
WEAK = {DEVELOPMENT_SECRET, "secret", "changeme", "change-me"}


def problem(
    *,
    debug: bool,
    secrets: Mapping[str, str],
    backend: str,
    backends: Sequence[str],
    allow_preview: bool,
    storage: str = "local",
    bucket: Mapping[str, str] | None = None,
    matte: str = "local",
    matte_model: str = "",
    scores: Mapping[str, Mapping[str, Any]] | None = None,
) -> str | None:
    """Return the one sentence that says why these settings must not run, or None."""
    if backend not in backends:
        return f"IMAGE_BACKEND={backend} is unknown: use one of {', '.join(backends)}."
    if storage not in ("local", "r2"):
        return f"STORAGE_MODE={storage} is unknown: use local (pictures are kept in UPLOAD_PATH) or r2 (in a bucket)."
    if storage == "r2" and (missing := _missing(bucket or {})):
        return f"STORAGE_MODE=r2 needs {' and '.join(missing)}: set what is missing, or say local."
    for name, rule in (scores or {}).items():
        if not _is_rule({**SCORE, **rule}):
            return (
                f"IMAGE_BACKENDS[{name!r}]['SCORE'] is wrong: "
                "use THRESHOLD (0 to 100), REPAINTS (0 to 9) and UNDER ('deliver' or 'give_back')."
            )
    if matte not in ("local", "huggingface"):
        return f"MATTE={matte} is unknown: use local or huggingface."
    if matte == "huggingface" and not matte_model:
        return "MATTE=huggingface needs MATTE_MODEL: the name of a segmentation model at Hugging Face."
    if debug:
        return None
    for name, value in secrets.items():
        if len(value) < 32 or value in WEAK or len(set(value)) < 8:
            return (
                f"{name} is missing or weak: set it to 32 random characters or more (or DEBUG=1 on your own machine)."
            )
    if secrets["SECRET_KEY"] == secrets["JWT_SECRET"]:
        return "JWT_SECRET must differ from SECRET_KEY: a leak of one must not open the other."
    if backend == "preview" and not allow_preview:
        return (
            "The preview backend draws mannequins and would be charged for: "
            "set HUGGINGFACE_API_KEY, or ALLOW_PREVIEW=1 if mannequins are what you want."
        )
    return None


def _missing(bucket: Mapping[str, str]) -> list[str]:
    """The names without which no bucket can be reached."""
    wanted = ["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME"]
    found = [name for name in wanted if not bucket.get(name)]
    if not (bucket.get("R2_ENDPOINT_URL") or bucket.get("R2_ACCOUNT_ID")):
        found.append("R2_ACCOUNT_ID (or R2_ENDPOINT_URL)")
    return found


def _is_rule(rule: Mapping[str, Any]) -> bool:
    """Whether `rule` has the names of SCORE and values that mean something."""
    return (
        set(rule) == set(SCORE)
        and rule["THRESHOLD"] in range(101)
        and rule["REPAINTS"] in range(10)
        and rule["UNDER"] in ("deliver", "give_back")
    )


def stop_unless_safe(**installation: Any) -> None:
    """End the process with one sentence unless these settings (those of `problem`) may run."""
    if sentence := problem(**installation):
        sys.exit(f"lumiku: {sentence}")
