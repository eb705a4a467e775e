"""Projects and uploads for operators: read-only, with their pictures."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from lumiku.admin import ReadOnlyAdmin, large_picture
from pose_generator.models import Project, Upload


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "avatar", "status", "created_at", "discarded_at"]
    list_filter = ["status", ("discarded_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "owner__email"]
    list_select_related = ["owner", "avatar"]
    ordering = ["-created_at"]
    fields = ["person", "name", "description", "owner", "avatar", "status", "created_at", "updated_at", "discarded_at"]
    readonly_fields = ["person"]
    shown_with = {
        "owner": "users.user",
        "owner__email": "users.user",
        "avatar": "avatars.avatar",
        "person": "avatars.avatar",
    }

    @display(description="person")
    def person(self, project: Project) -> SafeString:
        if project.avatar:
            return large_picture(project.avatar.thumbnail, alt=project.avatar.name, height=200)
        return large_picture(project.photo.file if project.photo else "", alt="The project's photo", height=200)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """An upload has no small version, so the list names it and its page shows it."""

    list_display = ["created_at", "purpose", "owner", "width", "height", "discarded_at"]
    list_filter = ["purpose", ("discarded_at", admin.EmptyFieldListFilter)]
    search_fields = ["owner__email"]
    list_select_related = ["owner"]
    ordering = ["-created_at"]
    fields = ["picture", "purpose", "owner", "width", "height", "created_at", "discarded_at"]
    readonly_fields = ["picture"]
    shown_with = {"owner": "users.user", "owner__email": "users.user"}

    @display(description="picture")
    def picture(self, upload: Upload) -> SafeString:
        return large_picture("" if upload.discarded_at else upload.file, alt=f"Upload, {upload.purpose}")
