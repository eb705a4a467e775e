"""The library's pages: the grid of poses with its filters, and the search by a photo."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazily
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lumiku.errors import Invalid
from lumiku.studio import refusals
from pose_generator import catalogue, neighbours, private_poses
from pose_generator.models import Pose
from pose_generator.models.library import SORTS
from pose_generator.serializers.poses import SearchForm
from pose_generator.serializers.private_poses import FromPhotoForm

PAGE = 24
#: So many poses stand in the picture that greets a visitor.
GREETING = 5
DIFFICULTIES = {"beginner": lazily("Easy"), "intermediate": lazily("Medium"), "advanced": lazily("Hard")}
SUITS = {"female": lazily("Women"), "male": lazily("Men")}
ORDERS = {"popular": lazily("Most ordered"), "newest": lazily("Newest first"), "name": lazily("By name")}
#: What only somebody with an account can ask for.
OWN = ("favorites", "recent", "mine")
#: Mean degrees between joints up to which a pose that was found is called alike.
VERY_ALIKE, ALIKE = 12.0, 20.0


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Show the poses that the query asks for: the whole page, what a filter changes of it, or the next 24."""
    filters = filters_of(request)
    found = Paginator(catalogue.poses(request.user, filters), PAGE).get_page(request.GET.get("page"))
    context = {"found": found, "filters": filters, "narrowed": filters != catalogue.Filters(sort=filters.sort)}
    part = is_part(request)
    if part and found.number > 1:
        answer = render(request, "studio/_library_page.html", context)
    else:
        template = "studio/_library_results.html" if part else "studio/library.html"
        answer = render(request, template, {**context, **_surroundings(request, filters), "swapped": part})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page, rather than for a page that a way back leads to."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not getattr(htmx, "history_restore_request", False)


def filters_of(request: HttpRequest) -> catalogue.Filters:
    """Return what the query asks for; what it says that we do not know is left out, an unknown category refused."""
    asked = request.GET
    return catalogue.Filters(
        category=catalogue.category(asked["category"]) if asked.get("category") else None,
        words=asked.get("search", "").strip(),
        difficulty=_known(asked, "difficulty", DIFFICULTIES),
        genders=(suits, Pose.Gender.UNISEX.value) if (suits := _known(asked, "suits", SUITS)) else (),
        sort=_known(asked, "sort", ORDERS),
        **{name: request.user.is_authenticated and asked.get(name) == "true" for name in OWN},
    )


def _known(asked: QueryDict, name: str, choices: dict[str, Any]) -> str:
    value = asked.get(name, "")
    return value if value in choices else ""


def _surroundings(request: HttpRequest, filters: catalogue.Filters) -> dict[str, Any]:
    """Return what stands round the poses: shelves, choices and, for visitors, the greeting."""
    shelves = catalogue.shelves(request.user, filters)
    chosen = filters.category
    inside = {chosen.pk, chosen.parent_id} if chosen else set()
    return {
        "shelves": shelves,
        "everything": sum(shelf.count for shelf in shelves),
        "shelf": next((shelf for shelf in shelves if shelf.category.pk in inside), None),
        "choices": {"difficulty": DIFFICULTIES, "suits": SUITS, "sort": {name: ORDERS[name] for name in SORTS}},
        "greeting": [] if request.user.is_authenticated or filters != catalogue.Filters() else _greeting(request),
    }


def _greeting(request: HttpRequest) -> list[Pose]:
    """Return a featured pose of each category, as many as the picture holds."""
    featured = catalogue.poses(request.user, catalogue.Filters(featured=True)).exclude(thumbnail="")
    first: dict[Any, Pose] = {}
    for pose in featured:
        first.setdefault(pose.category.parent_id, pose)
    return list(first.values())[:GREETING]


# ---- Search by a photo ---------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def find_pose(request: HttpRequest) -> HttpResponse:
    """Ask for a photo, and show the poses that are like the person's in it. The photo is not kept."""
    if request.method == "POST":
        return _found(request)
    return render(request, "studio/find_pose.html")


@login_required
@require_POST
def keep_pose(request: HttpRequest) -> HttpResponse:
    """Make a private pose of the person's in a photo."""
    try:
        form = FromPhotoForm(data=_photo(request) | {"name": request.POST.get("name", "").strip()})
        form.is_valid(raise_exception=True)
        _source, photo = form.given()
        pose = private_poses.from_photo(request.user, photo, **form.about())
    except refusals.Declined as error:
        return _find_page(request, refusals.told(error))
    messages.success(request, _("Kept. Only you see this pose, and you can order it like any other."))
    return redirect("studio:pose", pk=pose.pk)


def _found(request: HttpRequest) -> HttpResponse:
    try:
        form = SearchForm(data=_photo(request), context={"request": request})
        form.is_valid(raise_exception=True)
        shape = neighbours.shape_of(*form.given())
    except refusals.Declined as error:
        return _find_page(request, refusals.told(error))
    matches = catalogue.shown(request.user, neighbours.nearest(request.user, shape, limit=12))
    return render(request, "studio/find_pose.html", {"matches": [(pose, _nearness(far)) for pose, far in matches]})


def _photo(request: HttpRequest) -> dict[str, Any]:
    if "file" not in request.FILES:
        raise Invalid(_("Choose a photo first."))
    return {"file": request.FILES["file"]}


def _find_page(request: HttpRequest, refusal: refusals.Refusal) -> HttpResponse:
    return render(request, "studio/find_pose.html", {"refusal": refusal}, status=refusal.status)


def _nearness(distance: float) -> str:
    if distance < VERY_ALIKE:
        return _("Very alike")
    return _("Alike") if distance < ALIKE else _("Somewhat alike")
