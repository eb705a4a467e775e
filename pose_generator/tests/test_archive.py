"""A ZIP that every system opens, however many pictures are in it and whatever becomes of some of them."""

import asyncio
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pose_generator import archive
from pose_generator.archive import NothingReady, Picture

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def picture(name="Berdiri tegak", number=1, *, folder="tiktok", data=b"pixels", extension="jpg", **facts):
    return Picture(folder=folder, name=name, number=number, extension=extension, read=lambda: data, facts=facts)


def unpacked(pictures, **about):
    parts = b"".join(archive.stream(pictures, about=about, at=AT))
    packed = zipfile.ZipFile(io.BytesIO(parts))
    assert packed.testzip() is None
    return packed


def manifest_of(packed):
    return json.loads(packed.read("manifest.json"))


def test_pictures_lie_in_the_folder_of_their_format_under_the_name_of_their_pose():
    packed = unpacked([picture(data=b"one"), picture("Duduk", 12, folder="print_a4", extension="png", data=b"two")])

    assert packed.namelist() == [
        "tiktok/berdiri-tegak-1.jpg",
        "print_a4/duduk-12.png",
        "manifest.json",
        "manifest.csv",
    ]
    assert packed.read("tiktok/berdiri-tegak-1.jpg") == b"one"
    assert packed.getinfo("print_a4/duduk-12.png").compress_type == zipfile.ZIP_STORED
    assert packed.getinfo("print_a4/duduk-12.png").date_time == (2026, 11, 22, 9, 30, 0)


def test_the_manifest_says_what_each_file_is_and_what_it_cost():
    packed = unpacked([picture(data=b"one", seed=7, score=91, credits=40)], generation="g-1")

    told = manifest_of(packed)
    assert told["generation"] == "g-1"
    assert told["files"] == [
        {
            "file": "tiktok/berdiri-tegak-1.jpg",
            "format": "tiktok",
            "pose": "Berdiri tegak",
            "number": 1,
            "bytes": 3,
            "sha256": hashlib.sha256(b"one").hexdigest(),
            "seed": 7,
            "score": 91,
            "credits": 40,
        }
    ]
    assert told["missing"] == []


def test_the_table_is_what_the_manifest_says_and_no_cell_of_it_is_a_formula():
    packed = unpacked([picture('=HYPERLINK("http://x")', seed=7), picture("Duduk, santai", 2, seed=8)])

    rows = list(csv.DictReader(io.StringIO(packed.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["seed"] for row in rows] == ["7", "8"]
    assert [row["pose"] for row in rows] == ['\'=HYPERLINK("http://x")', "Duduk, santai"]
    assert rows[1]["sha256"] == manifest_of(packed)["files"][1]["sha256"]


@pytest.mark.parametrize("name", ["Duduk", "DUDUK", "duduk!", "Düduk"])
def test_two_pictures_of_one_name_are_told_apart_also_where_case_means_nothing(name):
    packed = unpacked([picture("Duduk", data=b"one"), picture(name, data=b"two"), picture("duduk", data=b"three")])

    names = packed.namelist()[:3]
    assert names == ["tiktok/duduk-1.jpg", "tiktok/duduk-1-2.jpg", "tiktok/duduk-1-3.jpg"]
    assert [packed.read(name) for name in names] == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "etcpasswd"),
        ("C:\\Windows\\x", "cwindowsx"),
        ("con", "con-"),
        ("NUL", "nul-"),
        ("lpt1", "lpt1-"),
        ("", "pose"),
        ("坐着", "pose"),
        ("...", "pose"),
        ("Rp 50.000: murah?", "rp-50000-murah"),
        ("a" * 300, "a" * 60),
        ("é\u202egnp.exe", "egnpexe"),
        ("tab\tnew\nline\0", "tab-new-line"),
    ],
)
def test_a_name_is_safe_on_every_system(name, file):
    assert archive.file_name(name) == file


def test_what_cannot_be_read_is_named_as_missing_and_the_others_come():
    def broken():
        raise OSError("storage is away")

    gone = picture("Hilang", 2, data=None, seed=2)
    torn = Picture(folder="tiktok", name="Rusak", number=3, extension="jpg", read=broken, facts={"seed": 3})

    packed = unpacked([torn, picture(seed=1), gone, torn, picture("Duduk", 4)])

    told = manifest_of(packed)
    assert [file["number"] for file in told["files"]] == [1, 4]
    assert [(row["pose"], row["number"], row["seed"]) for row in told["missing"]] == [
        ("Rusak", 3, 3),
        ("Hilang", 2, 2),
        ("Rusak", 3, 3),
    ]
    assert packed.namelist()[:2] == ["tiktok/berdiri-tegak-1.jpg", "tiktok/duduk-4.jpg"]


@pytest.mark.parametrize("pictures", [[], [picture(data=None)], [picture(data=b""), picture(data=None)]])
def test_there_is_no_empty_archive(pictures):
    with pytest.raises(NothingReady):
        archive.stream(pictures, about={}, at=AT)


def test_a_picture_is_read_when_its_turn_comes_and_not_before():
    read = []

    def slow(number):
        read.append(number)
        return b"x" * 1000

    pictures = [
        Picture(folder="tiktok", name="a", number=n, extension="jpg", read=lambda n=n: slow(n)) for n in range(50)
    ]
    parts = archive.stream(pictures, about={}, at=AT)
    while len(read) < 3:
        next(parts)

    assert read == [0, 1, 2]
    parts.close()
    assert read == [0, 1, 2]


def test_a_server_gets_the_parts_from_a_thread_without_waiting_for_the_last():
    threads = set()

    def read():
        threads.add(threading.current_thread())
        return b"x" * 5000

    pictures = [Picture(folder="tiktok", name="a", number=n, extension="jpg", read=read) for n in range(9)]

    async def collected():
        return [part async for part in archive.served(archive.stream(iter(pictures), about={}, at=AT))]

    parts = asyncio.run(collected())
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(parts))).namelist()) == 11
    assert len(parts) > 11
    assert threads - {threading.main_thread()}


def test_the_system_s_own_tool_opens_it(tmp_path):
    path = tmp_path / "pictures.zip"
    path.write_bytes(b"".join(archive.stream([picture(data=os.urandom(200_000))], about={}, at=AT)))

    done = subprocess.run([sys.executable, "-m", "zipfile", "-t", str(path)], capture_output=True, check=True)

    assert b"Done testing" in done.stdout


GROWTH = """
import os, resource
from datetime import datetime
from pose_generator import archive

noise = os.urandom(1_000_000)
pictures = (
    archive.Picture(folder="print_a4", name=f"Pose {n}", number=n, extension="png", read=lambda: bytes(noise) * 10)
    for n in range(30)
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
total = sum(map(len, archive.stream(pictures, about={}, at=datetime(2026, 1, 1))))
assert total > 300_000_000, total
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_three_hundred_megabytes_take_less_than_sixty():
    done = subprocess.run(
        [sys.executable, "-c", GROWTH],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "lumiku.settings"},
    )

    assert float(done.stdout) < 60
