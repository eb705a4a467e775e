"""Pictures that were chosen one by one, perhaps from several orders, as one ZIP of originals or of other formats."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from django.utils import timezone

from pose_generator import archive, encodings, exporting
from pose_generator.exports import Format
from pose_generator.models import Result

#: How many pictures go into one parcel.
MOST = 100


def packed(pictures: Iterable[Result], formats: Sequence[Format]) -> Iterator[bytes]:
    """Return the parts of a ZIP of `pictures` in these formats; raise archive.NothingReady.

    Each picture comes with its pose and its order's avatar; nothing here needs the database afterwards.
    """
    packets = [_picture(picture, wanted) for picture in pictures for wanted in formats]
    about = {"formats": [wanted.name for wanted in formats]}
    return archive.stream(packets, about=about, at=timezone.now())


def file_name(picture: Result, wanted: Format) -> str:
    """Return what one picture in a format is called when it is saved."""
    stem = archive.file_name(_name(picture))
    return f"{stem}-{picture.number + 1}-{archive.file_name(wanted.name)}.{encodings.EXTENSIONS[wanted.type]}"


def _picture(picture: Result, wanted: Format) -> archive.Picture:
    return archive.Picture(
        folder=wanted.name,
        name=_name(picture),
        number=picture.number + 1,
        extension=encodings.EXTENSIONS[wanted.type],
        read=partial(exporting.unstored, picture, wanted),
        facts={"pose_id": str(picture.pk), "generation": str(picture.generation_id), "seed": picture.seed},
    )


def _name(picture: Result) -> str:
    return picture.pose.name if picture.pose else "pose"
