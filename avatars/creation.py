"""Making, changing and hiding avatars: of a photo at once, or of a description that a backend paints.

Every photo is a version of its own, so that what was ordered with one can be ordered with it again.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from avatars import people, photos, presets, tasks
from avatars.models import Avatar, AvatarVersion, Portrait
from avatars.photos import Photo
from credits import jobs, ledger
from credits.work import OPEN, Status
from lumiku import backends, files, images, moderation, usage
from lumiku.errors import DomainError, Invalid, NotFound

SEEDS = 2**31


class TooManyAvatars(DomainError):
    """More photos in a minute, or portraits in work, than a user may have."""

    code = "rate_limited"
    status = 429


class StillPainted(DomainError):
    """The avatar's first photo is on its way."""

    code = "wrong_state"
    status = 409


def upload(user: Any, data: bytes, *, name: str, traits: Mapping[str, Any], once: str = "") -> Avatar:
    """Make an avatar of a photo, for the price of an upload; raise UnusablePicture or InsufficientCredits.

    The same photo and words with the same `once` make one avatar, however often they are sent.
    """
    _check_words(name, traits)
    pk = _id_of(user, once, data, name, traits) if once else uuid.uuid4()
    if once and (made := Avatar.objects.filter(pk=pk).first()):
        return made
    avatar = Avatar(pk=pk, owner=user, name=name, traits=dict(traits), version=0)
    photo = _stored(avatar, data)
    try:
        with transaction.atomic():
            avatar.save(force_insert=True)
            _pay(avatar, key=f"avatar:{avatar.pk}")
            _show(avatar, photo)
    except IntegrityError:
        photos.drop(photo)
        return Avatar.objects.get(pk=pk)  # a twin was faster
    except DomainError:
        photos.drop(photo)
        raise
    return avatar


def _id_of(user: Any, *said: Any) -> uuid.UUID:
    """Return the id of the one avatar that `user` can make of this: the unique id is what keeps a second one away."""
    return uuid.uuid5(user.pk, hashlib.sha256(repr(said).encode()).hexdigest())


def generate(user: Any, *, name: str, traits: Mapping[str, Any], backend: str = "", seed: int | None = None) -> Avatar:
    """Order an avatar that a backend paints after its traits; its photo comes later, as an `avatar-update` tells."""
    avatar = Avatar(owner=user, name=name, traits=dict(traits), source=Avatar.Source.TEXT_TO_IMAGE, version=0)
    return _order(avatar, price=settings.PRICES["avatar_generate"], backend=backend, seed=seed)


def from_preset(
    user: Any,
    *,
    preset: str,
    name: str = "",
    traits: Mapping[str, Any] | None = None,
    backend: str = "",
    seed: int | None = None,
) -> Avatar:
    """Order an avatar that is painted after a preset (its slug); `name` and `traits` override the preset's own."""
    chosen = presets.get(preset)
    wanted = {**chosen.traits, **(traits or {})}
    avatar = Avatar(owner=user, name=name or chosen.name, traits=wanted, source=Avatar.Source.FROM_PRESET, version=0)
    price = settings.PRICES["avatar_preset"]
    return _order(avatar, price=price, backend=backend, seed=seed, preset=chosen.slug)


def change(avatar: Avatar, *, name: str, traits: Mapping[str, Any], data: bytes | None = None) -> Avatar:
    """Change name and traits, and with `data` the photo, for the price of an upload; return the avatar as it is now.

    Orders that were placed keep the traits and the photo that they were placed with.
    """
    _check_words(name, traits)
    said = {"name": name, "traits": dict(traits)}
    if data is None:
        Avatar.objects.filter(pk=avatar.pk).update(**said)
        return _fresh(avatar)
    _require_painted(avatar)
    photo = _stored(avatar, data)
    try:
        with transaction.atomic():
            locked = _locked(avatar)
            _pay(locked, key=f"avatar:{locked.pk}:{locked.version + 1}")
            _show(locked, photo)
            Avatar.objects.filter(pk=locked.pk).update(**said)
    except DomainError:
        photos.drop(photo)
        raise
    return _fresh(avatar)


def painters() -> list[str]:
    """Return the names of the backends on offer that can paint an avatar, the default first if it can."""
    return [name for name in backends.offered() if not backends.get(name).needs_picture]


def warnings(avatar: Avatar) -> list[dict[str, str]]:
    """Return what is doubtful about the photo of an avatar, as code and sentence; it can be used all the same."""
    shown = AvatarVersion.objects.filter(avatar=avatar.pk, number=avatar.version).first()
    if shown is None or shown.faces == 1:
        return []
    if shown.faces is None:
        code, message = "face_unchecked", _("Nobody could look for the face in this photo: its models are not here.")
    elif shown.faces == 0:
        code, message = "no_face", _("No face was found in this photo; one from the front in good light works best.")
    else:
        code, message = "several_faces", _("%(faces)d faces were found in this photo; the most prominent one is shown.")
        message %= {"faces": shown.faces}
    return [{"code": code, "message": message}]


@transaction.atomic
def discard(avatar: Avatar) -> None:
    """Hide an avatar; orders that were placed keep their photo. What waits to be painted is given back."""
    Avatar.objects.filter(pk=avatar.pk).update(discarded_at=Coalesce("discarded_at", Now()))
    _cancel(Portrait.objects.filter(pk=avatar.pk))


def discard_all(user_id: Any) -> bool:
    """Hide every avatar of a closed account, and forget who they are; photos go as soon as no running order needs them.

    Return whether all of them have gone.
    """
    mine, portraits = Avatar.objects.filter(owner=user_id), Portrait.objects.filter(owner=user_id)
    mine.update(discarded_at=Coalesce("discarded_at", Now()), name="", traits={})
    _cancel(portraits)
    portraits.exclude(status__in=OPEN).update(prompt="", traits={})
    return not mine.exclude(image="").exists() and not portraits.open().exists()


def _order(avatar: Avatar, *, price: int, backend: str, seed: int | None, preset: str = "") -> Avatar:
    """Write an avatar and its portrait and hold the price; the workers hear of it after the commit."""
    _check_words(avatar.name, avatar.traits)
    prompt = people.portrait(avatar.traits)
    moderation.check(prompt=prompt)  # words that are harmless apart may not be so together
    usage.check(avatar.owner)
    portrait = Portrait(
        avatar=avatar,
        owner=avatar.owner,
        price=price,
        preset=preset,
        prompt=prompt,
        traits=avatar.traits,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        backend=_painter(backend),
    )
    with transaction.atomic():
        ledger.lock(avatar.owner)  # so that the count is exact
        _refuse_too_many_portraits(avatar.owner)
        avatar.save(force_insert=True)
        jobs.place(portrait)
        tasks.ring()
    return avatar


def _painter(wanted: str) -> str:
    """Return the backend that paints a portrait, the one asked for or the first that can, or raise Invalid."""
    able = painters()
    if wanted in able or (able and not wanted):
        return wanted or able[0]
    text = _("This backend paints no avatars; there are: %(able)s.") if able else _("Nothing here paints avatars.")
    sentence = text % {"able": ", ".join(able)}
    raise Invalid(sentence, fields={"backend": [sentence]})


def _stored(avatar: Avatar, data: bytes) -> Photo:
    """Return an upload of a user's as the stored files of an avatar; nothing names them yet."""
    _refuse_too_many_photos(avatar.owner)
    clean = images.clean_upload(data)
    usage.check(avatar.owner, coming=len(clean.data))
    stem = f"avatars/{avatar.pk}/{secrets.token_hex(8)}"
    name = files.put(f"{stem}.{clean.extension}", clean.data)
    return photos.look(clean.image, image=name, size=len(clean.data), thumbnail=f"{stem}-400.webp")


def _show(avatar: Avatar, photo: Photo) -> None:
    avatar.show(image=photo.image, thumbnail=photo.thumbnail, size=photo.size, faces=photo.faces)


def _pay(avatar: Avatar, *, key: str) -> None:
    price = settings.PRICES["avatar_upload"]
    ledger.capture(ledger.hold(avatar.owner, price, key=f"{key}:hold"), price, key=key)


def _locked(avatar: Avatar) -> Avatar:
    """Return an avatar that is still there, locked until the transaction ends."""
    rows = Avatar.objects.select_for_update(no_key=True).filter(pk=avatar.pk, discarded_at=None)
    found = rows.first()
    if found is None:
        raise NotFound(_("There is nothing here, or it is not yours."))
    _require_painted(found)
    return found


def _fresh(avatar: Avatar) -> Avatar:
    return Avatar.objects.select_related("portrait").get(pk=avatar.pk)


def _require_painted(avatar: Avatar) -> None:
    if avatar.status in OPEN:
        raise StillPainted(_("This avatar is still being painted; change its photo when it has come."))


def _cancel(portraits: Any) -> None:
    """Give back those portraits that nobody has in hand yet; what is being painted is finished and paid."""
    for portrait in portraits.filter(status=Status.PENDING):
        jobs.fail(portrait, "cancelled")


def _refuse_too_many_photos(user: Any) -> None:
    lately = AvatarVersion.objects.filter(avatar__owner=user, created_at__gt=Now() - timedelta(seconds=60))
    sent = lately.exclude(avatar__portrait__image=F("image")).count()
    if settings.LIMITS_ON and sent >= settings.LIMITS["uploads_per_minute"]:
        raise TooManyAvatars(_("That was many uploads for a minute; please wait a moment."), retry_after=60)


def _refuse_too_many_portraits(user: Any) -> None:
    if settings.LIMITS_ON and jobs.running(Portrait, user) >= settings.LIMITS["changes_in_flight"]:
        raise TooManyAvatars(
            _("Many avatars are being painted for you; please wait until some are done."), retry_after=10
        )


def _check_words(name: str, traits: Mapping[str, Any]) -> None:
    words = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in traits.items()}
    moderation.check(name=name, **words)
