"""What every page of the studio shows round its own content: who is here, what they can spend, which language."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from credits import ledger, quota
from lumiku.studio import refusals

THEMES = ("light", "dark")


def studio(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values; nothing is read from the database before a template asks for it."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    chosen = request.COOKIES.get("theme", "")
    return {
        "theme": chosen if chosen in THEMES else "",
        "signed_in": signed_in,
        "purse": SimpleLazyObject(lambda: ledger.account_of(user)) if signed_in else None,
        "daily": SimpleLazyObject(lambda: quota.of(user.pk)) if signed_in and user else None,
        "section": request.resolver_match.url_name if refusals.is_studio(request) and request.resolver_match else "",
        "prices": settings.PRICES,
    }
