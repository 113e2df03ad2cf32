"""Whether an address answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from landcover.errors import NetworkError
from landcover.net.reach import reachable


class Answer(BaseHTTPRequestHandler):
    """Answers with the state that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.split("?")[0].strip("/")))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[str]:
    """Serve on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_an_answer_takes_some_time(server: str) -> None:
    assert 0 < reachable(f"{server}/200", 5.0) < 5


@pytest.mark.parametrize("state", [401, 404, 503])
def test_a_refusal_is_told_with_its_state_and_without_secrets(server: str, state: int) -> None:
    with pytest.raises(NetworkError, match=f"the server answered {state}") as caught:
        reachable(f"{server}/{state}?sig=SECRET", 5.0)
    assert "SECRET" not in str(caught.value)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(NetworkError, match=r"no answer \(ConnectionError\)"):
        reachable(f"http://127.0.0.1:{port}", 5.0)


def test_a_server_that_hangs() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NetworkError, match="no answer"):
            reachable(address, 0.2)
