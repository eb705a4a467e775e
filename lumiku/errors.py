"""The one kind of refusal.

Whatever the product declines to do raises a `DomainError` subclass defined beside the function that raises it. It
carries a `code` for programs, an HTTP `status` and a sentence that a person can act on; `lumiku.api` shows every one
of them in the same shape. Anything else that is raised is a bug and reaches the log as one.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal: `message` is for a person, `code` for a program, `extra` is added to the error body."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400

    def __init__(
        self,
        message: str,
        *,
        fields: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        self.retry_after = retry_after
        self.extra = extra


class Invalid(DomainError):
    """What was sent cannot be accepted; `fields` says where (snake_case names)."""


class NotFound(DomainError):
    """Unknown, or not the caller's: the two must look the same."""

    code = "not_found"
    status = 404
