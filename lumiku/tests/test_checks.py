"""What stops the start, in one sentence; and that an empty environment runs."""

import os
import subprocess
import sys
from typing import Any

import pytest

from lumiku import checks

GOOD: dict[str, Any] = {
    "debug": False,
    "secrets": {
        "SECRET_KEY": "s3cret-key-of-more-than-32-characters!",
        "JWT_SECRET": "another-key-of-more-than-32-chars!!",
    },
    "backend": "huggingface",
    "backends": ["preview", "huggingface"],
    "allow_preview": False,
}


BUCKET = {
    "R2_ACCOUNT_ID": "account",
    "R2_ACCESS_KEY_ID": "key",
    "R2_SECRET_ACCESS_KEY": "secret",
    "R2_BUCKET_NAME": "pictures",
    "R2_ENDPOINT_URL": "",
}


def test_a_sound_production_may_start() -> None:
    assert checks.problem(**GOOD) is None
    assert checks.problem(**GOOD, storage="r2", bucket=BUCKET) is None
    elsewhere = {**BUCKET, "R2_ACCOUNT_ID": "", "R2_ENDPOINT_URL": "https://s3.example"}
    assert checks.problem(**GOOD, storage="r2", bucket=elsewhere) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"secrets": {**GOOD["secrets"], "SECRET_KEY": ""}}, "SECRET_KEY"),
        ({"secrets": {**GOOD["secrets"], "JWT_SECRET": "short"}}, "JWT_SECRET"),
        ({"secrets": {**GOOD["secrets"], "JWT_SECRET": "a" * 40}}, "JWT_SECRET"),
        ({"secrets": {**GOOD["secrets"], "SECRET_KEY": checks.DEVELOPMENT_SECRET}}, "SECRET_KEY"),
        ({"secrets": dict.fromkeys(GOOD["secrets"], "one-key-for-both-of-more-than-32-chars")}, "differ"),
        ({"backend": "preview"}, "ALLOW_PREVIEW"),
        ({"backend": "dall-e"}, "IMAGE_BACKEND"),
        ({"storage": "ftp"}, "STORAGE_MODE"),
        ({"storage": "r2"}, "R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY and R2_BUCKET_NAME and R2_ACCOUNT_ID"),
        ({"storage": "r2", "bucket": {**BUCKET, "R2_SECRET_ACCESS_KEY": ""}}, "needs R2_SECRET_ACCESS_KEY:"),
        ({"storage": "r2", "bucket": {**BUCKET, "R2_ACCOUNT_ID": ""}}, "R2_ENDPOINT_URL"),
    ],
)
def test_what_must_not_run_is_told_in_one_sentence_that_says_what_to_do(change: dict[str, Any], word: str) -> None:
    sentence = checks.problem(**{**GOOD, **change})

    assert sentence is not None
    assert word in sentence
    assert "\n" not in sentence


def test_preview_may_be_charged_for_where_that_was_asked_for() -> None:
    assert checks.problem(**{**GOOD, "backend": "preview", "allow_preview": True}) is None


def start(tmp_path: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with nothing but `environment`."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": "", "UPLOAD_PATH": "", **environment}
    env = {name: value for name, value in env.items() if value}
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.DEBUG, settings.IMAGE_BACKEND)"],
        env={**env, "DJANGO_SETTINGS_MODULE": "lumiku.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_empty_environment_runs_with_the_preview_backend(tmp_path: Any) -> None:
    assert start(tmp_path).stdout.split() == ["True", "preview"]


def test_who_sets_anything_is_no_longer_in_debug_and_needs_secrets(tmp_path: Any) -> None:
    stopped = start(tmp_path, REDIS_HOST="redis.example")

    assert stopped.returncode == 1
    assert stopped.stderr.strip().startswith("lumiku: SECRET_KEY is missing or weak")
    assert len(stopped.stderr.strip().splitlines()) == 1


def test_a_key_makes_hugging_face_the_default(tmp_path: Any) -> None:
    assert start(tmp_path, HUGGINGFACE_API_KEY="hf_x", DEBUG="1").stdout.split() == ["True", "huggingface"]
