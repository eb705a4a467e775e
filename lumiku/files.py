"""Stored files and the links to them.

Rows and events hold storage names; a link is made when something is shown. Everything of a user is private, so a link
is signed and expires, on a round mark so that a browser's cache sees the same address for minutes. The library's own
pictures are public and never change under their name.

Names are written once and are made of the id of the row that they belong to, never of another's: what no row names any
more is never named again, which is why `lumiku.orphans` may delete it.

Everything here may raise StorageDown when the files are in a bucket, and `put` when a disk is full.
"""

import mimetypes
import time
from collections.abc import Iterator
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.http.request import validate_host
from django.utils.crypto import constant_time_compare, salted_hmac

from lumiku.storages import Content, Keeping, Stored

PREFIX = "/media/"
PUBLIC = "library/"
FILE = "$file"


def _storage() -> Keeping:
    return cast(Keeping, default_storage)


def put(name: str, content: Content, *, patience: float = 0) -> str:
    """Store `content` (bytes, or a file open for reading) under exactly `name` and return it.

    The same bytes may be put again; other bytes under a name that is taken are NameTaken, and the first stay. A bucket
    is asked up to four times within half a minute; then StorageDown is raised, but not before `patience` seconds.
    """
    _storage().add(name, content, patience=patience)
    return name


def exists(name: str) -> bool:
    """Return whether something is stored under `name`."""
    return _storage().exists(name)


def read(name: str) -> bytes | None:
    """Return the bytes stored under `name`, or None."""
    return _storage().read(name)


def stream(name: str) -> IO[bytes]:
    """Return a file to read the bytes under `name` from, once and in order; raise FileNotFoundError."""
    return _storage().open(name)


def stored(prefix: str) -> Iterator[Stored]:
    """Yield every file whose name begins with `prefix`, which is empty or ends with a slash; sub-folders too."""
    return _storage().stored(prefix)


def names_in(folder: str) -> list[str]:
    """Return the full names of the files below `folder`; none if it is not there."""
    return [found.name for found in stored(f"{folder}/")]


def delete(name: str) -> None:
    """Forget `name`; unknown names are fine."""
    if name:
        _storage().delete(name)


def delete_folder(folder: str) -> None:
    """Forget every file below `folder`."""
    for name in names_in(folder):
        delete(name)


def stop_if_down() -> None:
    """Raise StorageDown while the storage is known to be down: nobody should pay for what cannot be kept.

    Free of charge after a call that worked; after one that failed the storage is asked once.
    """
    _storage().stop_if_down()


def reference(name: str) -> dict[str, str] | None:
    """Return what an event stores for a file; `with_links` turns it into a link when the event is shown."""
    return {FILE: name} if name else None


def with_links(value: Any) -> Any:
    """Return `value` with every stored file reference replaced by a fresh link."""
    if isinstance(value, dict):
        if set(value) == {FILE}:
            return url(value[FILE])
        return {key: with_links(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_links(item) for item in value]
    return value


def _signature(name: str, expires: int) -> str:
    return salted_hmac("lumiku.files", f"{name}:{expires}", algorithm="sha256").hexdigest()[:40]


def url(name: str) -> str | None:
    """Return a link that opens without a header, or None for no file: root-relative, or to the bucket itself."""
    if not name:
        return None
    if name.startswith(PUBLIC):
        return f"{PREFIX}{name}"
    mark = settings.SIGNED_LINK_MARK
    expires = (int(time.time()) // mark + 2) * mark
    # The bucket's clock may be behind ours: its link is good since one mark ago.
    own = _storage().link(name, since=expires - 3 * mark, until=expires)
    return own or f"{PREFIX}{name}?expires={expires}&signature={_signature(name, expires)}"


def name_in(link: str) -> str | None:
    """Return the storage name behind a link of ours, expired or not, or None for anything else. Proves no ownership."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if name := _storage().name_in(link):
        return None if "\0" in name else name
    if parts.netloc and not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        return None
    if parts.scheme not in ("", "http", "https") or not parts.path.startswith(PREFIX):
        return None
    name = unquote(parts.path.removeprefix(PREFIX))
    return None if "\0" in name else name


def _allowed(name: str, expires: str, signature: str) -> bool:
    if name.startswith(PUBLIC):
        return True
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12) or int(expires) < time.time():
        return False
    return constant_time_compare(signature, _signature(name, int(expires)))


def serve(request: HttpRequest, name: str) -> FileResponse:
    """Stream a stored file to whoever holds a good link."""
    expires, signature = request.GET.get("expires", ""), request.GET.get("signature", "")
    if ".." in name or "\0" in name or not _allowed(name, expires, signature):
        raise Http404
    try:
        file = stream(name)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Http404 from error
    response = FileResponse(file, content_type=mimetypes.guess_type(name)[0])
    public = name.startswith(PUBLIC)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if public else "private, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
