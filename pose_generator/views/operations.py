"""Probes and figures."""

from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from pose_generator import metrics

HEALTH = inline_serializer(
    "Health", {"status": serializers.CharField(), "checks": serializers.DictField(child=serializers.CharField())}
)
FIGURES = inline_serializer(
    "Figures",
    {
        "queue_depth": serializers.IntegerField(),
        "oldest_pending_seconds": serializers.FloatField(allow_null=True),
        "processing": serializers.IntegerField(),
        "completed_last_hour": serializers.IntegerField(),
        "failed_last_hour": serializers.IntegerField(),
        "average_seconds": serializers.FloatField(allow_null=True),
        "lost_leases": serializers.IntegerField(),
        "sweeper_age_seconds": serializers.FloatField(allow_null=True),
        "credits_available": serializers.IntegerField(),
        "credits_held": serializers.IntegerField(),
    },
)


class HealthView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(responses={200: HEALTH, 503: HEALTH}, tags=["operations"])
    def get(self, request: Request) -> Response:
        report, works = metrics.health()
        return Response(report, status=200 if works else 503, headers={} if works else {"Retry-After": "5"})


class MetricsView(APIView):
    permission_classes = [IsAdminUser]

    @extend_schema(responses=FIGURES, tags=["operations"])
    def get(self, request: Request) -> Response:
        return Response(metrics.figures())


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Ready once the database answers and is migrated; without Redis everything but live news works."""
    if not metrics.database_answers():
        return JsonResponse({"status": "down", "reason": "database"}, status=503, headers={"Retry-After": "5"})
    if not _migrated():
        return JsonResponse({"status": "down", "reason": "migrations"}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ok" if metrics.redis_answers() else "degraded"})


@cache
def _once_migrated() -> dict[str, bool]:
    """Remembers that this process has seen the database migrated: it does not become unmigrated again."""
    return {}


def _migrated() -> bool:
    if not _once_migrated():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _once_migrated()["seen"] = True
    return True


def prometheus(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to whoever holds METRICS_TOKEN; without one set, to nobody."""
    wanted, sent = f"Bearer {settings.METRICS_TOKEN}", request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(sent, wanted):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=401, content_type="text/plain")
    return HttpResponse(metrics.prometheus(), content_type="text/plain; version=0.0.4")
