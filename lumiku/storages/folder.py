"""Files in a folder of this machine, or of a disk that all machines mount."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from lumiku import storages
from lumiku.storages import Content, NameTaken, Stored

#: What a file system says that cannot give one file two names.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


class Folder(FileSystemStorage):
    """Django's folder, with names that are written once."""

    def add(self, name: str, content: Content, *, patience: float = 0) -> None:
        """Store `content` whole or not at all. A full or broken disk is StorageDown at once: waiting mends neither."""
        path = Path(self.path(name))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_once(path, content)
        except FileExistsError as error:
            with path.open("rb") as there:
                if storages.digest(there) != storages.digest(content):
                    raise NameTaken(name) from error
        except OSError as error:
            raise storages.down() from error

    def read(self, name: str) -> bytes | None:
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Path(self.path(name)).read_bytes()
        return None

    def stored(self, prefix: str) -> Iterator[Stored]:
        top = Path(self.path(prefix)) if prefix else Path(self.location)
        for folder, _folders, names in os.walk(top):
            for path in (Path(folder, name) for name in names):
                with suppress(FileNotFoundError):  # deleted since it was listed
                    found = path.stat()
                    name = path.relative_to(self.location).as_posix()
                    yield Stored(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def stop_if_down(self) -> None:
        """Nothing to remember: a disk that is full says so again."""

    def link(self, name: str, *, since: int, until: int) -> str | None:
        return None

    def name_in(self, link: str) -> str | None:
        return None


def _write_once(path: Path, content: Content) -> None:
    """Make the file `path` appear with all its bytes, or raise FileExistsError.

    The bytes go to a file beside it first, which then gets `path` as its second name: the one step that refuses a name
    that is taken and never shows half a file. A worker that is killed in between leaves a file that no row names.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with _created(beside) as file:
            _copy(content, file)
        try:
            os.link(beside, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with _created(path) as file:  # half a file is possible here; originals are checked when they are adopted
                _copy(content, file)
    finally:
        beside.unlink(missing_ok=True)


def _created(path: Path) -> IO[bytes]:
    mode = settings.FILE_UPLOAD_PERMISSIONS
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def _copy(content: Content, file: IO[bytes]) -> None:
    """Write `content` to the disk itself: a row that says so must not survive a power cut that the picture does not."""
    if isinstance(content, bytes):
        file.write(content)
    else:
        content.seek(0)
        shutil.copyfileobj(content, file, storages.CHUNK)
    file.flush()
    os.fsync(file.fileno())
