"""What the pages of the operators' admin share.

Operators look at almost everything and change little: money, orders and news move only through domain functions, and
nothing is deleted by hand. A permission means what it says: a name or a sum that belongs to another model is shown,
searched and filtered only by staff who may view that model (`shown_with`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from lumiku import files

SECTIONS = {
    "Orders": {
        "pose_generator.generation": ("Generations", "photo_library"),
        "pose_generator.project": ("Projects", "folder"),
        "pose_generator.upload": ("Uploads", "upload"),
        "pose_generator.share": ("Shared links", "link"),
    },
    "Library": {
        "pose_generator.pose": ("Poses", "accessibility_new"),
        "pose_generator.category": ("Categories", "category"),
        "pose_generator.poserequest": ("Wishes", "lightbulb"),
    },
    "Credits": {
        "credits.account": ("Accounts", "account_balance_wallet"),
        "credits.entry": ("Ledger", "receipt_long"),
        "credits.plan": ("Plans", "loyalty"),
        "credits.membership": ("Memberships", "card_membership"),
        "credits.quotaday": ("Daily poses", "today"),
        "credits.quotause": ("Uses of daily poses", "event_repeat"),
        "credits.audit": ("Audits", "fact_check"),
    },
    "People": {
        "users.user": ("Users", "person"),
        "auth.group": ("Groups", "groups"),
        "avatars.avatar": ("Avatars", "face"),
    },
    "Machine room": {
        "pose_generator.process": ("Processes", "memory"),
        "pose_generator.pause": ("Pauses", "pause_circle"),
        "events.event": ("Events", "notifications"),
        "events.stream": ("Streams", "stream"),
    },
}


def is_superuser(request: HttpRequest) -> bool:
    """Whether the operator is bound by no permission and no limit."""
    return bool(getattr(request.user, "is_superuser", False))


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the operator has `permission` ("app.codename").

    Actions ask through methods of their page: a name with a dot in an action's `permissions` makes the system checks
    read the database, and a new installation could not even migrate.
    """
    user: Any = request.user
    return user.has_perm(permission)


def may_view(request: HttpRequest, model: str) -> bool:
    """Whether the operator may view `model`, named "app.model"."""
    app, _dot, name = model.partition(".")
    return may(request, f"{app}.view_{name}") or may(request, f"{app}.change_{name}")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: what this operator may view, by section."""
    sections = []
    for title, models in SECTIONS.items():
        items = [
            {"title": name, "icon": icon, "link": reverse(f"admin:{model.replace('.', '_')}_changelist")}
            for model, (name, icon) in models.items()
            if may_view(request, model)
        ]
        sections += [{"title": title, "separator": True, "items": items}] if items else []
    return sections


def picture(name: str, *, alt: str, height: int = 64) -> SafeString:
    """Return a stored picture as an image of `height` pixels on the page, or a dash when there is none."""
    if not name:
        return format_html('<span aria-label="{}: no picture">–</span>', alt)
    return format_html(
        '<img src="{}" alt="{}" style="height:{}px;width:auto;max-width:none;border-radius:4px" loading="lazy">',
        files.url(name),
        alt,
        height,
    )


def large_picture(name: str, *, alt: str, height: int = 320) -> SafeString:
    """Return a stored picture that opens in full in a new tab."""
    if not name:
        return picture(name, alt=alt)
    shown = picture(name, alt=alt, height=height)
    return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', files.url(name), shown)


class StaffAdmin(ModelAdmin):
    """A page of rows that are never deleted by hand.

    `shown_with` maps a field, column, filter or search path to the model ("app.model") that staff must be allowed to
    view to see it.
    """

    shown_with: ClassVar[dict[str, str]] = {}
    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._shown(request, super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return self._shown(request, super().get_list_filter(request))

    def get_search_fields(self, request: HttpRequest) -> list[Any]:
        return self._shown(request, super().get_search_fields(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sections = [
            (title, {**options, "fields": self._shown(request, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]
        return [section for section in sections if section[1]["fields"]]

    def _shown(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        hidden = {name for name, model in self.shown_with.items() if not may_view(request, model)}
        return [name for name in names if (name[0] if isinstance(name, tuple) else name) not in hidden]

    def form_page(
        self, request: HttpRequest, obj: Any, form: Any, *, template: str, title: str, status: int = 200, **more: Any
    ) -> TemplateResponse:
        """Return a page about `obj` on which the operator decides; `template` extends admin/lumiku/form_page.html."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": obj, "form": form, **more}
        return TemplateResponse(request, template, {**context, "title": title}, status=status)

    def page_of(self, obj: Any) -> str:
        """Return the address of the page about `obj`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def log_each(self, request: HttpRequest, rows: Sequence[Any], message: str) -> None:
        """Note in the history of each row what the operator did to it."""
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, rows, CHANGE, change_message=message)


class ReadOnlyAdmin(StaffAdmin):
    """A page of rows that operators look at and never edit."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
