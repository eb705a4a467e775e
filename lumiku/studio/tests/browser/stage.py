"""The stack that the browser tests, the screenshots and the figures run on.

Drawing the library takes minutes on a small machine, so a database with nothing but the library is kept under var/,
named by what it was made of: another library or another migration makes another one.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lumiku.management.stack import BASE_DIR, Stack
from lumiku.management.suite import KEYS

KEPT = BASE_DIR / "var" / "browser"
DATABASE = "lumiku.sqlite3"
MADE_OF = ("*/migrations/*.py", "*/*/migrations/*.py", "pose_generator/library/*.json", "pose_generator/drawings.py")
#: The stack's own database, queue and painter, whatever the shell has; limits would stop tests that follow each other.
ENVIRONMENT = {
    **dict.fromkeys([*KEYS, "DATABASE_URL", "REDIS_URL", "REDIS_HOST", "UPLOAD_PATH", "PUBLIC_URL"], ""),
    "IMAGE_BACKEND": "preview",
    "LIMITS": "off",
    "WORKER_CONCURRENCY": "2",
}
PATIENCE = 300


@contextmanager
def stack() -> Iterator[Stack]:
    """Run the whole product with the drawn library, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lumiku-browser-", ignore_cleanup_errors=True) as name:
        folder, kept = Path(name), KEPT / _digest()
        if kept.exists():
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        with Stack(folder, environment=ENVIRONMENT, patience=PATIENCE) as running:
            if not kept.exists():
                _keep(folder, kept)
            yield running


def _digest() -> str:
    told = hashlib.sha256()
    for path in sorted(found for pattern in MADE_OF for found in BASE_DIR.glob(pattern)):
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _keep(folder: Path, kept: Path) -> None:
    """Keep what a fresh stack made, before anybody has come; under its name only once it is whole."""
    half = kept.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(folder / "media", half / "media")
    with closing(sqlite3.connect(folder / DATABASE)) as source, closing(sqlite3.connect(half / DATABASE)) as copy:
        source.backup(copy)
    half.rename(kept)
