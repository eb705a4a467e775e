"""Credits: what there is, what is set aside, what ends when, what things cost, and every entry in plain words."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from credits import expiry, history, jakarta, ledger, lots, plans, quota, statements
from credits import views as wire
from credits.models import Entry, Membership, Plan
from lumiku.studio import entries, offers

PAGE = 25
#: How many of the ends that come are told.
ENDS = 4


@login_required
@require_GET
@never_cache
def credits(request: HttpRequest) -> HttpResponse:
    """Show the purse, how to fill it, and its history."""
    held = entries.running(request.user)
    account = ledger.account_of(request.user)
    context = {
        "account": account,
        "held": held,
        "held_else": account.held - sum(each.credits for each in held),
        "pictures": account.available // settings.PRICES["pose"],
        "ends": lots.left(expiry.history(account.pk))[:ENDS],
        "costs": offers.costs(),
        "top_ups": offers.TOP_UPS,
        "contact": getattr(settings, "TOP_UP_CONTACT", ""),
        **_plan(request.user),
        **_history(request),
    }
    return render(request, "studio/credits.html", context)


@login_required
@require_GET
def credits_file(request: HttpRequest) -> StreamingHttpResponse:
    """Download the history for a spreadsheet, oldest first; of one month or all of it."""
    month = request.GET.get("month", "")
    name = f"lumiku-credits-{month or 'all'}.csv"
    return StreamingHttpResponse(
        history.lines(_entries(request.user, month), translation.get_language()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _entries(user: Any, month: str) -> Any:
    try:
        return history.entries(user, month)
    except ValueError:
        raise wire.bad_month() from None


@login_required
@require_GET
@never_cache
def statement(request: HttpRequest) -> HttpResponse:
    """Show a month, this one if none is named: opening, sums by kind and by order, closing."""
    month = request.GET.get("month") or jakarta.month(timezone.now())
    try:
        found = statements.statement(request.user, month)
    except ValueError:
        raise wire.bad_month() from None
    about = entries.matters(request.user, [order["key"] for order in found["orders"]])
    rows = [{**order, "about": about.get(order["key"])} for order in found["orders"]]
    moved = [kind for kind in found["kinds"] if kind["entries"]]
    context = {
        "statement": found,
        "first": jakarta.day(found["since"]),
        "orders": rows,
        "moved": moved,
        "month": month,
        "months": _months(request.user),
    }
    return render(request, "studio/statement.html", context)


# ---- What the page shows -------------------------------------------------------------------------------------------


def _plan(user: Any) -> dict[str, Any]:
    """Return the user's plan, today's poses of it, and what is on offer."""
    offered = list(Plan.objects.filter(is_active=True))
    terms, today = plans.of(user.pk), quota.of(user.pk)
    membership = Membership.objects.newest_of(user.pk)
    return {
        "terms": terms,
        "plan": next((plan for plan in offered if plan.key == terms.key), None),
        "plan_until": membership.until if membership and membership.plan.key == terms.key else None,
        "today": today,
        "today_percent": 100 * today.left // today.limit if today else 0,
        "plans": [plan for plan in offered if plan.price],
    }


def _history(request: HttpRequest) -> dict[str, Any]:
    """Return the page of entries that the address asks for; what it does not know counts as not asked."""
    show = request.GET.get("show", "")
    show = show if show in entries.FILTERS else ""
    months = _months(request.user)
    month = request.GET.get("month", "")
    since, until = jakarta.bounds(month) if month in [known for known, _first in months] else (None, None)
    rows = entries.of(request.user, show=show, since=since, until=until)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {
        "show": show,
        "month": month if since else "",
        "months": months,
        "page": page,
        "lines": entries.lines(request.user, list(page)),
    }


def _months(user: Any) -> list[tuple[str, Any]]:
    """Return the months since the user's first entry, the newest first, each with its first day in Jakarta."""
    first = Entry.objects.owned_by(user).order_by("created_at").values_list("created_at", flat=True).first()
    now = timezone.now()
    begin = jakarta.bounds(jakarta.month(first or now))[0]
    return [(month, jakarta.day(jakarta.bounds(month)[0])) for month in reversed(jakarta.months(begin, now))]
