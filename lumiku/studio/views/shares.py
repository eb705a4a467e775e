"""Public links: choosing what to show, what is shown now, and the page that whoever has the address sees.

The public page shows pictures, a title and an end; it knows nobody's name. Every answer of it, also that there is
nothing, is kept by no cache, found by no search engine, and tells no other site its address.
"""

import mimetypes
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lumiku import files
from lumiku.studio import refusals
from pose_generator import archive
from pose_generator import shares as links
from pose_generator.models import Share, SharedPicture
from pose_generator.serializers.shares import ShareForm

#: Ended links that the list still tells of.
ENDED_SHOWN = 12
#: Programs that open an address before a person does, to show what is behind it.
PREVIEWERS = ("bot", "crawl", "spider", "preview", "whatsapp", "facebookexternalhit", "skype", "embed")

# ---- For those who share -------------------------------------------------------------------------------------------


@login_required
@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """Show the seller's links with their addresses, the newest first."""
    mine = Share.objects.owned_by(request.user).order_by("-created_at", "pk").for_display()
    living = list(mine.alive()[: links.MOST_ALIVE])
    context = {
        "living": [(share, request.build_absolute_uri(address(share))) for share in living],
        "ended": mine.ended()[:ENDED_SHOWN],
        "fresh": request.GET.get("new", ""),
    }
    return render(request, "studio/shares.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_share(request: HttpRequest) -> HttpResponse:
    """Ask how the chosen pictures (`results`) shall be shown, then show them."""
    if request.method == "GET":
        return redirect("studio:shares")
    given = {"results": request.POST.getlist("results"), "title": request.POST.get("title", "")}
    if "days" in request.POST:
        return _placed(request, given | {"days": request.POST["days"]})
    return _form(request, given)


def _placed(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    form = ShareForm(data=given)
    try:
        form.is_valid(raise_exception=True)
        share = links.place(request.user, **form.validated_data)
    except refusals.Declined as error:
        return _form(request, given, refusals.told(error))
    messages.success(request, _("The link is ready. Copy it and send it on."))
    return redirect(f"{reverse('studio:shares')}?new={share.pk}")


def _form(request: HttpRequest, given: dict[str, Any], refusal: refusals.Refusal | None = None) -> HttpResponse:
    """Show the form with the chosen pictures; raise Invalid or NotFound when there is nothing to choose."""
    chosen = ShareForm(data={"results": given["results"]})
    chosen.is_valid(raise_exception=True)
    context = {
        "results": links.choose(request.user, chosen.validated_data["results"]),
        "given": {"days": str(links.USUAL_DAYS)} | given,
        "days": [str(days) for days in links.DAYS],
        "refusal": refusal,
    }
    return render(request, "studio/new_share.html", context, status=refusal.status if refusal else 200)


@login_required
@require_POST
def revoke_share(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a link now."""
    links.revoke(get_object_or_404(Share.objects.owned_by(request.user), pk=pk))
    messages.success(request, _("The link has ended; nobody sees these pictures by it any more."))
    return redirect("studio:shares")


def address(share: Share) -> str:
    """Return the path under which everybody sees a share."""
    return reverse("studio:shared", args=[share.token])


# ---- For everybody -------------------------------------------------------------------------------------------------


def _public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer what has ended and what never was with the same page, and tell nobody of either."""

    @wraps(view)
    def answer(request: HttpRequest, **ids: Any) -> HttpResponseBase:
        try:
            response = view(request, **ids)
        except links.Ended:
            response = render(request, "studio/share_ended.html", status=404)
        except refusals.Declined as error:
            response = refusals.refuse(request, refusals.told(error))
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "private, no-store"
        return response

    return answer


@require_safe
@_public
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show the pictures behind an address."""
    share, pictures = links.opened(token)
    if _is_a_visit(request, share):
        links.count_view(share)
    return render(request, "studio/shared.html", {"share": share, "pictures": pictures})


@require_safe
@_public
def shared_picture(request: HttpRequest, token: str, pk: UUID) -> FileResponse:
    """Send one picture behind an address: `?small` for the grid, `?save` to keep it."""
    picture = links.picture(token, pk)
    thumbnail = picture.result.thumbnail if "small" in request.GET else ""
    name = thumbnail or links.copy(picture)
    return _sent(name, called=_called(picture, name), save="save" in request.GET)


def _sent(name: str, *, called: str, save: bool) -> FileResponse:
    try:
        file = files.stream(name)
    except FileNotFoundError as error:
        raise links.Ended(_("This link has ended.")) from error
    kind = mimetypes.guess_type(name)[0]
    response = FileResponse(file, content_type=kind, filename=called, as_attachment=save)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _called(picture: SharedPicture, name: str) -> str:
    title = archive.file_name(picture.share.title or _("picture"))
    return f"{title}-{picture.number + 1:02}.{name.rpartition('.')[2]}"


def _is_a_visit(request: HttpRequest, share: Share) -> bool:
    """Whether a person other than the owner opens the page, as far as a request tells."""
    agent = request.headers.get("User-Agent", "").lower()
    foresight = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    looks_ahead = "prefetch" in foresight or any(word in agent for word in PREVIEWERS)
    return request.method == "GET" and not looks_ahead and request.user.pk != share.owner_id
