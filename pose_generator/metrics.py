"""How the house does, from rows: health for probes, figures for operators."""

from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Avg, Count, Max, Min, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from credits import audits
from credits.models import Account
from pose_generator.models import Pause, Process, Result, Status


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def health() -> tuple[dict[str, Any], bool]:
    """Return the health report and whether work is being done: no messages are sent for it."""
    if not database_answers():
        return {"status": "down", "checks": {"database": "down"}}, False
    alive = Q(beat_at__gt=Now() - timedelta(seconds=settings.TIMES["heartbeat_lost"]))
    beats = Process.objects.aggregate(
        workers=Count("pk", alive & Q(kind=Process.Kind.WORKER)), sweepers=Count("pk", alive & Q(kind="sweeper"))
    )
    paused = list(Pause.objects.filter(until__gt=Now()).values_list("backend", flat=True))
    checks = {
        "database": "ok",
        "redis": "ok" if redis_answers() else "down",
        "workers": "ok" if beats["workers"] else "down",
        "queue": "paused: " + ", ".join(paused) if paused else "ok",
        "sweeper": "ok" if beats["sweepers"] else "down",
        "ledger": audits.state(),
    }
    works = bool(beats["workers"] and beats["sweepers"])
    status = "ok" if all(value == "ok" for value in checks.values()) else "degraded" if works else "down"
    return {"status": status, "checks": checks}, works


def figures() -> dict[str, Any]:
    """Return what an operator wants to know: depth, waits, pace, failures, credits."""
    hour = Q(ended_at__gt=Now() - timedelta(hours=1))
    ended = Result.objects.filter(hour).aggregate(
        completed=Count("pk", Q(status=Status.COMPLETED)),
        failed=Count("pk", Q(status=Status.FAILED)),
        seconds=Avg("generation_time"),
    )
    pending = Result.objects.filter(status=Status.PENDING).aggregate(number=Count("pk"), oldest=Min("created_at"))
    money = Account.objects.aggregate(available=Sum("available"), held=Sum("held"))
    swept = Process.objects.filter(kind=Process.Kind.SWEEPER).aggregate(last=Max("beat_at"))["last"]
    return {
        "queue_depth": pending["number"],
        "oldest_pending_seconds": _age(pending["oldest"]),
        "processing": Result.objects.filter(status=Status.PROCESSING).count(),
        "completed_last_hour": ended["completed"],
        "failed_last_hour": ended["failed"],
        "average_seconds": ended["seconds"],
        "lost_leases": Result.objects.open().aggregate(all=Sum("lost_leases"))["all"] or 0,
        "sweeper_age_seconds": _age(swept),
        "credits_available": money["available"] or 0,
        "credits_held": money["held"] or 0,
        **audits.figures(),
    }


def prometheus() -> str:
    """Return the same figures in the text format of Prometheus."""
    lines = []
    for name, value in figures().items():
        if value is not None:
            lines += [f"# TYPE lumiku_{name} gauge", f"lumiku_{name} {value}"]
    return "\n".join(lines) + "\n"


def _age(moment: Any) -> float | None:
    return round((timezone.now() - moment).total_seconds(), 1) if moment else None
