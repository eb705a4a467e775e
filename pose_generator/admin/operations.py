"""The machine room for operators: which processes live, which backends wait, and the switch that opens one early."""

from datetime import timedelta

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display

from lumiku.admin import ReadOnlyAdmin, may
from lumiku.backends import gate
from pose_generator import tasks
from pose_generator.models import Pause, Process


@admin.register(Process)
class ProcessAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "places", "beat_at", "alive"]
    list_filter = ["kind"]
    ordering = ["-beat_at"]
    fields = ["name", "kind", "places", "beat_at", "alive"]
    readonly_fields = ["alive"]

    @display(description="alive", boolean=True)
    def alive(self, process: Process) -> bool:
        return process.beat_at > timezone.now() - timedelta(seconds=settings.TIMES["heartbeat_lost"])


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    """A pause ends by itself; whoever may delete one may end it now, for instance when the key has been changed."""

    list_display = ["backend", "until", "reason"]
    ordering = ["-until"]
    fields = ["backend", "until", "reason"]
    actions = ["open_now"]

    def has_open_permission(self, request: HttpRequest) -> bool:
        """Opening deletes the row, though no page offers to delete it."""
        return may(request, "pose_generator.delete_pause")

    @action(description="Open now", permissions=["open"])
    def open_now(self, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
        """Hand work out to the chosen backends at once."""
        with transaction.atomic():
            pauses = list(queryset)
            Pause.objects.filter(pk__in=[pause.pk for pause in pauses]).delete()
            self.log_each(request, pauses, "Opened before its time")
        for pause in pauses:
            gate.open(pause.backend)
        tasks.ring()
        opened = ", ".join(pause.backend for pause in pauses)
        self.message_user(request, f"Open again: {opened}.", messages.SUCCESS)
