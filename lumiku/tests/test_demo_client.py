"""The demo's client: refusals in the words of the API, and no event lost or told twice when sockets drop."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from websockets.sync.server import serve

from lumiku.management.demo.client import Client, ClientError


@contextmanager
def news_server(*sockets, code=1011):
    """Tell the numbers in `sockets`, one list for each connection, then close; yield a client and the cursors sent."""
    cursors, left = [], list(sockets)

    def talk(socket):
        cursors.append(json.loads(socket.recv())["after"])
        socket.send(json.dumps({"event": "connected", "seq": 9, "userId": "u"}))
        for seq in left.pop(0) if left else []:
            socket.send(json.dumps({"event": "credits-update", "seq": seq, "data": {}}))
        socket.close(code)

    with serve(talk, "127.0.0.1", 0) as server, Client(f"http://127.0.0.1:{server.socket.getsockname()[1]}") as client:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield client, cursors
        server.shutdown()
        thread.join()


def test_a_dropped_socket_is_opened_again_behind_the_last_event():
    with news_server([1, 2], [], [3, 4]) as (client, cursors):
        news = client.events(until=time.monotonic() + 20)

        seen = [next(news)["seq"] for _ in range(4)]

    assert seen == [1, 2, 3, 4]
    assert cursors == [0, 2, 2]


@pytest.mark.parametrize("told", [[1, 3], [1, 1]])
def test_a_missing_or_repeated_event_fails_the_demo(told):
    with (
        news_server(told) as (client, _cursors),
        pytest.raises(ClientError, match=f"Event {told[1]} came behind event 1"),
    ):
        list(client.events(until=time.monotonic() + 20))


def test_a_refused_token_is_not_tried_again():
    with news_server(code=4401) as (client, cursors), pytest.raises(ClientError, match="token ended"):
        list(client.events(until=time.monotonic() + 20))

    assert cursors == [0]


def test_news_that_never_end_are_given_up_in_time():
    started = time.monotonic()

    with news_server([1]) as (client, _cursors), pytest.raises(ClientError, match="news ended before the order"):
        list(client.events(until=started + 0.8))

    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (402, b'{"error": {"code": "x", "message": "Too few credits."}}', r"POST /order .* 402: Too few credits"),
        (502, b"<html>Bad gateway</html>", "502: <html>Bad gateway"),
        (200, b"<html>", "not JSON"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_api(status, body, sentence):
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server, Client(f"http://127.0.0.1:{server.server_port}") as client:
        threading.Thread(target=server.handle_request).start()

        with pytest.raises(ClientError, match=sentence):
            client.post("/order?secret=1", {})
