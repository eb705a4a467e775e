"""The demo: what it chooses, what it refuses to believe, and that it leaves pictures and nothing else behind."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from lumiku.backends.tests.provider_stub import ProviderStub
from lumiku.management.demo import order, workspace
from lumiku.management.demo.order import DemoError
from lumiku.tests.test_embedded import BASE_DIR


def pose(slug, category, **fields):
    return {"id": slug, "category": {"slug": category}, "isPremium": False, "genderSuitability": "unisex", **fields}


def png(colour="red", size=(1024, 1024), form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


# ---- Choosing -------------------------------------------------------------------------------------------------------


def test_the_poses_are_the_first_of_four_contrasting_categories():
    library = [pose("crouch", "editorial"), *(pose(f"{slug}-{n}", slug) for n in (1, 2) for slug in order.CONTRASTS)]

    chosen = order.choose_poses(library)

    assert [row["id"] for row in chosen] == [f"{slug}-1" for slug in order.CONTRASTS]


def test_other_categories_fill_in_before_a_category_is_used_twice():
    library = [
        pose("lotus", "yoga-wellness"),
        pose("tree", "yoga-wellness"),
        pose("a", "editorial"),
        pose("b", "street"),
    ]

    chosen = order.choose_poses(library)

    assert [row["id"] for row in chosen] == ["lotus", "a", "b", "tree"]


def test_premium_poses_and_those_of_men_are_not_chosen():
    library = [
        pose("bouquet", "wedding", isPremium=True),
        pose("biceps", "gym", genderSuitability="male"),
        *(pose(f"p{number}", "editorial") for number in range(3)),
    ]

    with pytest.raises(DemoError, match="3 poses to order and the demo needs 4"):
        order.choose_poses(library)


def test_files_are_named_by_place_pose_and_variation():
    assert order.file_name({"number": 0, "variation": 1}, "Seated, hands on lap") == "01-seated-hands-on-lap-1"
    assert order.file_name({"number": 7, "variation": 2}, "坐") == "08-pose-2"


def test_the_portrait_is_a_jpeg_that_an_upload_takes():
    from lumiku import images

    portrait = order.portrait(png(size=(480, 600), form="WEBP"))

    assert images.clean_upload(portrait).image.size == (256, 256)


# ---- Pictures and sums ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
def test_a_good_picture_gets_the_suffix_of_what_it_is(form, suffix):
    assert order.checked_picture(png(form=form), seen=set(), what="it") == suffix


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(png(size=(1024, 1008)), "1024 x 1008"), (png()[:-200], "cannot be opened"), (b"<html>", "cannot be opened")],
)
def test_a_picture_of_another_size_or_a_damaged_one_is_refused(data, sentence):
    with pytest.raises(DemoError, match=f"the picture 01-tree-1 .*{sentence}"):
        order.checked_picture(data, seen=set(), what="the picture 01-tree-1")


def test_the_same_pixels_twice_are_refused_whatever_the_bytes():
    seen = set()
    order.checked_picture(png(form="PNG"), seen=seen, what="one")

    with pytest.raises(DemoError, match="the same"):
        order.checked_picture(png(form="PNG") + b"more", seen=seen, what="two")


def receipt(**changed):
    lines = [{"price": 40, "captured": 40, "givenBack": 0}, {"price": 40, "captured": 0, "givenBack": 40}]
    sums = {"held": 80, "captured": 40, "released": 40, "refunded": 0, "stillHeld": 0}
    return {"poses": lines, **sums, **changed}


def check(receipt, *, price=80, before=100, balance=60, held=0):
    order.check_receipt(receipt, price=price, before=before, after={"balance": balance, "held": held})


def test_a_receipt_whose_sums_match_is_believed():
    check(receipt())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"price": 70}, r"quoted = held \(70 and 80\)"),
        ({"balance": 100}, r"balance after \(60 and 100\)"),
        ({"held": 40}, r"still held = 0 \(40 and 0\)"),
        ({"receipt": receipt(captured=80)}, r"held = paid \+ released \(80 and 120\)"),
        ({"receipt": receipt(stillHeld=40)}, "still held"),
        ({"receipt": receipt(released=30)}, "given back for the pictures"),
        ({"receipt": receipt(poses=receipt()["poses"][:1])}, r"prices = held \(40 and 80\)"),
    ],
)
def test_a_receipt_with_an_unequal_sum_is_refused_by_name(wrong, named):
    with pytest.raises(DemoError, match=named):
        check(**{"receipt": receipt(), **wrong})


# ---- The folder -----------------------------------------------------------------------------------------------------


def test_only_whole_drawings_of_the_library_stay(tmp_path):
    for kept in (False, True):
        drawing = workspace.empty(tmp_path) / "media" / "library" / "tree.webp"
        drawing.parent.mkdir(exist_ok=True)
        drawing.touch()
        (tmp_path / "stack" / "lumiku.sqlite3").touch()
        if kept:
            workspace.keep_library(tmp_path)

        stack = workspace.empty(tmp_path)

        assert (stack / "media" / "library" / "tree.webp").exists() is kept
        assert not (stack / "lumiku.sqlite3").exists()


def test_a_second_demo_at_once_is_refused(tmp_path):
    with (
        workspace.only_one(tmp_path),
        pytest.raises(DemoError, match="another demo runs"),
        workspace.only_one(tmp_path),
    ):
        pass


def test_what_hangs_is_interrupted(tmp_path):
    with pytest.raises(DemoError, match="longer than 1 s"), workspace.at_most(1, logs=tmp_path):
        time.sleep(20)


def test_only_the_pictures_of_a_demo_are_cleared(tmp_path):
    for name in ("01-tree-1.png", "08-pose-2.jpg", "holiday.png", "2026-tree-1-final.png"):
        (tmp_path / name).touch()

    workspace.clear(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-tree-1-final.png", "holiday.png"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--backend", "oil"], "make demo: there is no backend oil here: choose one of preview."),
        (["--patience", "0"], "make demo: --patience takes whole seconds, 1 or more."),
    ],
)
def test_what_cannot_work_ends_at_once_with_one_sentence(arguments, sentence, tmp_path):
    done = subprocess.run(command(tmp_path, *arguments), env=environment(tmp_path), cwd=BASE_DIR, **CAPTURED)

    assert (done.returncode, done.stderr.strip()) == (1, sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key_is_told_before_anything_is_started(tmp_path):
    with ProviderStub(token="right") as stub:
        provider = {"IMAGE_BACKEND": "huggingface", "HF_BASE_URL": stub.url, "HUGGINGFACE_API_KEY": "wrong"}
        done = subprocess.run(command(tmp_path), env=environment(tmp_path) | provider, cwd=BASE_DIR, **CAPTURED)

    assert done.returncode == 1
    assert done.stderr.startswith("make demo: huggingface cannot be used now (account: ")
    assert "check its key" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


# ---- The whole journey: `make drill` --------------------------------------------------------------------------------

CAPTURED = {"capture_output": True, "text": True, "check": False, "timeout": 110}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all, so that the library is drawn once."""
    return tmp_path_factory.mktemp("demo")


def command(folder, *arguments):
    return [sys.executable, "manage.py", "demo", "--folder", str(folder), *arguments]


def environment(folder):
    """A shell that is set up for another installation, which a demo must not touch, and for a proxy."""
    other = {"DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3", "UPLOAD_PATH": f"{folder}/shop", "JWT_SECRET": "weak"}
    other |= {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0", "ALLOWED_HOSTS": "shop.example", "REDIS_URL": ""}
    proxy = {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    return {**os.environ, **other, **proxy, "DEBUG": "1", "HUGGINGFACE_API_KEY": "", "IMAGE_BACKEND": "preview"}


def processes_in(folder):
    """The ids of the processes whose environment or working directory is that of the stack in `folder`."""
    needle = f"{folder}/var/demo".encode()
    return [entry.name for entry in Path("/proc").glob("[0-9]*") if needle in _told_of(entry)]


def _told_of(entry):
    try:
        return (entry / "environ").read_bytes() + os.readlink(entry / "cwd").encode()
    except OSError:  # it has just ended
        return b""


@pytest.mark.drill
def test_the_demo_leaves_eight_pictures_a_receipt_and_no_process(folder):
    done = subprocess.run(command(folder), env=environment(folder), cwd=BASE_DIR, **CAPTURED)

    pictures = [Image.open(path) for path in sorted((folder / "out").glob("0*"))]
    assert (done.returncode, done.stderr) == (0, "")
    assert [picture.size for picture in pictures] == [(1024, 1024)] * 8
    assert len({picture.tobytes() for picture in pictures}) == 8
    assert "held 320 = paid 320 + given back 0" in done.stdout
    assert "598 credits before the order, 278 after it, 0 held" in done.stdout
    assert "✓ 8/8" in done.stdout
    with zipfile.ZipFile(folder / "out" / "exports.zip") as archive:
        assert len(archive.namelist()) == 8 * 3 + 2
    assert processes_in(folder) == []
    assert not (folder / "shop.sqlite3").exists()
    assert not (folder / "shop").exists()


@pytest.mark.drill
def test_pictures_that_fail_are_given_back_and_fail_the_demo(folder):
    with ProviderStub() as stub:
        stub.fail_next("400", times=3)
        provider = {"IMAGE_BACKEND": "huggingface", "HF_BASE_URL": stub.url}
        done = subprocess.run(command(folder), env=environment(folder) | provider, cwd=BASE_DIR, **CAPTURED)

    assert done.returncode == 1
    assert done.stderr.startswith("make demo: the order ended as partial: ")
    assert len(done.stderr.splitlines()) == 1
    assert "your provider bills you" in done.stdout
    assert "held 240 = paid 150 + given back 90" in done.stdout
    assert len(list((folder / "out").glob("0*"))) == 5
    assert processes_in(folder) == []


@pytest.mark.drill
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_demo_that_is_stopped_in_the_middle_leaves_no_process(folder, number, code):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(folder), env=environment(folder), cwd=BASE_DIR, **pipes) as demo:
        middle = next(line for line in demo.stdout if line.startswith("Ordered"))
        running = processes_in(folder)

        demo.send_signal(number)
        _rest, complaint = demo.communicate(timeout=20)

    assert middle == "Ordered: 8 pictures, 320 credits are held.\n"
    assert len(running) >= 4
    assert (demo.returncode, complaint) == (code, "make demo: stopped; nothing of it keeps running.\n")
    assert processes_in(folder) == []
