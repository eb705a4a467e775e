"""What an order costs and what pays for it. Pure: the quote, the order and the tests use the same functions."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    """Credits for one order; `each` is what every picture holds, captures or gives back: 0 when a quota pays."""

    pictures: int
    pose: int
    background: int
    paid_by: str = "credits"

    @property
    def each(self) -> int:
        return self.pose + self.background

    @property
    def total(self) -> int:
        return self.pictures * self.each


def price(pictures: int, *, background: bool, prices: Mapping[str, int]) -> Price:
    """Return the price of `pictures` pictures, with or without a changed background each."""
    return Price(pictures, prices["pose"], prices["background"] if background else 0)


def by_quota(pictures: int) -> Price:
    """Return the price of `pictures` pictures, backgrounds included, that a plan's daily poses pay for: no credits."""
    return Price(pictures, 0, 0, paid_by="quota")


def payer(pay_with: str, pictures: int, *, limit: int, left: int) -> str | None:
    """Return what pays for a whole order, "quota" or "credits"; None when the quota was meant and is too small.

    `limit` and `left` are the poses of the day, both 0 without a plan that has them. Empty `pay_with` means the quota
    for whoever has one.
    """
    if pay_with == "credits" or (not pay_with and not limit):
        return "credits"
    if pictures <= left:
        return "quota"
    return "credits" if pay_with == "quota_then_credits" else None
