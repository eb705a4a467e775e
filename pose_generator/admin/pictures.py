"""The pictures of a generation as operators see them: where each stands, what it cost, what may be refunded."""

from collections.abc import Iterable
from dataclasses import dataclass

from credits.models import Entry
from lumiku import files
from pose_generator import wire
from pose_generator.models import Generation, Result

Kind = Entry.Kind
LABELS = {
    "pending": "",
    "processing": "info",
    "completed": "success",
    "partial": "warning",
    "failed": "danger",
    "cancelled": "warning",
}


@dataclass(frozen=True)
class Tile:
    """One picture with its money; `refundable` credits are still to be had."""

    result: Result
    paid: int
    refunded: int

    @property
    def refundable(self) -> int:
        return self.paid - self.refunded

    @property
    def label(self) -> str:
        return LABELS[self.result.status]

    @property
    def thumbnail(self) -> str | None:
        return None if self.result.discarded_at else files.url(self.result.thumbnail or self.result.image)

    @property
    def link(self) -> str | None:
        return None if self.result.discarded_at else files.url(self.result.image)

    @property
    def why(self) -> str | None:
        """The sentence that the customer read."""
        return wire.why(self.result.error_code)


def tiles(generation: Generation, entries: Iterable[Entry]) -> list[Tile]:
    """Return the pictures of `generation` in order; `entries` are the moves of its hold, none to show no money."""
    entries = list(entries)
    refunds = {entry.key.removeprefix("refund:"): entry.available for entry in entries if entry.kind == Kind.REFUND}
    paid: dict[str, int] = {}
    returned: dict[str, int] = {}
    for entry in entries:
        if entry.kind == Kind.CAPTURE and (about := _result_in(entry.key)):
            paid[about] = paid.get(about, 0) - entry.held
            returned[about] = returned.get(about, 0) + refunds.get(str(entry.pk), 0)
    results = generation.results.select_related("pose").order_by("number")
    return [Tile(result, paid.get(str(result.pk), 0), returned.get(str(result.pk), 0)) for result in results]


def _result_in(key: str) -> str | None:
    kind, _colon, rest = key.partition(":")
    return rest.partition(":")[0] if kind == "result" else None
