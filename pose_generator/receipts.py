"""The receipt of an order: what each picture cost or gave back, entry by entry.

An order that a plan's daily poses paid for has no entries; its receipt says how many poses of which day it took, and
which of them went back.
"""

from collections import defaultdict
from typing import Any

from credits import quota
from credits.models import Entry, QuotaUse
from pose_generator import wire
from pose_generator.models import Generation

Kind = Entry.Kind


def receipt(generation: Generation) -> dict[str, Any]:
    """Return the receipt of `generation`; its sums are those of the ledger, not of the prices."""
    hold = generation.hold
    if hold is None:
        return _paid_by_quota(generation)
    moves = list(Entry.objects.filter(hold=hold).order_by("created_at", "pk"))
    by_result = _by_result(moves)
    results = generation.results.select_related("pose").order_by("number")
    total = {kind: sum(abs(move.held or move.available) for move in moves if move.kind == kind) for kind in Kind}
    return {
        "generation_id": str(generation.pk),
        "status": generation.status,
        "paid_by": "credits",
        "quota": None,
        "held": hold.held,
        "captured": total[Kind.CAPTURE],
        "released": total[Kind.RELEASE],
        "refunded": total[Kind.REFUND],
        "still_held": hold.held - total[Kind.CAPTURE] - total[Kind.RELEASE],
        "hold_entry_id": str(hold.pk),
        "export_formats": generation.export_formats,
        "poses": [_line(result, by_result[str(result.pk)]) for result in results],
    }


def _paid_by_quota(generation: Generation) -> dict[str, Any]:
    """Return the receipt of an order without credits."""
    taken = quota.taken_by(f"generation:{generation.pk}")
    back = set(QuotaUse.objects.filter(taken=taken, taken__isnull=False).values_list("key", flat=True))
    results = generation.results.select_related("pose").order_by("number")
    return {
        "generation_id": str(generation.pk),
        "status": generation.status,
        "paid_by": "quota",
        "quota": {
            "day": taken.day.day if taken else None,
            "taken": taken.poses if taken else 0,
            "given_back": len(back),
        },
        **dict.fromkeys(["held", "captured", "released", "refunded", "still_held"], 0),
        "hold_entry_id": None,
        "poses": [{**_line(result, []), "quota_given_back": f"result:{result.pk}" in back} for result in results],
    }


def _by_result(moves: list[Entry]) -> dict[str, list[Entry]]:
    """Group the moves of a hold by the picture that they are about; a refund names the capture that it returns."""
    result_of = {str(move.pk): move.key.split(":")[1] for move in moves if move.key.startswith("result:")}
    grouped: dict[str, list[Entry]] = defaultdict(list)
    for move in moves:
        subject = move.key.split(":")[1]
        grouped[result_of.get(subject, subject) if move.kind == Kind.REFUND else subject].append(move)
    return grouped


def _line(result: Any, moves: list[Entry]) -> dict[str, Any]:
    return {
        "pose_id": str(result.pk),
        "number": result.number,
        "name": result.pose.name if result.pose else None,
        "status": result.status,
        "price": result.price,
        "captured": -sum(move.held for move in moves if move.kind == Kind.CAPTURE),
        "given_back": sum(move.available for move in moves),
        "quota_given_back": False,
        "reason": wire.why(result.error_code),
        "attempts": result.attempt,
        "backend": result.backend or None,
        "entries": [
            {"id": str(move.pk), "kind": move.kind, "amount": move.available, "held_amount": move.held}
            for move in moves
        ],
    }
