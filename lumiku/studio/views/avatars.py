"""The people in the pictures: the list, three ways to a new one, and each one's own page."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from avatars import creation, figures, presets, wire
from avatars import serializers as forms
from avatars.models import Avatar
from credits import idempotency
from credits.work import OPEN
from lumiku import backends
from lumiku.events import stream
from lumiku.studio import person_words, refusals

PER_PAGE = 24
#: Orders that an avatar's page shows, and photos of before.
ORDERS_SHOWN, VERSIONS_SHOWN = 12, 12
WAYS = ("photo", "preset", "words")


@login_required
@require_safe
def avatars(request: HttpRequest) -> HttpResponse:
    """Show the seller's avatars, the newest first."""
    seq = stream.head(request.user.pk)
    page = Paginator(_mine(request).order_by("-created_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    waits = any(each.status in OPEN for each in page)
    context = {"page": page, "seq": seq if waits else None, "faces": () if page.object_list else presets.every()}
    return render(request, "studio/avatars.html", context)


@login_required
@require_safe
def avatar_card(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return one avatar as a card, as it stands now; for its own page (`?page`) a wish to load it again at the end."""
    found = _described(get_object_or_404(_mine(request), pk=pk))
    if "page" not in request.GET:
        return render(request, "studio/_avatar_card.html", {"avatar": found})
    if found.status in OPEN:
        return HttpResponse(status=204)
    answer = HttpResponse()
    answer["HX-Refresh"] = "true"
    return answer


@login_required
@require_POST
def discard_avatar(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hide an avatar; what was ordered with it stays."""
    found = get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk)
    creation.discard(found)
    messages.success(request, _("%(name)s is gone. Your pictures stay.") % {"name": found.name})
    return redirect("studio:avatars")


# ---- A new one -----------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def new_avatar(request: HttpRequest) -> HttpResponse:
    """Make an avatar: of a photo, after somebody drawn already, or of words."""
    asked = (request.POST if request.method == "POST" else request.GET).get("way", "")
    way = asked if asked in WAYS else WAYS[0]
    if request.method == "GET":
        return _form(request, way)
    kind, make = MAKING[way]
    form = kind(data=_given(request, kind))
    try:
        form.is_valid(raise_exception=True)
        made = make(request, form)
    except refusals.Declined as error:
        return _form(request, way, refusals.told(error))
    return redirect("studio:avatar", pk=made)


def _photographed(request: HttpRequest, form: Any) -> Any:
    data = form.validated_data["file"].read()
    made = creation.upload(request.user, data, **form.split(), once=request.POST.get("once", ""))
    messages.success(request, _("%(name)s is ready to be ordered with.") % {"name": made.name})
    return made.pk


def _preset(request: HttpRequest, form: Any) -> Any:
    return _painted(request, form, creation.from_preset)


def _described_in_words(request: HttpRequest, form: Any) -> Any:
    return _painted(request, form, creation.generate)


def _painted(request: HttpRequest, form: Any, order: Callable[..., Avatar]) -> Any:
    """Order an avatar once, however often its button is pressed; return its id."""
    said = form.order()
    kept = idempotency.once(
        request.user,
        key=request.POST.get("once") or None,
        request=["studio", order.__name__, said],
        act=lambda: {"id": str(order(request.user, **said).pk)},
    )
    return kept["id"]


MAKING: dict[str, tuple[Any, Callable[[HttpRequest, Any], Any]]] = {
    "photo": (forms.AvatarUpload, _photographed),
    "preset": (forms.FromPreset, _preset),
    "words": (forms.GenerateAvatar, _described_in_words),
}


def _form(request: HttpRequest, way: str, refusal: refusals.Refusal | None = None) -> HttpResponse:
    said = request.POST.dict() or {"preset_id": request.GET.get("preset", "")}
    context = {
        "way": way,
        "said": said,
        "refusal": refusal,
        "traits": person_words.form(said, refusal.fields if refusal else {}),
        "groups": _groups() if way == "preset" else (),
        "painters": _painters() if way != "photo" else (),
        "once": said.get("once") or secrets.token_urlsafe(16),
    }
    return render(request, "studio/new_avatar.html", context, status=refusal.status if refusal else 200)


def _groups() -> list[dict[str, Any]]:
    return [{**category, "presets": presets.of(category["id"])} for category in presets.categories()]


def _painters() -> list[tuple[str, str]]:
    """Name and label of each backend that paints people."""
    return [(name, backends.get(name).label or name) for name in creation.painters()]


def _given(request: HttpRequest, kind: Any) -> dict[str, Any]:
    """Return what a form of the API would be sent: nothing for what was left blank."""
    names = kind().fields
    said = {name: text for name in names if (text := request.POST.get(name, "").strip())}
    return said | {name: file for name in names if (file := request.FILES.get(name))}


# ---- One of them ---------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def avatar(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an avatar; change its words, or with a `file` its photo."""
    seq = stream.head(request.user.pk)  # before the row: what commits in between is then told again, not missed
    found = get_object_or_404(_mine(request), pk=pk)
    if request.method == "GET":
        return _page(request, found, seq)
    try:
        _change(request, found)
    except refusals.Declined as error:
        return _page(request, found, seq, refusals.told(error))
    return redirect("studio:avatar", pk=pk)


def _change(request: HttpRequest, found: Avatar) -> None:
    if "photo" in request.POST:
        photo = forms.AvatarUpload(data={"name": found.name, **request.FILES.dict()})
        photo.is_valid(raise_exception=True)
        data = photo.validated_data["file"].read()
        creation.change(found, name=found.name, traits=found.traits, data=data)
        messages.success(request, _("The new photo is there. Orders from now on use it."))
        return
    form = forms.AvatarForm(data=_given(request, forms.AvatarForm))
    form.is_valid(raise_exception=True)
    creation.change(found, **form.split())
    messages.success(request, _("Saved. Orders from now on use it."))


def _page(request: HttpRequest, found: Avatar, seq: int, refusal: refusals.Refusal | None = None) -> HttpResponse:
    is_open = found.status in OPEN
    typed = request.POST.dict() if refusal and "photo" not in request.POST else {"name": found.name, **found.traits}
    context = {
        "avatar": _described(found),
        "is_open": is_open,
        "seq": seq if is_open else None,
        "said": typed,
        "refusal": refusal,
        "traits": person_words.form(typed, refusal.fields if refusal else {}),
        "warnings": creation.warnings(found),
        "versions": found.versions.exclude(image="").order_by("-number")[:VERSIONS_SHOWN],
        "orders": figures.history(found).select_related("project")[:ORDERS_SHOWN],
    }
    return render(request, "studio/avatar.html", context, status=refusal.status if refusal else 200)


def _described(found: Any) -> Any:
    """Return the avatar with the sentence why there is no photo, if painting it failed."""
    found.why = wire.why(found.error_code)
    return found


def _mine(request: HttpRequest) -> Any:
    return Avatar.objects.owned_by(request.user).with_usage()
