"""The operators' pages about the product; importing a module registers its pages."""

from pose_generator.admin import generations, library, operations, projects, shares, wishes

__all__ = ["generations", "library", "operations", "projects", "shares", "wishes"]
