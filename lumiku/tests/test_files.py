"""Stored files: written once, opened by signed links only, and never by a path of somebody's making."""

import errno
import io
import os
from typing import Any

import pytest
from django.test import Client

from lumiku import files
from lumiku.storages import NameTaken, StorageDown
from lumiku.testing import in_threads


@pytest.fixture(autouse=True)
def media(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "lumiku.storages.folder.Folder", "OPTIONS": {"location": str(tmp_path)}},
    }


def test_a_name_never_changes_its_content() -> None:
    files.put("results/a/1-0.png", b"first")

    assert files.put("results/a/1-0.png", b"first") == "results/a/1-0.png"
    with pytest.raises(NameTaken):
        files.put("results/a/1-0.png", b"second")
    assert files.read("results/a/1-0.png") == b"first"
    assert files.names_in("results/a") == ["results/a/1-0.png"]


def test_of_ten_that_write_one_name_at_once_one_wins_and_nobody_reads_half_a_file(tmp_path: Any) -> None:
    def write(number: int) -> str:
        content = b"%d" % number * 300_000
        try:
            return files.put("results/a/1-0.png", content)
        finally:
            assert len(set(files.read("results/a/1-0.png") or b"??")) == 1

    written = in_threads(10, write)

    assert [type(outcome) for outcome in written].count(str) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in written) == 9
    assert len(list(files.stored(""))) == 1


def test_where_a_file_cannot_have_two_names_it_is_still_written_once(monkeypatch: Any) -> None:
    def no_links(*args: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    files.put("results/a/1-0.png", b"first")

    with pytest.raises(NameTaken):
        files.put("results/a/1-0.png", b"second")
    assert files.read("results/a/1-0.png") == b"first"
    assert files.names_in("results/a") == ["results/a/1-0.png"]


def test_a_disk_that_is_full_is_a_storage_that_is_down(monkeypatch: Any) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StorageDown):
        files.put("results/a/1-0.png", b"first")
    assert not files.exists("results/a/1-0.png")
    assert files.names_in("results/a") == []


def test_a_file_is_stored_like_bytes_and_read_as_a_stream() -> None:
    files.put("results/a/all.zip", io.BytesIO(b"zip"))
    files.put("results/a/all.zip", b"zip")

    with files.stream("results/a/all.zip") as file:
        assert file.read() == b"zip"
    with pytest.raises(FileNotFoundError):
        files.stream("results/a/none.zip")


def test_a_name_that_was_forgotten_reads_as_nothing() -> None:
    files.put("results/a/1-0.png", b"first")
    files.put("results/a/1-0-400.webp", b"first")

    files.put("results/a/exports/feed.jpg", b"first")
    files.put("results/ab/1-0.png", b"a stranger's, with a name that begins alike")

    files.delete_folder("results/a")
    files.delete_folder("results/never-there")

    assert files.read("results/a/1-0.png") is None
    assert [found.name for found in files.stored("")] == ["results/ab/1-0.png"]


@pytest.mark.parametrize(
    "path",
    [
        "../settings.py",
        "library/../../settings.py",
        "results/a/../../../etc/passwd",
        "%2e%2e/settings.py",
        "library/%2e%2e/results/a/1-0.png",
        "results/a/1-0.png",
        "library",
        "",
    ],
)
def test_a_path_of_ones_own_opens_nothing(path: str) -> None:
    files.put("results/a/1-0.png", b"private")

    assert Client().get(f"/media/{path}").status_code == 404


def test_the_librarys_pictures_are_public_and_cached_for_ever() -> None:
    files.put("library/standing.webp", b"public")

    answer = Client().get(str(files.url("library/standing.webp")))

    assert (answer.status_code, answer.getvalue()) == (200, b"public")
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/media/uploads/u/a.jpg?expires=1&signature=x", "uploads/u/a.jpg"),
        ("http://localhost:4000/media/uploads/u/a.jpg", "uploads/u/a.jpg"),
        ("https://example.com/media/uploads/u/a.jpg", None),
        ("http://localhost@example.com/media/uploads/u/a.jpg", None),
        ("//example.com/media/uploads/u/a.jpg", None),
        ("ftp://localhost/media/uploads/u/a.jpg", None),
        ("file:///media/uploads/u/a.jpg", None),
        ("http://127.0.0.1.nip.example/media/uploads/a.jpg", None),
        ("/etc/passwd", None),
        ("data:image/png;base64,AAAA", None),
        ("http://[::1/media/x", None),
        ("", None),
    ],
)
def test_only_our_own_links_name_a_file(link: str, name: str | None) -> None:
    assert files.name_in(link) == name


def test_references_become_links_wherever_they_stand() -> None:
    shown = files.with_links({"a": [files.reference("results/a.png")], "b": {"c": files.reference("")}, "d": 1})

    assert shown["a"][0].startswith("/media/results/a.png?")
    assert (shown["b"], shown["d"]) == ({"c": None}, 1)
