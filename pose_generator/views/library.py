"""The library: poses and categories."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, pages
from lumiku.errors import Invalid
from pose_generator import discarded_poses, usage
from pose_generator.models import Category, Pose
from pose_generator.models.library import SORTS
from pose_generator.serializers import library as serializers
from pose_generator.serializers.orders import uuid_or_none

CHOICES = {"difficulty": Pose.Difficulty.values, "gender_suitability": Pose.Gender.values}
FILTERS = [
    OpenApiParameter("category", str, description="Id or slug; children are included."),
    OpenApiParameter("search", str, description="Words in names, descriptions and tags of both languages."),
    OpenApiParameter("difficulty", str, enum=CHOICES["difficulty"]),
    OpenApiParameter("genderSuitability", str, enum=CHOICES["gender_suitability"]),
    OpenApiParameter("featured", bool),
    OpenApiParameter("favorites", bool, description="Only what the caller marked."),
    OpenApiParameter("recent", bool, description="Only what the caller's newest orders have, the last used first."),
    OpenApiParameter("sort", str, enum=SORTS, description="By usage, age or name; else as the library is arranged."),
]
ARRANGED = ["-is_featured", "category__display_order", "display_order", "pk"]


class LibraryView(APIView):
    @extend_schema(
        operation_id="library_list",
        responses=pages.page_schema("poses", serializers.PoseSerializer),
        parameters=[*FILTERS, *pages.PAGE_PARAMETERS],
        tags=["library"],
    )
    def get(self, request: Request) -> Response:
        poses = _filtered(Pose.objects.visible_to(request.user).for_display().order_by(*ARRANGED), request)
        return pages.paginate(request, _sorted(poses, request), serializers.PoseSerializer, plural="poses", limit=24)


class PoseView(APIView):
    @extend_schema(responses=serializers.PoseAnswer, tags=["library"])
    def get(self, request: Request, pk: str) -> Response:
        pose = get_object_or_404(Pose.objects.visible_to(request.user).for_display(), pk=pk)
        return Response({"pose": serializers.PoseSerializer(pose).data})

    @extend_schema(responses={204: None}, tags=["library"])
    def delete(self, request: Request, pk: str) -> Response:
        """Delete a pose of one's own; the library's are 404, as are other people's."""
        discarded_poses.discard(request.user, pk)
        return Response(status=204)


class CategoriesView(APIView):
    @extend_schema(responses=serializers.CategoriesAnswer, tags=["library"])
    def get(self, request: Request) -> Response:
        live = Q(poses__retired_at=None, poses__is_public=True, poses__owner=None)
        rows = list(Category.objects.filter(is_active=True).annotate(own_count=Count("poses", live)))
        return Response({"categories": serializers.tree(rows), "total_categories": len(rows)})


def _filtered(poses: Any, request: Request) -> Any:
    asked = request.query_params
    if asked.get("category"):
        poses = poses.in_category(_category(asked["category"]))
    for name, allowed in CHOICES.items():
        value = asked.get(api.camel(name))
        if value:
            poses = poses.filter(**{name: _one_of(name, value, allowed)})
    if asked.get("featured"):
        poses = poses.filter(is_featured=_is_true("featured", asked["featured"]))
    if asked.get("favorites") and _is_true("favorites", asked["favorites"]):
        poses = poses.filter(is_favorite=True)
    return poses.matching(asked.get("search", "")[:200].replace("\0", ""))


def _sorted(poses: Any, request: Request) -> Any:
    """Keep and order by use what is asked for recently used; an order that is asked for goes before that."""
    asked = request.query_params
    if asked.get("recent") and _is_true("recent", asked["recent"]):
        poses = usage.recently_used(poses, request.user)
    return poses.sorted_by(_one_of("sort", asked["sort"], SORTS)) if asked.get("sort") else poses


def _is_true(name: str, value: str) -> bool:
    return _one_of(name, value, ["true", "false"]) == "true"


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        sentence = _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        raise Invalid(sentence, fields={name: [sentence]})
    return value


def _category(wanted: str) -> Category:
    rows: QuerySet[Category] = Category.objects.filter(is_active=True)
    pk = uuid_or_none(wanted)
    category = rows.filter(pk=pk).first() if pk else rows.filter(slug=wanted.replace("\0", "")).first()
    if category is None:
        sentence = _("There is no such category.")
        raise Invalid(sentence, fields={"category": [sentence]})
    return category
