"""What an order costs. Pure: the quote, the order and the tests use the same function."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    """Credits for one order; `each` is what every picture holds, captures or gives back."""

    pictures: int
    pose: int
    background: int

    @property
    def each(self) -> int:
        return self.pose + self.background

    @property
    def total(self) -> int:
        return self.pictures * self.each


def price(pictures: int, *, background: bool, prices: Mapping[str, int]) -> Price:
    """Return the price of `pictures` pictures, with or without a changed background each."""
    return Price(pictures, prices["pose"], prices["background"] if background else 0)
