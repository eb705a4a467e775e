"""Orders: the list, one while it runs and when it has ended, its receipt and its pictures as a ZIP."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from credits import idempotency
from credits.work import OPEN
from lumiku.events import stream
from lumiku.studio import albums, choices
from pose_generator import archive, downloads, receipts, rendering
from pose_generator import generations as domain
from pose_generator.models import Generation, Project, Status
from pose_generator.serializers import generations as wire
from pose_generator.serializers.orders import uuid_or_none

PAGE = 12
#: What the list can be narrowed to, by the word in the address.
FILTERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "": (gettext_lazy("All"), tuple(Status.values)),
    "running": (gettext_lazy("Running"), tuple(OPEN)),
    "completed": (gettext_lazy("Done"), (Status.COMPLETED,)),
    "partial": (gettext_lazy("Partly done"), (Status.PARTIAL,)),
    "failed": (gettext_lazy("Failed"), (Status.FAILED,)),
    "cancelled": (gettext_lazy("Cancelled"), (Status.CANCELLED,)),
}


@login_required
@require_GET
def generations(request: HttpRequest) -> HttpResponse:
    """Show the user's orders, newest first."""
    seq = stream.head(request.user.pk)
    asked = {name: request.GET.get(name, "")[:200].replace("\0", "") for name in ("status", "search", "project")}
    rows = _narrowed(albums.orders_of(request.user), asked)
    shown = FILTERS.get(asked["status"], FILTERS[""])[1]
    page = Paginator(rows.filter(status__in=shown).order_by("-created_at", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "seq": seq,
        "asked": asked,
        "page": page,
        "rows": [_row(order) for order in page],
        "chips": _chips(request.user, asked),
        "projects": Project.objects.owned_by(request.user).order_by("name"),
    }
    return render(request, "studio/generations.html", context)


@login_required
@require_GET
def generation_row(request: HttpRequest, pk: Any) -> HttpResponse:
    """Answer one row of the list anew."""
    row = get_object_or_404(albums.orders_of(request.user), pk=pk)
    return render(request, "studio/_generation_row.html", {"row": _row(row)})


@login_required
@require_GET
def generation(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show an order: its pictures as they come, and what can be done with them."""
    seq = stream.head(request.user.pk)  # before the rows: what commits in between is then told again, not missed
    return render(request, "studio/generation.html", {"seq": seq, **_whole(request, pk)})


@login_required
@require_GET
def generation_summary(request: HttpRequest, pk: Any) -> HttpResponse:
    """Answer the head of an order anew, with `?tiles=1` its pictures too."""
    if request.GET.get("tiles"):
        return render(request, "studio/_generation_whole.html", _whole(request, pk))
    return render(request, "studio/_generation_head.html", _head(request, _mine(request, pk)))


@login_required
@require_POST
def cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    """Stop what waits of an order."""
    domain.cancel(get_object_or_404(Generation.objects.owned_by(request.user), pk=pk))
    row = _mine(request, pk)
    text = albums.given_back(row) or _("What is being painted still comes.")
    messages.success(request, " ".join([_("Stopped."), text]))
    return redirect("studio:generation", pk)


@login_required
@require_POST
def retry(request: HttpRequest, pk: Any) -> HttpResponse:
    """Order the failed pictures again; pressing twice orders once."""
    row = get_object_or_404(Generation.objects.owned_by(request.user), pk=pk)
    placed = idempotency.once(
        request.user,
        key=request.POST.get("key") or None,
        request=["studio retry", str(pk)],
        act=lambda: {"generation_id": str(domain.retry(request.user, row).pk)},
    )
    messages.success(request, _("Ordered again: the pictures that failed are on their way."))
    return redirect("studio:generation", placed["generation_id"])


@login_required
@require_POST
def discard_generation(request: HttpRequest, pk: Any) -> HttpResponse:
    """Delete an order that has ended, with its pictures."""
    domain.discard(get_object_or_404(Generation.objects.owned_by(request.user), pk=pk))
    messages.success(request, _("The order and its pictures are deleted. What it cost stays in your history."))
    return redirect("studio:generations")


@login_required
@require_GET
def receipt(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show what each picture of an order cost or gave back."""
    row = _mine(request, pk)
    told = receipts.receipt(row)
    paid = told["captured"] - told["refunded"]
    context = {"generation": row, "heading": albums.heading(row), "receipt": told, "paid": paid}
    return render(request, "studio/receipt.html", context)


@login_required
@require_GET
def zip(request: HttpRequest, pk: Any) -> StreamingHttpResponse:
    """Send what is ready of an order in the formats of `?formats=`; by default those that were ordered."""
    row = get_object_or_404(Generation.objects.owned_by(request.user).select_related("project"), pk=pk)
    formats = downloads.formats_of(row, request.GET.getlist("formats"))
    return sent(request, downloads.packed(row, formats), name=downloads.file_name(row))


def sent(request: HttpRequest, parts: Any, *, name: str) -> StreamingHttpResponse:
    """Answer the parts of a ZIP as a download called `name`."""
    answer = StreamingHttpResponse(archive.served(parts) if isinstance(request, ASGIRequest) else parts)
    answer["Content-Type"] = "application/zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    rendering.give_connection_back()  # a download may take minutes
    return answer


def _mine(request: HttpRequest, pk: Any) -> Any:
    return get_object_or_404(albums.orders_of(request.user), pk=pk)


def _whole(request: HttpRequest, pk: Any) -> dict[str, Any]:
    row = _mine(request, pk)
    return {**_head(request, row), "pictures": list(albums.tiles(row.results.order_by("number")))}


def _head(request: HttpRequest, row: Any) -> dict[str, Any]:
    """Return what the head of an order shows."""
    return {
        "generation": row,
        "heading": albums.heading(row),
        "progress": wire.progress(row),
        "outcome": "" if row.is_open else albums.outcome(row),
        "still_held": albums.still_held(row),
        "retry_price": albums.retry_price(row),
        "retry_key": uuid.uuid4(),
        "retries": list(row.retries.filter(discarded_at=None).order_by("created_at").values_list("pk", flat=True)),
        "sets": choices.formats(),
        "chosen_formats": row.export_formats or ["original"],
    }


def _row(order: Any) -> dict[str, Any]:
    return {"generation": order, "heading": albums.heading(order), "percentage": albums.percentage(order)}


def _narrowed(rows: Any, asked: dict[str, str]) -> Any:
    """Return the orders that have the words and belong to the project that were asked for."""
    if asked["project"]:
        rows = rows.filter(project=uuid_or_none(asked["project"]))
    if words := asked["search"].strip():
        named = Q(results__pose__name_en__icontains=words) | Q(results__pose__name_id__icontains=words)
        known = Generation.objects.filter(named).values("pk")
        rows = rows.filter(Q(text_prompt__icontains=words) | Q(project__name__icontains=words) | Q(pk__in=known))
    return rows


def _chips(user: Any, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Return the filters with how many orders each would show."""
    rows = _narrowed(Generation.objects.owned_by(user), asked).order_by().values("status")
    counts = dict(rows.annotate(number=Count("pk", distinct=True)).values_list("status", "number"))
    chips = []
    for value, (name, statuses) in FILTERS.items():
        number = sum(counts.get(status, 0) for status in statuses)
        if number or value in ("", asked["status"]):
            chips.append({"value": value, "name": name, "number": number})
    return chips
