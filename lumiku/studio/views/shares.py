"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def shares(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def new_share(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def revoke_share(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def shared(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def shared_picture(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
