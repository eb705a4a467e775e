"""Marking poses of the library and pictures of one's own; doing it twice is the same as once."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pose_generator import favourites
from pose_generator.models import Pose, Result


class FavoritePoseView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["library"])
    def put(self, request: Request, pk: str) -> Response:
        favourites.keep_pose(request.user, get_object_or_404(Pose.objects.visible_to(request.user), pk=pk))
        return Response(status=204)

    @extend_schema(responses={204: None}, tags=["library"])
    def delete(self, request: Request, pk: str) -> Response:
        favourites.drop_pose(request.user, get_object_or_404(Pose.objects.visible_to(request.user), pk=pk))
        return Response(status=204)


class FavoriteResultView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["generations"])
    def put(self, request: Request, pk: str) -> Response:
        favourites.keep_result(get_object_or_404(Result.objects.owned_by(request.user), pk=pk))
        return Response(status=204)

    @extend_schema(responses={204: None}, tags=["generations"])
    def delete(self, request: Request, pk: str) -> Response:
        favourites.drop_result(get_object_or_404(Result.objects.owned_by(request.user), pk=pk))
        return Response(status=204)
