"""What is made of a painted picture before it is delivered: another background, a thumbnail, the overlay.

Everything is stored under this attempt's own names: another release of an encoder may make other bytes of the same
picture. What fails here costs nobody the picture: a background that cannot be changed is given back alone.
"""

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from lumiku import backends, files, images
from lumiku.backends import BackendError, gate
from pose_generator import briefs, exporting, grounds, matting, originals, scoring
from pose_generator.grounds import Ground
from pose_generator.models import Result
from pose_generator.originals import Original

log = logging.getLogger(__name__)

# Fifty answers at the same moment are finished a few at a time: the first makes room for the next call early.
bench = threading.BoundedSemaphore(2)


@dataclass
class Finished:
    """The files made of an original, by the field of the row that names them; `size` is their sum in bytes."""

    files: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    background_changed: bool = False
    background_failed: bool = False

    def keep(self, which: str, name: str, data: bytes) -> None:
        """Store `data` under `name` for the field `which`."""
        self.files[which] = files.put(name, data)
        self.size += len(data)


def finish(result: Result, original: Original, verdict: scoring.Verdict | None) -> Finished:
    """Return what was made of the original of a claimed result; raise StorageDown."""
    made = Finished(size=original.size)
    shown = _before_its_ground(result, original, made)
    with bench:
        made.keep("thumbnail", originals.named(result, f"{original.repaint}-400.webp"), images.thumbnail(shown))
        if verdict:
            name = originals.named(result, f"{original.repaint}-overlay.webp")
            made.keep("overlay", name, verdict.drawn_on(original.image))
        _export(result, original, verdict, shown, made)
    return made


def _export(
    result: Result, original: Original, verdict: scoring.Verdict | None, shown: Image.Image, made: Finished
) -> None:
    """Make the export formats that were ordered."""
    if not result.generation.export_formats:
        return
    outcome = {
        "image": original.name,
        "background_changed": made.background_changed,
        "seed": briefs.seed(result, original.repaint),
        "pose_score": verdict.score.total if verdict else None,
        **made.files,
    }
    person = verdict.person if verdict else None
    made.files["exports"], size = exporting.at_delivery(result, outcome, picture=shown, person=person)
    made.size += size


def is_painted(mode: str, backend: str) -> bool:
    """Return whether a backend paints such a background itself, so that nothing needs changing afterwards."""
    needs = {"solid_color": "background", "ai_generate": "scene"}
    return needs.get(mode) in backends.get(backend).supports


def _before_its_ground(result: Result, original: Original, made: Finished) -> Any:
    """Return the picture as it will be shown; note in `made` what became of its background."""
    order = result.generation
    if not order.background_mode or is_painted(order.background_mode, result.backend):
        made.background_changed = bool(order.background_mode)
        return original.image
    try:
        return _changed(result, original, made)
    except (grounds.BackgroundFailed, BackendError, gate.Closed) as error:
        log.warning("Result %s keeps its background: %s", result.pk, error)
        made.background_failed = True
        return original.image


def _changed(result: Result, original: Original, made: Finished) -> Any:
    ground, joints = ground_of(result), briefs.joints(result)
    behind = grounds.behind(ground, original.image.size)
    with bench:
        matte = grounds.cut(original.image, joints)
        laid = grounds.lay(original.image, matte, ground, joints, behind=behind)
        made.keep("matte", originals.named(result, f"{original.repaint}-matte.png"), matting.encode(matte))
        made.keep("output", originals.named(result, f"{original.repaint}-ground.png"), laid.data)
    made.files |= {"background_mode": ground.mode, "background_color": ground.color}
    made.background_changed = True
    return laid.image


def ground_of(result: Result) -> Ground:
    """Return the background that the result's order asks for."""
    order = result.generation
    return Ground(
        mode=order.background_mode,
        color=order.background_color,
        prompt=order.background_prompt,
        upload=order.background_upload.file if order.background_upload else "",
        backend=grounds.scene_painter(result.backend) or "",
        seed=result.seed,
    )
