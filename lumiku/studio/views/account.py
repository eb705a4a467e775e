"""The account: name, address, password, where it is logged in, how much room it takes, what it made, and its end.

Whoever changes the address or the password, or closes the account, shows the password once more; wrong ones are counted
as at the log-in.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lumiku import moderation
from lumiku import usage as room
from lumiku.studio import refusals
from lumiku.studio.views import entrance
from lumiku.users import accounts, closing, serializers
from pose_generator import usage

Change = Callable[[HttpRequest, Any], str]


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the account; change its name or its address."""
    if request.method == "GET":
        return _page(request)
    if "email" in request.POST:
        return _changed(request, "email", _move)
    return _changed(request, "name", _rename)


@sensitive_post_parameters("current", "new")
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set a new password: every other log-in ends, this browser's goes on."""
    if request.method == "GET":
        return redirect("studio:account")
    return _changed(request, "password", _set_password)


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log every app and device out that came in with a token."""
    user: Any = request.user
    accounts.end_sessions(user, reason="ended_by_owner")
    messages.success(request, _("Every app and device that was logged in by a token is out."))
    return redirect("studio:account")


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def close_account(request: HttpRequest) -> HttpResponse:
    """Close the account for good."""
    if request.method == "GET":
        return redirect("studio:account")
    user: Any = request.user
    try:
        given = _valid(serializers.Confirmation, request)
        closing.close(user, **given, address=entrance.address_of(request))
    except refusals.Declined as error:
        return _page(request, "close", refusals.told(error))
    auth.logout(request)
    messages.success(request, _("Your account is closed. Your pictures and your name are being deleted."))
    return redirect("studio:library")


# ---- Changes: each returns what to say -----------------------------------------------------------------------------


def _rename(request: HttpRequest, user: Any) -> str:
    given = _valid(serializers.ProfileChange, request, "name")
    moderation.check(name=given.get("name", ""))
    accounts.rename(user, given.get("name", ""))
    return _("Saved.")


def _move(request: HttpRequest, user: Any) -> str:
    given = _valid(serializers.ProfileChange, request, "email", "password")
    if given["email"] == user.email:
        return _("That is your address already.")
    accounts.change_email(user, given["email"], password=given["password"], address=entrance.address_of(request))
    return _("From now on you log in with %(email)s.") % {"email": given["email"]}


def _set_password(request: HttpRequest, user: Any) -> str:
    given = _valid(serializers.PasswordChange, request)
    accounts.change_password(user, **given, address=entrance.address_of(request))
    auth.update_session_auth_hash(request, user)
    return _("Your new password is set. Every other device has been logged out.")


def _valid(kind: Any, request: HttpRequest, *names: str) -> dict[str, Any]:
    """Return the valid fields of a form; `names` are those that are read, all of the form's without any."""
    form = kind(data={name: request.POST.get(name, "") for name in names or kind().fields})
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def _changed(request: HttpRequest, part: str, change: Change) -> HttpResponse:
    """Make a change of one part of the page and say so, or show the page again with what is wrong with that part."""
    try:
        said = change(request, request.user)
    except refusals.Declined as error:
        return _page(request, part, refusals.told(error))
    messages.success(request, said)
    return redirect("studio:account")


# ---- The page ------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, part: str = "", refusal: refusals.Refusal | None = None) -> HttpResponse:
    user: Any = request.user
    if refusal:
        user.refresh_from_db()  # a refused change may have left the object ahead of its row
    used, limit = room.of(user), settings.STORAGE_LIMIT
    context = {
        "wrong": {part: refusal} if refusal else {},
        "given": {name: request.POST.get(name, getattr(user, name)) for name in ("name", "email")},
        "sessions": list(user.families.living().order_by("-created_at")[:20]),
        "room_used": used,
        "room_limit": limit,
        "room_percent": min(100, 100 * used // limit) if limit else 0,
        "stats": usage.stats(user),
    }
    return render(request, "studio/account.html", context, status=refusal.status if refusal else 200)
