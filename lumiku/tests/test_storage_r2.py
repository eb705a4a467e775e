"""Files in a bucket: written once, opened by links that expire, and not lost whatever happens on the way."""

import hashlib
import io
import tracemalloc
import urllib.request
from datetime import UTC, datetime
from email.message import Message
from typing import IO, Any, cast
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.core.files.storage import default_storage
from django.test import Client

from lumiku import files
from lumiku.storages import NameTaken, StorageDown, presigned
from lumiku.testing import in_threads
from lumiku.tests import s3
from lumiku.tests.s3 import Proxy, first_fail

NAME = "results/a/1-0.png"


def fetch(link: str) -> tuple[int, Message, bytes]:
    with urllib.request.urlopen(link, timeout=10) as answer:
        return answer.status, answer.headers, answer.read()


def test_what_is_put_is_read_listed_and_forgotten(bucket: Proxy) -> None:
    files.put(NAME, b"first")
    files.put("results/a/exports/feed.jpg", b"second")
    files.put("results/ab/1-0.png", b"a stranger's, with a name that begins alike")

    assert (files.read(NAME), files.exists(NAME), files.stream(NAME).read()) == (b"first", True, b"first")
    assert sorted(files.names_in("results/a")) == [NAME, "results/a/exports/feed.jpg"]
    assert [found.size for found in files.stored("results/ab/")] == [43]
    assert default_storage.listdir("results/a") == (["exports"], ["1-0.png"])
    assert default_storage.size(NAME) == 5

    files.delete_folder("results/a")
    files.delete_folder("results/never-there")
    files.delete("results/never-there.png")

    assert (files.read(NAME), files.exists(NAME)) == (None, False)
    assert [found.name for found in files.stored("")] == ["results/ab/1-0.png"]
    with pytest.raises(FileNotFoundError):
        files.stream(NAME)


def test_a_write_does_not_wait_to_be_let_in(bucket: Proxy) -> None:
    files.put(NAME, b"first")
    files.put("results/a/all.zip", io.BytesIO(b"zip"))

    assert ([method for method, _path in bucket.asked], bucket.expecting) == (["PUT", "PUT"], 0)


def test_a_folder_of_more_than_one_page_is_listed_whole(bucket: Proxy, monkeypatch: Any) -> None:
    monkeypatch.setattr("lumiku.storages.bucket.PAGE", 10)
    names = {files.put(f"results/a/{number}.png", b"") for number in range(25)}

    bucket.asked.clear()
    assert set(files.names_in("results/a")) == names
    assert len(bucket.asked) == 3


def test_a_name_never_changes_its_content(bucket: Proxy) -> None:
    files.put(NAME, b"first")

    assert files.put(NAME, b"first") == NAME
    with pytest.raises(NameTaken):
        files.put(NAME, b"second")
    assert files.read(NAME) == b"first"


def test_a_file_that_another_program_brought_is_compared_by_its_bytes(bucket: Proxy) -> None:
    default_storage.client.put_object(  # type: ignore[attr-defined]
        Bucket=s3.BUCKET, Key=NAME, Body=b"first"
    )

    assert files.put(NAME, b"first") == NAME
    with pytest.raises(NameTaken):
        files.put(NAME, b"second")


@pytest.mark.parametrize("fault", s3.FAULTS)
def test_a_fault_costs_no_more_than_another_try(bucket: Proxy, settings: Any, fault: str) -> None:
    if fault == "silence":
        expect_answers_soon(bucket, settings)
    bucket.script = first_fail(fault)

    files.put(NAME, b"picture")

    assert files.read(NAME) == b"picture"
    assert bucket.seen[fault] == 1


def expect_answers_soon(bucket: Proxy, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": s3.options(bucket.address, answer_within=0.4)}


def gone(name: str) -> bool:
    files.delete(name)
    return True


@pytest.mark.parametrize("fault", s3.FAULTS)
def test_reading_listing_and_deleting_try_again_too(bucket: Proxy, settings: Any, fault: str) -> None:
    if fault == "silence":
        expect_answers_soon(bucket, settings)
    files.put(NAME, b"picture")

    for act in (
        lambda: files.read(NAME) == b"picture",
        lambda: files.exists(NAME),
        lambda: files.names_in("results/a") == [NAME],
        lambda: gone(NAME),
    ):
        bucket.script = first_fail(fault)
        assert act()
    assert not files.exists(NAME)


def test_a_hundred_answers_lost_after_the_work_was_done_are_no_errors(bucket: Proxy) -> None:
    lost: set[str] = set()

    def lose_the_first(method: str, path: str) -> str:
        again = path in lost
        lost.add(path)
        return "" if again else "lost"

    def put_ten(thread: int) -> None:
        for number in range(10):
            files.put(f"results/{thread}/{number}-0.png", b"picture %d" % number)

    bucket.script = lose_the_first
    outcomes = in_threads(10, put_ten)

    bucket.script = first_fail()
    assert outcomes == [None] * 10
    assert bucket.seen["lost"] == 100
    assert len(list(files.stored("results/"))) == 100


def test_a_storage_that_stays_down_is_told_after_four_tries(bucket: Proxy) -> None:
    bucket.script = lambda method, path: "503"

    with pytest.raises(StorageDown) as refusal:
        files.put(NAME, b"picture")

    assert bucket.seen == {"503": 4}
    assert (refusal.value.code, refusal.value.status) == ("storage_down", 503)


def test_who_has_patience_outlasts_an_outage(bucket: Proxy) -> None:
    bucket.script = first_fail(*["503"] * 5)

    files.put(NAME, b"the only copy", patience=20)

    assert (files.read(NAME), bucket.seen["503"]) == (b"the only copy", 5)


def test_nothing_is_asked_before_painting_unless_the_storage_was_down(bucket: Proxy) -> None:
    files.put(NAME, b"picture")
    asked = len(bucket.asked)
    files.stop_if_down()
    assert len(bucket.asked) == asked

    bucket.script = lambda method, path: "503"
    with pytest.raises(StorageDown):
        files.read(NAME)
    with pytest.raises(StorageDown):
        files.stop_if_down()

    bucket.script = first_fail()
    files.stop_if_down()
    asked = len(bucket.asked)
    files.stop_if_down()
    assert len(bucket.asked) == asked


def test_a_bucket_that_is_not_there_is_a_storage_that_is_down(bucket: Proxy, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": s3.options(bucket.address, bucket_name="nowhere")}

    with pytest.raises(StorageDown):
        files.put(NAME, b"picture")


class Endless(io.RawIOBase):
    """A file of `size` bytes that are made while they are read."""

    def __init__(self, size: int) -> None:
        self.size, self.at = size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = {0: 0, 1: self.at, 2: self.size}[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self.size, self.size - self.at)
        self.at += size
        return b"x" * size


def test_a_big_file_is_never_in_memory_as_a_whole(s3_server: str, bucket: Proxy, settings: Any) -> None:
    # Straight to the server: the proxy keeps bodies.
    settings.STORAGES = {**settings.STORAGES, "default": s3.options(s3_server, answer_within=20)}
    size = 32 * 1024 * 1024

    tracemalloc.start()
    try:
        files.put("results/a/all.zip", cast(IO[bytes], Endless(size)))
        digest, read = hashlib.sha256(), 0
        with files.stream("results/a/all.zip") as file:
            while part := file.read(1024 * 1024):
                read += len(part)
                digest.update(part)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (read, digest.hexdigest()) == (size, hashlib.sha256(b"x" * size).hexdigest())
    assert peak < 16 * 1024 * 1024


def test_a_link_opens_the_picture_and_says_what_it_is(bucket: Proxy) -> None:
    files.put(NAME, b"picture")

    status, headers, body = fetch(str(files.url(NAME)))

    assert (status, body) == (200, b"picture")
    assert (headers["Content-Type"], headers["Content-Disposition"]) == ("image/png", "inline")
    assert files.name_in(str(files.url(NAME))) == NAME


def test_what_is_no_picture_is_downloaded_and_never_shown(bucket: Proxy) -> None:
    files.put("results/a/page.html", b"<script>")

    headers = fetch(str(files.url("results/a/page.html")))[1]

    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


def test_a_link_stays_the_same_for_minutes_and_ends_on_a_mark(bucket: Proxy, monkeypatch: Any) -> None:
    links = {}
    for at in (3000, 3001, 3299, 3300):
        monkeypatch.setattr("lumiku.files.time.time", lambda at=at: float(at))
        links[at] = str(files.url(NAME))

    assert links[3000] == links[3001] == links[3299] != links[3300]
    query = parse_qs(urlsplit(links[3000]).query)
    signed_at = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    assert signed_at + int(query["X-Amz-Expires"][0]) == 3600
    assert signed_at < 3000


def test_our_signature_is_the_one_that_the_library_makes(bucket: Proxy, monkeypatch: Any) -> None:
    at = datetime(2026, 3, 9, 23, 55, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at.replace(tzinfo=None))
    query = {"response-content-type": "image/png", "response-content-disposition": 'inline; filename="a b+c.png"'}
    address = "https://x.r2.cloudflarestorage.com/pictures/results/a%20b%2Bc/1-0.png"
    request = AWSRequest("GET", address, params=query)
    auth = botocore.auth.S3SigV4QueryAuth(Credentials("key", "secret"), "s3", "auto", expires=900)
    auth.add_auth(request)

    ours = presigned.link(
        address, key=presigned.Key("key", "secret", "auto"), since=int(at.timestamp()), seconds=900, query=query
    )

    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(request.url).query)
    assert urlsplit(ours).path == urlsplit(request.url).path


def test_the_librarys_pictures_keep_their_own_public_address(bucket: Proxy) -> None:
    files.put("library/standing.webp", b"public")
    link = str(files.url("library/standing.webp"))

    answer = Client().get(link)

    assert link == "/media/library/standing.webp"
    assert (answer.status_code, answer.getvalue(), answer["Content-Type"]) == (200, b"public", "image/webp")
    assert Client().get("/media/library/never.webp").status_code == 404
