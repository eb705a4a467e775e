"""One shape for everything that goes over the wire.

camelCase outside and snake_case inside, one error body, one request id. The camel-case package for
DRF is stale and renames data keys such as `instagram_feed`, so the twenty lines stand here and leave the keys of data
maps alone.
"""

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers, renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from lumiku.errors import DomainError

log = logging.getLogger(__name__)

#: Values under these keys are maps whose own keys are data, not field names.
DATA_MAPS = {"exportFormats", "limbScores", "fields", "checks"}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: JSON can spell half of a surrogate pair, which no database or answer can hold.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
MAX_FILE = 10 * 2**20
MAX_FORM = MAX_FILE + 2**20


class TooLarge(DomainError):
    """More bytes than are taken."""

    code = "too_large"
    status = 413


def camel(name: str) -> str:
    """Return the wire's name of a snake_case field."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def snake(name: str) -> str:
    """Return the Python name of a field of the wire."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def to_wire(value: Any) -> Any:
    """Return `value` with camelCase keys all the way down, but for the keys of data maps."""
    if isinstance(value, Mapping):
        names = {key: camel(str(key)) for key in value}
        return {name: value[key] if name in DATA_MAPS else to_wire(value[key]) for key, name in names.items()}
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    return value


def from_wire(value: Any) -> Any:
    """Return `value` with snake_case keys all the way down."""
    if isinstance(value, dict):
        return {snake(from_wire(key)): from_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_wire(item) for item in value]
    if isinstance(value, str) and HALF_CHARACTER.search(value):
        raise exceptions.ParseError(_("The body has half of a character in it."))
    return value


def timestamp(moment: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds, as every time on the wire."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class WireEncoder(JSONEncoder):
    """Times with milliseconds; everything else as DRF has it."""

    def default(self, obj: Any) -> Any:
        return timestamp(obj) if isinstance(obj, datetime) else super().default(obj)


class CamelCaseRenderer(renderers.JSONRenderer):
    """Answers in camelCase."""

    encoder_class = WireEncoder

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return super().render(None if data is None else to_wire(data), *args, **kwargs)


class CamelCaseParser(parsers.JSONParser):
    """Bodies in camelCase; anything but an object is refused."""

    renderer_class = CamelCaseRenderer

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            body = from_wire(super().parse(*args, **kwargs))
        except RecursionError as error:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from error
        if not isinstance(body, dict):
            raise exceptions.ParseError(_("The body must be a JSON object."))
        return body


class CamelCaseMultiPartParser(parsers.MultiPartParser):
    """Forms with files, whose field names are camelCase; a body that is too long is not read."""

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        if int(self._length(kwargs, args) or 0) > MAX_FORM:
            raise TooLarge(_("A file has at most %(most)d MB.") % {"most": MAX_FILE // 2**20})
        form = super().parse(*args, **kwargs)
        fields = {snake(str(name)): values if len(values) > 1 else values[0] for name, values in form.data.lists()}
        return fields | {snake(str(name)): file for name, file in form.files.items()}

    def _length(self, kwargs: dict[str, Any], args: tuple[Any, ...]) -> str:
        context = kwargs.get("parser_context") or args[2]
        return context["request"].META.get("CONTENT_LENGTH") or "0"


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know, so that a typo never costs money."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


# ---- Errors --------------------------------------------------------------------------------------------------------

CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}


def error_body(code: str, message: str, request: HttpRequest | Request | None, **extra: Any) -> dict[str, Any]:
    """Return the one shape of a refusal."""
    body = {"error": {"code": code, "message": message, **extra}}
    return {**body, "request_id": getattr(request, "request_id", "")}


def _sentences(detail: Any) -> list[str]:
    """Flatten DRF's nested details to a list of sentences."""
    if isinstance(detail, dict):
        return [text for value in detail.values() for text in _sentences(value)]
    if isinstance(detail, list):
        return [text for value in detail for text in _sentences(value)]
    return [str(detail)]


def _fields(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, dict):
        return {}
    return {camel(str(name)): list(dict.fromkeys(_sentences(value))) for name, value in detail.items()}


def _as_api_error(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound(_("There is nothing here, or it is not yours."))
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            too_big = exceptions.APIException(_("That is more than is taken at once."))
            too_big.status_code = 413
            return too_big
        case SuspiciousOperation():
            return exceptions.ParseError(_("This request cannot be understood."))
        case OperationalError():
            log.error("The database did not answer: %s", error)
            unavailable = exceptions.APIException(_("We cannot reach our database; please try again."), "unavailable")
            unavailable.status_code, unavailable.wait = 503, 5  # type: ignore[attr-defined]
            return unavailable
    return None


def _refusal(error: DomainError, request: Any) -> Response:
    extra = {key: value for key, value in error.extra.items() if value is not None}
    if error.fields:
        extra["fields"] = {camel(name): sentences for name, sentences in error.fields.items()}
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return Response(error_body(error.code, error.message, request, **extra), status=error.status, headers=headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Show every refusal in the one shape; None leaves a bug to Django."""
    request = context.get("request")
    if isinstance(error, DomainError):
        return _refusal(error, request)
    if (known := _as_api_error(error)) is None:
        return None
    extra = {}
    if known.status_code == 400 and (fields := _fields(known.detail)):
        extra["fields"] = fields
    message = next(iter(_sentences(known.detail)), "")
    code = CODES.get(known.status_code, "unavailable" if known.status_code == 503 else "error")
    headers = {}
    if getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = known.auth_header  # type: ignore[attr-defined]
    if getattr(known, "wait", None):
        headers["Retry-After"] = str(int(known.wait))  # type: ignore[attr-defined]
    return Response(error_body(code, message, request, **extra), status=known.status_code, headers=headers)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that does not exist in the same shape."""
    return _plain(request, 404, "not_found", _("There is nothing here, or it is not yours."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses in the same shape."""
    return _plain(request, 400, "invalid", _("This request cannot be understood."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug of ours in the same shape; the log has the rest."""
    return _plain(request, 500, "server_error", _("Something broke on our side; it has been logged."))


def _plain(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse(to_wire(error_body(code, message, request)), status=status)


# ---- Requests ------------------------------------------------------------------------------------------------------


class RequestIdMiddleware:
    """Give each request an id, the caller's own where it is harmless, and say it in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request.request_id = offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        return response


def client_address(peer: str, forwarded_for: str) -> str:
    """Return the caller's address: the peer's, or what the outermost of our own proxies saw (`TRUSTED_PROXIES`)."""
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    return hops[-trusted] if trusted and len(hops) >= trusted else peer
