"""The way in and out: registering, logging in, logging out. A browser is known by its session."""

from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from credits import registration
from lumiku import api
from lumiku.studio import refusals
from lumiku.users import accounts, serializers


def address_of(request: HttpRequest) -> str:
    """Return the address that a browser came from."""
    return api.client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Let a user in, and on to where they wanted to go."""
    if request.method == "POST":
        return _entered(request, "studio/log_in.html", serializers.LogIn, _known)
    return _form(request, "studio/log_in.html")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Open an account and let its owner in at once."""
    if request.method == "POST":
        return _entered(request, "studio/register.html", serializers.Registration, _enrolled)
    return _form(request, "studio/register.html")


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the browser's session."""
    auth.logout(request)
    return redirect("studio:library")


def _known(request: HttpRequest, form: Any) -> Any:
    return accounts.recognise(**form.validated_data, address=address_of(request))


def _enrolled(request: HttpRequest, form: Any) -> Any:
    return registration.enrol(**form.validated_data)


def _entered(request: HttpRequest, template: str, kind: Any, find: Any) -> HttpResponse:
    form = kind(data={name: value for name, value in request.POST.items() if name in kind().fields})
    try:
        form.is_valid(raise_exception=True)
        user = find(request, form)
    except refusals.Declined as error:
        return _form(request, template, refusals.told(error))
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(_next(request))


def _form(request: HttpRequest, template: str, refusal: refusals.Refusal | None = None) -> HttpResponse:
    if request.user.is_authenticated and request.method == "GET":
        return HttpResponseRedirect(_next(request))
    given = {name: request.POST.get(name, "") for name in ("email", "name")}
    context = {"refusal": refusal, "given": given, "next": _next(request)}
    return render(request, template, context, status=refusal.status if refusal else 200)


def _next(request: HttpRequest) -> str:
    """Return where the browser wanted to go, if that is one of our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"
