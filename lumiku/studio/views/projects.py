"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def projects(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def project(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def discard_project(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
