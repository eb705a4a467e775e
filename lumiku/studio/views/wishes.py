"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def wishes(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def vote(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
