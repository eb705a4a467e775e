"""What a shop's own program does with Lumiku: REST with a token, pictures by signed links, news over the WebSocket.

It knows the wire and nothing else of the product, so whatever it can do a client in any language can. A socket may drop
at any moment; the numbers of the events make that harmless: the next socket begins after the last one that was read.
"""

import json
import time
from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

import httpx2
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 30.0  # seconds for one answer
_PAUSE = 0.3  # seconds before the next socket
_UNAUTHENTICATED = 4401


class ClientError(Exception):
    """The API refused, did not answer, or went quiet; the message is one sentence for a person."""


class Client:
    """A client of the API at `address` (`http://host:port`); close it, or use it in a `with` block."""

    def __init__(self, address: str) -> None:
        # A proxy of the environment cannot reach a server of this machine.
        self._http = httpx2.Client(base_url=address, timeout=_PATIENCE, trust_env=False)
        self._news = f"ws{address.removeprefix('http')}/pose-generator"
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def register(self, *, email: str, password: str, name: str) -> dict[str, Any]:
        """Make an account, act as its owner from now on, and return the user as the API shows it."""
        session = self.post("/api/auth/register", {"email": email, "password": password, "name": name})
        self._token = session["access"]
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        return session["user"]

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """Return the answer to a GET; raise ClientError with the API's own sentence if it is refused."""
        return _object(self._send("GET", path, params=params))

    def post(self, path: str, body: dict[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Return the answer to a POST of `body` as JSON; raise ClientError as `get` does."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return _object(self._send("POST", path, json=body, headers=headers))

    def upload(self, path: str, photo: bytes, **fields: str) -> dict[str, Any]:
        """Return the answer to a form with a JPEG and its `fields` (names of the wire)."""
        return _object(self._send("POST", path, data=fields, files={"file": ("photo.jpg", photo, "image/jpeg")}))

    def download(self, link: str) -> bytes:
        """Return the bytes behind a link of the API, relative or absolute."""
        return self._send("GET", link).content

    def _send(self, method: str, path: str, **parts: Any) -> httpx2.Response:
        what = f"{method} {path.partition('?')[0]}"  # the rest of a signed link is a secret
        try:
            answer = self._http.request(method, path, **parts)
        except httpx2.HTTPError as error:
            raise ClientError(f"{what} got no answer: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise ClientError(f"{what} was refused with {answer.status_code}: {_sentence(answer)}")
        return answer

    def events(self, *, until: float, after: int = 0) -> Generator[dict[str, Any], None, None]:
        """Yield the user's events behind number `after`, each once and in order, over as many sockets as it takes.

        Raise ClientError at the monotonic time `until`, when the token is refused, or when a number is missing.
        """
        trouble = "nothing more was told"
        while (left := until - time.monotonic()) > 0:
            try:
                with self._socket(left) as socket:
                    socket.send(json.dumps({"type": "auth", "token": self._token, "after": after}))
                    while (left := until - time.monotonic()) > 0:
                        event = json.loads(socket.recv(timeout=left))
                        if "seq" in event and event["event"] != "connected":
                            after = _next(after, event)
                            yield event
            except (OSError, WebSocketException) as error:
                _raise_if_refused(error)
                trouble = str(error) or trouble
                time.sleep(max(0.0, min(_PAUSE, until - time.monotonic())))
        raise ClientError(f"The news ended before the order did ({trouble})")

    def _socket(self, patience: float) -> ClientConnection:
        return connect(self._news, open_timeout=min(_PATIENCE, patience), close_timeout=1, proxy=None)


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise ClientError(f"{answer.request.url.path} answered something that is not JSON") from error
    return body


def _sentence(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200].strip() or "no reason given"


def _next(after: int, event: dict[str, Any]) -> int:
    """Return the number of `event`, which has to be the one behind `after` unless the stream begins anew."""
    seq: int = event["seq"]
    if event["event"] != "stream-reset" and seq != after + 1:
        raise ClientError(f"Event {seq} came behind event {after}: this is a bug of Lumiku, please report it")
    return seq


def _raise_if_refused(error: Exception) -> None:
    if isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == _UNAUTHENTICATED:
        raise ClientError("The token ended before the order did: choose a shorter --patience") from error
