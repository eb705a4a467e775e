"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def credits(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def credits_file(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def statement(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
