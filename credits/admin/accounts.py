"""Accounts and the ledger for operators: both read-only; credits and plans are given through forms of their own."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from credits import gestures, jakarta, plans, quota
from credits.models import Account, Entry, Plan
from lumiku.admin import ReadOnlyAdmin, is_superuser, may, may_view
from lumiku.errors import DomainError

NEWEST = 25
KINDS = {
    "grant": "success",
    "hold": "info",
    "capture": "primary",
    "release": "warning",
    "refund": "warning",
    "expiry": "danger",
}


class GestureForm(forms.Form):
    """How much and why; the key is made when the form is first shown."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    amount = forms.IntegerField(min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget)
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The customer reads this in the credit history.",
    )
    last_day = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text="In Jakarta; what is unspent then goes. Empty: the credits do not expire.",
    )


class PlanForm(forms.Form):
    """Which plan, why, and what is special about it for this customer."""

    plan = forms.ModelChoiceField(Plan.objects.filter(is_active=True), widget=UnfoldAdminSelectWidget)
    daily_poses = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=100_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Instead of the plan's own number; empty keeps it.",
    )
    last_day = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text="In Jakarta; the free plan follows. Empty: until another plan is assigned.",
    )
    reason = forms.CharField(
        max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), help_text="Kept for ever, for operators."
    )


def end_of(last_day: Any) -> Any:
    """Return the moment at which a day in Jakarta is over; None without a day."""
    return jakarta.start(last_day + timedelta(days=1)) if last_day else None


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """An account is a person's, so that it takes permission to view users too."""

    list_display = ["user", "available", "held"]
    search_fields = ["user__email", "user__name"]
    list_select_related = ["user"]
    ordering = ["user__email"]
    fields = ["user", "available", "held"]
    actions_detail = ["give", "assign"]
    change_form_after_template = "admin/credits/account/entries.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and may_view(request, "users.user")

    def has_give_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A gesture is a new entry of the ledger."""
        return may(request, "credits.add_entry")

    def has_assign_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Assigning a plan is a new membership."""
        return may(request, "credits.add_membership")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        account = self.get_object(request, object_id)
        if account is not None and may_view(request, "credits.entry"):
            newest = account.entries.select_related("actor").order_by("-created_at", "-pk")[:NEWEST]
            extra_context = {**(extra_context or {}), "entries": newest}
        return super().change_view(request, object_id, form_url, extra_context)

    @action(description="Give credits", icon="redeem", permissions=["view", "give"])
    def give(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for amount and reason, then give the credits once."""
        account = self.get_object(request, object_id)
        if account is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, status = GestureForm(request.POST or None), 200
        if form.is_valid():
            try:
                return self._give(request, account, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
        return self.form_page(
            request,
            account,
            form,
            template="admin/credits/account/give.html",
            title=f"Give credits to {account.user}",
            status=status,
            button="Give credits",
            back=self.page_of(account),
            most=None if is_superuser(request) else gestures.MOST,
        )

    def _give(self, request: HttpRequest, account: Account, asked: dict[str, Any]) -> HttpResponse:
        entry = gestures.give(
            account.user,
            asked["amount"],
            key=asked["key"],
            note=asked["reason"],
            actor=request.user,
            expires_at=end_of(asked["last_day"]),
        )
        if entry is None:
            self.message_user(request, "These credits were given already; nothing moved now.", messages.WARNING)
        else:
            self.log_each(request, [account], f"Gave {entry.available} credits: {entry.note}")
            self.message_user(
                request,
                f"{entry.available} credits given; the balance is {entry.balance_after} now.",
                messages.SUCCESS,
            )
        return redirect(self.page_of(account))

    @action(description="Assign plan", icon="loyalty", permissions=["view", "assign"])
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for plan and reason, then put the customer on it."""
        account = self.get_object(request, object_id)
        if account is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, status = PlanForm(request.POST or None), 200
        if form.is_valid():
            try:
                return self._assign(request, account, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
        return self.form_page(
            request,
            account,
            form,
            template="admin/credits/account/assign.html",
            title=f"Assign a plan to {account.user}",
            status=status,
            button="Assign plan",
            back=self.page_of(account),
            terms=plans.of(account.pk),
            quota=quota.of(account.pk),
        )

    def _assign(self, request: HttpRequest, account: Account, asked: dict[str, Any]) -> HttpResponse:
        membership = plans.assign(
            account.user,
            asked["plan"],
            by=request.user,
            reason=asked["reason"],
            daily_poses=asked["daily_poses"],
            until=end_of(asked["last_day"]),
        )
        self.log_each(request, [account], f"Assigned the plan {membership.plan}: {membership.reason}")
        self.message_user(request, f"{account.user} is on the plan {membership.plan} now.", messages.SUCCESS)
        return redirect(self.page_of(account))


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The ledger as it was written. What a person did to their credits is found by the person or by the key."""

    list_display = ["created_at", "kind_shown", "available", "held", "balance_after", "key", "account", "note", "actor"]
    list_filter = ["kind", "created_at"]
    search_fields = ["key", "account__user__email"]
    search_help_text = (
        "A key (generation:…, result:…, refund:…, gesture:…, plan:…, expiry:…) or the beginning of one; "
        "or an e-mail address."
    )
    ordering = ["-created_at", "-pk"]
    fields = [
        "created_at",
        "kind",
        "key",
        "account",
        "available",
        "held",
        "balance_after",
        "hold",
        "expires_at",
        "note",
        "actor",
    ]
    shown_with = {"account": "users.user", "actor": "users.user", "account__user__email": "users.user"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("account__user", "actor", "hold")

    @display(description="kind", ordering="kind", label=KINDS)
    def kind_shown(self, entry: Entry) -> str:
        return entry.kind
