"""A backend that paints like preview or fails as its script says, and what tests of paid avatars have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from avatars.models import Avatar, Portrait
from lumiku import backends
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, gate
from lumiku.backends.preview import PreviewBackend
from lumiku.users.models import User

CREATOR = "/api/apps/avatar-creator"
SARI = {"name": "Sari", "gender": "female", "hairStyle": "hijab", "hairColor": "cream", "ageRange": "young"}


@dataclass
class Painter(ImageBackend):
    """Paints, or fails as its script says."""

    script: list[Any] = field(default_factory=list)
    asked: list[ImageRequest] = field(default_factory=list)
    supports = frozenset({"seed", "traits"})

    def paint(self, request: ImageRequest) -> Painting:
        self.asked.append(request)
        step = self.script.pop(0) if self.script else None
        if step:
            raise BackendError(**step)
        # A third of the size shows as much in a tenth of the time.
        return PreviewBackend().paint(replace(request, width=request.width // 3, height=request.height // 3))

    def check(self) -> str:
        return "ready"


class Retoucher(Painter):
    """Changes pictures and makes none."""

    needs_picture = True


@pytest.fixture(autouse=True)
def painter(settings: Any) -> Iterator[Painter]:
    """The backend "painter"; beside it stands "retoucher"."""
    kinds = {"painter": Painter, "retoucher": Retoucher}
    entries = {name: {"BACKEND": f"{__name__}.{kind.__name__}"} for name, kind in kinds.items()}
    settings.IMAGE_BACKENDS = {**settings.IMAGE_BACKENDS, **entries}
    backends.get.cache_clear()
    gate.forget(entries)
    found = backends.get("painter")
    assert isinstance(found, Painter)
    yield found
    backends.get.cache_clear()


def generate(client: APIClient, *, key: str = "", **fields: Any) -> Any:
    """Order an avatar by REST."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{CREATOR}/avatars/generate", {**SARI, "backend": "painter", **fields}, headers=headers)


def purse(user: User) -> tuple[int, int]:
    """Return what a user may spend, and what is set aside."""
    user.account.refresh_from_db()
    return user.account.available, user.account.held


def nothing_moved(user: User) -> bool:
    """Whether no avatar was written and no credit set aside of the first thousand."""
    return purse(user) == (1000, 0) and not Avatar.objects.exists() and not Portrait.objects.exists()


def again() -> None:
    """Let what waits for a later time be due now."""
    Portrait.objects.filter(status="pending").update(due_at=None)
