"""What templates of the studio say with numbers, times and files."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from credits import jakarta
from lumiku import files

register = template.Library()

#: One credit in Rupiah.
RUPIAH = 100


def _grouped(number: int) -> str:
    sign = "." if (translation.get_language() or "").startswith("id") else ","
    return f"{number:,}".replace(",", sign)


@register.filter
def number(value: int) -> str:
    """Return a whole number with its thousands grouped as the language does."""
    return _grouped(int(value))


@register.filter
def rupiah(credits: int) -> str:
    """Return what credits are worth, as "Rp 3.000"."""
    return f"Rp\u00a0{_grouped(int(credits) * RUPIAH)}"


@register.filter
def in_credits(amount: int) -> str:
    """Return an amount of credits in words, as "30 credits"."""
    return _("%(amount)s credits") % {"amount": _grouped(int(amount))}


@register.filter
def file_url(name: str) -> str:
    """Return the link to a stored file, signed if it is private; nothing for no file."""
    return files.url(name) or ""


@register.filter
def moment(at: datetime | None) -> str:
    """Return a time in Jakarta, as "22 Nov 2026, 14:05"."""
    return date_format(localtime(at, jakarta.ZONE), "j M Y, H:i") if at else ""


@register.simple_tag
def query(given: QueryDict, **changed: Any) -> str:
    """Return the query string `given` with some names changed; None leaves a name out."""
    kept = {name: given.getlist(name) for name in given}
    for name, value in changed.items():
        kept.pop(name, None)
        if value not in (None, ""):
            kept[name] = [str(value)]
    return "?" + urlencode(kept, doseq=True)
