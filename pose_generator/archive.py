"""A ZIP of pictures, written while it is sent: one picture is in memory at a time, however many there are.

Pictures do not get smaller by being packed, so they are stored as they are. The manifest comes last, when everything
is known: what each file is, its check sum, and what could not be read. A picture that fails to be read is missing and
named as such; the others come.
"""

import asyncio
import csv
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from lumiku.errors import DomainError

log = logging.getLogger(__name__)

VERSION = 1
#: Names that Windows keeps for devices, whatever follows the first dot.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
LONGEST_NAME = 60
#: Cells that begin so are formulas to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NothingReady(DomainError):
    """No picture can be read: there would be nothing in the archive."""

    code = "nothing_ready"
    status = 409


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One file to be packed."""

    folder: str
    """The format's name."""
    name: str
    """The pose's, in any language."""
    number: int
    """Tells pictures of one pose apart; the same in every download."""
    extension: str
    read: Callable[[], bytes | None]
    """Returns the bytes, None if they are gone; called when its turn comes, in the thread that asks for the parts."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """For the manifest: seed, score, price."""


def stream(pictures: Iterable[Picture], *, about: Mapping[str, Any], at: datetime) -> Iterator[bytes]:
    """Return the parts of a ZIP of `pictures`, or raise NothingReady if not one of them can be read.

    `about` heads the manifest (what was ordered), `at` is the time that the files get. No part is larger than the
    largest picture. Pictures are read as the parts are asked for, but the first readable one at once.
    """
    coming = iter(pictures)
    missing: list[Picture] = []
    for picture in coming:
        if (data := _read(picture)) is not None:
            return _parts(picture, data, coming, missing, about, at)
        missing.append(picture)
    raise NothingReady(_("No picture is ready yet. Try again when the first one has come."))


async def served(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Return the parts for an ASGI server, made in a thread one at a time: given a plain iterator, Django would collect
    all of them first."""
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


class _Outlet(io.RawIOBase):
    """Takes what the ZIP is written to and gives it away; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> list[bytes]:
        parts, self._parts = self._parts, []
        return parts


class _Manifest:
    """What is in the archive and what is not."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._about = about
        self._names: set[str] = set()
        self._files: list[dict[str, Any]] = []
        self._missing: list[dict[str, Any]] = []

    def named(self, picture: Picture) -> str:
        """Return a path that no file has yet, not even for a system to which case means nothing."""
        stem = path = f"{file_name(picture.folder)}/{file_name(picture.name)}-{picture.number}"
        again = 1
        while f"{path}.{picture.extension}" in self._names:
            again += 1
            path = f"{stem}-{again}"
        self._names.add(f"{path}.{picture.extension}")
        return f"{path}.{picture.extension}"

    def has(self, picture: Picture, path: str, data: bytes) -> None:
        told = {"file": path, "format": picture.folder, "pose": picture.name, "number": picture.number}
        self._files.append(told | {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **picture.facts})

    def lacks(self, picture: Picture) -> None:
        told = {"format": picture.folder, "pose": picture.name, "number": picture.number}
        self._missing.append({**told, **picture.facts})

    def as_json(self) -> bytes:
        told = {"version": VERSION, **self._about, "files": self._files, "missing": self._missing}
        return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()

    def as_csv(self) -> bytes:
        """The files as a table; the mark at its start tells spreadsheets that it is UTF-8."""
        out = io.StringIO(newline="")
        columns = list(dict.fromkeys(name for told in self._files for name in told))
        table = csv.DictWriter(out, columns)
        table.writeheader()
        table.writerows({name: _cell(value) for name, value in told.items()} for told in self._files)
        return out.getvalue().encode("utf-8-sig")


def file_name(text: str) -> str:
    """Return `text` as a file's name that every system takes: small letters, digits, hyphens and underscores;
    never empty."""
    name = slugify(text)[:LONGEST_NAME].strip("-_") or "pose"
    return f"{name}-" if name in RESERVED else name


def _parts(
    first: Picture,
    data: bytes,
    coming: Iterator[Picture],
    missing: list[Picture],
    about: Mapping[str, Any],
    at: datetime,
) -> Iterator[bytes]:
    manifest, outlet = _Manifest(about), _Outlet()
    for picture in missing:
        manifest.lacks(picture)
    # An outlet that cannot go back makes zipfile write sizes behind the data, which every reader knows.
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for picture, content in _readable(first, data, coming, manifest):
            path = manifest.named(picture)
            manifest.has(picture, path, content)
            archive.writestr(_entry(path, at), content)
            yield from outlet.taken()
        for path, content in (("manifest.json", manifest.as_json()), ("manifest.csv", manifest.as_csv())):
            archive.writestr(_entry(path, at), content, zipfile.ZIP_DEFLATED)
    yield from outlet.taken()


def _readable(
    first: Picture, data: bytes, coming: Iterator[Picture], manifest: _Manifest
) -> Iterator[tuple[Picture, bytes]]:
    yield first, data
    for picture in coming:
        if (content := _read(picture)) is None:
            manifest.lacks(picture)
        else:
            yield picture, content


def _read(picture: Picture) -> bytes | None:
    try:
        return picture.read() or None
    except Exception:
        # Whatever a storage does: what has been sent cannot be taken back, and the others are there.
        log.warning("%s of %s cannot be read.", picture.folder, picture.name, exc_info=True)
        return None


def _entry(path: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second))
    entry.external_attr = 0o644 << 16
    return entry


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
