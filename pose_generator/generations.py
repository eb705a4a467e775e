"""Orders: quote, place, cancel, retry, discard.

`place` is one transaction: the hold, or the poses of the day; the generation, its results with their prices and
prompts; and afterwards one bell. What is refused is refused before anything is written. The number of pictures paid
for is the number of rows.
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

from credits import ledger, quota
from credits.models import Entry
from lumiku import backends, files, moderation, usage
from lumiku.errors import DomainError, NotFound
from pose_generator import orders, pace, prompts, settlement, tasks
from pose_generator.models import Generation, Project, Result, Status
from pose_generator.orders import Order, Picture
from pose_generator.pricing import Price

SEEDS = 2**31


class PriceChanged(DomainError):
    """The client expected another price; nothing was written."""

    code = "price_changed"
    status = 409


class TooMuchAtOnce(DomainError):
    """More poses or orders than a user may have in a minute, or in work."""

    code = "rate_limited"
    status = 429


class WrongState(DomainError):
    """The order is not in a state in which this can be done."""

    code = "wrong_state"
    status = 409


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
    order = orders.posed(order)
    price = orders.check(order)
    return Quote(
        price=price,
        balance=ledger.account_of(user).available,
        estimated_seconds=pace.estimate(order.pictures, backend=order.backend),
        backend=order.backend,
        warnings=orders.warnings(order),
    )


@transaction.atomic
def place(user: Any, order: Order) -> Generation:
    """Take the price and write the order; the workers hear of it after the commit."""
    order = orders.posed(order)
    orders.check(order)
    usage.check(user)
    if not Project.objects.select_for_update(no_key=True).filter(pk=order.project.pk, discarded_at=None):
        raise NotFound(_("There is nothing here, or it is not yours."))
    price = _locked_price(user, order.pictures, background=bool(order.background_mode), pay_with=order.pay_with)
    if order.expected_credits not in (None, price.total):
        raise PriceChanged(_("The price is %(price)d credits now.") % {"price": price.total}, required=price.total)
    width, height = orders.SIZES[order.aspect_ratio]
    generation = Generation(
        owner=user,
        project=order.project,
        kind=order.kind,
        text_prompt=order.text_prompt,
        avatar=order.avatar,
        avatar_version=order.avatar.version if order.avatar else None,
        traits=order.avatar.traits if order.avatar else {},
        reference=orders.reference(order),
        batch_size=order.variations,
        background_mode=order.background_mode,
        background_prompt=order.background_prompt,
        background_color=order.background_color,
        background_upload=order.background_upload,
        export_formats=list(order.export_formats),
        seed=order.seed if order.seed is not None else secrets.randbelow(SEEDS),
        width=width,
        height=height,
        backend=order.backend,
    )
    return _write(generation, orders.shown(order), price)


@transaction.atomic
def retry(user: Any, generation: Generation) -> Generation:
    """Order the failed pictures of an ended generation again, with new seeds, as a linked generation.

    What paid for the first order pays for this one.
    """
    generation = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
    if generation.is_open:
        raise WrongState(_("This order is still running; retry what failed when it has ended."))
    failed = generation.results.filter(status=Status.FAILED).select_related("pose").order_by("number")
    shown = [Picture(row.pose, row.variation, row.yaw, row.pitch) for row in failed]
    if not shown:
        raise WrongState(_("Nothing failed in this order; there is nothing to retry."))
    if generation.backend not in backends.offered():
        raise WrongState(_("What painted this order is no longer offered; please place a new order."))
    if generation.reference and not files.exists(generation.reference):
        raise WrongState(_("The photo of this order was deleted; please place a new order."))
    moderation.check(text_prompt=generation.text_prompt, background_prompt=generation.background_prompt)
    orders.check_premium(user.pk, [row.pose for row in failed if row.pose])
    price = _locked_price(
        user,
        len(shown),
        background=bool(generation.background_mode),
        pay_with="credits" if generation.hold_id else "quota",
    )
    copied = [
        "owner",
        "project",
        "kind",
        "text_prompt",
        "avatar",
        "avatar_version",
        "traits",
        "reference",
        "batch_size",
        "background_mode",
        "background_prompt",
        "background_color",
        "background_upload",
        "export_formats",
        "width",
        "height",
        "backend",
    ]
    again = Generation(
        **{name: getattr(generation, name) for name in copied}, seed=secrets.randbelow(SEEDS), retry_of=generation
    )
    return _write(again, shown, price)


def cancel(generation: Generation) -> None:
    """Stop what waits and give it back, or raise WrongState when the order has ended."""
    if not settlement.cancel(generation):
        raise WrongState(_("This order has ended already."))


@transaction.atomic
def discard(generation: Generation) -> None:
    """Hide an ended order and forget its files after the commit; rows and entries stay."""
    generation = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
    if generation.is_open:
        raise WrongState(_("This order is still running; cancel it first."))
    now = timezone.now()
    Generation.objects.filter(pk=generation.pk).update(discarded_at=now)
    generation.results.update(discarded_at=now)


def _write(generation: Generation, shown: Sequence[Picture], price: Price) -> Generation:
    """Write an order inside the caller's transaction."""
    generation.total = len(shown)
    generation.deadline_at = Now() + timedelta(seconds=settings.TIMES["order_deadline"])
    generation.hold = _pay(generation, price)
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
            backend=generation.backend,
            seed=(generation.seed + number) % SEEDS,
        )
        for number, picture in enumerate(shown)
    )
    tasks.ring()
    generation.refresh_from_db(fields=["deadline_at"])
    return generation


def _locked_price(user: Any, pictures: int, *, background: bool, pay_with: str) -> Price:
    """Lock the user's account and return the price: what pays is decided by what is there when it is taken."""
    ledger.lock(user)
    return orders.price(user.pk, pictures, background=background, pay_with=pay_with)


def _pay(generation: Generation, price: Price) -> Entry | None:
    """Hold the price and return the hold, or take the poses of the day; raise when there is not enough."""
    key = f"generation:{generation.pk}"
    if price.paid_by == "quota":
        quota.take(generation.owner_id, price.pictures, key=key)
        return None
    return ledger.hold(generation.owner, price.total, key=key)


def _prompt(generation: Generation, picture: Picture) -> str:
    pose = picture.pose
    return prompts.build(
        words=generation.text_prompt,
        pose=f"{pose.name_en}: {pose.description_en}" if pose else "",
        traits=generation.traits,
        background=prompts.ground(
            generation.background_mode, generation.background_prompt, generation.background_color
        ),
        keypoints=pose.keypoints if pose else None,
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
