"""Stored files and the links to them.

Rows and events hold storage names; a link is made when something is shown. Everything of a user is private, so a link
is signed and expires, on a round mark so that a browser's cache sees the same address for minutes. The library's own
pictures are public and never change under their name.
"""

import mimetypes
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.http.request import validate_host
from django.utils.crypto import constant_time_compare, salted_hmac

PREFIX = "/media/"
PUBLIC = "library/"
FILE = "$file"


def put(name: str, data: bytes) -> str:
    """Store `data` under exactly `name` and return it; a name that exists already is left as it is (names never change
    their content)."""
    if not default_storage.exists(name):
        saved = default_storage.save(name, ContentFile(data))
        if saved != name:  # somebody else stored it between the two lines
            default_storage.delete(saved)
    return name


def exists(name: str) -> bool:
    """Return whether something is stored under `name`."""
    return default_storage.exists(name)


def read(name: str) -> bytes | None:
    """Return the bytes stored under `name`, or None."""
    if not default_storage.exists(name):
        return None
    with default_storage.open(name) as file:
        return file.read()


def delete(name: str) -> None:
    """Forget `name`; unknown names are fine."""
    if name:
        default_storage.delete(name)


def delete_folder(folder: str) -> None:
    """Forget every file directly under `folder`."""
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")


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
    """Return a root-relative link that opens without a header, or None for no file."""
    if not name:
        return None
    if name.startswith(PUBLIC):
        return f"{PREFIX}{name}"
    mark = settings.SIGNED_LINK_MARK
    expires = (int(time.time()) // mark + 2) * mark
    return f"{PREFIX}{name}?expires={expires}&signature={_signature(name, expires)}"


def name_in(link: str) -> str | None:
    """Return the storage name behind a link of ours, expired or not, or None for anything else. Proves no ownership."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
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
        file = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Http404 from error
    response = FileResponse(file, content_type=mimetypes.guess_type(name)[0])
    public = name.startswith(PUBLIC)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if public else "private, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
