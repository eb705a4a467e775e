"""Stored files: written once, opened by signed links only, and never by a path of somebody's making."""

from typing import Any

import pytest
from django.test import Client

from lumiku import files


@pytest.fixture(autouse=True)
def media(tmp_path: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }


def test_a_name_never_changes_its_content() -> None:
    files.put("results/a/1-0.png", b"first")

    assert files.put("results/a/1-0.png", b"second") == "results/a/1-0.png"
    assert files.read("results/a/1-0.png") == b"first"


def test_a_name_that_was_forgotten_reads_as_nothing() -> None:
    files.put("results/a/1-0.png", b"first")
    files.put("results/a/1-0-400.webp", b"first")

    files.delete_folder("results/a")
    files.delete_folder("results/never-there")

    assert files.read("results/a/1-0.png") is None


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
