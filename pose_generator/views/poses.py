"""A pose as a body in space: its skeleton from any camera, and the poses that are like it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api
from pose_generator import neighbours, skeletons
from pose_generator.models import Pose
from pose_generator.posing.search import Match
from pose_generator.serializers.library import PoseSerializer
from pose_generator.serializers.poses import FoundPoses, LimitForm, SearchForm, ViewForm

#: A browser holds a skeleton for a day without asking; then the tag tells whether the pose was redrawn.
PUBLIC = "public, max-age=86400, immutable"
PRIVATE = "private, max-age=300"


class AsAsked(BaseContentNegotiation):
    """The `format` of a query is ours, and whatever an <img> accepts, refusals are JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str] | None:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class SkeletonView(APIView):
    """The control image of a pose; of the library's own without a token, so that an <img> can show it."""

    permission_classes = [AllowAny]
    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="library_skeleton",
        parameters=[ViewForm],
        responses={(200, f"image/{kind}"): OpenApiTypes.BINARY for kind in skeletons.SETTINGS} | {304: None},
        tags=["library"],
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        form = ViewForm(data=asked(request))
        form.is_valid(raise_exception=True)
        pose, view = get_object_or_404(seen_by(request), pk=pk), form.view()
        tag = quote_etag(skeletons.tag(pose, view))
        known = get_conditional_response(request._request, etag=tag)
        answer = known or HttpResponse(skeletons.picture(pose, view), content_type=f"image/{view.format}")
        answer["ETag"] = tag
        answer["Cache-Control"] = PUBLIC if pose.is_public else PRIVATE
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class SimilarView(APIView):
    @extend_schema(parameters=[LimitForm], responses=FoundPoses, tags=["library"])
    def get(self, request: Request, pk: UUID) -> Response:
        """The poses that are nearest to this one, nearest first."""
        form = LimitForm(data=asked(request))
        form.is_valid(raise_exception=True)
        pose = get_object_or_404(seen_by(request), pk=pk)
        limit = form.validated_data["limit"]
        return found(request, neighbours.nearest(request.user, pose.keypoints, limit=limit, leave_out=pose.pk))


class SearchByPoseView(APIView):
    parser_classes = [api.CamelCaseParser, api.CamelCaseMultiPartParser]

    @extend_schema(
        request={"application/json": SearchForm, "multipart/form-data": SearchForm},
        responses=FoundPoses,
        tags=["library"],
    )
    def post(self, request: Request) -> Response:
        """The poses that are nearest to a photo, to key points or to a pose, nearest first."""
        form = SearchForm(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        keypoints = neighbours.shape_of(*form.given())
        return found(request, neighbours.nearest(request.user, keypoints, limit=form.validated_data["limit"]))


def seen_by(request: Request) -> QuerySet[Pose]:
    """Return the poses that the caller may see; whoever has no token sees the library."""
    return Pose.objects.visible_to(request.user) if request.user.is_authenticated else Pose.objects.published()


def asked(request: Request) -> dict[str, str]:
    """Return the query without what was left empty (`?mirror=&format=`)."""
    return {name: str(value) for name, value in request.query_params.items() if value}


def found(request: Request, matches: Sequence[Match[UUID]]) -> Response:
    """Answer `matches` as poses with their distances; a pose that was retired meanwhile is left out."""
    poses = Pose.objects.visible_to(request.user).for_display().in_bulk([match.id for match in matches])
    return Response(
        {
            "poses": [
                {"pose": PoseSerializer(poses[match.id]).data, "distance": round(match.distance, 2)}
                for match in matches
                if match.id in poses
            ]
        }
    )
