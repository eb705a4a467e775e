"""Operators' pages about credits and plans."""

from credits.admin import accounts, plans

__all__ = ["accounts", "plans"]
