"""A pose of its own: looked at from every side, marked, deleted."""

from typing import Any
from uuid import UUID

import numpy as np
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazily
from django.views.decorators.http import require_POST, require_safe

from credits import plans
from lumiku.studio.views import library
from pose_generator import catalogue, discarded_poses, drawings, favourites, skeletons
from pose_generator.models import Pose
from pose_generator.posing import advice, camera
from pose_generator.serializers.poses import ViewForm

SKELETON = 512
SIMILAR = 12
#: Where the API has the library's poses.
PUBLIC = "/api/apps/pose-generator/library"
#: Sides to look from, as degrees towards the figure's left.
SIDES = {
    0: lazily("Front view"),
    45: lazily("Three-quarter left"),
    90: lazily("Left side"),
    180: lazily("Back view"),
    -90: lazily("Right side"),
    -45: lazily("Three-quarter right"),
}


@require_safe
def pose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a pose from the side that the query names; to htmx only what is hard to paint from there."""
    row = get_object_or_404(Pose.objects.visible_to(request.user).for_display(), pk=pk)
    view = _view(request)
    context = {"pose": row, "view": view, "advice": _advice(row, view)}
    if library.is_part(request):
        answer = render(request, "studio/_pose_advice.html", context)
    else:
        answer = render(request, "studio/pose.html", context | _surroundings(request, row, view))
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@login_required
@require_safe
def pose_skeleton(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer the control image of a pose that the user may see; those of the library have a public address, too."""
    row = get_object_or_404(Pose.objects.visible_to(request.user), pk=pk)
    view = _view(request)
    answer = HttpResponse(skeletons.picture(row, view), content_type=f"image/{view.format}")
    answer["Cache-Control"] = "private, max-age=300"
    return answer


@login_required
@require_POST
def favorite_pose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a pose, or unmark it when `on` is empty; answer its heart."""
    row = get_object_or_404(Pose.objects.visible_to(request.user), pk=pk)
    change = favourites.keep_pose if request.POST.get("on") else favourites.drop_pose
    change(request.user, row)
    if not library.is_part(request):
        return redirect("studio:pose", pk=pk)
    marked = Pose.objects.visible_to(request.user).get(pk=pk)
    return render(request, "studio/_heart.html", {"pose": marked, "signed_in": True})


@login_required
@require_POST
def discard_pose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a pose of the user's own."""
    discarded_poses.discard(request.user, pk)
    messages.success(request, _("The pose is deleted. Pictures that you made with it stay."))
    return redirect(reverse("studio:library") + "?mine=true")


def _view(request: HttpRequest) -> skeletons.View:
    """Return the camera of the query; one that we do not have is the one in front."""
    form = ViewForm(data={name: request.GET[name] for name in ("yaw", "pitch") if request.GET.get(name)})
    known = form.validated_data if form.is_valid() else {}
    return skeletons.View(yaw=known.get("yaw", 0), pitch=known.get("pitch", 0), size=SKELETON, format="webp")


def _advice(row: Pose, view: skeletons.View) -> list[str]:
    """Return what is hard to paint in the pose as the camera sees it, in sentences."""
    points, side = np.asarray(row.keypoints, dtype=float), view.size
    joints = camera.project(points, width=side, height=side, yaw=view.yaw, pitch=view.pitch)
    sentences = {
        advice.OUT_OF_FRAME: _("From this side a part of the body leaves the picture."),
        advice.CROSSED: _("From this side arms or legs cross, which image models often get wrong."),
        advice.NO_FACE: _("From this side the face is not seen, so your person cannot be recognised."),
    }
    return [sentences[code] for code in advice.advice(points, joints, width=side, height=side, has_face=True)]


def _surroundings(request: HttpRequest, row: Pose, view: skeletons.View) -> dict[str, Any]:
    """Return what stands round a pose: its figure for the turntable, words for it and the poses like it."""
    width, height = drawings.PREVIEW_SIZE
    points = np.asarray(row.keypoints, dtype=float)
    seen = camera.project(points, width=width, height=height)
    return {
        "figure": {
            "keypoints": row.keypoints,
            "joints": [joint[:2] for joint in seen],
            "turned": view.yaw or view.pitch,
        },
        "skeleton": _address(row),
        "sides": SIDES,
        "level": library.DIFFICULTIES[row.difficulty],
        "suits": library.SUITS.get(row.gender_suitability, ""),
        "tags": [tag for tag in row.tags if ":" not in tag][:8],
        "mine": row.owner_id is not None,
        "locked": row.is_premium and not (request.user.is_authenticated and plans.of(request.user.pk).is_premium),
        "similar": catalogue.alike(request.user, row, limit=SIMILAR),
    }


def _address(row: Pose) -> str:
    """Return where the skeleton's pictures are: anybody may keep those of the library."""
    if row.is_public:
        return f"{PUBLIC}/{row.pk}/skeleton.png"
    return reverse("studio:pose_skeleton", kwargs={"pk": row.pk})
