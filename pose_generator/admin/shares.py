"""Shared links for operators: who shows how much, and until when. The addresses are keys, so nobody reads them here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from lumiku.admin import ReadOnlyAdmin
from pose_generator.models import Share


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "owner", "size", "views", "created_at", "expires_at", "is_open"]
    list_filter = ["created_at", "expires_at"]
    search_fields = ["title", "owner__email"]
    ordering = ["-created_at", "-pk"]
    fields = ["title", "owner", "size", "views", "created_at", "expires_at", "revoked_at", "is_open"]
    readonly_fields = ["size", "is_open", "created_at"]
    shown_with = {"owner": "users.user", "owner__email": "users.user"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("owner").for_display()

    @display(description="pictures", ordering="size")
    def size(self, share: Any) -> int:
        return share.size

    @display(description="open", boolean=True)
    def is_open(self, share: Share) -> bool:
        return share.revoked_at is None and share.expires_at > timezone.now() and share.owner.is_active
