"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def avatars(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def new_avatar(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def avatar(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def discard_avatar(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def avatar_card(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
