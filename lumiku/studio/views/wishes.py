"""The wish board: poses that are missing, who wants them too, and what became of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lumiku.studio import refusals
from pose_generator import neighbours
from pose_generator import wishes as domain
from pose_generator.models import Category, Pose, PoseRequest
from pose_generator.models.wishes import OPEN_WISHES, Status
from pose_generator.serializers.wishes import WishForm

PAGE = 20
ALIKE = 3
#: Shorter words say little about a pose.
TELLING = 4
SHOWS: dict[str, Q] = {
    "": Q(),
    "open": Q(status__in=[Status.APPROVED, Status.IN_PROGRESS]),
    "done": Q(status=Status.COMPLETED),
}
SORTS = {"": ["-votes", "-created_at", "pk"], "newest": ["-created_at", "pk"]}
FIELDS = ("title", "description", "category")


@login_required
@require_http_methods(["GET", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    """Show the board; ask for a pose."""
    if request.method == "GET":
        return _board(request)
    form = WishForm(data={name: request.POST[name] for name in FIELDS if request.POST.get(name, "").strip()})
    try:
        form.is_valid(raise_exception=True)
        domain.ask(request.user, **form.validated_data)
    except refusals.Declined as error:
        return _board(request, refusals.told(error))
    messages.success(request, _("Thank you! We read every wish; others can vote for it as soon as it is on the board."))
    return redirect("studio:wishes")


@login_required
@require_POST
def vote(request: HttpRequest, pk: Any) -> HttpResponse:
    """Want a wish too, or no longer."""
    if request.POST.get("wanted") == "1":
        domain.vote(request.user, pk)
    else:
        domain.unvote(request.user, pk)
    if not getattr(request, "htmx", False):
        return redirect("studio:wishes")
    wish = get_object_or_404(PoseRequest.objects.visible_to(request.user).for_display(request.user), pk=pk)
    return render(request, "studio/_wish_vote.html", {"wish": wish, "open_statuses": OPEN_WISHES})


@login_required
@require_GET
def alike(request: HttpRequest) -> HttpResponse:
    """Return a fragment: poses that are there already, and wishes that say much the same."""
    title = " ".join(request.GET.get("title", "").replace("\0", "").split())[:100]
    words = [word for word in title.split() if len(word) >= TELLING][:6]
    context = {"poses": _poses_like(request.user, title), "wishes": _wishes_like(request.user, words) if words else []}
    return render(request, "studio/_wishes_alike.html", {**context, "open_statuses": OPEN_WISHES})


def _poses_like(user: Any, title: str) -> list[Pose]:
    """Return poses of the library that the title may mean, the closest first."""
    if len(title) < TELLING:
        return []
    meant = neighbours.meant(title)
    named = Pose.objects.visible_to(user).matching(title).order_by("display_order", "pk")[:ALIKE]
    found = {pose.pk: pose for pose in ([meant] if meant else []) + list(named)}
    return list(found.values())[:ALIKE]


def _wishes_like(user: Any, words: list[str]) -> list[Any]:
    """Return open wishes whose titles share a telling word, the most wanted first."""
    shared = Q()
    for word in words:
        shared |= Q(title__icontains=word)
    rows = PoseRequest.objects.visible_to(user).filter(shared, status__in=OPEN_WISHES)
    return list(rows.for_display(user).order_by(*SORTS[""])[:ALIKE])


def _board(request: HttpRequest, refusal: refusals.Refusal | None = None) -> HttpResponse:
    show, sort = _known(request, "show", [*SHOWS, "mine"]), _known(request, "sort", SORTS)
    rows = PoseRequest.objects.visible_to(request.user).select_related("category", "pose")
    rows = rows.filter(owner=request.user.pk) if show == "mine" else rows.filter(SHOWS[show])
    rows = rows.for_display(request.user).order_by(*SORTS[sort])
    asked = request.POST.dict() if refusal else {"title": request.GET.get("name", "")}
    context = {
        "page": Paginator(rows.for_display(request.user).order_by(*SORTS[sort]), PAGE).get_page(
            request.GET.get("page")
        ),
        "show": show,
        "sort": sort,
        "asked": asked,
        "refusal": refusal,
        "opened": bool(refusal or asked["title"] or "ask" in request.GET),
        "categories": _categories(),
        "open_statuses": OPEN_WISHES,
    }
    return render(request, "studio/wishes.html", context, status=refusal.status if refusal else 200)


def _known(request: HttpRequest, name: str, values: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in values else ""


def _categories() -> list[Category]:
    """Return the roots of the library, each with its `shelves`."""
    rows = list(Category.objects.filter(is_active=True).order_by("display_order", "pk"))
    roots: list[Any] = [row for row in rows if row.parent_id is None]
    for root in roots:
        root.shelves = [row for row in rows if row.parent_id == root.pk]
    return roots
