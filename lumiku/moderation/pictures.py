"""May this picture be shown? A seam: what looks at the picture is the operator's choice.

`PICTURE_CHECK` in the settings has the shape of one of Django's backends, `{"BACKEND": dotted path, "OPTIONS": {…}}`;
without a BACKEND nothing looks, and the picture says so: `unchecked` is an answer, never a silent `passed`. Flat
pictures (`lumiku.images.is_flat`) and a provider's own flag are known before and need nothing of this.

A detector that is missing or fails does not stop the work: words were judged already, so the picture is `unchecked`
and the operator reads it in the log, once a process.
"""

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from PIL import Image

log = logging.getLogger(__name__)


class Safety(StrEnum):
    """What is known about a picture."""

    UNCHECKED = "unchecked"
    """Nothing looked at it."""
    PASSED = "passed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """What a detector says of a picture."""

    flagged: bool
    labels: tuple[str, ...] = ()
    """What it found, in its own words, for the log; users never see them."""


class PictureCheck(ABC):
    """Something that looks at pictures. One instance a process, shared between threads."""

    licence: str = ""
    """Terms of the code and of its weights, as far as they are known."""

    @abstractmethod
    def check(self, image: Image.Image) -> Verdict:
        """Judge a picture (RGB, any size); slow work is welcome, no transaction is open. May raise anything."""


def check(image: Image.Image) -> Safety:
    """Return what the configured detector says of `image`, UNCHECKED if there is none or it fails. Raises nothing."""
    detector = _detector()
    if detector is None:
        return Safety.UNCHECKED
    try:
        verdict = detector.check(image.convert("RGB"))
    except Exception:  # a stranger's detector may raise anything; a broken add-on must not stop a paid order
        _tell("fails")
        return Safety.UNCHECKED
    if verdict.flagged:
        log.warning("The picture check refused a picture: %s", ", ".join(verdict.labels) or "no label")
        return Safety.REFUSED
    return Safety.PASSED


@cache
def _detector() -> PictureCheck | None:
    entry = settings.PICTURE_CHECK
    if not entry.get("BACKEND"):
        return None
    try:
        detector: PictureCheck = import_string(entry["BACKEND"])(**entry.get("OPTIONS", {}))
    except Exception:  # as above, for importing and making it
        _tell("cannot be started")
        return None
    return detector


@cache
def _tell(what: str) -> None:
    """Tell the operator, with the traceback, once a process."""
    log.exception("The picture check %s; pictures go out unchecked.", what)


def _forget(*, setting: str, **_: object) -> None:
    if setting == "PICTURE_CHECK":
        _detector.cache_clear()
        _tell.cache_clear()


setting_changed.connect(_forget)
