"""Plans, who is on them and what a day's poses were used for: plans can be edited, the rest is looked at.

A plan is assigned on the page of an account.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from credits.models import Audit, Membership, Plan, QuotaDay, QuotaUse
from lumiku.admin import ReadOnlyAdmin, StaffAdmin


@admin.register(Plan)
class PlanAdmin(StaffAdmin):
    """What is sold. A change of monthly credits counts from the next month, everything else at once."""

    list_display = [
        "name",
        "key",
        "price",
        "monthly_credits",
        "daily_poses",
        "is_premium",
        "priority",
        "is_active",
    ]
    search_fields = ["name", "key"]
    ordering = ["price", "key"]
    fields = ["key", "name", "price", "monthly_credits", "daily_poses", "is_premium", "priority", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key"] if obj else []


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who was put on which plan, by whom and why; the newest of a user counts."""

    list_display = ["user", "plan", "since", "until", "daily_poses", "by", "reason"]
    list_filter = ["plan", "since"]
    search_fields = ["user__email", "reason"]
    ordering = ["-since", "-pk"]
    fields = ["user", "plan", "since", "until", "daily_poses", "by", "reason"]
    shown_with = {"user": "users.user", "by": "users.user", "user__email": "users.user"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "plan", "by")


@admin.register(QuotaDay)
class QuotaDayAdmin(ReadOnlyAdmin):
    """How many poses of a day a user has used, in Jakarta."""

    list_display = ["day", "user", "used"]
    list_filter = ["day"]
    search_fields = ["user__email"]
    ordering = ["-day", "-pk"]
    fields = ["day", "user", "used"]
    shown_with = {"user": "users.user", "user__email": "users.user"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")


@admin.register(QuotaUse)
class QuotaUseAdmin(ReadOnlyAdmin):
    """What took poses from a day, and what gave one back."""

    list_display = ["created_at", "key", "poses", "date", "taken"]
    list_filter = ["created_at"]
    search_fields = ["key"]
    search_help_text = "A key (generation:…, result:…) or the beginning of one."
    ordering = ["-created_at", "-pk"]
    fields = ["created_at", "key", "poses", "date", "taken"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("day", "taken")

    @display(description="day", ordering="day__day")
    def date(self, use: QuotaUse) -> Any:
        return use.day.day


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    """The nightly proof of every sum."""

    list_display = ["at", "faults", "accounts", "entries", "seconds"]
    list_filter = ["at"]
    ordering = ["-at"]
    fields = ["at", "faults", "first_faults", "accounts", "entries", "seconds"]
