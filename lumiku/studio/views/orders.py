"""Ordering: picks become a form, the form a price that follows every change, and one button an order.

The form is kept in the session with every price that is shown, so that a reload loses nothing; it goes when the order
is placed. A key that is written into the page makes a double click, or the way back to the page, order once.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from avatars.models import Avatar
from credits import idempotency
from lumiku.errors import Invalid
from lumiku.studio import choices, ordering, refusals
from lumiku.studio.ordering import FIELDS, NOBODY, Said
from lumiku.studio.refusals import Refusal
from pose_generator import generations, projects, provenance, recipes
from pose_generator.models import Generation, Pose, Project, Upload
from pose_generator.serializers.orders import uuid_or_none

DRAFT = "order"
MOST_POSES = 200
SHOWN = 12  # of a seller's own models and background pictures, the latest


@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """Keep what somebody wants to order, also before they log in, and go on to the order."""
    draft: Said = dict(request.session.get(DRAFT, {}))
    asked = request.POST
    if asked.get("again") and request.user.is_authenticated:
        draft = ordering.like(get_object_or_404(Generation.objects.owned_by(request.user), pk=_id(asked["again"])))
    if ids := [pk for pk in map(uuid_or_none, asked.getlist("poses")) if pk]:
        draft |= {"kind": "poses", "poses": [str(pk) for pk in dict.fromkeys(ids)][:MOST_POSES]}
    for name in ("avatar", "project"):
        if pk := uuid_or_none(asked.get(name, "")):
            draft[name] = str(pk)
    if asked.get("yaw") or asked.get("pitch"):
        view = f"{asked.get('yaw') or 0},{asked.get('pitch') or 0}"
        draft["cameras"] = [view] if choices.angles(view) else FIELDS["cameras"]
    request.session[DRAFT] = draft
    return redirect("studio:order")


@login_required
@require_POST
def order_from_file(request: HttpRequest) -> HttpResponse:
    """Begin the order that made a picture of ours; what cannot be had any more is said."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("Choose a picture first."), fields={"file": [_("Choose a picture first.")]})
    proposal = provenance.again(request.user, recipes.found_in(file.read()))
    request.session[DRAFT] = ordering.meant_by(proposal.order)
    for warning in proposal.warnings:
        messages.warning(request, warning["message"])
    return redirect("studio:order")


def _id(text: str) -> Any:
    return uuid_or_none(text) or uuid.UUID(int=0)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest) -> HttpResponse:
    """Show the order to be; place it."""
    if request.method == "GET":
        return _page(request, _draft(request))
    form = ordering.said(request.POST)
    if dropped := request.POST.get("drop"):
        form["poses"] = [pose for pose in form["poses"] if pose != dropped]
    _keep(request, form)
    # The first button of the form only asks for the price, so that Enter in a field never buys.
    return _page(request, form) if dropped or "ask" in request.POST else _placed(request, form)


def _placed(request: HttpRequest, form: Said) -> HttpResponse:
    named = request.POST.get("expected_credits", "")
    expected = int(named) if named.isdecimal() and len(named) < 10 else None
    try:
        wanted = ordering.read(request, form)
        answer = idempotency.once(
            request.user,
            key=request.POST.get("key") or None,
            request=["studio", wanted.body, form["project_name"], form["avatar"]],
            act=lambda: _written(request, wanted, expected),
        )
    except idempotency.IdempotencyConflict:
        sentence = _("You have placed an order from this page already. Press the button again to place this one too.")
        return _page(request, form, Refusal(sentence, "idempotency_conflict", 409))
    except refusals.Declined as error:
        return _page(request, form, refusals.told(error))
    request.session.pop(DRAFT, None)
    return redirect(f"{resolve_url('studio:generation', pk=answer['generation_id'])}?placed=1")


def _written(request: HttpRequest, wanted: ordering.Wanted, expected: int | None) -> dict[str, Any]:
    return {"generation_id": str(wanted.place(request.user, expected_credits=expected).pk)}


@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Return the price of what the form says, with what is to be said beside its fields."""
    if not request.user.is_authenticated:
        return HttpResponse(
            headers={"HX-Redirect": f"{resolve_url('studio:log_in')}?next={resolve_url('studio:order')}"}
        )
    form = ordering.said(request.POST)
    _keep(request, form)
    poses = _poses(request, form)
    drawn_anew = bool(poses) and request.POST.get("drawn") != str(poses[0].pk)
    return render(
        request,
        "studio/_quote.html",
        {
            "form": form,
            "poses": poses,
            **_offer(request, form),
            **(_views(poses, form) if drawn_anew else {}),
            "is_fragment": True,
        },
    )


@login_required
@require_POST
def order_upload(request: HttpRequest) -> HttpResponse:
    """Take a picture for the background and return it as the choice that it is."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("Choose a picture first."), fields={"file": [_("Choose a picture first.")]})
    upload = projects.upload(request.user, file.read(), purpose=Upload.Purpose.BACKGROUND)
    return render(request, "studio/_order_picture.html", {"upload": upload, "is_chosen": True})


# ---- The page --------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, form: Said, declined: Refusal | None = None) -> HttpResponse:
    poses = _poses(request, form)
    context = {
        "form": form,
        "key": uuid.uuid4(),
        "poses": poses,
        "shapes": [(ratio, ratio.replace(":", "-"), *told) for ratio, told in choices.SHAPES.items()],
        "swatches": list(choices.SWATCHES.items()),
        "scenes": choices.SCENES,
        "sets": choices.formats(),
        "painters": choices.painters(),
        "projects": Project.objects.owned_by(request.user).filter(status=Project.State.ACTIVE).order_by("-updated_at"),
        "uploads": _uploads(request, form),
        "can_change_grounds": choices.can_change_grounds(),
        "most_variations": ordering.MOST_VARIATIONS,
        "people": _people(request, form),
        **_views(poses, form),
        **_offer(request, form, declined),
    }
    return render(request, "studio/order.html", context, status=declined.status if declined else 200)


def _offer(request: HttpRequest, form: Said, declined: Refusal | None = None) -> dict[str, Any]:
    """Return the price, or why there is none; `faults` stand beside their fields."""
    faults = ordering.faults(declined.fields if declined else {}, form)
    try:
        wanted = ordering.read(request, form)
        quoted = generations.quote(request.user, wanted.order)
    except refusals.Declined as error:
        refusal = refusals.told(error)
        if not declined and refusal.code != ordering.Unfinished.code:
            faults = ordering.faults(refusal.fields, form)
        return {"refusal": refusal, "declined": declined, "faults": faults, "has_faults": any(faults.values())}
    price = quoted.price
    shown = wanted.order
    return {
        "quote": quoted,
        "declined": declined,
        "faults": faults,
        "cameras_chosen": len(shown.cameras),
        "variations": shown.variations,
        "pictures_price": price.pose * price.pictures,
        "backgrounds": price.background * price.pictures,
        "after": quoted.balance - price.total,
        "warnings": [choices.plainly(**warning) for warning in quoted.warnings],
        "missing": max(0, price.total - quoted.balance),
        "fit": _fit(quoted, form),
        "wait": ordering.waiting(quoted.estimated_seconds),
        "shows_project_photo": bool(not shown.avatar and shown.project.photo),
    }


def _fit(quoted: generations.Quote, form: Said) -> ordering.Fit | None:
    if quoted.sufficient:
        return None
    poses = 1 if form["kind"] == "words" else len(form["poses"])
    affordable = quoted.balance // quoted.price.each
    return ordering.fitting(affordable=affordable, poses=poses, cameras=len(form["cameras"]))


def _views(poses: list[Pose], form: Said) -> dict[str, Any]:
    keypoints = poses[0].keypoints if poses and form["kind"] != "words" else None
    shown = choices.cameras(keypoints, extra=form["cameras"])
    return {"cameras": shown, "drawn": str(poses[0].pk) if poses else ""}


def _poses(request: HttpRequest, form: Said) -> list[Pose]:
    """Return the picked poses that are still there, in the order in which they were picked."""
    ids = [pk for pk in map(uuid_or_none, form["poses"][:MOST_POSES]) if pk]
    known = Pose.objects.visible_to(request.user).defer("search_text", "description_en", "description_id").in_bulk(ids)
    return [known[pk] for pk in ids if pk in known]


def _people(request: HttpRequest, form: Said) -> list[Avatar]:
    """Return the seller's models, the last used first, and the chosen one in any case."""
    mine = _last_used_first(Avatar.objects.owned_by(request.user))
    people = list(mine[:SHOWN])
    chosen = uuid_or_none(form["avatar"])
    if chosen and chosen not in [avatar.pk for avatar in people]:
        people = [*mine.filter(pk=chosen), *people]
    return people


def _last_used_first(avatars: Any) -> Any:
    used = avatars.annotate(last=Max("generations__created_at"))
    return used.order_by(F("last").desc(nulls_last=True), "-created_at")


def _uploads(request: HttpRequest, form: Said) -> list[Upload]:
    mine = Upload.objects.owned_by(request.user).filter(purpose=Upload.Purpose.BACKGROUND)
    latest = list(mine.order_by("-created_at")[:SHOWN])
    chosen = form["background_picture"]
    if chosen and chosen not in [upload.file for upload in latest]:
        latest = [*Upload.objects.owned_by(request.user).filter(file=chosen), *latest]
    return latest


# ---- The draft -------------------------------------------------------------------------------------------------------


def _draft(request: HttpRequest) -> Said:
    """Return the form to begin with: what was kept, and for the rest as in the last order."""
    draft: Said = {**FIELDS, **_habits(request.user), **request.session.get(DRAFT, {})}
    if not draft["avatar"]:
        draft["avatar"] = _usual_person(request.user, draft["project"])
    draft["backend"] = draft["backend"] or choices.painters()[0].name
    draft["poses"] = [str(pose.pk) for pose in _poses(request, draft)]
    return draft


def _habits(user: Any) -> Said:
    last = Generation.objects.owned_by(user).order_by("-created_at").first()
    mine = Project.objects.owned_by(user).filter(status=Project.State.ACTIVE)
    project = (mine.filter(pk=last.project_id).first() if last else None) or mine.order_by("-updated_at").first()
    return {"export_formats": last.export_formats if last else [], "project": str(project.pk) if project else ""}


def _usual_person(user: Any, project: str) -> str:
    """Return the project's own person, else the model that was used or made last."""
    mine = Avatar.objects.owned_by(user)
    found = mine.filter(projects=uuid_or_none(project)).first() if project else None
    found = found or _last_used_first(mine).first()
    return str(found.pk) if found else NOBODY


def _keep(request: HttpRequest, form: Said) -> None:
    if request.session.get(DRAFT) != form:
        request.session[DRAFT] = form
