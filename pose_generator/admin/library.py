"""The library for operators: words, order and prominence are edited here; figures come from `import_poses`.

A pose is never deleted, since results point at it: it is retired, and can be brought back.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextInputWidget

from lumiku.admin import StaffAdmin, large_picture, picture
from pose_generator.models import Category, Pose

LEVELS = {"beginner": "success", "intermediate": "info", "advanced": "warning"}


class TagsField(forms.Field):
    """A list of words, edited as one line with commas."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [word.strip() for word in (value or "").split(",") if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class PoseForm(forms.ModelForm):
    tags = TagsField(required=False, help_text="Words that a search should find, separated by commas.")


class CategoryForm(forms.ModelForm):
    color = forms.RegexField(
        r"^#[0-9A-Fa-f]{6}$",
        required=False,
        widget=UnfoldAdminColorInputWidget,
        error_messages={"invalid": "Write a colour as # and six hexadecimal digits, such as #3B82F6."},
    )

    def clean_parent(self) -> Category | None:
        """Keep the tree at two levels: categories and their sub-categories."""
        parent: Category | None = self.cleaned_data["parent"]
        if parent and (parent.parent_id or parent.pk == self.instance.pk or self.instance.children.exists()):
            raise ValidationError("A sub-category hangs on a top category and has no children of its own.")
        return parent


@admin.register(Pose)
class PoseAdmin(StaffAdmin):
    form = PoseForm
    list_display = ["figure", "name_en", "category", "level", "marks"]
    list_display_links = ["figure", "name_en"]
    list_filter = [
        "category",
        "difficulty",
        "is_featured",
        "is_premium",
        ("retired_at", admin.EmptyFieldListFilter),
        "source",
    ]
    search_fields = ["search_text", "slug"]
    ordering = ["category__display_order", "display_order", "slug"]
    actions = ["feature", "unfeature", "retire", "bring_back"]
    fieldsets = [
        (None, {"fields": ["figures", "name_en", "name_id", "category", "difficulty", "gender_suitability", "tags"]}),
        ("Description", {"fields": ["description_en", "description_id"]}),
        ("In the gallery", {"fields": ["is_featured", "is_premium", "display_order", "is_public", "retired_at"]}),
        ("Origin", {"fields": ["slug", "source", "source_credit", "license", "owner", "version", "keypoints"]}),
    ]
    readonly_fields = ["figures", "is_public", "retired_at", "slug", "source", "owner", "version", "keypoints"]
    shown_with = {"owner": "users.user"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("category", "owner")

    @display(description="figure")
    def figure(self, pose: Pose) -> SafeString:
        return picture(pose.thumbnail or pose.preview, alt=pose.name_en)

    @display(description="figure and skeleton")
    def figures(self, pose: Pose) -> SafeString:
        drawn = large_picture(pose.preview, alt=pose.name_en)
        skeleton = large_picture(pose.skeleton, alt=f"Skeleton of {pose.name_en}")
        return format_html('<div style="display:flex;gap:12px;flex-wrap:wrap">{}{}</div>', drawn, skeleton)

    @display(description="difficulty", ordering="difficulty", label=LEVELS)
    def level(self, pose: Pose) -> str:
        return pose.difficulty

    @display(description="in the gallery", label=True)
    def marks(self, pose: Pose) -> list[str]:
        marks = {"featured": pose.is_featured, "premium": pose.is_premium, "private": not pose.is_public}
        return [mark for mark, worn in {**marks, "retired": pose.retired_at}.items() if worn]

    @action(description="Feature", permissions=["change"])
    def feature(self, request: HttpRequest, queryset: QuerySet[Pose]) -> None:
        """Show the chosen poses first in the gallery."""
        self._change(request, queryset.filter(is_featured=False), "featured", is_featured=True)

    @action(description="Feature no longer", permissions=["change"])
    def unfeature(self, request: HttpRequest, queryset: QuerySet[Pose]) -> None:
        """Let the chosen poses stand in line."""
        self._change(request, queryset.filter(is_featured=True), "no longer featured", is_featured=False)

    @action(description="Retire", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Pose]) -> None:
        """Take the chosen poses out of the gallery; orders that have them keep them."""
        self._change(request, queryset.filter(retired_at=None), "retired", retired_at=Now())

    @action(description="Bring back", permissions=["change"])
    def bring_back(self, request: HttpRequest, queryset: QuerySet[Pose]) -> None:
        """Put retired poses into the gallery again."""
        self._change(request, queryset.exclude(retired_at=None), "brought back", retired_at=None)

    def _change(self, request: HttpRequest, poses: QuerySet[Pose], said: str, **change: Any) -> None:
        rows = list(poses)
        Pose.objects.filter(pk__in=[row.pk for row in rows]).update(updated_at=Now(), **change)
        self.log_each(request, rows, said.capitalize())
        self.message_user(request, f"{len(rows)} poses {said}.", messages.SUCCESS if rows else messages.WARNING)


def _poses_shown() -> Subquery:
    """Count what a category shows: its own poses and those of its children, without retired ones."""
    shown = Pose.objects.filter(Q(category=OuterRef("pk")) | Q(category__parent=OuterRef("pk")), retired_at=None)
    count = shown.order_by().annotate(group=F("retired_at")).values("group").annotate(number=Count("pk"))
    return Subquery(count.values("number"), IntegerField())


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    """In the order of the tree: a top category, then its children."""

    form = CategoryForm
    list_display = ["place", "name_id", "slug", "swatch", "poses_shown", "display_order", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name_en", "name_id", "slug"]
    fields = [
        "slug",
        "parent",
        "name_en",
        "name_id",
        "description_en",
        "description_id",
        "icon",
        "color",
        "display_order",
        "is_active",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        counted = super().get_queryset(request).select_related("parent")
        return counted.annotate(poses_shown=Coalesce(_poses_shown(), 0))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        top = Coalesce("parent__display_order", "display_order").asc()
        root = Coalesce("parent__slug", "slug").asc()
        return [top, root, F("parent").asc(nulls_first=True), "display_order", "slug"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Category.objects.filter(parent=None).order_by("display_order", "slug")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="name")
    def place(self, category: Category) -> SafeString:
        indent, weight = (24, 400) if category.parent_id else (0, 600)
        style = f"padding-left:{indent}px;font-weight:{weight}"
        return format_html('<span style="{}">{}</span>', style, category.name_en)

    @display(description="colour")
    def swatch(self, category: Category) -> SafeString | str:
        if not category.color:
            return "–"
        box = "display:inline-block;width:16px;height:16px;border-radius:4px;vertical-align:-3px;background:"
        return format_html('<span style="{}{}"></span> {}', box, category.color, category.color)

    @display(description="poses")
    def poses_shown(self, category: Any) -> int:
        return category.poses_shown
