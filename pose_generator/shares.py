"""Public links to chosen pictures: whoever knows the address sees them, and nothing else, until the link ends.

What is handed out is never a stored picture or export but a copy of its pixels: those may say in their own bytes how
they were made. A copy is made when it is first asked for, and anew when the picture has got another background. It
passes through our own address, not through a signed link to the storage, so that a link that ends does so at once.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from lumiku import files, images, moderation
from lumiku.errors import DomainError, Invalid, NotFound
from pose_generator import encodings, exporting
from pose_generator.models import Result, Share, SharedPicture, Status

MOST = 100
"""Pictures in a share."""
MOST_ALIVE = 50
"""Living shares of a user, not counted to the last one: each keeps copies."""
DAYS = (1, 7, 30, 90)
USUAL_DAYS = 7
QUALITY = 90
BATCH = 500


class Ended(NotFound):
    """The address is unknown, or what it showed is not shown any more: nobody can tell which."""


class TooManyShares(DomainError):
    """As many links live as one seller may have."""

    code = "too_many_shares"
    status = 409


def place(user: Any, *, results: Sequence[UUID], title: str = "", days: int = USUAL_DAYS) -> Share:
    """Show completed pictures of `user` to everybody who gets the address, in this order, for so many `days`.

    Raise NotFound if one of them is not a picture of theirs, Invalid, Refused (the title) or TooManyShares.
    """
    if days not in DAYS:
        raise Invalid(_("Choose how long the link shall live."), fields={"days": [_("Out of range.")]})
    moderation.check(title=title)
    if settings.LIMITS_ON and Share.objects.owned_by(user).alive().count() >= MOST_ALIVE:
        raise TooManyShares(_("You have %(most)d open links; end one of them first.") % {"most": MOST_ALIVE})
    chosen = choose(user, results)
    with transaction.atomic():
        share = Share.objects.create(owner=user, title=title, expires_at=timezone.now() + timedelta(days=days))
        SharedPicture.objects.bulk_create(
            SharedPicture(share=share, result=result, number=number) for number, result in enumerate(chosen)
        )
    return share


def choose(user: Any, results: Sequence[UUID]) -> list[Result]:
    """Return the pictures with these ids, each once; raise NotFound unless all are completed and `user`'s, Invalid."""
    wanted = list(dict.fromkeys(results))
    if not 1 <= len(wanted) <= MOST:
        raise Invalid(_("Choose 1 to 100 pictures."))
    mine = Result.objects.owned_by(user).filter(status=Status.COMPLETED).exclude(image="")
    found = mine.select_related("generation").in_bulk(wanted)
    if len(found) != len(wanted):
        raise NotFound(_("There is nothing here, or it is not yours."))
    return [found[pk] for pk in wanted]


def revoke(share: Share) -> None:
    """End a share now; one that has ended stays as it is."""
    Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=Now())


def opened(token: str) -> tuple[Share, list[SharedPicture]]:
    """Return the living share at an address with the pictures that are still there; raise Ended."""
    share = Share.objects.alive().filter(token=token).first()
    rows = SharedPicture.objects.visible().filter(share=share).select_related("result__generation")
    pictures = list(rows.order_by("number")) if share else []
    if share is None or not pictures:
        raise Ended(_("This link has ended."))
    return share, pictures


def picture(token: str, pk: UUID) -> SharedPicture:
    """Return one picture of the living share at an address; raise Ended."""
    rows = SharedPicture.objects.visible().alive().filter(share__token=token)
    found = rows.select_related("result__generation", "share").filter(pk=pk).first()
    if found is None:
        raise Ended(_("This link has ended."))
    return found


def count_view(share: Share) -> None:
    """Count that the page was opened; of whom is not asked."""
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1)


# ---- Copies --------------------------------------------------------------------------------------------------------


def copy(picture: SharedPicture) -> str:
    """Return the storage name of a copy with nothing in it but pixels, made now if it is not there.

    JPEG, or PNG for a cut-out. Raise Ended, exporting.Busy or StorageDown.
    """
    if picture.file and picture.made_of == picture.shown:
        return picture.file
    data = files.read(picture.shown)
    if data is None:
        raise Ended(_("This link has ended."))
    with exporting.turn():
        kind, plain = _plain(data, is_cut_out=picture.result.background_mode == "transparent")
    name = f"results/{picture.result_id}/shared/{secrets.token_hex(8)}.{encodings.EXTENSIONS[kind]}"
    return _write_down(picture, files.put(name, plain))


def _plain(data: bytes, *, is_cut_out: bool) -> tuple[str, bytes]:
    image = images.decode(data)
    if is_cut_out and image.mode == "RGBA":
        return "png", encodings.encode(image, "png", quality=100)
    return "jpeg", encodings.encode(image.convert("RGB"), "jpeg", quality=QUALITY)


def _write_down(picture: SharedPicture, name: str) -> str:
    """Put a copy on the row and forget the one before; return its name, or that of a twin which was faster."""
    rows = SharedPicture.objects.filter(pk=picture.pk)
    if rows.alive().filter(file=picture.file).update(file=name, made_of=picture.shown):
        files.delete(picture.file)
        return name
    files.delete(name)  # no row has ever named it
    fresh = rows.alive().visible().select_related("result").first()
    if fresh is None or fresh.made_of != fresh.shown:
        raise Ended(_("This link has ended."))
    return fresh.file


def forget_ended() -> int:
    """Delete the copies of shares that have ended; return how many."""
    doomed = list(SharedPicture.objects.filter(share__in=Share.objects.ended()).exclude(file="")[:BATCH])
    for each in doomed:
        files.delete(each.file)
    SharedPicture.objects.filter(pk__in=[each.pk for each in doomed]).update(file="", made_of="")
    return len(doomed)


def forget(user_id: Any) -> None:
    """End every share of an account that is given up, and forget what they were called."""
    mine = Share.objects.filter(owner=user_id)
    mine.filter(revoked_at=None).update(revoked_at=Now())
    mine.exclude(title="").update(title="")
