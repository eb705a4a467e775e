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
from pose_generator.models import Category, Pose
from pose_generator.serializers import library as serializers
from pose_generator.serializers.orders import uuid_or_none

CHOICES = {"difficulty": Pose.Difficulty.values, "gender_suitability": Pose.Gender.values}
FILTERS = [
    OpenApiParameter("category", str, description="Id or slug; children are included."),
    OpenApiParameter("search", str, description="Words in names, descriptions and tags of both languages."),
    OpenApiParameter("difficulty", str, enum=CHOICES["difficulty"]),
    OpenApiParameter("genderSuitability", str, enum=CHOICES["gender_suitability"]),
    OpenApiParameter("featured", bool),
]


class LibraryView(APIView):
    @extend_schema(
        operation_id="library_list",
        responses=pages.page_schema("poses", serializers.PoseSerializer),
        parameters=[*FILTERS, *pages.PAGE_PARAMETERS],
        tags=["library"],
    )
    def get(self, request: Request) -> Response:
        poses = _filtered(Pose.objects.visible_to(request.user), request)
        shown = poses.for_display().order_by("-is_featured", "category__display_order", "display_order", "pk")
        return pages.paginate(request, shown, serializers.PoseSerializer, plural="poses", limit=24)


class PoseView(APIView):
    @extend_schema(responses=serializers.PoseAnswer, tags=["library"])
    def get(self, request: Request, pk: str) -> Response:
        pose = get_object_or_404(Pose.objects.visible_to(request.user).for_display(), pk=pk)
        return Response({"pose": serializers.PoseSerializer(pose).data})


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
        poses = poses.filter(is_featured=_one_of("featured", asked["featured"], ["true", "false"]) == "true")
    return poses.matching(asked.get("search", "")[:200].replace("\0", ""))


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
