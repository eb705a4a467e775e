"""Orders: quote, place, cancel, retry, discard.

`place` is one transaction: the hold, the generation, its results with their prices and prompts, and afterwards one
bell. What is refused is refused before anything is written. The number of pictures paid for is the number of rows.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from avatars.models import Avatar
from credits import ledger
from lumiku import backends, moderation
from lumiku.errors import DomainError, Invalid
from pose_generator import pace, pricing, prompts, settlement, tasks
from pose_generator.models import Generation, Pose, Project, Result, Status, Upload
from pose_generator.pricing import Price

SIZES = {
    "1:1": (1024, 1024),
    "4:5": (896, 1120),
    "3:4": (864, 1152),
    "9:16": (720, 1280),
    "16:9": (1280, 720),
}
MOST = 500
SEEDS = 2**31


class PriceChanged(DomainError):
    """The client expected another price; nothing was written."""

    code = "price_changed"
    status = 409


class QuotaExceeded(DomainError):
    """Payment by quota was asked for and there is none."""

    code = "quota_exceeded"
    status = 403


class PremiumRequired(DomainError):
    """A premium pose was picked without a plan that has them."""

    code = "premium_required"
    status = 403


class TooMuchAtOnce(DomainError):
    """More poses or orders than a user may have in a minute, or in work."""

    code = "rate_limited"
    status = 429


class WrongState(DomainError):
    """The order is not in a state in which this can be done."""

    code = "wrong_state"
    status = 409


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
    cameras: Sequence[tuple[float, float]] = ((0.0, 0.0),)
    aspect_ratio: str = "1:1"
    seed: int | None = None
    backend: str = ""
    expected_credits: int | None = None
    pay_with: str = "credits"

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


@dataclass(frozen=True)
class Quote:
    """What an order would cost and whether it would do what is asked. Nothing was written."""

    price: Price
    balance: int
    estimated_seconds: int
    backend: str
    warnings: list[dict[str, str]]

    @property
    def sufficient(self) -> bool:
        return self.balance >= self.price.total


def quote(user: Any, order: Order) -> Quote:
    """Return price, time and warnings of `order`, or raise the refusal that placing it would meet."""
    price = _check(order)
    return Quote(
        price=price,
        balance=ledger.account_of(user).available,
        estimated_seconds=pace.estimate(order.pictures, backend=order.backend),
        backend=order.backend,
        warnings=_warnings(order),
    )


@transaction.atomic
def place(user: Any, order: Order) -> Generation:
    """Hold the price and write the order; the workers hear of it after the commit."""
    price = _check(order)
    if order.expected_credits not in (None, price.total):
        raise PriceChanged(_("The price is %(price)d credits now.") % {"price": price.total}, required=price.total)
    poses: Sequence[Pose | None] = order.poses or [None]
    shown = [
        Picture(pose, variation, yaw, pitch)
        for pose in poses
        for yaw, pitch in order.cameras
        for variation in range(1, order.variations + 1)
    ]
    width, height = SIZES[order.aspect_ratio]
    generation = Generation(
        owner=user,
        project=order.project,
        kind=order.kind,
        text_prompt=order.text_prompt,
        avatar=order.avatar,
        traits=order.avatar.traits if order.avatar else {},
        reference=_reference(order),
        batch_size=order.variations,
        background_mode=order.background_mode,
        background_prompt=order.background_prompt,
        background_color=order.background_color,
        background_upload=order.background_upload,
        seed=order.seed if order.seed is not None else secrets.randbelow(SEEDS),
        width=width,
        height=height,
        backend=order.backend,
    )
    return _write(generation, shown, price)


def retry(user: Any, generation: Generation) -> Generation:
    """Order the failed pictures of an ended generation again, with new seeds, as a linked generation."""
    if generation.is_open:
        raise WrongState(_("This order is still running; retry what failed when it has ended."))
    failed = generation.results.filter(status=Status.FAILED).select_related("pose").order_by("number")
    shown = [Picture(row.pose, row.variation, row.yaw, row.pitch) for row in failed]
    if not shown:
        raise WrongState(_("Nothing failed in this order; there is nothing to retry."))
    price = pricing.price(len(shown), background=bool(generation.background_mode), prices=settings.PRICES)
    copied = [
        "owner",
        "project",
        "kind",
        "text_prompt",
        "avatar",
        "traits",
        "reference",
        "batch_size",
        "background_mode",
        "background_prompt",
        "background_color",
        "background_upload",
        "width",
        "height",
        "backend",
    ]
    again = Generation(
        **{name: getattr(generation, name) for name in copied}, seed=secrets.randbelow(SEEDS), retry_of=generation
    )
    with transaction.atomic():
        return _write(again, shown, price)


def cancel(generation: Generation) -> None:
    """Stop what waits and give it back, or raise WrongState when the order has ended."""
    if not settlement.cancel(generation):
        raise WrongState(_("This order has ended already."))


@transaction.atomic
def discard(generation: Generation) -> None:
    """Hide an ended order and forget its files after the commit; rows and entries stay."""
    generation = Generation.objects.select_for_update().get(pk=generation.pk)
    if generation.is_open:
        raise WrongState(_("This order is still running; cancel it first."))
    now = timezone.now()
    Generation.objects.filter(pk=generation.pk).update(discarded_at=now)
    generation.results.update(discarded_at=now)


def _check(order: Order) -> Price:
    """Return the price, or raise the first reason why the order cannot be taken."""
    moderation.check(text_prompt=order.text_prompt, background_prompt=order.background_prompt)
    if order.pictures > MOST:
        raise Invalid(
            _("An order has at most %(most)d pictures; this one has %(pictures)d.")
            % {"most": MOST, "pictures": order.pictures},
            fields={"batch_size": [_("Poses × variations × cameras are too many.")]},
        )
    if order.pay_with == "quota":
        raise QuotaExceeded(_("Your plan has no daily poses; pay with credits."))
    if any(pose.is_premium for pose in order.poses):
        raise PremiumRequired(_("Premium poses come with the pro and unlimited plans."))
    _check_background(order)
    return pricing.price(order.pictures, background=bool(order.background_mode), prices=settings.PRICES)


def _check_background(order: Order) -> None:
    """Refuse a background that the backend would not paint: it would be charged for and not changed."""
    needs = {"solid_color": "background", "ai_generate": "scene"}
    if not order.background_mode or needs.get(order.background_mode) in backends.get(order.backend).supports:
        return
    sentence = _("The %(backend)s backend cannot make this background; choose another mode or leave it out.") % {
        "backend": order.backend
    }
    raise Invalid(sentence, fields={"background_mode": [sentence]})


def _warnings(order: Order) -> list[dict[str, str]]:
    """Return what the backend will not obey of this order, as code and sentence."""
    supports = backends.get(order.backend).supports
    found = {}
    if order.poses and "control" not in supports:
        found["pose_not_obeyed"] = _("This backend takes no skeleton: poses are described in words and may differ.")
    if not order.poses:
        found["no_pose"] = _("A text order has no skeleton: the pose is up to the backend.")
    if _reference(order) and "reference" not in supports:
        found["person_not_obeyed"] = _("This backend takes no photo: the person is described by the avatar's traits.")
    if order.backend == "preview":
        found["preview"] = _("The preview backend draws mannequins, not photographs.")
    return [{"code": code, "message": message} for code, message in found.items()]


def _reference(order: Order) -> str:
    """Return the storage name of the person's photo: the avatar's, or the project's own."""
    if order.avatar:
        return order.avatar.image
    return order.project.photo.file if order.project.photo else ""


def _write(generation: Generation, shown: Sequence[Picture], price: Price) -> Generation:
    """Write an order inside the caller's transaction."""
    generation.total = len(shown)
    generation.deadline_at = Now() + timedelta(seconds=settings.TIMES["order_deadline"])
    generation.hold = ledger.hold(generation.owner, price.total, key=f"generation:{generation.pk}")
    _refuse_too_much(generation)  # the account's lock is held by now, so the count is exact
    generation.save(force_insert=True)
    Result.objects.bulk_create(
        Result(
            generation=generation,
            number=number,
            pose=picture.pose,
            variation=picture.variation,
            yaw=picture.yaw,
            pitch=picture.pitch,
            price=price.each,
            background_price=price.background,
            prompt=_prompt(generation, picture),
            seed=(generation.seed + number) % SEEDS,
        )
        for number, picture in enumerate(shown)
    )
    tasks.ring()
    generation.refresh_from_db(fields=["deadline_at"])
    return generation


def _prompt(generation: Generation, picture: Picture) -> str:
    pose = picture.pose
    return prompts.build(
        words=generation.text_prompt,
        pose=f"{pose.name_en}: {pose.description_en}" if pose else "",
        traits=generation.traits,
        background=prompts.ground(
            generation.background_mode, generation.background_prompt, generation.background_color
        ),
        yaw=picture.yaw,
        pitch=picture.pitch,
    )


def poses_lately(user: Any) -> int:
    """Return how many poses the user ordered in the last minute."""
    return _lately(user).aggregate(all=Sum("total"))["all"] or 0


def _lately(user: Any) -> Any:
    return Generation.objects.filter(owner=user, created_at__gt=Now() - timedelta(seconds=60))


def _refuse_too_much(generation: Generation) -> None:
    if not settings.LIMITS_ON:
        return
    limits = settings.LIMITS
    mine = Generation.objects.filter(owner=generation.owner)
    if _lately(generation.owner).count() >= limits["orders_per_minute"]:
        raise TooMuchAtOnce(_("That was many orders for a minute; please wait a moment."), retry_after=60)
    if poses_lately(generation.owner) + generation.total > limits["poses_per_minute"]:
        raise TooMuchAtOnce(_("That was many poses for a minute; please wait a moment."), retry_after=60)
    running = Result.objects.open().filter(generation__in=mine.open()).count()
    if running + generation.total > limits["poses_in_flight"]:
        raise TooMuchAtOnce(
            _("You have %(running)d poses in work; please wait until some have ended.") % {"running": running},
            retry_after=30,
        )
