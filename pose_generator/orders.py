"""An order before it is placed: what a seller wants, and every reason why it cannot be taken.

Nothing is written here. The quote and the placing of an order meet the same refusals, so a price that was shown can be
paid.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from avatars.models import Avatar
from credits import plans, quota
from lumiku import backends, moderation
from lumiku.backends import gate
from lumiku.errors import DomainError, Invalid
from pose_generator import finishing, grounds, neighbours, pricing
from pose_generator.models import Generation, Pose, Project, Upload
from pose_generator.posing import advice, camera
from pose_generator.pricing import Price

SIZES = {
    "1:1": (1024, 1024),
    "4:5": (896, 1120),
    "3:4": (864, 1152),
    "9:16": (720, 1280),
    "16:9": (1280, 720),
}
MOST = 500


class PremiumRequired(DomainError):
    """A premium pose was picked without a plan that has them."""

    code = "premium_required"
    status = 403


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a seller wants, checked: every row in it is the seller's own or public."""

    project: Project
    kind: str
    poses: Sequence[Pose] = ()
    variations: int
    text_prompt: str = ""
    avatar: Avatar | None = None
    background_mode: str = ""
    background_prompt: str = ""
    background_color: str = ""
    background_upload: Upload | None = None
    export_formats: Sequence[str] = ()
    """Names of the formats that each picture is made in, in the registry's order."""
    cameras: Sequence[tuple[float, float]] = ((0.0, 0.0),)
    aspect_ratio: str = "1:1"
    seed: int | None = None
    backend: str = ""
    expected_credits: int | None = None
    pay_with: str = ""
    """quota, credits or quota_then_credits; empty: the quota for whoever has one."""

    @property
    def pictures(self) -> int:
        return max(1, len(self.poses)) * self.variations * len(self.cameras)


@dataclass(frozen=True)
class Picture:
    """One result to be: which pose from where, in which variation."""

    pose: Pose | None
    variation: int
    yaw: float
    pitch: float


def posed(order: Order) -> Order:
    """Return an order by words alone with the pose of the library that they mean, if one is close enough."""
    if order.poses or not order.text_prompt:
        return order
    pose = neighbours.meant(order.text_prompt)
    return replace(order, poses=[pose]) if pose else order


def check(order: Order) -> Price:
    """Return the price, or raise the first reason why the order cannot be taken."""
    moderation.check(text_prompt=order.text_prompt, background_prompt=order.background_prompt)
    if order.pictures > MOST:
        raise Invalid(
            _("An order has at most %(most)d pictures; this one has %(pictures)d.")
            % {"most": MOST, "pictures": order.pictures},
            fields={"batch_size": [_("Poses × variations × cameras are too many.")]},
        )
    check_premium(order.project.owner_id, order.poses)
    _check_avatar(order)
    _check_background(order)
    _check_picture(order)
    return price(
        order.project.owner_id, order.pictures, background=bool(order.background_mode), pay_with=order.pay_with
    )


def price(owner_id: Any, pictures: int, *, background: bool, pay_with: str) -> Price:
    """Return what pictures cost their owner now and what pays for them all, or raise QuotaExceeded.

    Until the owner's account is locked another order may take the poses of the day.
    """
    today = quota.of(owner_id) if pay_with != "credits" else None
    limit, left = (today.limit, today.left) if today else (0, 0)
    payer = pricing.payer(pay_with, pictures, limit=limit, left=left)
    if payer is None:
        raise quota.exceeded(pictures, today)
    if payer == "quota":
        return pricing.by_quota(pictures)
    return pricing.price(pictures, background=background, prices=settings.PRICES)


def check_premium(owner_id: Any, poses: Iterable[Pose]) -> None:
    """Refuse premium poses to somebody whose plan has none."""
    if any(pose.is_premium for pose in poses) and not plans.of(owner_id).is_premium:
        raise PremiumRequired(_("Premium poses come with the pro and unlimited plans."))


def _check_avatar(order: Order) -> None:
    """Refuse an avatar whose photo has not come: nobody could say who is shown."""
    if order.avatar and not order.avatar.image:
        sentence = _("This avatar has no photo yet; wait until it is painted, or choose another one.")
        raise Invalid(sentence, fields={"avatar_id": [sentence]})


def _check_background(order: Order) -> None:
    """Refuse a background that nobody here could make: it would be charged for and not changed."""
    mode = order.background_mode
    if not mode or finishing.is_painted(mode, order.backend):
        return
    if mode == "upload" and not order.background_upload:
        sentence = _("Send the address of a picture that you uploaded here.")
        raise Invalid(sentence, fields={"background_image_url": [sentence]})
    refuse_background(mode, order.backend)


def refuse_background(mode: str, backend: str) -> None:
    """Raise Invalid if a background cannot be changed to `mode` afterwards."""
    if not grounds.can_cut():
        sentence = _("Backgrounds cannot be changed here: the models that find people are not installed.")
    elif mode == "ai_generate" and not grounds.scene_painter(backend):
        sentence = _("No backend here paints backgrounds; choose another mode or leave it out.")
    else:
        return
    raise Invalid(sentence, fields={"background_mode": [sentence]})


def _check_picture(order: Order) -> None:
    """Refuse an order that gives a backend, which only changes pictures, none to change."""
    if not backends.get(order.backend).needs_picture or order.poses or reference(order):
        return
    text = _("The %(backend)s backend needs a pose or the photo of an avatar; add one or choose another backend.")
    sentence = text % {"backend": order.backend}
    raise Invalid(sentence, fields={"backend": [sentence]})


def warnings(order: Order) -> list[dict[str, str]]:
    """Return what the backend will not obey of this order and what is hard to paint in it, as code and sentence."""
    supports = backends.get(order.backend).supports
    found = {}
    if order.poses and "control" not in supports:
        found["pose_not_obeyed"] = _("This backend takes no skeleton: poses are described in words and may differ.")
    if order.poses and order.kind == Generation.Kind.TEXT:
        text = _("Your words mean the pose “%(pose)s” of the library; it is used for every picture.")
        found["pose_chosen"] = text % {"pose": order.poses[0].name}
    if not order.poses:
        found["no_pose"] = _("A text order has no skeleton: the pose is up to the backend.")
    if reference(order) and "reference" not in supports:
        found["person_not_obeyed"] = _("This backend takes no photo: the person is described by the avatar's traits.")
    if gate.states([order.backend])[order.backend].most == 0:
        found["backend_waits"] = _("This backend does not answer just now; your poses start as soon as it does.")
    if order.backend == "preview":
        found["preview"] = _("The preview backend draws mannequins, not photographs.")
    found |= _advice(order)
    return [{"code": code, "message": message} for code, message in found.items()]


def _advice(order: Order) -> dict[str, str]:
    """Return what is hard to paint in the poses as their cameras see them, by code: one sentence says how many."""
    counts = Counter(code for pose in order.poses for code in _codes(order, pose))
    sentences = {
        advice.OUT_OF_FRAME: _("In %(poses)d of %(total)d poses a part of the body leaves the picture."),
        advice.CROSSED: _("In %(poses)d of %(total)d poses arms or legs cross, which image models often get wrong."),
        advice.NO_FACE: _("In %(poses)d of %(total)d poses the face is not seen, so the person cannot be recognised."),
    }
    told = {"total": len(order.poses)}
    return {code: text % {**told, "poses": counts[code]} for code, text in sentences.items() if counts[code]}


def _codes(order: Order, pose: Pose) -> set[str]:
    """Return the codes of a pose from any camera of the order."""
    width, height = SIZES[order.aspect_ratio]
    points = np.asarray(pose.keypoints, dtype=float)
    has_face = bool(reference(order) or (order.avatar and order.avatar.traits))
    return {
        code
        for yaw, pitch in order.cameras
        for code in advice.advice(
            points,
            camera.project(points, width=width, height=height, yaw=yaw, pitch=pitch),
            width=width,
            height=height,
            has_face=has_face,
        )
    }


def reference(order: Order) -> str:
    """Return the storage name of the person's photo: the avatar's, or the project's own."""
    if order.avatar:
        return order.avatar.image
    return order.project.photo.file if order.project.photo else ""


def shown(order: Order) -> list[Picture]:
    """Return the pictures of `order` in their order: pose by pose, camera by camera, variation by variation."""
    poses: Sequence[Pose | None] = order.poses or [None]
    return [
        Picture(pose, variation, yaw, pitch)
        for pose in poses
        for yaw, pitch in order.cameras
        for variation in range(1, order.variations + 1)
    ]
