"""Files that no row names: leftovers of workers that died, of uploads refused half-way, of rows that are gone.

Once a day the storage is listed and held against the rows. A ledger row for each file would save the list, but costs an
insert for each picture at the very moment when a worker should need no database, and knows nothing of what was stored
after the last backup of the rows. A list is one request for a thousand names.

Deleting takes two looks a day apart. The first writes the names of old files that no row names into a file of its own,
`orphans/<time>.json`; the second, 24 hours later, asks the rows again and deletes what is still not named. When an
unlikely share of all files would go, nothing does: then the rows are wrong (another database, an old backup).
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from lumiku import files, keepers

log = logging.getLogger(__name__)

FOLDER = "orphans"
DAY = timedelta(hours=24)
BATCH, FEW = 1000, 50
#: So many orphans among the files are believed, and this share of them.
BELIEVED, BELIEVED_SHARE = 100, 0.25


@dataclass(frozen=True)
class Tally:
    """What one run did."""

    seen: int = 0
    """Files that were looked at for the first time; 0 if that was done within the last day."""
    marked: int = 0
    deleted: int = 0
    spared: int = 0
    """Marked a day ago and named by a row since."""


def collect(*, now: datetime | None = None, believed_share: float = BELIEVED_SHARE) -> Tally:
    """Delete what was marked a day ago and is still no row's, and once a day mark what is not any row's now.

    `now` is for tests; `believed_share` = 1 is for an operator who knows that most files really are orphans.
    """
    now = now or datetime.now(UTC)
    marks = [(_written_at(name), name) for name in files.names_in(FOLDER)]
    deleted = spared = seen = marked = 0
    for _at, name in (mark for mark in marks if now - mark[0] >= DAY):
        gone, kept = _work_off(name)
        deleted, spared = deleted + gone, spared + kept
    if not any(now - at < DAY for at, _name in marks):
        seen, found = _look(now)
        if len(found) <= max(BELIEVED, believed_share * seen):
            marked = len(found)
            files.put(f"{FOLDER}/{int(now.timestamp())}.json", json.dumps(found).encode())
        else:
            log.error(
                "%d of %d files seem to be no row's: none is deleted. Is this the right database?", len(found), seen
            )
    return Tally(seen=seen, marked=marked, deleted=deleted, spared=spared)


def _written_at(name: str) -> datetime:
    return datetime.fromtimestamp(int(name.removeprefix(f"{FOLDER}/").removesuffix(".json")), UTC)


def _look(now: datetime) -> tuple[int, list[str]]:
    """Return how many files there are, and the names of the old ones that no row names."""
    seen, found = 0, []
    listed = files.stored("")
    while page := list(islice(listed, BATCH)):
        seen += len(page)
        old = [file.name for file in page if now - file.modified_at >= DAY]
        used = keepers.in_use(old)
        found += [name for name in old if name not in used]
    return seen, found


def _work_off(mark: str) -> tuple[int, int]:
    """Delete the names in the file `mark` that no row names, then the file; return how many went and stayed."""
    names = iter(json.loads(files.read(mark) or b"[]"))
    gone = kept = 0
    # A few at a time, so that hardly a moment passes between the question and the deed.
    while few := list(islice(names, FEW)):
        used = keepers.in_use(few)
        for name in few:
            if name not in used:
                files.delete(name)
        gone, kept = gone + len(few) - len(used), kept + len(used)
    files.delete(mark)
    return gone, kept
