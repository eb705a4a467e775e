"""How generations and their pictures look outside: one description for REST, events and receipts.

Plain values, ids as text, times as on the wire, files as references that become links when they are shown.
"""

import json
from typing import Any

from django.utils.translation import gettext as _

from lumiku import files
from lumiku.api import timestamp
from pose_generator import favourites
from pose_generator.models import Generation, Result, Status


def why(code: str) -> str | None:
    """Return the sentence for a picture's error code."""
    if not code:
        return None
    sentences = {
        "moderated": _("A safety filter refused this picture. What it cost was given back."),
        "prompt_refused": _("This text is not allowed here any more. What it cost was given back."),
        "refused": _("The provider did not accept this request. What it cost was given back."),
        "busy": _("The provider was too busy for too long. What it cost was given back."),
        "timeout": _("The provider took too long, again and again. What it cost was given back."),
        "deadline": _("This picture could not be made in time. What it cost was given back."),
        "bad_answer": _("The provider sent no usable picture. What it cost was given back."),
        "worker_lost": _("This picture stopped our machines several times. What it cost was given back."),
        "pose_mismatch": _("The model did not keep the pose. What it cost was given back."),
        "cancelled": _("Cancelled. What it cost was given back."),
        "duplicate": _("The provider sent the same picture as for another pose of this order; please look at it."),
        "background_failed": _("The background could not be changed. Its price was given back."),
    }
    return sentences.get(code) or _("The picture could not be made. What it cost was given back.")


def moment(value: Any) -> str | None:
    """Return a time as on the wire, or None."""
    return timestamp(value) if value else None


def pose(result: Result) -> dict[str, Any]:
    """Return one picture of a generation."""
    image = files.reference(result.image)
    return {
        "id": str(result.pk),
        "generation_id": str(result.generation_id),
        "pose_library_id": str(result.pose_id) if result.pose_id else None,
        "number": result.number,
        "variation": result.variation,
        "status": str(result.status),
        "output_image_url": files.reference(result.output) or image,
        "thumbnail_url": files.reference(result.thumbnail),
        "original_image_url": image,
        "export_formats": {name: files.reference(stored) for name, stored in result.exports.items()},
        "background_changed": result.background_changed,
        "prompt_used": result.prompt,
        "seed_used": result.seed,
        "controlnet_weight": None,
        "generation_time": result.generation_time,
        "attempts": result.attempt,
        "error_code": result.error_code or None,
        "error_message": why(result.error_code),
        "is_favorite": favourites.is_kept(result),
        "created_at": moment(result.created_at),
        "camera": {"yaw": result.yaw, "pitch": result.pitch},
        "backend": result.backend or None,
        "pose_score": result.pose_score,
        "limb_scores": result.limb_scores,
        "overlay_url": files.reference(result.overlay),
        "repaints": result.repaints,
        "safety": result.safety or None,
    }


def percentage(completed: int, failed: int, cancelled: int, total: int) -> int:
    """Return how much of an order has ended, 0 to 100."""
    return 100 * (completed + failed + cancelled) // total


def generation(row: Any) -> dict[str, Any]:
    """Return a generation without its poses; `row` comes from `Generation.objects.with_counts()`."""
    ended: tuple[int, int, int] = (row.completed_count, row.failed_count, row.cancelled_count)
    spent = (row.completed_at - row.started_at).total_seconds() if row.completed_at and row.started_at else None
    return {
        "id": str(row.pk),
        "project_id": str(row.project_id),
        "user_id": str(row.owner_id),
        "generation_type": str(row.kind),
        "text_prompt": row.text_prompt or None,
        "avatar_id": str(row.avatar_id) if row.avatar_id else None,
        "avatar_attributes": json.dumps(row.traits) if row.traits else None,
        "batch_size": row.batch_size,
        "total_expected_poses": row.total,
        "use_background_changer": bool(row.background_mode),
        "background_mode": row.background_mode or None,
        "background_prompt": row.background_prompt or None,
        "export_formats": row.export_formats,
        "status": str(row.status),
        "progress": percentage(*ended, row.total),
        "poses_completed": ended[0],
        "poses_failed": ended[1],
        "poses_cancelled": ended[2],
        "credit_charged": row.hold.held if row.hold else 0,
        "credit_refunded": row.credit_refunded,
        "error_message": _explain(row.status, ended[1], row.total),
        "backend": row.backend,
        "created_at": moment(row.created_at),
        "started_at": moment(row.started_at),
        "completed_at": moment(row.completed_at),
        "avg_generation_time": row.average_seconds,
        "total_processing_time": spent,
        "retry_of": str(row.retry_of_id) if row.retry_of_id else None,
        "cancel_requested_at": moment(row.cancel_requested_at),
    }


def _explain(status: str, failed: int, total: int) -> str | None:
    if status not in (Status.PARTIAL, Status.FAILED):
        return None
    return _("%(failed)d of %(total)d poses could not be made; what they cost was given back.") % {
        "failed": failed,
        "total": total,
    }


def progress(
    row: Generation, counts: dict[str, int], *, kind: str, eta_seconds: int | None = None, **more: Any
) -> dict[str, Any]:
    """Return the data of a `pose-generation-update`; `counts` maps status to number."""
    completed, failed, cancelled = (counts.get(status, 0) for status in ("completed", "failed", "cancelled"))
    return {
        "type": kind,
        "generation_id": str(row.pk),
        "status": str(row.status),
        "completed": completed,
        "failed": failed,
        "total": row.total,
        "percentage": percentage(completed, failed, cancelled, row.total),
        "eta_seconds": eta_seconds,
        **more,
    }
