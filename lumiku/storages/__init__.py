"""Where files are kept: a folder (`folder.Folder`) or a bucket that speaks S3 (`bucket.Bucket`), as STORAGES says.

Both are storages of Django's that can do one thing more: write a name only if nothing has it yet. That one step makes
names immutable and repeating harmless. A worker whose answer was lost stores the same bytes again and hears that they
are there; two workers with the same name and other bytes are a mistake, and the first one's picture stands.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from django.utils.translation import gettext as _

from lumiku.errors import DomainError

#: Bytes, or a file open for reading that can be rewound; a file is never in memory as a whole.
Content = bytes | IO[bytes]
CHUNK = 1024 * 1024


class StorageDown(DomainError):
    """The storage gave no useful answer, however often it was asked; later it may."""

    code = "storage_down"
    status = 503


class NameTaken(Exception):
    """Other bytes are stored under the name already. Names are made so that this cannot happen: a bug."""


@dataclass(frozen=True)
class Stored:
    """A file as a storage lists it."""

    name: str
    size: int
    """Bytes."""
    modified_at: datetime
    """By the storage's clock, with its time zone."""


class Keeping(Protocol):
    """What `lumiku.files` asks of a storage beyond Django's own methods. All may raise StorageDown."""

    def add(self, name: str, content: Content, *, patience: float) -> None:
        """Store `content` unless the same is there; raise NameTaken. Go on for `patience` seconds at least."""

    def read(self, name: str) -> bytes | None:
        """Return what is stored under `name`, or None."""

    def open(self, name: str) -> IO[bytes]:
        """Return a file to read from, at its beginning; raise FileNotFoundError."""

    def exists(self, name: str) -> bool: ...

    def delete(self, name: str) -> None:
        """Forget `name`; unknown names are fine."""

    def stored(self, prefix: str) -> Iterator[Stored]:
        """Yield every file whose name begins with `prefix`, which is empty or ends with a slash."""

    def stop_if_down(self) -> None:
        """Raise StorageDown if the last call found the storage down and it still is."""

    def link(self, name: str, *, since: int, until: int) -> str | None:
        """Return a link of the storage's own, good from `since` to `until` (Unix seconds), or None if it has none."""

    def name_in(self, link: str) -> str | None:
        """Return the name that a link of the storage's own shows, expired or not, or None."""


def down() -> StorageDown:
    """Return the refusal, with its sentence."""
    return StorageDown(_("Pictures cannot be stored or read at the moment; please try again soon."), retry_after=30)


def digest(content: Content) -> str:
    """Return the SHA-256 of `content` in hexadecimal digits; a file is left at its beginning."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    content.seek(0)
    found = hashlib.sha256()
    while part := content.read(CHUNK):
        found.update(part)
    content.seek(0)
    return found.hexdigest()
