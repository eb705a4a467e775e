"""Pictures: those that were kept and all of them, one looked at closely, its background and its files."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from credits.work import OPEN
from lumiku import backends, files
from lumiku.events import stream
from lumiku.studio import albums, choices, parcels
from lumiku.studio.views import generations
from pose_generator import changes, exporting, exports, favourites, grounds, neighbours, projects, wire
from pose_generator.models import Pose, Result, Status
from pose_generator.serializers.backgrounds import BackgroundForm
from pose_generator.serializers.exports import ExportForm
from pose_generator.serializers.orders import uuid_or_none

PAGE, SIMILAR = 30, 4
#: The field of the form that a background needs.
FIELDS = {"solid_color": "background_color", "ai_generate": "background_prompt"}


@login_required
@require_GET
def favorites(request: HttpRequest) -> HttpResponse:
    """Show the pictures that the user kept, or with `?show=all` all that came, newest first; more as one scrolls."""
    seq = stream.head(request.user.pk)
    come = albums.tiles(_come(request.user))
    kept = come.filter(favorite__isnull=False).order_by("-favorite__created_at", "pk")
    counts = {"kept": kept.count(), "all": come.count()}
    show = request.GET.get("show") or ("favorites" if counts["kept"] else "all")
    rows = kept if show == "favorites" else come.order_by("-generation__created_at", "generation", "number")
    number = _page_number(request)
    shown = list(rows[(number - 1) * PAGE : number * PAGE + 1])
    context = {
        "seq": seq,
        "show": show,
        "counts": counts,
        "pictures": shown[:PAGE],
        "next_page": number + 1 if len(shown) > PAGE else None,
    }
    template = "studio/_picture_page.html" if _wants_fragment(request) else "studio/favorites.html"
    return render(request, template, context)


@login_required
@require_GET
def picture(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one picture on a page of its own."""
    seq = stream.head(request.user.pk)
    return render(request, "studio/picture.html", {"seq": seq, **_closely(request, pk)})


@login_required
@require_GET
def picture_view(request: HttpRequest, pk: Any) -> HttpResponse:
    """Answer one picture for the viewer that opens over a page, or with `?page=1` for its own page."""
    context = {"over": not request.GET.get("page"), **_closely(request, pk)}
    return render(request, "studio/_picture_view.html", context)


@login_required
@require_POST
def favorite_picture(request: HttpRequest, pk: Any) -> HttpResponse:
    """Keep a picture, or with an empty `keep` let it go."""
    result = get_object_or_404(Result.objects.owned_by(request.user), pk=pk)
    act = favourites.keep_result if request.POST.get("keep") else favourites.drop_result
    act(result)
    return _done(request, pk)


@login_required
@require_POST
def background(request: HttpRequest, pk: Any) -> HttpResponse:
    """Order another background for a picture, or take it back with the mode `original`."""
    mine = Result.objects.owned_by(request.user).select_related("generation__owner", "pose")
    result = get_object_or_404(mine, pk=pk)
    form = BackgroundForm(data=_background_of(request), context={"request": request})
    form.is_valid(raise_exception=True)
    if form.takes_back:
        changes.undo(result)
        text = _("The picture has its own background again.")
    else:
        changes.place(result, **form.wanted())
        text = _("The new background is being made.")
    return _done(request, pk, text)


@login_required
@require_POST
def export(request: HttpRequest, pk: Any) -> FileResponse:
    """Send a picture as a file of the format that was asked for; made now if it was not."""
    mine = Result.objects.owned_by(request.user).select_related("generation__owner", "generation__avatar", "pose")
    result = get_object_or_404(mine, pk=pk)
    form = ExportForm(data=_export_of(request), context={"request": request})
    form.is_valid(raise_exception=True)
    exporting.require_ready(result)
    stored = exporting.on_demand(result, form.wanted(), form.mark())
    try:
        data = files.stream(stored)
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(data, as_attachment=True, filename=parcels.file_name(result, form.wanted()))
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_required
@require_GET
def chosen_zip(request: HttpRequest) -> StreamingHttpResponse:
    """Send the pictures with the ids of `?results=` as one ZIP, in the formats of `?formats=` or as made."""
    wanted = [uuid_or_none(pk) for pk in request.GET.getlist("results")[: parcels.MOST]]
    mine = _come(request.user).filter(pk__in=[pk for pk in wanted if pk])
    found = mine.select_related("generation__avatar", "pose").order_by("-generation__created_at", "number")
    formats = exports.resolve(request.GET.getlist("formats") or ["original"])
    return generations.sent(request, parcels.packed(list(found), formats), name="lumiku.zip")


def _come(user: Any) -> Any:
    return Result.objects.owned_by(user).filter(status=Status.COMPLETED).exclude(image="")


def _wants_fragment(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _page_number(request: HttpRequest) -> int:
    raw = request.GET.get("page", "1")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 5 and int(raw) else 1


def _done(request: HttpRequest, pk: Any, text: str = "") -> HttpResponse:
    """Answer a change: nothing to a script, which shows the picture anew; the picture's page to a form."""
    if _wants_fragment(request):
        return HttpResponse(status=204)
    if text:
        messages.success(request, text)
    return redirect("studio:picture", pk)


def _background_of(request: HttpRequest) -> dict[str, Any]:
    """Return the body of a change of background from the form; a file becomes an upload of the user's."""
    mode = request.POST.get("background_mode", "")
    body = {"background_mode": mode}
    if field := FIELDS.get(mode):
        body[field] = request.POST.get(field, "")
    if body.get("background_color") == "own":
        body["background_color"] = request.POST.get("own_color", "")
    file = request.FILES.get("background_file")
    if mode == "upload" and file:
        body["background_image_url"] = (
            files.url(projects.upload(request.user, file.read(), purpose="background").file) or ""
        )
    return body


def _export_of(request: HttpRequest) -> dict[str, Any]:
    """Return the body of an export from the form: a format, or a size of one's own; perhaps a text on it."""
    asked = request.POST
    body: dict[str, Any] = {"format": asked.get("format", "")}
    if asked.get("width") or asked.get("height"):
        names = ("width", "height", "type")
        body = {"custom": {name: asked[name] for name in names if asked.get(name)}}
    if text := asked.get("watermark", "").strip():
        body["watermark"] = {"text": text}
    return body


def _closely(request: HttpRequest, pk: Any) -> dict[str, Any]:
    """Return everything that is shown of one picture."""
    rows = albums.tiles(Result.objects.owned_by(request.user)).select_related("generation__project")
    result = get_object_or_404(rows, pk=pk)
    last = result.changes.order_by("-created_at").first()
    siblings = list(
        _come(request.user).filter(generation=result.generation_id).order_by("number").values_list("pk", flat=True)
    )
    before, after = albums.beside(siblings, result.pk)
    return {
        "result": result,
        "before": before,
        "after": after,
        "place": siblings.index(result.pk) + 1 if result.pk in siblings else None,
        "places": len(siblings),
        "is_changing": bool(last and last.status in OPEN),
        "change_failed": wire.why(last.error_code) if last and last.status == Status.FAILED else "",
        "limbs": sorted((result.limb_scores or {}).items(), key=lambda limb: limb[1]),
        "can_change": choices.can_change_grounds(),
        "can_paint": bool(grounds.scene_painter(result.backend)),
        "swatches": choices.SWATCHES,
        "scenes": choices.SCENES,
        "formats": _formats(result),
        "painter": _painter(result.backend),
        "similar": _similar(request.user, result.pose),
    }


def _formats(result: Result) -> list[tuple[Any, list[tuple[exports.Format, bool]]]]:
    """Return the formats by the name of their set, each with whether it was made already."""
    sets = [*choices.formats(), ("", _("As made"), [exports.FORMATS["original"]])]
    return [(name, [(each, bool(exporting.kept(result, each))) for each in members]) for _key, name, members in sets]


def _painter(name: str) -> Any:
    try:
        return backends.get(name)
    except backends.UnknownBackend:
        return None


def _similar(user: Any, pose: Pose | None) -> list[Pose]:
    """Return the poses that are most like the one of a picture."""
    if pose is None:
        return []
    nearest = neighbours.nearest(user, pose.keypoints, limit=SIMILAR, leave_out=pose.pk)
    found = Pose.objects.visible_to(user).in_bulk([match.id for match in nearest])
    return [found[match.id] for match in nearest if match.id in found]
