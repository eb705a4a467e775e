"""Avatars for operators: read-only, with every photo and how the painted one was made."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display

from avatars.models import Avatar, AvatarVersion, Portrait
from lumiku.admin import ReadOnlyAdmin, large_picture, may_view, picture


class VersionInline(TabularInline):
    """The photos that the avatar has or had."""

    model = AvatarVersion
    fields = ["photo", "number", "faces", "bytes", "created_at"]
    readonly_fields = ["photo", "created_at"]
    ordering = ["-number"]
    extra = max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="photo")
    def photo(self, version: AvatarVersion) -> SafeString:
        return large_picture(version.image, alt=f"version {version.number}", height=120)


class PortraitInline(StackedInline):
    """How the first photo was ordered and painted."""

    model = Portrait
    fields = [
        "status",
        "error_code",
        "price",
        "preset",
        "backend",
        "seed",
        "prompt",
        "attempt",
        "provider_request_id",
        "created_at",
        "started_at",
        "ended_at",
    ]
    readonly_fields = ["created_at"]
    extra = max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Avatar)
class AvatarAdmin(ReadOnlyAdmin):
    list_display = ["small", "name", "source", "status", "owner", "created_at", "discarded_at"]
    list_display_links = ["small", "name"]
    list_filter = ["source", "portrait__status", ("discarded_at", admin.EmptyFieldListFilter)]
    search_fields = ["id__startswith", "name", "owner__email"]
    list_select_related = ["owner", "portrait"]
    ordering = ["-created_at"]
    fields = [
        "photo",
        "name",
        "owner",
        "source",
        "status",
        "error_code",
        "ledger",
        "traits",
        "version",
        "created_at",
        "discarded_at",
    ]
    readonly_fields = ["photo", "status", "error_code", "ledger"]
    inlines = [PortraitInline, VersionInline]
    shown_with = {"owner": "users.user", "owner__email": "users.user", "ledger": "credits.entry"}

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = {PortraitInline: "avatars.portrait", VersionInline: "avatars.avatarversion"}
        return [inline for inline, model in shown.items() if may_view(request, model)]

    @display(description="photo")
    def small(self, avatar: Avatar) -> SafeString:
        return picture(avatar.thumbnail, alt=avatar.name)

    @display(description="photo")
    def photo(self, avatar: Avatar) -> SafeString:
        return large_picture(avatar.image, alt=avatar.name)

    @display(description="ledger")
    def ledger(self, avatar: Avatar) -> SafeString:
        """Where the entries of the avatar stand: their keys begin like this."""
        key = f"avatar:{avatar.pk}"
        return format_html('<a href="{}?q={}">{}</a>', reverse("admin:credits_entry_changelist"), key, key)
