"""`/api/apps/avatar-creator/avatars`."""

from typing import Any

from django.db.models import Count, Max, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from avatars import creation
from avatars.models import Avatar
from avatars.serializers import AvatarAnswer, AvatarForm, AvatarSerializer, AvatarUpload
from lumiku import api, pages


def mine(request: Request) -> QuerySet[Any]:
    """Return the caller's avatars with how often they were ordered."""
    return Avatar.objects.owned_by(request.user).annotate(
        usage_count=Count("generations"), last_used_at=Max("generations__created_at")
    )


def shown(request: Request, avatar: Avatar) -> dict[str, Any]:
    """Return an avatar as it goes over the wire."""
    return {"avatar": AvatarSerializer(mine(request).get(pk=avatar.pk)).data}


class AvatarsView(APIView):
    parser_classes = [api.CamelCaseMultiPartParser]

    @extend_schema(
        operation_id="avatars_list",
        responses=pages.page_schema("avatars", AvatarSerializer),
        parameters=pages.PAGE_PARAMETERS,
        tags=["avatars"],
    )
    def get(self, request: Request) -> Response:
        rows = mine(request).order_by("-created_at", "pk")
        return pages.paginate(request, rows, AvatarSerializer, plural="avatars", limit=24)

    @extend_schema(request={"multipart/form-data": AvatarUpload}, responses={201: AvatarAnswer}, tags=["avatars"])
    def post(self, request: Request) -> Response:
        form = AvatarUpload(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data["file"].read()
        avatar = creation.upload(request.user, data, **form.split())
        return Response(shown(request, avatar), status=201)


class AvatarView(APIView):
    @extend_schema(responses=AvatarAnswer, tags=["avatars"])
    def get(self, request: Request, pk: str) -> Response:
        return Response(shown(request, get_object_or_404(mine(request), pk=pk)))

    @extend_schema(request=AvatarForm, responses=AvatarAnswer, tags=["avatars"])
    def put(self, request: Request, pk: str) -> Response:
        avatar = get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk)
        form = AvatarForm(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(shown(request, creation.change(avatar, **form.split())))

    @extend_schema(responses={204: None}, tags=["avatars"])
    def delete(self, request: Request, pk: str) -> Response:
        creation.discard(get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk))
        return Response(status=204)
