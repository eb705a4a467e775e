"""Lumiku: a shop's own model in many poses."""

from lumiku.celery import app as celery_app  # so that shared tasks find their broker in every process

__all__ = ["celery_app"]
