"""A model for an order, made without leaving it: from a photo at once, or from a preset that is painted meanwhile."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from avatars import creation
from avatars import presets as people
from avatars.models import Avatar
from credits import ledger
from lumiku.errors import Invalid
from lumiku.studio import refusals

LONGEST_NAME = 100
#: What the page's other parts listen to.
CHANGED = "order-changed"


@login_required
@require_GET
def presets(request: HttpRequest) -> HttpResponse:
    """Return the people who can be had from a preset, by their kind; fetched when they are asked for."""
    kinds = groupby(people.every(), key=lambda preset: preset.category)
    named = [(_(people.CATEGORIES[kind]), list(group)) for kind, group in kinds]
    return render(request, "studio/_order_presets.html", {"presets": named})


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Make a model of a photo or of a preset and return it as the choice that it is."""
    try:
        avatar = _made(request)
    except refusals.Declined as error:
        return _refused(request, error)
    context = {"avatar": avatar, "is_chosen": True, "balance": ledger.account_of(request.user).available}
    answer = render(request, "studio/_order_person.html", context)
    answer["HX-Trigger-After-Settle"] = CHANGED
    return answer


@login_required
@require_GET
def face(request: HttpRequest, pk: Any) -> HttpResponse:
    """Return the face of a model; of one that is painted still, with a wish to be asked again."""
    avatar = get_object_or_404(Avatar.objects.owned_by(request.user), pk=pk)
    answer = render(request, "studio/_order_face.html", {"avatar": avatar})
    if avatar.thumbnail:
        answer["HX-Trigger-After-Settle"] = CHANGED
    return answer


def _made(request: HttpRequest) -> Avatar:
    name = request.POST.get("name", "").strip()[:LONGEST_NAME]
    if "preset" in request.POST:
        return creation.from_preset(request.user, preset=request.POST["preset"], name=name)
    photo = request.FILES.get("photo")
    if photo is None:
        raise Invalid(_("Choose a photo first."), fields={"photo": [_("Choose a photo first.")]})
    return creation.upload(request.user, photo.read(), name=name or _("My model"), traits={})


def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer into the dialog that asked: a note on the page would stand behind it."""
    refusal = refusals.told(error)
    place = "#preset-fault" if "preset" in request.POST else "#photo-fault"
    answer = render(request, "studio/_refusal.html", {"refusal": refusal}, status=refusal.status)
    answer["HX-Retarget"], answer["HX-Reswap"] = place, "innerHTML"
    return answer
