"""Files in a private bucket that speaks S3, such as Cloudflare's R2.

A network lies between, so every call is tried up to four times within half a minute, from memory; who holds the only
copy of a picture may ask for more patience. A write says `If-None-Match: *`. If the bucket answers that the name is
taken and holds the same bytes, the write was ours and its answer was lost: that is success.

The library's own repeats are off (ours know what may be repeated), and so are the checksums that it adds since 2025 and
that stores other than Amazon's may refuse; Content-MD5 guards each write instead.
"""

import base64
import hashlib
import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import IO, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from lumiku import storages
from lumiku.storages import Content, NameTaken, Stored, presigned

log = logging.getLogger(__name__)
Found = TypeVar("Found")

TRIES = 4
DEADLINE = 30.0
BACKOFF_BASE, BACKOFF_CAP = 0.1, 5.0
#: Answers that say something about the object; everything else is a fault, ours or the bucket's, and may pass.
MISSING, TAKEN = 404, 412
PROBE = "is-it-up"
PAGE = 1000
#: What a browser may show, by the name's ending; anything else is downloaded.
SHOWN = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}


class Bucket(S3Storage):
    """The bucket of django-storages, with names that are written once. One client serves all threads."""

    def __init__(self, *, answer_within: float = 10, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=min(3, answer_within),
            read_timeout=answer_within,
            retries={"total_max_attempts": 1},
            max_pool_connections=50,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, default_acl=None, file_overwrite=False, **options)
        self._was_down = False

    @cached_property
    def client(self) -> Any:
        """The library's client, which threads may share (its resources they may not)."""
        client = self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
        )
        client.meta.events.register_last("before-call.s3", _expect_nothing)
        return client

    def add(self, name: str, content: Content, *, patience: float = 0) -> None:
        sha256, md5 = storages.digest(content), _md5(content)
        until = time.monotonic() + patience
        try:
            self._insist(lambda: self._put(name, content, sha256, md5), patience=patience)
        except ClientError as error:
            if _status(error) == MISSING:  # the bucket itself
                raise storages.down() from error
            if self._digest_of(name, patience=until - time.monotonic()) != sha256:
                raise NameTaken(name) from error

    def _put(self, name: str, content: Content, sha256: str, md5: str) -> None:
        if not isinstance(content, bytes):
            content.seek(0)
        kind, disposition = _shown_as(name)
        self.client.put_object(
            Bucket=self.bucket_name,
            Key=name,
            Body=content,
            ContentMD5=md5,
            ContentType=kind,
            ContentDisposition=disposition,
            CacheControl="private, max-age=300",
            Metadata={"sha256": sha256},
            IfNoneMatch="*",
        )

    def _digest_of(self, name: str, *, patience: float) -> str:
        """The digest that was stored with the object; of one that another program brought, of its bytes."""
        head = self._unless_missing(lambda: self._head(name), patience=patience)
        if head is None:  # deleted at this moment
            raise storages.down()
        return head["Metadata"].get("sha256") or storages.digest(self.read(name) or b"")

    def _head(self, name: str) -> dict[str, Any]:
        return self.client.head_object(Bucket=self.bucket_name, Key=name)

    def read(self, name: str) -> bytes | None:
        return self._unless_missing(lambda: self._get(name)["Body"].read())

    def _open(self, name: str, mode: str = "rb") -> File:
        """Return a file whose bytes come while they are read; a fault half-way is the reader's to see."""
        if (found := self._unless_missing(lambda: self._get(name))) is None:
            raise FileNotFoundError(name)
        return File(found["Body"], name)

    def _get(self, name: str) -> dict[str, Any]:
        return self.client.get_object(Bucket=self.bucket_name, Key=name)

    def exists(self, name: str) -> bool:
        return self._unless_missing(lambda: self._head(name)) is not None

    def size(self, name: str) -> int:
        """Return the bytes of `name`; raise FileNotFoundError."""
        head = self._unless_missing(lambda: self._head(name))
        if head is None:
            raise FileNotFoundError(name)
        return int(head["ContentLength"])

    def delete(self, name: str) -> None:
        self._unless_missing(lambda: self.client.delete_object(Bucket=self.bucket_name, Key=name))

    def stored(self, prefix: str) -> Iterator[Stored]:
        for page in self._pages(prefix):
            for found in page.get("Contents", ()):
                yield Stored(found["Key"], found["Size"], found["LastModified"])

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files directly below; a folder that is not there is empty."""
        prefix = f"{name.rstrip('/')}/" if name else ""
        below = [found.name.removeprefix(prefix).partition("/") for found in self.stored(prefix)]
        folders = sorted({first for first, slash, _rest in below if slash})
        return folders, [first for first, slash, _rest in below if not slash]

    def _pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"Bucket": self.bucket_name, "Prefix": prefix, "MaxKeys": PAGE}
        while True:
            page = self._insist(lambda: self.client.list_objects_v2(**asked))
            yield page
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _unless_missing(self, act: Callable[[], Found], *, patience: float = 0) -> Found | None:
        try:
            return self._insist(act, patience=patience)
        except ClientError as error:
            if _status(error) == MISSING:
                return None
            raise

    def _insist(self, act: Callable[[], Found], *, patience: float = 0, tries: int = TRIES) -> Found:
        """Return what `act` returns. After a fault ask again, soon at first, then every few seconds.

        Raise ClientError for an answer (MISSING, TAKEN), StorageDown after `tries` or DEADLINE, but not before
        `patience` seconds have passed.
        """
        started_at = time.monotonic()
        for tried in itertools.count(1):
            try:
                found = act()
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and _status(error) in (MISSING, TAKEN):
                    self._was_down = False
                    raise
                wait = random.uniform(0.5, 1) * min(BACKOFF_CAP, BACKOFF_BASE * 2**tried)
                spent = time.monotonic() - started_at + wait
                if (tried >= tries or spent > DEADLINE) and spent > patience:
                    self._was_down = True
                    log.error("The bucket failed %d times: %s", tried, error)
                    raise storages.down() from error
                time.sleep(wait)
            else:
                self._was_down = False
                return found
        raise AssertionError  # the count has no end

    def stop_if_down(self) -> None:
        """Ask once, for nothing in particular, if the last call failed; free of charge otherwise."""
        if self._was_down:
            try:
                self._insist(lambda: self._head(PROBE), tries=1)
            except ClientError:  # an answer: it is up, and has no such object
                return

    def link(self, name: str, *, since: int, until: int) -> str | None:
        kind, disposition = _shown_as(name)
        return presigned.link(
            self._address + quote(name, safe="/-_.~"),
            key=presigned.Key(self.access_key, self.secret_key, self.region_name),
            since=since,
            seconds=until - since,
            query={"response-content-type": kind, "response-content-disposition": disposition},
        )

    def name_in(self, link: str) -> str | None:
        address = link.partition("?")[0]
        return unquote(address.removeprefix(self._address)) if address.startswith(self._address) else None

    @cached_property
    def _address(self) -> str:
        """What every link begins with."""
        parts = urlsplit(self.endpoint_url)
        return f"{parts.scheme}://{parts.netloc}/{self.bucket_name}/"


def _expect_nothing(params: dict[str, Any], **kwargs: Any) -> None:
    """Send a body at once. The library asks before each whether it may, and R2 does not answer that: a second lost."""
    params["headers"].pop("Expect", None)


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _md5(content: Content) -> str:
    """The digest by which the bucket refuses bytes that changed on their way."""
    if isinstance(content, bytes):
        found = hashlib.md5(content, usedforsecurity=False)
    else:
        found = _md5_of_file(content)
    return base64.b64encode(found.digest()).decode()


def _md5_of_file(content: IO[bytes]) -> Any:
    found = hashlib.md5(usedforsecurity=False)
    content.seek(0)
    while part := content.read(storages.CHUNK):
        found.update(part)
    return found


def _shown_as(name: str) -> tuple[str, str]:
    """The type and the disposition of the response, by the name alone: never what somebody sent."""
    kind = SHOWN.get(name.rpartition(".")[2])
    return (kind, "inline") if kind else ("application/octet-stream", "attachment")
