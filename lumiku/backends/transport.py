"""The guarded transport of huggingface_hub's client.

Inside `guard.call(...)` a name look-up, a wait for a free connection, a connect, a TLS handshake, a read or a write
waits no longer than the call has left; connections are made only to public addresses, to the very one that was judged,
and proxies of the environment are not used. Outside of it, as when another backend downloads its model, the library
works as it always does.
"""

import socket
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, cast

import httpcore2
import httpx2
import huggingface_hub

# Not re-exported by the library; without it HF_HUB_OFFLINE would be ignored.
from huggingface_hub.utils._http import hf_request_event_hook

from lumiku.backends import guard

CONNECT_PATIENCE = 5.0  # seconds for each address of a host, so that a dead IPv6 route leaves time for IPv4


class _Stream(httpcore2.NetworkStream):
    """A connection that waits no longer than the call which uses it just now; connections outlive calls."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _patience(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _patience(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _patience(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _patience(timeout: float | None) -> float | None:
    call = guard.current()
    if call is None:
        return timeout
    left = call.remaining()
    return left if timeout is None else min(left, timeout)


class _Network(httpcore2.SyncBackend):
    """Looks names up once, refuses inward addresses, and connects to the very address it has judged."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError(f"no usable address for {host}")
        for address in self._addresses(host, port):
            try:
                inner = super().connect_tcp(address, port, _patience(CONNECT_PATIENCE), *args, **kwargs)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(inner)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        found = _look_up(host, port, _patience(None))
        call = guard.current()
        if call is None or call.reach.is_origin(host, port):
            return found
        if not all(guard.is_public(address) for address in found):
            raise guard.Forbidden(f"{host} does not lead to a public address")
        return found


def _look_up(host: str, port: int, patience: float | None) -> list[str]:
    """Return the addresses of `host`; the system's look-up knows no time-out, so its thread may be left behind."""
    found: list[str] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(cast(str, info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise guard.DeadlinePassed(f"the name {host} was not found in time")
    if failures:
        raise httpcore2.ConnectError(f"{host}: {failures[0]}")
    return list(dict.fromkeys(found))


class _Body(httpx2.SyncByteStream):
    def __init__(self, inner: Iterable[bytes], call: guard.Call) -> None:
        self._inner = inner
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._call.take(chunk)
            yield chunk

    def close(self) -> None:
        cast(Any, self._inner).close()


class _Transport(httpx2.BaseTransport):
    """Sends a call's requests through the guarded pool and all others through an ordinary transport."""

    def __init__(self) -> None:
        self._plain = httpx2.HTTPTransport()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=500,  # above the 200 threads that one worker may run
            max_keepalive_connections=200,
            keepalive_expiry=30,
            network_backend=_Network(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = guard.current()
        if call is None:
            return self._plain.handle_request(request)
        call.begin(request)
        answer = self._pool.handle_request(_core_request(request, call))
        body = _Body(cast(Iterable[bytes], answer.stream), call)
        response = httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)
        try:
            call.receive(request, response)
        except BaseException:
            response.close()
            raise
        return response

    def close(self) -> None:
        self._plain.close()
        self._pool.close()


def _core_request(request: httpx2.Request, call: guard.Call) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=cast(httpx2.SyncByteStream, request.stream),
        # Only the wait for a free connection is left to the pool; the sockets ask the call itself, each time anew.
        extensions={**request.extensions, "timeout": {"pool": call.remaining()}},
    )


@cache
def install() -> None:
    """Give huggingface_hub a client with our transport, once in this process; forks make their own client anew."""
    huggingface_hub.set_client_factory(
        lambda: httpx2.Client(
            transport=_Transport(),
            event_hooks={"request": [hf_request_event_hook]},
            follow_redirects=True,
            timeout=None,
        )
    )
