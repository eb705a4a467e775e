"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def library(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def pose(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def find_pose(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def favorite_pose(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")


def discard_pose(request: HttpRequest, **ids: Any) -> HttpResponse:
    return redirect("/api/docs")
