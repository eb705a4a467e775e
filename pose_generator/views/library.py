"""The library: poses and categories."""

from collections.abc import Mapping

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, pages
from lumiku.errors import Invalid
from pose_generator import catalogue, discarded_poses
from pose_generator.models import Category, Pose
from pose_generator.models.library import SORTS
from pose_generator.serializers import library as serializers

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


class LibraryView(APIView):
    @extend_schema(
        operation_id="library_list",
        responses=pages.page_schema("poses", serializers.PoseSerializer),
        parameters=[*FILTERS, *pages.PAGE_PARAMETERS],
        tags=["library"],
    )
    def get(self, request: Request) -> Response:
        poses = catalogue.poses(request.user, _filters(request))
        return pages.paginate(request, poses, serializers.PoseSerializer, plural="poses", limit=24)


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


def _filters(request: Request) -> catalogue.Filters:
    """Return what the query asks for; raise Invalid for what is none of the allowed."""
    asked = request.query_params
    gender = _chosen(asked, "gender_suitability")
    return catalogue.Filters(
        category=catalogue.category(asked["category"]) if asked.get("category") else None,
        words=asked.get("search", ""),
        difficulty=_chosen(asked, "difficulty"),
        genders=[gender] if gender else [],
        featured=_is_true(asked, "featured") if asked.get("featured") else None,
        favorites=_is_true(asked, "favorites"),
        recent=_is_true(asked, "recent"),
        sort=_one_of("sort", asked["sort"], SORTS) if asked.get("sort") else "",
    )


def _chosen(asked: Mapping[str, str], name: str) -> str:
    value = asked.get(api.camel(name), "")
    return _one_of(name, value, CHOICES[name]) if value else ""


def _is_true(asked: Mapping[str, str], name: str) -> bool:
    return bool(asked.get(name)) and _one_of(name, asked[name], ["true", "false"]) == "true"


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        sentence = _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        raise Invalid(sentence, fields={name: [sentence]})
    return value
