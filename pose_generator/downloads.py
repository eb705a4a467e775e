"""All pictures of an order as one ZIP, while the order still runs too.

A download writes nothing: what was exported already is read from storage, anything else is made when its turn comes
and not kept. So one file is in memory at a time, and nothing here needs the database once the rows are read.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pose_generator import archive, encodings, exporting, exports
from pose_generator.exports import Format
from pose_generator.models import Generation, Result, Status


def formats_of(generation: Generation, names: Sequence[str]) -> tuple[Format, ...]:
    """Return the formats that the names of formats and sets mean; without any, those of the order or the original.

    Raise UnknownFormats.
    """
    return exports.resolve(names or generation.export_formats or ["original"])


def file_name(generation: Generation) -> str:
    """Return what the ZIP is called."""
    return f"{archive.file_name(generation.project.name)}-{str(generation.pk)[:8]}.zip"


def packed(generation: Generation, formats: Sequence[Format]) -> Iterator[bytes]:
    """Return the parts of the ZIP with what is ready of an order in these formats; raise archive.NothingReady."""
    ready = (
        generation.results.filter(status=Status.COMPLETED, discarded_at=None)
        .exclude(image="")
        .select_related("generation__avatar", "pose")
        .prefetch_related("changes")
        .order_by("number")
    )
    pictures = [_picture(result, wanted) for result in ready for wanted in formats]
    return archive.stream(pictures, about=_about(generation, formats), at=generation.created_at)


def _picture(result: Result, wanted: Format) -> archive.Picture:
    return archive.Picture(
        folder=wanted.name,
        name=result.pose.name if result.pose else "pose",
        number=result.number + 1,
        extension=encodings.EXTENSIONS[wanted.type],
        read=partial(exporting.unstored, result, wanted),
        facts=_facts(result),
    )


def _facts(result: Result) -> dict[str, Any]:
    """What the manifest tells of a picture: where it comes from and what it cost."""
    return {
        "pose_id": str(result.pk),
        "pose_slug": result.pose.slug if result.pose else None,
        "variation": result.variation,
        "yaw": result.yaw,
        "pitch": result.pitch,
        "seed": result.seed,
        "backend": result.backend,
        "score": result.pose_score,
        "credits": _price(result),
        "background": result.background_mode or None,
    }


def _price(result: Result) -> int:
    """What was captured for a picture: an add-on that failed was given back, a later background was paid by itself."""
    given_back = result.background_price if result.error_code == "background_failed" else 0
    later = sum(change.price for change in result.changes.all() if change.status == Status.COMPLETED)
    return result.price - given_back + later


def _about(generation: Generation, formats: Sequence[Format]) -> dict[str, Any]:
    return {
        "generation": str(generation.pk),
        "project": generation.project.name,
        "created_at": generation.created_at.isoformat(),
        "status": str(generation.status),
        "text_prompt": generation.text_prompt or None,
        "seed": generation.seed,
        "formats": [wanted.name for wanted in formats],
    }
