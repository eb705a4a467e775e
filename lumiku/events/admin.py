"""What users were told, for operators who look into a complaint. Read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from lumiku.admin import ReadOnlyAdmin
from lumiku.events.models import Event, Stream


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    list_display = ["user_id", "user", "head"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    ordering = ["-head"]
    fields = ["user_id", "user", "head"]
    shown_with = {"user": "users.user", "user__email": "users.user"}


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "name", "seq", "user"]
    list_filter = ["name", "created_at"]
    search_fields = ["stream__user__email"]
    ordering = ["-created_at", "-pk"]
    fields = ["created_at", "name", "seq", "user", "data"]
    shown_with = {"user": "users.user", "stream__user__email": "users.user"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("stream__user")

    @display(description="user", ordering="stream__user__email")
    def user(self, event: Event) -> str:
        return event.stream.user.email
