"""Pictures that come without being painted: settled like any other, with a file that is made in a moment."""

from typing import Any

from lumiku import files
from lumiku.testing import picture
from pose_generator import settlement
from pose_generator.models import Generation


def arrive(generation: Generation, *, failing: tuple[int, ...] = ()) -> Generation:
    """Deliver every waiting picture of an order, but let those with the numbers in `failing` fail; return it."""
    for result in generation.results.filter(status="pending").order_by("number"):
        claimed = settlement.start(result.pk, by="test")
        assert claimed
        if result.number in failing:
            settlement.fail(claimed, "moderated")
        else:
            settlement.succeed(claimed, **_files(result))
    generation.refresh_from_db()
    return generation


def _files(result: Any) -> dict[str, Any]:
    data = picture(256, 256, seed=result.number + 1)
    names = {"image": f"results/{result.pk}/1-0.png", "thumbnail": f"results/{result.pk}/1-0-400.webp"}
    for name in names.values():
        files.put(name, data)
    return names


def bytes_of(answer: Any) -> bytes:
    """Return what a download sends."""
    return b"".join(answer.streaming_content)
