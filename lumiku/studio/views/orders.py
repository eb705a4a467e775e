"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def order(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def pick(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def quote(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def order_upload(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
