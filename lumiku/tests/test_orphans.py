"""Files that no row names go after two looks a day apart; what a row names never goes."""

import os
import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from lumiku import files, orphans, usage
from lumiku.tests.s3 import Proxy, first_fail

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)

# This module is a keeper itself: its rows are the names in `rows`.
PREFIXES = ("results/",)
rows: set[str] = set()


def names_in_use(names: Collection[str]) -> set[str]:
    assert len(names) <= 1000
    return rows & set(names)


def bytes_of(user: Any) -> int:
    return 700 * 1024 * 1024


@pytest.fixture(autouse=True)
def kept(tmp_path: Any, settings: Any) -> None:
    settings.FILE_KEEPERS = [__name__]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "lumiku.storages.folder.Folder", "OPTIONS": {"location": str(tmp_path)}},
    }
    rows.clear()


def store(name: str, *, at: datetime = START) -> str:
    """Make a file that was stored at `at`."""
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return name


def test_an_orphan_goes_after_two_looks_a_day_apart() -> None:
    store("results/a/1-0.png")

    assert orphans.collect(now=START + 23 * HOUR).marked == 0
    assert orphans.collect(now=START + 2 * DAY).marked == 1
    assert orphans.collect(now=START + 2 * DAY + 23 * HOUR).deleted == 0
    assert files.exists("results/a/1-0.png")
    assert orphans.collect(now=START + 3 * DAY).deleted == 1

    assert files.names_in("results") == []


def test_what_a_row_names_by_then_is_spared() -> None:
    store("results/a/1-0.png")
    orphans.collect(now=START + DAY)
    rows.add("results/a/1-0.png")

    tally = orphans.collect(now=START + 2 * DAY)

    assert (tally.deleted, tally.spared) == (0, 1)
    assert files.exists("results/a/1-0.png")


def test_what_no_keeper_claims_is_nobodys_to_delete(settings: Any) -> None:
    for name in ("library/standing.webp", "notes.txt", "uploads/u/a.jpg"):
        store(name)
    settings.FILE_KEEPERS = []

    for day in range(1, 5):
        orphans.collect(now=START + day * DAY)

    assert files.exists("library/standing.webp")
    assert files.exists("uploads/u/a.jpg")
    assert files.exists("notes.txt")


def test_the_storage_is_listed_once_a_day() -> None:
    store("results/a/1-0.png")
    rows.add("results/a/1-0.png")

    seen = [orphans.collect(now=START + hour * HOUR).seen > 0 for hour in range(1, 49)]

    assert sum(seen) == 2


def test_when_most_files_seem_to_be_orphans_the_rows_are_wrong_and_nothing_goes() -> None:
    names = {store(f"results/{number}/1-0.png") for number in range(400)}

    for day in range(1, 5):
        assert orphans.collect(now=START + day * DAY).deleted == 0
    assert set(files.names_in("results")) == names

    orphans.collect(now=START + 5 * DAY, believed_share=1)
    assert orphans.collect(now=START + 6 * DAY).deleted == 400


@pytest.mark.parametrize(
    ("seed", "total"), [(0, 3_000), *(pytest.param(seed, 10_000, marks=pytest.mark.drill) for seed in (1, 2))]
)
def test_of_thousands_of_files_on_a_random_schedule_none_is_deleted_that_a_row_names(seed: int, total: int) -> None:
    """Rows come hours after their file or never, go at any time, and some that were marked are named again."""
    draw = random.Random(seed)
    now, number, discarded, stored = START, 0, set[str](), set[str]()
    deleted = 0
    while number < total or now < START + 20 * DAY:
        now += timedelta(minutes=draw.randint(5, 600))
        for _ in range(min(draw.randint(0, 500), total - number)):
            name = store(f"results/{number % 977}/{number}.png", at=now)
            stored.add(name)
            number += 1
            if draw.random() < 0.9:
                rows.add(name)
        for name in draw.sample(sorted(stored - rows - discarded), k=min(20, len(stored - rows - discarded))):
            if files.exists(name):  # an original of an attempt before, adopted late
                rows.add(name)
        for name in draw.sample(sorted(rows), k=min(draw.randint(0, 30), len(rows))):
            rows.discard(name)
            discarded.add(name)
        deleted += orphans.collect(now=now).deleted
        if draw.random() < 0.1:
            assert [name for name in rows if not files.exists(name)] == []

    left = set(files.names_in("results"))
    assert rows <= left
    assert deleted > total / 33
    orphans.collect(now=now + 2 * DAY)
    orphans.collect(now=now + 4 * DAY)
    assert set(files.names_in("results")) == rows


def test_orphans_go_from_a_bucket_too(bucket: Proxy) -> None:
    for number in range(3):
        files.put(f"results/{number}/1-0.png", b"%d" % number)
    rows.add("results/1/1-0.png")
    today = datetime.now(UTC)
    bucket.script = first_fail("503", "reset", "lost")

    orphans.collect(now=today + 2 * DAY)
    tally = orphans.collect(now=today + 3 * DAY)

    assert (tally.deleted, files.names_in("results")) == (2, ["results/1/1-0.png"])


def test_who_has_no_room_left_is_told_how_much_there_is(settings: Any) -> None:
    settings.LIMITS_ON = True
    usage.check("alice", coming=300 * usage.MEGABYTE)

    with pytest.raises(usage.StorageFull) as refusal:
        usage.check("alice", coming=325 * usage.MEGABYTE)

    assert (refusal.value.code, refusal.value.status) == ("storage_full", 507)
    assert refusal.value.extra == {"storage_used": 700 * usage.MEGABYTE, "storage_limit": 1024 * usage.MEGABYTE}
    assert "700 of 1024 MB" in refusal.value.message


def test_an_installation_may_have_no_limit(settings: Any) -> None:
    settings.STORAGE_LIMIT = 0

    usage.check("alice", coming=10**15)
