"""One provider call within bounds: seconds, bytes and hosts.

huggingface_hub sets no time-out, fetches whatever address an answer names and polls some providers without end. So
every request of its client goes through `lumiku.backends.transport`, which asks the `Call` of its thread. All waits of
a call together end at one wall-clock deadline, the bytes of all its answers are counted together, and only the hosts of
its `Reach` are asked, without redirects to another host.
"""

import contextlib
import ipaddress
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx2

MAX_ANSWER_BYTES = 25 * 1024 * 1024
EXCERPT_BYTES = 4096
PORTS = {"http": 80, "https": 443}
REQUEST_ID_HEADERS = ("x-request-id", "x-inference-id", "x-fal-request-id", "x-amzn-requestid", "cf-ray")
# Ranges that `is_global` of Python 3.11 lets through although they lead inside, or wrap addresses that do.
INWARD = [
    ipaddress.ip_network(net) for net in ("192.0.0.0/24", "fec0::/10", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
]


class Breach(Exception):
    """The call left its bounds and was ended by us."""


class DeadlinePassed(Breach):
    """No second is left."""


class TooLarge(Breach):
    """The answers are larger than the cap."""


class Forbidden(Breach):
    """An address outside of the call's reach."""


class NotDelivered(Breach):
    """The address of a finished picture answered with an error."""


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii").lower()


def is_public(address: str) -> bool:
    """Say whether the IP address (text form, zone ids allowed) is one that anybody on the internet may reach."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    inward = ip.is_multicast or ip.is_reserved or any(ip in net for net in INWARD)
    return ip.is_global and not inward


@dataclass(frozen=True)
class Reach:
    """Where a call may go."""

    hosts: frozenset[str] = frozenset()
    """Hosts asked with our key, by https."""
    pictures: tuple[str, ...] = ()
    """Domains, with all below them, from which finished pictures are fetched, by https."""
    origin: httpx2.URL | None = None
    """An endpoint that the operator configured: the one place where any address, and plain http, is believed."""
    anonymous: bool = False
    """No key is sent, not even one that the library finds on this machine."""

    def is_origin(self, host: str, port: int) -> bool:
        """Say whether this is the configured endpoint."""
        own = self.origin
        return own is not None and (host, port) == (_host(own), own.port or PORTS[own.scheme])

    def asks(self, url: httpx2.URL) -> bool:
        """Say whether `url` is one that we ask for work."""
        if self.origin is not None:
            return url.scheme == self.origin.scheme and self.is_origin(_host(url), url.port or PORTS[url.scheme])
        return url.scheme == "https" and url.port is None and _host(url) in self.hosts

    def fetches(self, url: httpx2.URL) -> bool:
        """Say whether `url` may hold a finished picture."""
        return url.scheme == "https" and url.port is None and f".{_host(url)}".endswith(self._domains())

    def _domains(self) -> tuple[str, ...]:
        return tuple(f".{domain}" for domain in self.pictures)


@dataclass
class Call:
    """What one call may still use, and what it has seen of the provider so far."""

    reach: Reach
    ends_at: float
    bytes_left: int
    ordered: bool = False
    """Work was asked for: from here on the call may cost money."""
    status: int = 0
    """HTTP status of the latest answer; 0 while none has come."""
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)
    excerpt: bytes = b""
    """The first bytes of the latest answer."""
    request_id: str = ""

    def remaining(self) -> float:
        """Return the seconds left, or raise DeadlinePassed."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise DeadlinePassed("the call's deadline has passed")
        return left

    def begin(self, request: httpx2.Request) -> None:
        """Let `request` out, or raise Forbidden."""
        if not (self.reach.asks(request.url) or self.reach.fetches(request.url)):
            raise Forbidden(f"{request.url.scheme}://{request.url.host} is no address of this provider")
        if self.reach.anonymous:
            request.headers.pop("authorization", None)
        # A packed answer could unpack to gigabytes behind the byte cap.
        request.headers["accept-encoding"] = "identity"
        self.ordered = self.ordered or request.method == "POST"
        self.status, self.headers, self.excerpt = 0, httpx2.Headers(), b""

    def receive(self, request: httpx2.Request, response: httpx2.Response) -> None:
        """Note the answer's head; raise Breach if its body is not worth reading."""
        if response.is_error and not self.reach.asks(request.url):
            raise NotDelivered(f"the picture's address answered {response.status_code}")
        self.status, self.headers = response.status_code, response.headers.copy()
        seen = next((response.headers[name] for name in REQUEST_ID_HEADERS if response.headers.get(name)), "")
        if request.method == "POST" or not self.request_id:
            self.request_id = seen[:200]
        if response.has_redirect_location:
            _refuse_other_host(request, response)
        if int(response.headers.get("content-length") or 0) > self.bytes_left:
            raise TooLarge(f"{response.headers['content-length']} bytes announced")
        response.headers.pop("content-encoding", None)

    def take(self, chunk: bytes) -> None:
        """Count bytes of a body; raise TooLarge past the cap."""
        self.bytes_left -= len(chunk)
        if self.bytes_left < 0:
            raise TooLarge("the answers are larger than the cap")
        if len(self.excerpt) < EXCERPT_BYTES:
            self.excerpt += chunk[:EXCERPT_BYTES]

    def text(self) -> str:
        """Return the start of the latest answer on one line if it is text, else nothing."""
        return "" if b"\0" in self.excerpt else " ".join(self.excerpt.decode("utf-8", "replace").split())


def _refuse_other_host(request: httpx2.Request, response: httpx2.Response) -> None:
    target = request.url.join(response.headers["location"])
    if (target.scheme, _host(target), target.port) != (request.url.scheme, _host(request.url), request.url.port):
        raise Forbidden(f"redirected to {target.scheme}://{target.host}")


_CALL: ContextVar[Call | None] = ContextVar("provider_call", default=None)


def current() -> Call | None:
    """Return the call that this thread is in."""
    return _CALL.get()


@contextlib.contextmanager
def call(reach: Reach, *, seconds: float, max_bytes: int = MAX_ANSWER_BYTES) -> Iterator[Call]:
    """Bound every request that huggingface_hub makes in this thread until the block ends.

    Needs `transport.install()`. Out of the library's call comes a Breach when the bounds are broken, and an exception
    of httpcore2 when a socket fails.
    """
    bounded = Call(reach=reach, ends_at=time.monotonic() + seconds, bytes_left=max_bytes)
    token = _CALL.set(bounded)
    try:
        yield bounded
    finally:
        _CALL.reset(token)
