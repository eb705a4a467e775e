"""Orders for operators: everything is shown, nothing is edited; an operator cancels an order or refunds what was paid.

Both begin with a page that says what will happen and to how many credits. The refund page names the captures that it
shows, so that what is refunded is never more than what was read; the ledger sees to it that it is never twice.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import BigIntegerField, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from credits.models import Entry
from lumiku.admin import ReadOnlyAdmin, is_superuser, may, may_view
from lumiku.errors import DomainError
from pose_generator import generations, refunds
from pose_generator.admin.pictures import LABELS, tiles
from pose_generator.models import Generation, Result, Status

Kind = Entry.Kind
TEMPLATES = "admin/pose_generator/generation"


class RefundForm(forms.Form):
    """The captures that the page shows, and why they are refunded."""

    captures = forms.ModelMultipleChoiceField(Entry.objects.none(), widget=forms.MultipleHiddenInput)
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The customer reads this in the credit history.",
    )

    def __init__(self, *args: Any, captures: QuerySet[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["captures"]
        field.queryset = captures


class CancelForm(forms.Form):
    """Nothing to fill in: the button is the decision."""


def _number(*statuses: Status) -> Coalesce:
    """Count results by subquery, so that only the rows of the page are counted."""
    rows = Result.objects.filter(generation=OuterRef("pk"), status__in=statuses).order_by().values("generation")
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number"), IntegerField()), 0)


def _credits(column: str, *kinds: str) -> Coalesce:
    rows = Entry.objects.filter(hold=OuterRef("hold"), kind__in=kinds).order_by().values("hold")
    return Coalesce(Subquery(rows.annotate(total=Abs(Sum(column))).values("total"), BigIntegerField()), 0)


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "owner",
        "status_shown",
        "progress",
        "credits_held",
        "credits_captured",
        "credits_given_back",
        "backend",
    ]
    list_filter = ["status", "backend", "kind", "created_at", ("discarded_at", admin.EmptyFieldListFilter)]
    search_fields = ["id__startswith", "owner__email"]
    search_help_text = "The beginning of a generation's id, or an e-mail address."
    ordering = ["-created_at", "-pk"]
    fieldsets = [
        (None, {"fields": ["id", "owner", "project", "avatar", "kind", "text_prompt"]}),
        ("How it stands", {"fields": ["status_shown", "progress", "created_at", "started_at", "completed_at"]}),
        ("Credits", {"fields": ["credits_held", "credits_captured", "credits_given_back"]}),
        (
            "As ordered",
            {
                "classes": ["tab"],
                "fields": ["backend", "seed", "width", "height", "batch_size", "background_mode", "background_prompt"],
            },
        ),
        (
            "Times and links",
            {
                "classes": ["tab"],
                "fields": ["deadline_at", "cancel_requested_at", "discarded_at", "retry_of", "traits"],
            },
        ),
    ]
    shown_with = {
        "owner": "users.user",
        "owner__email": "users.user",
        "project": "pose_generator.project",
        "avatar": "avatars.avatar",
        "traits": "avatars.avatar",
        "credits_held": "credits.entry",
        "credits_captured": "credits.entry",
        "credits_given_back": "credits.entry",
    }
    readonly_fields = ["id", "created_at", "status_shown", "progress", "credits_held", "credits_captured"]
    actions_detail = ["cancel", "refund"]
    change_form_before_template = f"{TEMPLATES}/pictures.html"
    change_form_after_template = f"{TEMPLATES}/ledger.html"

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Cancelling changes an order, though no page offers to edit one."""
        return may(request, "pose_generator.change_generation")

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A refund is a new entry of the ledger."""
        return may(request, "credits.add_entry")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("owner", "project", "avatar", "hold", "retry_of")
        return rows.annotate(
            completed_number=_number(Status.COMPLETED),
            failed_number=_number(Status.FAILED),
            cancelled_number=_number(Status.CANCELLED),
            captured=_credits("held", Kind.CAPTURE),
            given_back=_credits("available", Kind.RELEASE, Kind.REFUND),
        )

    @display(description="status", ordering="status", label=LABELS)
    def status_shown(self, generation: Generation) -> str:
        return generation.status

    @display(description="pictures")
    def progress(self, generation: Any) -> str:
        parts = [f"{generation.completed_number} of {generation.total}"]
        if generation.failed_number:
            parts.append(f"{generation.failed_number} failed")
        if generation.cancelled_number:
            parts.append(f"{generation.cancelled_number} cancelled")
        return ", ".join(parts)

    @display(description="held")
    def credits_held(self, generation: Generation) -> int:
        return generation.hold.held if generation.hold else 0

    @display(description="captured")
    def credits_captured(self, generation: Any) -> int:
        return generation.captured

    @display(description="given back")
    def credits_given_back(self, generation: Any) -> int:
        return generation.given_back

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        generation = self.get_object(request, object_id)
        more = self._money_and_pictures(request, generation) if generation is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _money_and_pictures(self, request: HttpRequest, generation: Generation) -> dict[str, Any]:
        """Return what the operator may see of the ledger and of the pictures."""
        entries: list[Entry] = []
        if shows_money := may_view(request, "credits.entry"):
            about = Q(pk=generation.hold_id) | Q(hold=generation.hold_id, hold__isnull=False)
            entries = list(Entry.objects.filter(about).select_related("actor").order_by("created_at", "pk"))
        return {
            "label": LABELS[generation.status],
            "progress": self.progress(generation),
            "entries": entries if shows_money else None,
            "tiles": tiles(generation, entries) if may_view(request, "pose_generator.result") else None,
            "may_refund": self.has_refund_permission(request),
        }

    @action(description="Cancel", icon="cancel", permissions=["view", "cancel"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what cancelling does, then do it: what waits is given back, what is being painted is finished."""
        generation = self.get_object(request, object_id)
        if generation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            return self._cancel(request, generation)
        return self.form_page(
            request,
            generation,
            CancelForm(),
            template=f"{TEMPLATES}/cancel.html",
            title="Cancel this generation",
            waiting=generation.results.filter(status=Status.PENDING).aggregate(number=Count("pk"), price=Sum("price")),
            painting=generation.results.filter(status=Status.PROCESSING).count(),
            button="Cancel what waits",
            button_variant="danger",
            back=self.page_of(generation),
        )

    def _cancel(self, request: HttpRequest, generation: Generation) -> HttpResponse:
        try:
            generations.cancel(generation)
        except DomainError as refusal:
            self.message_user(request, refusal.message, messages.WARNING)
        else:
            self.log_each(request, [generation], "Cancelled")
            stopped = generation.results.filter(status=Status.CANCELLED).aggregate(
                number=Count("pk"), price=Sum("price")
            )
            self.message_user(
                request,
                f"Cancelled: {stopped['number']} pictures stopped and {stopped['price'] or 0} credits given back; "
                "what was being painted is finished and paid.",
                messages.SUCCESS,
            )
        return redirect(self.page_of(generation))

    @action(description="Refund", icon="undo", permissions=["view", "refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what would be refunded (all, or ?picture=<id of a result>), then refund it for a reason."""
        generation = self.get_object(request, object_id)
        if generation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        captures = refunds.captures_of(generation)
        if picture := request.GET.get("picture"):
            captures = captures.filter(key=f"result:{picture}")
        form, status = RefundForm(request.POST or None, captures=captures), 200
        if form.is_valid():
            try:
                return self._refund(request, generation, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
        return self._ask_for_refund(request, generation, form, refunds.outstanding(captures), status)

    def _ask_for_refund(
        self, request: HttpRequest, generation: Generation, form: RefundForm, due: list[Entry], status: int
    ) -> HttpResponse:
        if generation.hold_id is None:
            said = "Daily poses of a plan paid for this order: there are no credits to return; give some as a gesture."
            self.message_user(request, said, messages.WARNING)
            return redirect(self.page_of(generation))
        if not due:
            self.message_user(request, "Nothing is left to refund here.", messages.WARNING)
            return redirect(self.page_of(generation))
        form.initial["captures"] = due
        keys = {capture.key for capture in due}
        shown = tiles(generation, due) if may_view(request, "pose_generator.result") else []
        return self.form_page(
            request,
            generation,
            form,
            template=f"{TEMPLATES}/refund.html",
            title="Refund",
            status=status,
            amount=-sum(capture.held for capture in due),
            pictures=len(due),
            tiles=[tile for tile in shown if f"result:{tile.result.pk}" in keys],
            owner=generation.owner if may_view(request, "users.user") else None,
            limit=None if is_superuser(request) else refunds.A_DAY,
            button=f"Refund {-sum(capture.held for capture in due)} credits",
            back=self.page_of(generation),
        )

    def _refund(self, request: HttpRequest, generation: Generation, asked: dict[str, Any]) -> HttpResponse:
        amount = refunds.refund(asked["captures"], actor=request.user, note=asked["reason"])
        if amount:
            self.log_each(request, [generation], f"Refunded {amount} credits: {asked['reason']}")
            self.message_user(request, f"{amount} credits refunded.", messages.SUCCESS)
        else:
            self.message_user(request, "This was refunded already; nothing moved now.", messages.WARNING)
        return redirect(self.page_of(generation))
