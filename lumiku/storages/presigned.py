"""Links to one object of a private bucket (AWS Signature Version 4, in the query).

Made here and not by the S3 library for two reasons: the library signs with the present second, so a browser would see
another address on every page and load every picture again; and it takes six times as long, for lists of hundreds.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Key:
    """Who signs."""

    access_key: str
    secret_key: str
    region: str


def link(address: str, *, key: Key, since: int, seconds: int, query: Mapping[str, str]) -> str:
    """Return `address` (of an object, quoted) signed for GET, good for `seconds` from `since` (Unix seconds) on.

    `query` is signed with it: nobody can change the response's type or disposition that it asks for.
    """
    at = datetime.fromtimestamp(since, UTC)
    scope = f"{at:%Y%m%d}/{key.region}/s3/aws4_request"
    asked = _encoded(
        {
            **query,
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{key.access_key}/{scope}",
            "X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
    )
    parts = urlsplit(address)
    request = f"GET\n{parts.path}\n{asked}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    signed = f"{ALGORITHM}\n{at:%Y%m%dT%H%M%SZ}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(_signing_key(key, f"{at:%Y%m%d}"), signed.encode(), "sha256").hexdigest()
    return f"{address}?{asked}&X-Amz-Signature={signature}"


def _encoded(query: Mapping[str, str]) -> str:
    """The query in the order and the spelling that are signed."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))


@lru_cache(maxsize=8)
def _signing_key(key: Key, day: str) -> bytes:
    found = f"AWS4{key.secret_key}".encode()
    for part in (day, key.region, "s3", "aws4_request"):
        found = hmac.new(found, part.encode(), "sha256").digest()
    return found
