"""What each page may load. The studio and what it shares are strict; the two foreign front ends get what they need.

The studio has no inline script and no inline style. The admin's theme evaluates expressions (Alpine) and the API's own
pages start from an inline script, so each of them has a policy of its own, as narrow as it still works with.
"""

from typing import Any
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

#: What differs from the studio's policy, by the beginning of the path.
FOREIGN: dict[str, dict[str, list[str]]] = {
    "/admin/": {
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    },
    "/api/docs": {"script-src": ["'self'", "'unsafe-inline'"], "style-src": ["'self'", "'unsafe-inline'"]},
}


class PolicyMiddleware(CSPMiddleware):
    """Sends the policy that belongs to the path; pictures may also come from the bucket that holds them."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only:
            parts.replace = {**_for(request.path), **(parts.replace or {})}
            parts.update = {**_pictures(), **(parts.update or {})}
        return parts


def _for(path: str) -> dict[str, Any]:
    return next((policy for start, policy in FOREIGN.items() if path.startswith(start)), {})


def _pictures() -> dict[str, Any]:
    """Return where pictures come from besides ourselves: the bucket whose signed links the pages show."""
    if settings.STORAGE_MODE != "r2":
        return {}
    place = urlsplit(settings.STORAGES["default"]["OPTIONS"]["endpoint_url"])
    return {"img-src": [f"{place.scheme}://{place.netloc}"]}
