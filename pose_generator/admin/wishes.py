"""The wish board for operators: nothing is edited; a wish is approved, rejected, started and completed.

Each decision has a page that says what will happen. Who asked and voted is a person: only staff who may view users see
who asked, and nobody sees who voted.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from lumiku.admin import ReadOnlyAdmin, may
from lumiku.errors import DomainError
from pose_generator import wishes
from pose_generator.models import Pose, PoseRequest

LABELS = {"pending": "", "approved": "info", "in_progress": "warning", "completed": "success", "rejected": "danger"}


class DecisionForm(forms.Form):
    """Nothing to fill in: the button is the decision."""


class RejectionForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The asker and the voters read this.",
    )


class CompletionForm(forms.Form):
    pose = forms.ModelChoiceField(
        Pose.objects.published().order_by("-created_at", "slug"),
        widget=UnfoldAdminSelect2Widget,
        help_text="The pose that came of the wish, the newest first; everybody concerned gets a link to it.",
    )


@admin.register(PoseRequest)
class PoseRequestAdmin(ReadOnlyAdmin):
    list_display = ["title", "status_shown", "votes", "category", "owner", "created_at"]
    list_filter = ["status", "category", "created_at"]
    search_fields = ["title", "description", "owner__email"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "title",
        "description",
        "category",
        "status_shown",
        "votes",
        "reason",
        "pose",
        "owner",
        "created_at",
        "updated_at",
    ]
    readonly_fields = ["status_shown", "votes", "created_at", "updated_at"]
    shown_with = {"owner": "users.user", "owner__email": "users.user"}
    actions_detail = ["approve", "start", "complete", "reject"]

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A decision changes a wish, though no page offers to edit one."""
        return may(request, "pose_generator.change_poserequest")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("owner", "category", "pose").with_votes()

    @display(description="status", ordering="status", label=LABELS)
    def status_shown(self, wish: PoseRequest) -> str:
        return wish.status

    @display(description="votes", ordering="votes")
    def votes(self, wish: Any) -> int:
        return wish.votes

    @action(description="Approve", icon="check", permissions=["view", "decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a wish on the board."""
        return self._decide(
            request, object_id, wishes.approve, DecisionForm, "Approve", "Everybody will see it and can vote for it."
        )

    @action(description="Start", icon="play_arrow", permissions=["view", "decide"])
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that the pose is being made."""
        return self._decide(
            request, object_id, wishes.start, DecisionForm, "Start", "The board will say that it is being made."
        )

    @action(description="Complete", icon="done_all", permissions=["view", "decide"])
    def complete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name the pose that came of a wish."""
        return self._decide(
            request, object_id, wishes.complete, CompletionForm, "Complete", "The wish is fulfilled with this pose."
        )

    @action(description="Reject", icon="block", permissions=["view", "decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decline a wish for a reason."""
        return self._decide(
            request, object_id, wishes.reject, RejectionForm, "Reject", "It leaves the board; the asker still sees it."
        )

    def _decide(
        self,
        request: HttpRequest,
        object_id: str,
        decide: Callable[..., None],
        asks: type[forms.Form],
        title: str,
        consequence: str,
    ) -> HttpResponse:
        """Show what `decide` does and what it `asks`, then do it."""
        wish = self.get_object(request, object_id)
        if wish is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, status = asks(request.POST if request.method == "POST" else None), 200
        if form.is_valid():
            try:
                decide(wish, **form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
            else:
                self.log_each(request, [wish], f"{title}: {form.cleaned_data.get('reason') or wish.title}")
                self.message_user(request, f"{wish.title}: done, and everybody concerned is told.", messages.SUCCESS)
                return redirect(self.page_of(wish))
        return self.form_page(
            request,
            wish,
            form,
            template="admin/pose_generator/poserequest/decide.html",
            title=f"{title} this wish",
            status=status,
            consequence=consequence,
            button=title,
            button_variant="danger" if title == "Reject" else "primary",
            back=self.page_of(wish),
        )
