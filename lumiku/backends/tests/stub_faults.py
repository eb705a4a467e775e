"""What the provider stub can be told to do to a call instead of painting: one function for each way of failing."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from lumiku.backends.tests import stub_pictures

if TYPE_CHECKING:
    from lumiku.backends.tests.provider_stub import Handler

STATUSES = ("400", "401", "402", "403", "404", "422", "429", "500", "502", "503", "504")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """What is to happen to one call."""

    name: str
    retry_after: float | None = None


def _status(handler: "Handler", fault: Fault) -> None:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    handler.answer_json(int(fault.name), _complaint(handler), headers)


def _complaint(handler: "Handler") -> dict[str, Any]:
    return {"error": f"no picture for {handler.headers.get('Authorization')} <b>canary</b> " + "x" * 5000}


def _date(handler: "Handler", fault: Fault) -> None:
    date = datetime.now(UTC) + timedelta(seconds=fault.retry_after or 0)
    handler.answer_json(429, _complaint(handler), {"Retry-After": format_datetime(date, usegmt=True)})


def _rate_limit(handler: "Handler", fault: Fault) -> None:
    handler.answer_json(429, _complaint(handler), {"ratelimit": f'"api";r=0;t={fault.retry_after or 0:g}'})


def _hang(handler: "Handler", fault: Fault) -> None:
    handler.head(200, "image/png", {"Content-Length": "100000"})
    handler.hang()


def _drip(handler: "Handler", fault: Fault) -> None:
    data = stub_pictures.picture(*handler.size, handler.seed)
    handler.head(200, "image/png", {"Content-Length": str(len(data))})
    _trickle(handler, data)


def _drip_head(handler: "Handler", fault: Fault) -> None:
    _trickle(handler, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000)


def _trickle(handler: "Handler", data: bytes) -> None:
    handler.close_connection = True
    for byte in data:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.server.stub.closing.wait(0.05):
            return


def _cut(handler: "Handler", fault: Fault) -> None:
    handler.head(200, "image/png", {"Content-Length": "100000"})
    handler.wfile.write(stub_pictures.SIGNATURE)
    handler.close_connection = True


def _huge(handler: "Handler", fault: Fault) -> None:
    handler.head(200, "image/png", {"Connection": "close"})
    for _ in range(100):
        handler.wfile.write(b"\0" * MEGABYTE)


def _huge_announced(handler: "Handler", fault: Fault) -> None:
    handler.head(200, "image/png", {"Content-Length": str(500 * MEGABYTE), "Connection": "close"})
    handler.hang()


def _packed(handler: "Handler", fault: Fault) -> None:
    handler.answer(200, stub_pictures.packed(200 * MEGABYTE), "image/png", {"Content-Encoding": "gzip"})


def _reset(handler: "Handler", fault: Fault) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def _redirect(handler: "Handler", fault: Fault) -> None:
    handler.answer(307, b"", "text/plain", {"Location": f"http://localhost:{handler.server.stub.port}/elsewhere"})


def _sends(make: Callable[[Any], bytes], kind: str = "image/png") -> Callable[["Handler", Fault], None]:
    return lambda handler, fault: handler.answer(200, make(handler), kind)


FAULTS: dict[str, Callable[["Handler", Fault], None]] = {
    **dict.fromkeys(STATUSES, _status),
    "429_date": _date,
    "429_rate_limit": _rate_limit,
    "hang": _hang,
    "silent": lambda handler, fault: handler.hang(),
    "drip": _drip,
    "drip_head": _drip_head,
    "cut": _cut,
    "huge": _huge,
    "huge_announced": _huge_announced,
    "packed": _packed,
    "reset": _reset,
    "redirect": _redirect,
    "empty": _sends(lambda handler: b""),
    "html": _sends(lambda handler: b"<html><b>Busy</b> " + str(handler.headers).encode(), "text/html"),
    "json_error": _sends(lambda handler: b'{"error": "model overloaded"}', "application/json"),
    "truncated": _sends(lambda handler: stub_pictures.picture(handler.size[0], handler.size[1], handler.seed)[:20_000]),
    "bomb": _sends(lambda handler: stub_pictures.bomb()),
    "black": _sends(lambda handler: stub_pictures.black(*handler.size)),
    "wrong_size": _sends(lambda handler: stub_pictures.picture(handler.size[0] - 64, handler.size[1], 1)),
    "too_big": _sends(lambda handler: stub_pictures.picture(handler.size[0] + 64, handler.size[1], 1)),
    # Not faults, but answers of other kinds that must be taken.
    "jpeg": _sends(lambda handler: stub_pictures.encoded(stub_pictures.figure(*handler.size), "JPEG"), "image/jpeg"),
    "webp": _sends(lambda handler: stub_pictures.encoded(stub_pictures.figure(*handler.size), "WEBP"), "image/webp"),
}
