"""Pages of lists, and how they stand in the API's schema."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from lumiku.api import camel
from lumiku.errors import Invalid

MAX_LIMIT = 100


def _whole(request: Request, name: str, default: int, most: int) -> int:
    raw = request.query_params.get(name, str(default))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 7 and 1 <= int(raw) <= most):
        raise Invalid(
            _("%(name)s must be a whole number from 1 to %(most)s.") % {"name": name, "most": most},
            fields={name: [_("Out of range.")]},
        )
    return int(raw)


def paginate(
    request: Request, rows: QuerySet[Any], serializer: Callable[..., Any], *, plural: str, limit: int
) -> Response:
    """Answer one page of `rows` as `{<plural>: [...], pagination}`; `limit` is the default page length."""
    page = _whole(request, "page", 1, 1_000_000)
    limit = _whole(request, "limit", limit, MAX_LIMIT)
    total = rows.count()
    found = serializer(rows[(page - 1) * limit : page * limit], many=True).data
    pages = -(-total // limit)
    return Response(
        {
            plural: found,
            "pagination": {
                "page": page,
                "limit": limit,
                "total": total,
                "total_pages": pages,
                "has_more": page < pages,
            },
        }
    )


PAGE_PARAMETERS = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("limit", int, description=f"At most {MAX_LIMIT}."),
]


class Pagination(serializers.Serializer):
    """Where a page stands."""

    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    has_more = serializers.BooleanField()


def page_schema(plural: str, serializer: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the OpenAPI shape of a page of `serializer`."""
    return inline_serializer(f"{plural.title()}Page", {plural: serializer(many=True), "pagination": Pagination()})


def camelize_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular hook: show property names as they are on the wire."""

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        shown = {key: walk(value) for key, value in node.items()}
        if isinstance(shown.get("properties"), dict):
            shown["properties"] = {camel(name): value for name, value in shown["properties"].items()}
            if isinstance(shown.get("required"), list):
                shown["required"] = [camel(name) for name in shown["required"]]
        return shown

    return walk(result)
