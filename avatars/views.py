"""`/api/apps/avatar-creator`: the people in the pictures, where they come from, and what they were used for."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from avatars import creation, figures, presets, wire
from avatars.models import Avatar, AvatarQuerySet
from avatars.serializers import (
    AvatarAnswer,
    AvatarChange,
    AvatarOrdered,
    AvatarSerializer,
    AvatarStats,
    AvatarUpload,
    FromPreset,
    GenerateAvatar,
    PhotoAnswer,
    PresetsAnswer,
    PresetSerializer,
    UsageSerializer,
)
from credits import idempotency, ledger
from lumiku import api, files, pages


def mine(request: Request) -> AvatarQuerySet:
    """Return the caller's avatars with how often they were ordered."""
    return Avatar.objects.owned_by(request.user).with_usage()


def shown(request: Request, avatar: Avatar) -> dict[str, Any]:
    """Return an avatar with its versions as it goes over the wire."""
    found = mine(request).get(pk=avatar.pk)
    return {"avatar": AvatarSerializer(found, context={"with_versions": True}).data}


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

    @extend_schema(request={"multipart/form-data": AvatarUpload}, responses={201: PhotoAnswer}, tags=["avatars"])
    def post(self, request: Request) -> Response:
        form = AvatarUpload(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data["file"].read()
        avatar = creation.upload(request.user, data, **form.split())
        return Response({**shown(request, avatar), "warnings": creation.warnings(avatar)}, status=201)


class AvatarView(APIView):
    parser_classes = [api.CamelCaseParser, api.CamelCaseMultiPartParser]

    @extend_schema(responses=AvatarAnswer, tags=["avatars"])
    def get(self, request: Request, pk: str) -> Response:
        return Response(shown(request, get_object_or_404(mine(request), pk=pk)))

    @extend_schema(
        request={"application/json": AvatarChange, "multipart/form-data": AvatarChange},
        responses=PhotoAnswer,
        tags=["avatars"],
    )
    def put(self, request: Request, pk: str) -> Response:
        """Change name and traits (all of them), and with a `file` the photo."""
        avatar = get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk)
        form = AvatarChange(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data.get("file")
        changed = creation.change(avatar, **form.split(), data=file.read() if file else None)
        return Response({**shown(request, changed), "warnings": creation.warnings(changed)})

    @extend_schema(responses={204: None}, tags=["avatars"])
    def delete(self, request: Request, pk: str) -> Response:
        creation.discard(get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk))
        return Response(status=204)


class GenerateView(APIView):
    @extend_schema(
        request=GenerateAvatar, responses={202: AvatarOrdered}, parameters=[idempotency.HEADER], tags=["avatars"]
    )
    def post(self, request: Request) -> Response:
        """Order an avatar that is painted after its traits."""
        form = GenerateAvatar(data=request.data)
        form.is_valid(raise_exception=True)
        price = settings.PRICES["avatar_generate"]
        return ordered(request, "generate", price, lambda: creation.generate(request.user, **form.order()))


class FromPresetView(APIView):
    @extend_schema(
        request=FromPreset, responses={202: AvatarOrdered}, parameters=[idempotency.HEADER], tags=["avatars"]
    )
    def post(self, request: Request) -> Response:
        """Order an avatar that is painted after a preset."""
        form = FromPreset(data=request.data)
        form.is_valid(raise_exception=True)
        price = settings.PRICES["avatar_preset"]
        return ordered(request, "from-preset", price, lambda: creation.from_preset(request.user, **form.order()))


class UsageHistoryView(APIView):
    @extend_schema(
        operation_id="avatars_usage_history",
        responses=pages.page_schema("usage", UsageSerializer),
        parameters=pages.PAGE_PARAMETERS,
        tags=["avatars"],
    )
    def get(self, request: Request, pk: str) -> Response:
        """Return the orders that were placed with an avatar, newest first."""
        avatar = get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk)
        return pages.paginate(request, figures.history(avatar), UsageSerializer, plural="usage", limit=24)


def ordered(request: Request, what: str, price: int, order: Callable[[], Avatar]) -> Response:
    """Answer an order of an avatar; the same Idempotency-Key and body order once."""
    answer = idempotency.once(
        request.user,
        key=request.headers.get("Idempotency-Key"),
        request=["avatar", what, request.data],
        act=lambda: wire.ordered(order(), price=price, balance=ledger.account_of(request.user).available),
    )
    return Response(files.with_links(answer), status=202)


class PresetsView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        responses=PresetsAnswer,
        parameters=[OpenApiParameter("category", str, enum=list(presets.CATEGORIES))],
        auth=[],
        tags=["avatars"],
    )
    def get(self, request: Request) -> Response:
        """Return the people to start from, in the language of the request."""
        found = presets.of(request.query_params.get("category", ""))
        answer = {"presets": PresetSerializer(found, many=True).data, "categories": presets.categories()}
        return Response(answer)


class StatsView(APIView):
    @extend_schema(operation_id="avatars_stats", responses=AvatarStats, tags=["avatars"])
    def get(self, request: Request) -> Response:
        return Response(files.with_links(figures.stats(request.user)))
