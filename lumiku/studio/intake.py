"""What a page of the studio takes at all, and who may keep what it answers; asked for every request, before any view.

A browser's form is read whole before a view sees it, so its size is looked at first. A NUL is in no text that anybody
typed, and PostgreSQL takes none: forms that have one are refused here, once, rather than in every view that has a
text. A query that has one only narrows a list, which each view reads in its own forgiving way.
"""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from lumiku import api
from lumiku.errors import Invalid


def refuse_too_large(request: HttpRequest) -> None:
    """Raise TooLarge for a body larger than what the API takes, or one that does not say how large it is."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    unsaid = "Transfer-Encoding" in request.headers  # no browser sends a form so
    if unsaid or not (length.isascii() and length.isdigit()) or int(length[:20]) > api.MAX_FORM:
        raise api.TooLarge(_("A file has at most %(most)d MB.") % {"most": api.MAX_FILE // 2**20})


def refuse_unreadable(request: HttpRequest, ids: Iterable[Any]) -> None:
    """Raise Invalid when there is a NUL in the form, or in the parts of the path that say which row is meant."""
    said = [text for name, texts in request.POST.lists() for text in (name, *texts)]
    if any("\0" in str(text) for text in (*ids, *said)):
        raise Invalid(_("This request cannot be understood."))


def keep_private(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let no cache keep what somebody who is logged in was shown: not even the way back after they have logged out."""
    user = getattr(request, "user", None)
    if "Cache-Control" not in response.headers and user is not None and user.is_authenticated:
        response["Cache-Control"] = "private, no-store"
