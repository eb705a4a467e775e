"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def account(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def password(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def close_account(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
