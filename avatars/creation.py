"""Making and changing avatars."""

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from avatars.models import Avatar
from credits import ledger
from lumiku import files, images, moderation, usage
from lumiku.errors import DomainError


def upload(user: Any, data: bytes, *, name: str, traits: dict[str, Any]) -> Avatar:
    """Make an avatar of a photo, for the price of an upload; raise UnusablePicture or InsufficientCredits."""
    _check_words(name, traits)
    clean = images.clean_upload(data)
    usage.check(user, coming=len(clean.data))
    pk = uuid.uuid4()
    photo = files.put(f"avatars/{pk}/1.{clean.extension}", clean.data)
    small = images.thumbnail(clean.image)
    thumbnail = files.put(f"avatars/{pk}/1-400.webp", small)
    size = len(clean.data) + len(small)
    price = settings.PRICES["avatar_upload"]
    try:
        with transaction.atomic():
            hold = ledger.hold(user, price, key=f"avatar:{pk}:hold")
            ledger.capture(hold, price, key=f"avatar:{pk}")
            stored = {"image": photo, "thumbnail": thumbnail, "bytes": size}
            return Avatar.objects.create(pk=pk, owner=user, name=name, traits=traits, **stored)
    except DomainError:
        files.delete(photo)
        files.delete(thumbnail)
        raise


def change(avatar: Avatar, *, name: str, traits: dict[str, Any]) -> Avatar:
    """Change the name and the traits; orders that were placed keep the traits they were placed with."""
    _check_words(name, traits)
    avatar.name, avatar.traits = name, traits
    avatar.save(update_fields=["name", "traits"])
    return avatar


def discard(avatar: Avatar) -> None:
    """Hide an avatar; orders that were placed keep their photo."""
    Avatar.objects.filter(pk=avatar.pk).update(discarded_at=timezone.now())


def discard_all(user_id: Any) -> bool:
    """Hide every avatar of a closed account, and forget who they are; photos go as soon as no running order needs them.

    Return whether all of them have gone.
    """
    mine = Avatar.objects.filter(owner=user_id)
    mine.filter(discarded_at=None).update(discarded_at=Now(), name="", traits={})
    return not mine.exclude(image="").exists()


def _check_words(name: str, traits: dict[str, Any]) -> None:
    words = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in traits.items()}
    moderation.check(name=name, **words)
