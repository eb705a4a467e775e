"""What credits cost and what they buy, as the credits page says it. The plans are rows; top-ups stand here.

Nothing is paid on the page in this release: an operator adds what was bought by hand.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class TopUp:
    """Credits that can be bought once; the price is in Rupiah."""

    credits: int
    price: int

    @property
    def pictures(self) -> int:
        """How many poses without a background of their own that pays for."""
        return self.credits // int(settings.PRICES["pose"])

    @property
    def saving(self) -> int:
        """Per cent less than the credits are worth one by one."""
        return 100 - 100 * self.price // (self.credits * RUPIAH)


@dataclass(frozen=True)
class Cost:
    """What one thing takes, in credits; 0 is free."""

    icon: str
    name: str
    credits: int


RUPIAH = 100
TOP_UPS = (TopUp(500, 50_000), TopUp(1_500, 145_000), TopUp(4_000, 370_000))


def costs() -> list[Cost]:
    """Return what things cost, from the prices that orders are placed with."""
    named = {
        "pose": ("image", _("A picture in one pose")),
        "background": ("layers", _("Another background, for each picture")),
        "avatar_upload": ("upload", _("An avatar from your photo")),
        "avatar_preset": ("users-round", _("An avatar from our gallery")),
        "avatar_generate": ("sparkles", _("An avatar from your words")),
    }
    known = [Cost(icon, name, settings.PRICES[key]) for key, (icon, name) in named.items() if key in settings.PRICES]
    return [*known, Cost("download", _("Downloads, export sizes, ZIP"), 0)]
