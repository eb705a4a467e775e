"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def favorites(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def picture(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def favorite_picture(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def background(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def export(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
