"""Avatars for operators: read-only, with their photo."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from avatars.models import Avatar
from lumiku.admin import ReadOnlyAdmin, large_picture, picture


@admin.register(Avatar)
class AvatarAdmin(ReadOnlyAdmin):
    list_display = ["small", "name", "source", "owner", "created_at", "discarded_at"]
    list_display_links = ["small", "name"]
    list_filter = ["source", ("discarded_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "owner__email"]
    list_select_related = ["owner"]
    ordering = ["-created_at"]
    fields = ["photo", "name", "owner", "source", "traits", "version", "created_at", "discarded_at"]
    readonly_fields = ["photo"]
    shown_with = {"owner": "users.user", "owner__email": "users.user"}

    @display(description="photo")
    def small(self, avatar: Avatar) -> SafeString:
        return picture(avatar.thumbnail, alt=avatar.name)

    @display(description="photo")
    def photo(self, avatar: Avatar) -> SafeString:
        return large_picture(avatar.image, alt=avatar.name)
