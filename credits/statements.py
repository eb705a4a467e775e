"""A month of an account, as an auditor reads it: opening, each kind's sum, each order's, closing; all from entries."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from credits import jakarta
from credits.models import Entry

Kind = Entry.Kind
COLUMNS: dict[str, str] = {
    Kind.HOLD: "held",
    Kind.CAPTURE: "captured",
    Kind.RELEASE: "released",
    Kind.REFUND: "refunded",
}


def statement(user: Any, month: str) -> dict[str, Any]:
    """Return the statement of a month like 2026-11; raise ValueError for anything else.

    Of an order stands there what moved in this month: the hold may be of the month before.
    """
    since, until = jakarta.bounds(month)
    mine = Entry.objects.owned_by(user)
    moved = mine.filter(created_at__gte=since, created_at__lt=until)
    return {
        "month": month,
        "since": since,
        "until": until,
        "opening": _balance(mine, since),
        "kinds": _kinds(moved),
        "closing": _balance(mine, until),
        "orders": _orders(moved),
    }


def _balance(mine: QuerySet[Entry], at: datetime) -> dict[str, int]:
    sums = mine.filter(created_at__lt=at).aggregate(balance=Sum("available"), held=Sum("held"))
    return {name: amount or 0 for name, amount in sums.items()}


def _kinds(moved: QuerySet[Entry]) -> list[dict[str, Any]]:
    rows = moved.order_by().values("kind").annotate(entries=Count("pk"), amount=Sum("available"), change=Sum("held"))
    found = {row["kind"]: (row["entries"], row["amount"], row["change"]) for row in rows}
    sums = [(kind.value, *found.get(kind.value, (0, 0, 0))) for kind in Kind]
    return [dict(zip(["kind", "entries", "amount", "held_amount"], row, strict=True)) for row in sums]


def _orders(moved: QuerySet[Entry]) -> list[dict[str, Any]]:
    """Return what moved for each hold, in the order in which they were made."""
    about = moved.exclude(kind__in=[Kind.GRANT, Kind.EXPIRY])
    rows = (
        about.annotate(order_key=Coalesce("hold__key", "key"), ordered_at=Coalesce("hold__created_at", "created_at"))
        .order_by("ordered_at", "order_key")
        .values("order_key", "ordered_at", "kind")
        .annotate(change=Sum("held"), amount=Sum("available"))
    )
    orders: dict[str, dict[str, Any]] = {}
    for row in rows:
        order = orders.setdefault(
            row["order_key"],
            {"key": row["order_key"], "ordered_at": row["ordered_at"], **dict.fromkeys(COLUMNS.values(), 0)},
        )
        order[COLUMNS[row["kind"]]] = abs(row["amount"] or row["change"])
    return list(orders.values())
