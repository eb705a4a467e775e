"""How the studio tells a refusal: beside the field, as a note on the page, or as a page of its own.

Domain calls raise; views need not catch. A request by htmx gets a note into `#toasts` and the page stays as it is; any
other gets a page with the sentence and a way back. A view that shows its form again asks `told` for the sentences.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.exceptions import ValidationError

from lumiku import api
from lumiku.errors import DomainError
from lumiku.studio import intake

#: What a domain call or the form of an API raises when it declines.
Declined = (DomainError, ValidationError)
#: What is no page of ours, by the beginning of the path.
FOREIGN = ("/api/", "/admin/", "/media/")


@dataclass(frozen=True)
class Refusal:
    """A refusal in sentences: one for the whole, and those that belong to fields (snake_case)."""

    message: str
    code: str = "invalid"
    status: int = 400
    fields: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def told(error: Exception) -> Refusal:
    """Return what a `Declined` error says."""
    if isinstance(error, DomainError):
        return Refusal(error.message, error.code, error.status, error.fields or {}, error.extra)
    assert isinstance(error, ValidationError)
    shown = api.exception_handler(error, {})
    assert shown is not None
    problem = shown.data["error"]
    fields = {api.snake(name): sentences for name, sentences in problem.get("fields", {}).items()}
    return Refusal(problem["message"], problem["code"], shown.status_code, fields)


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer a refusal as a note on the page that asked, or as a page."""
    if getattr(request, "htmx", False):
        answer = render(request, "studio/_toast.html", {"refusal": refusal}, status=refusal.status)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#toasts", "beforeend"
        return answer
    return render(request, "studio/refusal.html", {"refusal": refusal, "back": _back(request)}, status=refusal.status)


def _back(request: HttpRequest) -> str:
    """Return the page that the browser came from if it is one of ours, else the first."""
    before = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return before if ours else "/"


class RefusalMiddleware:
    """Shows the refusals that studio views raise, and leads a page whose session has ended to the log-in as a whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._taken(request)
        entrance = reverse(settings.LOGIN_URL)
        if getattr(request, "htmx", False) and response.headers.get("Location", "").startswith(entrance):
            # Otherwise the log-in would be swapped into the part of the page that asked.
            return HttpResponseClientRedirect(f"{entrance}?{urlencode({'next': _page_of(request)})}")
        if is_studio(request):
            intake.keep_private(request, response)
        return response

    def _taken(self, request: HttpRequest) -> HttpResponse:
        """Answer, unless the body is too large to be read; the API looks for itself, operators may send more."""
        if not request.path.startswith(FOREIGN):
            try:
                intake.refuse_too_large(request)
            except DomainError as error:
                return refuse(request, told(error))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, ids: dict[str, Any]) -> HttpResponse | None:
        """Refuse what no view can read."""
        try:
            if is_studio(request):
                intake.refuse_unreadable(request, ids.values())
        except Declined as error:
            return refuse(request, told(error))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if is_studio(request) and isinstance(error, Declined):
            return refuse(request, told(error))
        return None


def _page_of(request: HttpRequest) -> str:
    """Return the path of the page that a request by htmx was made from, as far as it says one."""
    with suppress(ValueError):
        return urlsplit(request.htmx.current_url or "/").path  # type: ignore[attr-defined]
    return "/"


def is_studio(request: HttpRequest) -> bool:
    """Whether the request is for a page of the studio."""
    return bool(request.resolver_match and request.resolver_match.app_name == "studio")


# ---- Pages for what goes wrong before or outside of a view ---------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown path, or another one's row: JSON to programs, a page to people."""
    if not _wants_page(request):
        return api.not_found(request, exception)
    return render(request, "studio/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug of ours: JSON to programs, to people a page that needs nothing which may be broken."""
    if not _wants_page(request):
        return api.server_error(request)
    return render(request, "studio/500.html", {"bare": True}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose secret is gone, mostly because the log-in ended in another tab."""
    if not _wants_page(request):
        return api.bad_request(request, PermissionDenied(reason))
    return render(request, "studio/csrf.html", status=403)


def _wants_page(request: HttpRequest) -> bool:
    return not request.path.startswith(FOREIGN) and request.accepts("text/html")
