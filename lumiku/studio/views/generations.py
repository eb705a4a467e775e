"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def generations(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def generation(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def cancel(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def retry(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def discard_generation(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def receipt(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def zip(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def generation_summary(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
