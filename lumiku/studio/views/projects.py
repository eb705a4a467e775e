"""Projects: what orders are kept in, whom they show, and what came of them."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from avatars.models import Avatar
from credits.models import Entry
from lumiku import images
from lumiku.studio import refusals
from pose_generator import projects as domain
from pose_generator.models import Generation, Project, Result, Status
from pose_generator.serializers.projects import ProjectForm
from pose_generator.views import projects as wire

PAGE, ORDERS = 12, 10
#: How many pictures a project's cover and an order's strip show at most.
COVER, STRIP = 4, 8
#: The choice of a form that leaves the person as it is.
KEPT = "kept"
FIELDS = ("project_name", "description", "status")


@dataclass(frozen=True)
class Card:
    """A project with what its card shows: the person's storage name, and its newest pictures."""

    project: Any
    face: str
    cover: list[Result]


@login_required
@require_http_methods(["GET", "POST"])
def projects(request: HttpRequest) -> HttpResponse:
    """Show the user's projects; make one."""
    if request.method == "GET":
        return _list(request)
    try:
        made = domain.create(request.user, **_wanted(request, partial=False))
    except refusals.Declined as error:
        return _list(request, refusals.told(error))
    messages.success(request, _("“%(name)s” is ready. Choose poses and order into it.") % {"name": made.name})
    return redirect("studio:project", made.pk)


@login_required
@require_http_methods(["GET", "POST"])
def project(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a project with its orders; change what the form names."""
    if request.method == "GET":
        return _one(request, pk)
    mine = get_object_or_404(Project.objects.owned_by(request.user), pk=pk)
    try:
        changed = domain.change(mine, **_wanted(request, partial=True))
    except refusals.Declined as error:
        return _one(request, pk, refusals.told(error))
    messages.success(request, _said(request, changed))
    return redirect("studio:project", pk)


@login_required
@require_POST
def discard_project(request: HttpRequest, pk: Any) -> HttpResponse:
    """Delete a project with its orders and pictures."""
    mine = get_object_or_404(Project.objects.owned_by(request.user), pk=pk)
    domain.discard(mine)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": mine.name})
    return redirect("studio:projects")


# ---- What a form says ----------------------------------------------------------------------------------------------


def _wanted(request: HttpRequest, *, partial: bool) -> dict[str, Any]:
    """Return the model's fields that the form names; a photo is kept only when everything else is right."""
    data: dict[str, Any] = {name: request.POST[name] for name in FIELDS if name in request.POST}
    if (person := request.POST.get("person", KEPT)) != KEPT:
        data["avatar_id"] = person or None
    form = ProjectForm(data=data, partial=partial, context={"request": request})
    form.is_valid(raise_exception=True)
    return {**form.fields_of_model(), **_photo(request)}


def _photo(request: HttpRequest) -> dict[str, Any]:
    file = request.FILES.get("photo")
    if file is None:
        return {}
    data = file.read(images.MAX_UPLOAD_BYTES + 1)  # a byte more than is taken, so that too much is refused and not read
    return {"avatar": None, "photo": domain.upload(request.user, data, purpose="avatar")}


def _said(request: HttpRequest, changed: Project) -> str:
    if "status" not in request.POST:
        return _("Saved.")
    archived = changed.status == Project.State.ARCHIVED
    return _("Put into the archive; nothing is lost.") if archived else _("Back among your projects.")


def _form(request: HttpRequest, mine: Project | None, refusal: refusals.Refusal | None) -> dict[str, Any]:
    """Return what the form shows: what was typed, else what the project has."""
    typed = request.POST if refusal else {}
    person = str(mine.avatar_id or "") if mine and not mine.photo_id else KEPT if mine else ""
    given = {
        "project_name": typed.get("project_name", mine.name if mine else ""),
        "description": typed.get("description", mine.description if mine else ""),
        "person": typed.get("person", person),
    }
    faces = Avatar.objects.owned_by(request.user).exclude(thumbnail="").order_by("-created_at", "pk")
    return {"given": given, "refusal": refusal, "faces": faces}


# ---- What a page shows ---------------------------------------------------------------------------------------------


def _list(request: HttpRequest, refusal: refusals.Refusal | None = None) -> HttpResponse:
    state = Project.State.ARCHIVED if request.GET.get("show") == "archived" else Project.State.ACTIVE
    mine = _mine(request)
    newest = Generation.objects.filter(project=OuterRef("pk"), discarded_at=None).order_by("-created_at")
    used_at = Coalesce(Subquery(newest.values("created_at")[:1]), F("created_at"))
    rows = mine.filter(status=state).order_by(used_at.desc(), "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "cards": _cards(page),
        "state": state.value,
        "archived": mine.filter(status=Project.State.ARCHIVED).exists(),
        "opened": bool(refusal or "new" in request.GET),
        **_form(request, None, refusal),
    }
    return render(request, "studio/projects.html", context, status=refusal.status if refusal else 200)


def _one(request: HttpRequest, pk: Any, refusal: refusals.Refusal | None = None) -> HttpResponse:
    mine = get_object_or_404(_mine(request), pk=pk)
    orders = Generation.objects.owned_by(request.user).filter(project=mine)
    page = Paginator(_with_strips(orders), ORDERS).get_page(request.GET.get("page"))
    context = {
        "project": mine,
        "face": _face(mine),
        "page": page,
        "running": orders.open().exists(),
        "spent": _spent(request.user, mine),
        "opened": bool(refusal or "edit" in request.GET),
        **_form(request, mine, refusal),
    }
    return render(request, "studio/project.html", context, status=refusal.status if refusal else 200)


def _mine(request: Any) -> QuerySet[Any]:
    """Return the user's projects with their totals."""
    return wire.mine(request)


def _cards(page: Page[Any]) -> list[Card]:
    """Return the cards of a page; their covers take one query."""
    ready = Result.objects.filter(generation__project__in=[row.pk for row in page], generation__discarded_at=None)
    ready = ready.filter(status=Status.COMPLETED, discarded_at=None).select_related("generation", "pose")
    newest = Window(RowNumber(), partition_by=F("generation__project"), order_by=F("ended_at").desc())
    covers: dict[Any, list[Result]] = {}
    for result in ready.annotate(place=newest).filter(place__lte=COVER).order_by("place"):
        covers.setdefault(result.generation.project_id, []).append(result)
    return [Card(row, _face(row), covers.get(row.pk, [])) for row in page]


def _face(project: Project) -> str:
    """Return the storage name of the project's person, empty without one."""
    if project.avatar and not project.avatar.discarded_at:
        return project.avatar.thumbnail
    return project.photo.file if project.photo else ""


def _with_strips(orders: Any) -> Any:
    """Return orders, newest first, each with `strip`: the first of its pictures that came."""
    came = Result.objects.filter(status=Status.COMPLETED, discarded_at=None).select_related("pose").order_by("number")
    return (
        orders.with_counts()
        .order_by("-created_at", "pk")
        .prefetch_related(Prefetch("results", queryset=came[:STRIP], to_attr="strip"))
    )


def _spent(user: Any, project: Project) -> int:
    """Return the credits that the project's pictures cost: what was captured less what was refunded."""
    moves = Entry.objects.owned_by(user).filter(hold__generation__project=project)
    moves = moves.filter(kind__in=[Entry.Kind.CAPTURE, Entry.Kind.REFUND])
    sums = moves.aggregate(paid=Sum("held"), back=Sum("available"))
    return -(sums["paid"] or 0) - (sums["back"] or 0)
