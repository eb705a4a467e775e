"""Image backends: text and images in, one picture out.

A plain library: it knows nothing of orders, credits or the database, and nothing here may be called while a
transaction is open. Each backend says in `supports` what it really obeys; what it does not obey is shown to users
before they pay, and never silently dropped. `IMAGE_BACKENDS` in the settings has the shape of Django's own `STORAGES`
and `CACHES`.

Errors:
    BackendError
    ├─ code: short word that may be shown to a user ("busy", "unavailable", "timeout", "unreachable", "bad_answer",
    │        "moderated", "refused", "account"; of a job also "running" and "lost")
    ├─ retryable: the same request may succeed later
    └─ account: our own key or money at the provider is at fault; no attempt is used up and the operator is told
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from PIL import Image

#: The Celery queue of everything that does not ask for another one.
DEFAULT_QUEUE = "celery"

#: A joint on the picture: x and y in pixels, z towards the camera in pixels, visible or hidden from the camera.
Joint = tuple[float, float, float, bool]


@dataclass(frozen=True)
class ImageRequest:
    """What to paint. Prompts and pictures are complete: a backend leaves nothing out, and adds nothing but the words by
    which its protocol tells pictures apart."""

    prompt: str
    width: int
    """Pixels, a multiple of 16, as is `height`."""
    height: int
    seed: int
    control: Image.Image | None = None
    """OpenPose COCO-18 skeleton, RGB on black, of the same size as the picture; None without a pose."""
    joints: tuple[Joint, ...] = ()
    """The 18 joints behind `control`, OpenPose order; empty without a pose."""
    reference: Image.Image | None = None
    """A photo of the avatar, RGB."""
    traits: Mapping[str, Any] = field(default_factory=dict)
    """The avatar's traits (snake_case keys of the wire contract), for backends that draw rather than read the
    prompt."""
    background: str | None = None
    """A plain background colour, #RRGGBB; None leaves the ground to the prompt."""
    scene: str = ""
    """The ground that is described in the prompt, alone, for backends that draw rather than read the prompt."""
    is_empty: bool = False
    """Nobody is in the picture: it is the ground for somebody who is set in later."""


@dataclass(frozen=True)
class Painting:
    """A finished picture as the provider sent it, decoded once already."""

    data: bytes
    """PNG, JPEG or WebP bytes, verified by `lumiku.images`."""
    image: Image.Image
    """The same picture, decoded, RGB."""
    seed: int
    request_id: str = ""
    """The provider's own id for this call, for disputes about money."""


class BackendError(Exception):
    """The picture was not made. `str(error)` is for the log; users see `code` only."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        retryable: bool = False,
        account: bool = False,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.retryable = retryable
        self.account = account
        self.retry_after = retry_after
        """Seconds that the provider asked us to wait."""
        self.request_id = request_id
        self.is_probe = False
        """Whether the call only found out if the backend answers again; set by the gate."""


class ImageBackend(ABC):
    """Something that paints. Instances are shared between threads."""

    supports: frozenset[str] = frozenset()
    """What it obeys: "control", "reference", "seed", "traits", "background" (a plain colour), "scene" (a described
    one)."""

    needs_picture: bool = False
    """It changes pictures rather than making them: without a skeleton or a photo there is nothing it can do."""

    label: str = ""
    """What people read on the quote and the start-up banner."""

    typical_seconds: float = 10.0
    """How long one picture takes, to say so before any was measured here."""

    licence: str = ""
    """Terms of the model that a user must know before paying."""

    @abstractmethod
    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request`, exactly of its size, or raise BackendError within the deadline."""

    @abstractmethod
    def check(self) -> str:
        """Say in one sentence that the backend can be used, or raise BackendError. Free of charge."""


class JobBackend(ImageBackend):
    """A provider that takes an order as a job and has the picture later.

    Whoever submits writes the job's id down before it waits: another worker may then go on waiting for the same job
    instead of paying for a second one.
    """

    @abstractmethod
    def submit(self, request: ImageRequest) -> str:
        """Order the picture and return the job's id (at most 200 characters, all that `collect` needs)."""

    @abstractmethod
    def collect(self, job: str, request: ImageRequest) -> Painting:
        """Return the picture of a job, or raise BackendError before the deadline.

        Code "running" (retryable) says that the job goes on and may be collected later, "lost" (retryable) that the
        provider knows no such job any more; every other code ends the job.
        """

    @abstractmethod
    def stop(self, job: str) -> None:
        """Ask the provider to give the job up; one that has ended already is no error."""

    def paint(self, request: ImageRequest) -> Painting:
        """Submit and collect in one, for callers that keep no books."""
        return self.collect(self.submit(request), request)


class UnknownBackend(LookupError):
    """No backend of that name stands in IMAGE_BACKENDS."""


@cache
def get(name: str) -> ImageBackend:
    """Return the one instance of the backend called `name` in this process, or raise UnknownBackend."""
    if name not in settings.IMAGE_BACKENDS:
        raise UnknownBackend(name)
    entry = settings.IMAGE_BACKENDS[name]
    return import_string(entry["BACKEND"])(**entry.get("OPTIONS", {}))


def queue_of(name: str) -> str:
    """Return the Celery queue whose workers call the backend called `name`."""
    return settings.IMAGE_BACKENDS.get(name, {}).get("QUEUE", DEFAULT_QUEUE)


def default_name() -> str:
    """Return the name of the backend that an order gets when it names none."""
    return settings.IMAGE_BACKEND


def offered() -> list[str]:
    """Return the names of the backends that an order may ask for, the default first.

    Preview is offered only where it was allowed: nobody pays for a mannequin by accident.
    """
    names = [default_name()]
    for name, entry in settings.IMAGE_BACKENDS.items():
        allowed = settings.ALLOW_PREVIEW if name == "preview" else entry.get("OFFERED", True)
        if allowed and name not in names:
            names.append(name)
    return names
