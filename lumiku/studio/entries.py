"""The ledger in plain words: what each entry was for, and where its receipt is.

The ledger knows keys; what they are about is looked up here for a whole page at once, in a fixed number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from avatars.models import Avatar
from credits.models import Entry
from credits.serializers import id_in
from credits.work import OPEN
from pose_generator import wire
from pose_generator.models import BackgroundChange, Generation, Result
from pose_generator.serializers.orders import uuid_or_none

Kind = Entry.Kind
#: What can be looked at by itself; a picture that is paid for changes only what is set aside, not the balance.
FILTERS: dict[str, Q] = {
    "": ~Q(kind=Kind.CAPTURE),
    "added": Q(kind=Kind.GRANT),
    "orders": Q(kind=Kind.HOLD),
    "paid": Q(kind=Kind.CAPTURE),
    "back": Q(kind__in=[Kind.RELEASE, Kind.REFUND]),
    "expired": Q(kind=Kind.EXPIRY),
}
ICONS = {
    Kind.GRANT: "plus",
    Kind.HOLD: "shopping-bag",
    Kind.CAPTURE: "check",
    Kind.RELEASE: "undo-2",
    Kind.REFUND: "heart-handshake",
    Kind.EXPIRY: "hourglass",
}


@dataclass(frozen=True)
class Matter:
    """What credits were set aside for; `order` is the one whose receipt says more, if it is there."""

    title: str
    detail: str = ""
    order: UUID | None = None


@dataclass(frozen=True)
class Held:
    """An order that runs, and the credits that are set aside for what has not come yet."""

    order: Generation
    credits: int


@dataclass(frozen=True)
class Line:
    """An entry as its owner reads it."""

    entry: Entry
    icon: str
    title: str
    detail: str
    order: UUID | None

    @property
    def amount(self) -> int:
        """What the balance gained or lost; of a capture what was paid, which it had lost before."""
        return -self.entry.held if self.entry.kind == Kind.CAPTURE else self.entry.available


def of(user: Any, *, show: str = "", since: Any = None, until: Any = None) -> QuerySet[Entry]:
    """Return the user's entries that a filter of FILTERS and two times leave, the newest first."""
    rows = Entry.objects.owned_by(user).filter(FILTERS[show]).select_related("hold")
    if since:
        rows = rows.filter(created_at__gte=since, created_at__lt=until)
    return rows.order_by("-created_at", "-pk")


def lines(user: Any, entries: Sequence[Entry]) -> list[Line]:
    """Return a page of entries in words."""
    about = matters(user, {(entry.hold or entry).key for entry in entries})
    named = _named([entry.key for entry in entries], "result")
    pictures = Result.objects.filter(generation__owner=user).select_related("pose").in_bulk(named.values())
    return [_line(entry, about, pictures.get(named.get(entry.key))) for entry in entries]


def matters(user: Any, keys: Iterable[str]) -> dict[str, Matter]:
    """Return what each key of a hold is about; one that is not known is left out."""
    keys = list(keys)
    return {**_orders(user, keys), **_backgrounds(user, keys), **_avatars(user, keys)}


def running(user: Any) -> list[Held]:
    """Return what the user's running orders still hold, the oldest first."""
    orders = Generation.objects.filter(owner=user, status__in=OPEN, hold__isnull=False)
    moved = orders.select_related("project").annotate(left=F("hold__held") + Coalesce(Sum("hold__moves__held"), 0))
    return [Held(order, order.left) for order in moved.order_by("created_at") if order.left]


# ---- What holds are about ------------------------------------------------------------------------------------------


def _named(keys: list[str], kind: str) -> dict[str, UUID]:
    """Return the keys of one kind with the ids that they name."""
    return {key: found for key in keys if (found := uuid_or_none(id_in(key, kind) or ""))}


def _orders(user: Any, keys: list[str]) -> dict[str, Matter]:
    named = _named(keys, "generation")
    rows = Generation.objects.filter(owner=user).select_related("project").in_bulk(named.values())
    found = {key: rows.get(pk) for key, pk in named.items()}
    return {key: _order(row) for key, row in found.items() if row}


def _order(row: Generation) -> Matter:
    title = ngettext("Order of %(number)d picture", "Order of %(number)d pictures", row.total) % {"number": row.total}
    return Matter(title, row.project.name, None if row.discarded_at else row.pk)


def _backgrounds(user: Any, keys: list[str]) -> dict[str, Matter]:
    named = _named(keys, BackgroundChange.KIND)
    changes = BackgroundChange.objects.filter(owner=user).select_related("result__generation__project")
    rows = changes.in_bulk(named.values())
    found = {key: rows.get(pk) for key, pk in named.items()}
    return {key: _background(row.result) for key, row in found.items() if row}


def _background(result: Result) -> Matter:
    order = result.generation
    words = _("Picture %(number)d in %(project)s") % {"number": result.number + 1, "project": order.project.name}
    return Matter(_("Another background"), words, None if order.discarded_at else order.pk)


def _avatars(user: Any, keys: list[str]) -> dict[str, Matter]:
    named = _named(keys, "avatar")
    rows = Avatar.objects.filter(owner=user).in_bulk(named.values())
    return {key: Matter(_("Avatar"), row.name if (row := rows.get(pk)) else "") for key, pk in named.items()}


# ---- Words ---------------------------------------------------------------------------------------------------------


def _line(entry: Entry, about: dict[str, Matter], picture: Result | None) -> Line:
    matter = about.get((entry.hold or entry).key, Matter(_("Order")))
    title, detail = _words(entry, matter, picture)
    return Line(entry, ICONS[Kind(entry.kind)], title, detail, matter.order)


def _words(entry: Entry, matter: Matter, picture: Result | None) -> tuple[str, str]:
    """Return title and detail of an entry."""
    note = _(entry.note) if entry.note else ""
    if entry.kind in (Kind.GRANT, Kind.EXPIRY):
        return (_("Credits added") if entry.kind == Kind.GRANT else _("Credits ended")), note
    if entry.kind == Kind.HOLD:
        return matter.title, matter.detail
    if entry.kind == Kind.REFUND:
        return _("Refunded"), note
    subject = _picture(picture) if picture else matter.title
    if entry.kind == Kind.CAPTURE:
        return _("Paid: %(what)s") % {"what": subject}, matter.detail
    why = wire.why(picture.error_code) if picture else ""
    return _("Given back: %(what)s") % {"what": subject}, why or matter.detail


def _picture(picture: Result) -> str:
    number = _("picture %(number)d") % {"number": picture.number + 1}
    return f"{number}, {picture.pose.name}" if picture.pose else number
