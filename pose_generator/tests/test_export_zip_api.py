"""All pictures of an order as one ZIP over REST."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from rest_framework.test import APIClient

from lumiku import files, images
from lumiku.backends import BackendError
from lumiku.testing import API, make_pose, order_for, work
from lumiku.tests.s3 import Proxy, bucket, s3_server  # noqa: F401 - fixtures
from lumiku.users import accounts
from lumiku.users.models import User
from pose_generator import generations, recipes, rendering, settlement
from pose_generator.models import Generation, Project, Result


@pytest.fixture
def order(alice: User, project: Project) -> Generation:
    """Two poses, two pictures of each; nothing is painted yet."""
    return generations.place(alice, order_for(project, [make_pose("catwalk"), make_pose("sitting")], variations=2))


def download(client: APIClient, order: Generation, formats: str = "") -> Any:
    return client.get(f"{API}/generations/{order.pk}/export-zip", {"formats": formats} if formats else {})


def unpacked(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def paint(number: int) -> Result:
    """Let one picture of the order come."""
    result = Result.objects.get(number=number)
    rendering.render(result.pk)
    result.refresh_from_db()
    return result


def test_the_zip_has_every_picture_in_the_formats_of_the_order(
    as_alice: APIClient, alice: User, project: Project
) -> None:
    chosen = ["instagram_feed", "shopee_product"]
    poses = [make_pose("catwalk"), make_pose("sitting")]
    order = generations.place(alice, order_for(project, poses, variations=2, export_formats=chosen))
    work()

    answer = download(as_alice, order)
    archive = unpacked(answer)

    names = [name for name in archive.namelist() if not name.startswith("manifest")]
    assert sorted(names) == sorted(
        f"{each}/{pose}-{number}.jpg" for each in chosen for pose, number in
        [("catwalk", 1), ("catwalk", 2), ("sitting", 3), ("sitting", 4)]
    )  # fmt: skip
    assert archive.testzip() is None
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="spring-{str(order.pk)[:8]}.zip"'
    assert answer["Cache-Control"] == "no-store"


def test_the_manifest_tells_seed_score_price_and_check_sum(as_alice: APIClient, order: Generation) -> None:
    work()

    archive = unpacked(download(as_alice, order))

    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["generation"], manifest["formats"], manifest["missing"]) == (str(order.pk), ["original"], [])
    for told, result in zip(manifest["files"], Result.objects.order_by("number"), strict=True):
        assert told["sha256"] == hashlib.sha256(archive.read(told["file"])).hexdigest()
        assert (told["seed"], told["score"], told["credits"]) == (result.seed, result.pose_score, 30)
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["file"] for row in rows] == [told["file"] for told in manifest["files"]]


def test_originals_keep_their_pixels_and_say_how_they_were_made(as_alice: APIClient, order: Generation) -> None:
    work()

    archive = unpacked(download(as_alice, order, "original"))

    first = archive.read("original/catwalk-1.png")
    stored = files.read(Result.objects.get(number=0).image) or b""
    assert images.decode(first).tobytes() == images.decode(stored).tobytes()
    assert recipes.found_in(first).seed == Result.objects.get(number=0).seed


def test_a_download_makes_what_is_missing_and_writes_nothing(as_alice: APIClient, order: Generation) -> None:
    work()
    before = [*files.names_in("results")], [*Result.objects.values_list("bytes", "exports")]

    archive = unpacked(download(as_alice, order, "ecommerce, tiktok"))

    assert len(archive.namelist()) == 4 * 4 + 2
    assert images.decode(archive.read("tiktok/catwalk-1.jpg")).size == (1080, 1920)
    assert ([*files.names_in("results")], [*Result.objects.values_list("bytes", "exports")]) == before


def test_what_is_ready_comes_while_the_order_runs(as_alice: APIClient, order: Generation) -> None:
    paint(1)

    archive = unpacked(download(as_alice, order))

    assert archive.namelist() == ["original/catwalk-2.png", "manifest.json", "manifest.csv"]
    assert json.loads(archive.read("manifest.json"))["status"] == "processing"


def test_an_order_without_a_picture_is_a_409_and_no_empty_zip(as_alice: APIClient, order: Generation) -> None:
    answer = download(as_alice, order)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_ready")


def test_failed_pictures_are_left_out(as_alice: APIClient, order: Generation) -> None:
    claimed = settlement.start(Result.objects.get(number=0).pk, by="test")
    assert claimed
    settlement.fail(claimed, "moderated")
    work()

    names = unpacked(download(as_alice, order)).namelist()

    assert [name for name in names if "original" in name] == [
        "original/catwalk-2.png",
        "original/sitting-3.png",
        "original/sitting-4.png",
    ]


def test_a_picture_whose_file_is_gone_is_named_in_the_manifest(as_alice: APIClient, order: Generation) -> None:
    work()
    files.delete(Result.objects.get(number=2).image)

    archive = unpacked(download(as_alice, order))

    missing = json.loads(archive.read("manifest.json"))["missing"]
    assert [(each["pose"], each["number"]) for each in missing] == [("Sitting", 3)]
    assert len(archive.namelist()) == 3 + 2


def test_an_unknown_format_is_a_400(as_alice: APIClient, order: Generation) -> None:
    work()

    answer = download(as_alice, order, "original,myspace")

    assert (answer.status_code, "myspace" in answer.json()["error"]["fields"]["exportFormats"][0]) == (400, True)


def test_a_strangers_order_is_a_404(as_bob: APIClient, order: Generation) -> None:
    work()

    assert download(as_bob, order).status_code == 404


def test_what_a_browser_accepts_does_not_matter(as_alice: APIClient, order: Generation) -> None:
    work()
    url = f"{API}/generations/{order.pk}/export-zip"

    assert as_alice.get(url, headers={"Accept": "application/zip"}).status_code == 200


def test_a_price_in_the_manifest_is_what_was_captured(
    as_alice: APIClient, alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*said: Any, **more: Any) -> Any:
        raise BackendError("busy")

    monkeypatch.setattr("pose_generator.finishing.grounds.cut", closed)
    monkeypatch.setattr("pose_generator.orders.grounds.can_cut", lambda: True)
    monkeypatch.setattr("pose_generator.orders.finishing.is_painted", lambda mode, backend: False)
    color = {"background_mode": "solid_color", "background_color": "#FF8800"}
    order = generations.place(alice, order_for(project, [make_pose("catwalk")], **color))
    work()

    manifest = json.loads(unpacked(download(as_alice, order)).read("manifest.json"))

    assert Result.objects.get().error_code == "background_failed"
    assert manifest["files"][0]["credits"] == 30


def test_it_comes_from_a_bucket_too(bucket: Proxy, as_alice: APIClient, order: Generation) -> None:  # noqa: F811
    work()

    archive = unpacked(download(as_alice, order, "original,instagram_feed"))

    assert (archive.testzip(), len(archive.namelist())) == (None, 4 * 2 + 2)


async def test_a_server_is_given_the_parts_one_at_a_time(committing: None, make_user: Any) -> None:
    def prepared() -> tuple[str, str, int]:
        """Return the ZIP's address, a token, and the bytes of the largest picture in it."""
        carol = make_user("carol", amount=1000)
        project = Project.objects.create(owner=carol, name="Spring")
        order = generations.place(carol, order_for(project, [make_pose("catwalk")], variations=3))
        work()
        largest = max(len(files.read(name) or b"") for name in Result.objects.values_list("image", flat=True))
        url = f"{API}/generations/{order.pk}/export-zip"
        return url, accounts.session_for(carol).access, largest

    url, token, largest = await sync_to_async(prepared)()

    answer: Any = await AsyncClient().get(url, headers={"Authorization": f"Bearer {token}"})
    parts = [part async for part in answer.streaming_content]

    assert max(map(len, parts)) < largest + 5000
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(parts))).namelist()) == 3 + 2
