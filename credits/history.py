"""An account's entries as a file for a spreadsheet, streamed a page at a time.

A cell of text that a spreadsheet would take for a formula gets an apostrophe in front: a reason is written by people.
"""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Q, QuerySet
from django.utils import translation

from credits import jakarta
from credits.models import Entry
from credits.serializers import EntrySerializer
from lumiku.api import camel, timestamp

PAGE = 500
COLUMNS = [
    "created_at",
    "kind",
    "amount",
    "held_amount",
    "balance_after",
    "reason",
    "generation_id",
    "pose_id",
    "expires_at",
    "id",
]
FORMULA = tuple("=+-@＝＋－＠\t\r\n")
MARK = "\ufeff"  # so that a spreadsheet reads UTF-8


def entries(user: Any, month: str = "") -> QuerySet[Entry]:
    """Return the user's entries, oldest first, of a month like 2026-11 or all; raise ValueError for another month."""
    mine = Entry.objects.owned_by(user).select_related("hold").order_by("created_at", "pk")
    if not month:
        return mine
    since, until = jakarta.bounds(month)
    return mine.filter(created_at__gte=since, created_at__lt=until)


async def lines(rows: QuerySet[Entry], language: str) -> AsyncIterator[str]:
    """Yield the CSV of `rows`, with reasons in `language`: the heading, then a page of entries at a time."""
    yield MARK + written([[camel(name) for name in COLUMNS]])
    after = Q()
    while page := await _page(rows, after, language):
        cells, last, pk = page
        yield written(cells)
        after = Q(created_at__gt=last) | Q(created_at=last, pk__gt=pk)


@sync_to_async
def _page(rows: QuerySet[Entry], after: Q, language: str) -> tuple[list[list[Any]], datetime, Any] | None:
    """Return the cells of the next entries with time and id of the last; None when there are no more."""
    with translation.override(language):
        found = list(rows.filter(after)[:PAGE])
        shown = EntrySerializer(found, many=True).data
    if not found:
        return None
    return [[cell(row[name]) for name in COLUMNS] for row in shown], found[-1].created_at, found[-1].pk


def cell(value: Any) -> Any:
    """Return a value as it may stand in a spreadsheet: numbers as they are, text that would be a formula as text."""
    if isinstance(value, datetime):
        return timestamp(value)
    if value is None or isinstance(value, int):
        return value
    return f"'{value}" if str(value).lstrip(" \u00a0").startswith(FORMULA) else str(value)


def written(rows: list[list[Any]]) -> str:
    """Return rows as lines of CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
