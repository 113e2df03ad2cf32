"""Ranges of remote files: whole, checked, tried again, from where they should come and no other."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landcover.errors import NetworkError
from landcover.net.ranges import TRIES, WEARY_TRIES, Access, Piece, RangeDoor, Version

DATA = b"".join(hashlib.sha256(bytes([number % 256])).digest() for number in range(4000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write one file of 128,000 bytes, none of which repeats nearby."""
    (tmp_path / "a.bin").write_bytes(DATA)
    return tmp_path


@pytest.fixture
def door(at_once: None) -> Iterator[RangeDoor]:
    """Open a door that does not pause."""
    made = RangeDoor(8)
    yield made
    made.close()


def refusal(door: RangeDoor, url: str, version: Version | None = None) -> NetworkError:
    """Return the error that a range is refused with."""
    with pytest.raises(NetworkError) as caught:
        door.fetch(url, 100, 200, version)
    return caught.value


def test_a_range_is_what_the_file_holds_there(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder)
    piece = door.fetch(f"{server.address}/a.bin", 1000, 5000)
    assert piece.data == DATA[1000:5000]
    assert piece.version.size == len(DATA)
    assert server.asked == [("/a.bin", "bytes=1000-4999")]


def test_the_first_range_may_reach_beyond_the_file(
    door: RangeDoor, folder: Path, faulty: Any
) -> None:
    url = f"{faulty(folder).address}/a.bin"
    assert door.fetch(url, 127_000, 200_000).data == DATA[127_000:]
    with pytest.raises(NetworkError, match="shorter"):
        door.fetch(url, 200_000, 200_010)


@pytest.mark.parametrize("kind", ["503", "429", "reset", "truncate", "badrange"])
def test_faults_that_pass_are_got_over(
    door: RangeDoor, folder: Path, faulty: Any, kind: str
) -> None:
    server = faulty(folder, rate=0.5, kinds=(kind,))
    url = f"{server.address}/a.bin"
    coming = [door.submit(url, at, at + 3200) for at in range(0, len(DATA), 3200)]
    assert b"".join(piece.result(20).data for piece in coming) == DATA
    assert server.failed[kind] > 5
    assert door.traffic.failed == server.failed[kind]
    assert door.traffic.bytes == len(DATA), "what came of a body that was cut short is kept"


def test_many_connections_at_once(at_once: None, folder: Path, faulty: Any) -> None:
    server = faulty(folder, latency_s=0.1)
    door = RangeDoor(16)
    url, began = f"{server.address}/a.bin", time.monotonic()
    coming = [door.submit(url, at, at + 4000) for at in range(0, len(DATA), 4000)]
    assert b"".join(piece.result(20).data for piece in coming) == DATA
    assert time.monotonic() - began < 0.1 * len(coming) / 4  # two rounds of 16, if all goes well
    door.close()


def test_ten_tries_and_no_more(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder, dead="a.bin")
    url = f"{server.address}/a.bin"
    assert refusal(door, url).what == "the server answered 503, 10 times in a row"
    assert len(server.asked) == TRIES
    refusal(door, url)
    assert len(server.asked) == TRIES + WEARY_TRIES, "a dead file is not waited for again"
    server.faults.dead = ""
    assert door.fetch(url, 0, 9).data == DATA[:9], "and found when it is back"
    server.faults.dead = "a.bin"
    refusal(door, url)
    assert len(server.asked) == TRIES + WEARY_TRIES + 1 + TRIES


def test_nobody_there(door: RangeDoor) -> None:
    began = time.monotonic()
    assert refusal(door, "http://127.0.0.1:9/a").what == "no connection, 10 times in a row"
    assert refusal(door, "http://127.0.0.1:9/b").what == "no connection, 2 times in a row"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("state", "words"), [(404, "404"), (403, "403"), (400, "400")])
def test_what_does_not_pass_is_not_repeated(
    door: RangeDoor, server: Any, reply: Any, state: int, words: str
) -> None:
    server.replies["/a.bin"] = [reply(state)]
    assert words in refusal(door, f"{server.url}/a.bin").what
    assert len(server.seen) == 1


def test_no_secret_is_told(door: RangeDoor, server: Any, reply: Any) -> None:
    server.replies["/a.bin"] = [reply(404)]
    plain = refusal(door, f"{server.url}/a.bin?sig=verysecret&x=1")
    assert "verysecret" not in str(plain)
    server.replies["/b.bin"] = [
        reply(302, headers={"Location": "http://u:verysecret@other.example/x"})
    ]
    assert "verysecret" not in str(refusal(door, f"{server.url}/b.bin"))


def test_retry_after_is_obeyed(door: RangeDoor, server: Any, reply: Any) -> None:
    good = {"Content-Range": "bytes 100-199/300"}
    slow = reply(503, headers={"Retry-After": "1"})
    server.replies["/a.bin"] = [slow, reply(206, b"x" * 100, good)]
    began = time.monotonic()
    assert door.fetch(f"{server.url}/a.bin", 100, 200).data == b"x" * 100
    assert 1.0 <= time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Range": "bytes 100-198/300"},
        {"Content-Range": "bytes 101-200/300"},
        {"Content-Range": "bytes 100-199/*"},
        {"Content-Range": "items 100-199/300"},
        {"Content-Range": "bytes 100-199/300", "Content-Encoding": "gzip"},
    ],
)
def test_an_answer_to_another_question(
    door: RangeDoor, server: Any, reply: Any, headers: dict[str, str]
) -> None:
    server.replies["/a.bin"] = [reply(206, b"x" * 100, headers)]
    refusal(door, f"{server.url}/a.bin")
    assert len(server.seen) == TRIES


def test_a_page_for_logging_in_is_no_file(door: RangeDoor, server: Any, reply: Any) -> None:
    page = reply(200, b"<html>log in</html>" * 90, {"Content-Type": "text/html; charset=utf-8"})
    good = reply(206, b"x" * 100, {"Content-Range": "bytes 100-199/300"})
    server.replies["/a.bin"] = [page, good]
    assert door.fetch(f"{server.url}/a.bin", 100, 200).data == b"x" * 100
    server.replies["/b.bin"] = [page]
    assert "a page in place of the file" in refusal(door, f"{server.url}/b.bin").what


def test_a_server_without_ranges(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder, rate=1.0, kinds=("norange",), most=99)
    piece = door.fetch(f"{server.address}/a.bin", 100, 200)
    assert (piece.data, piece.whole) == (DATA[100:200], DATA)


def test_a_server_without_ranges_and_a_large_file(
    door: RangeDoor, folder: Path, faulty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.net.answers.WHOLE_MAX_BYTES", len(DATA) - 1)
    server = faulty(folder, rate=1.0, kinds=("norange",), most=99)
    assert "knows no ranges" in refusal(door, f"{server.address}/a.bin").what
    assert len(server.asked) == 1


# --- one file, not two ---------------------------------------------------------------------------


def test_a_file_that_was_replaced(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder)
    url = f"{server.address}/a.bin"
    version = door.fetch(url, 0, 10).version
    assert door.fetch(url, 10, 20, version).data == DATA[10:20]
    server.etags["/a.bin"] = '"another"'
    assert refusal(door, url, version).what == "the file was replaced while it was read"
    assert len(server.asked) == 3, "asking again would not bring the old file back"


def test_a_file_that_was_replaced_within_a_range(door: RangeDoor, server: Any, reply: Any) -> None:
    told = {"Content-Range": "bytes 100-199/300", "ETag": '"a"'}
    rest = {"Content-Range": "bytes 150-199/300", "ETag": '"b"'}
    server.replies["/a.bin"] = [reply(206, b"x" * 100, told, 50), reply(206, b"y" * 50, rest)]
    assert "replaced" in refusal(door, f"{server.url}/a.bin").what


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Version(9, "a", "x"), Version(9, "a", "y"), True),
        (Version(9, "a", "x"), Version(9, "b", "x"), False),
        (Version(9, "", "x"), Version(9, "b", "x"), True),
        (Version(9, "", "x"), Version(9, "", "y"), False),
        (Version(9), Version(9), True),
        (Version(9, "a"), Version(8, "a"), False),
    ],
)
def test_versions(one: Version, other: Version, same: bool) -> None:
    assert one.same(other) is same
    assert other.same(one) is same


# --- where a request may go, and with what -------------------------------------------------------


def test_redirects_within_the_host_are_followed(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder)
    server.moved |= {"/old.bin": "/older.bin", "/older.bin": f"{server.address}/a.bin"}
    assert door.fetch(f"{server.address}/old.bin", 5, 9).data == DATA[5:9]


def test_a_redirect_to_another_host_is_refused(door: RangeDoor, folder: Path, faulty: Any) -> None:
    first, second = faulty(folder), faulty(folder)
    first.moved["/a.bin"] = f"{second.address}/a.bin"
    error = refusal(door, f"{first.address}/a.bin")
    assert error.what == "its server sends on to http://127.0.0.1, which is not allowed"
    first.moved["/a.bin"] = f"{first.address.replace('127.0.0.1', 'localhost')}/b.bin"
    assert "localhost, which is not allowed" in refusal(door, f"{first.address}/a.bin").what
    for scheme in ("file:///etc/passwd", "ftp://127.0.0.1/a"):
        first.moved["/a.bin"] = scheme
        assert "not allowed" in refusal(door, f"{first.address}/a.bin").what
    assert second.asked == []
    assert len(first.asked) == 4


def test_a_redirect_to_a_host_that_is_allowed(at_once: None, folder: Path, faulty: Any) -> None:
    first, second = faulty(folder), faulty(folder)
    first.moved["/a.bin"] = f"{second.address.replace('127.0.0.1', 'localhost')}/a.bin"
    asked: list[str] = []

    def headers(url: str) -> dict[str, str]:
        asked.append(url)
        return {"Authorization": "Bearer x"}

    door = RangeDoor(1, Access(headers=headers, hosts=frozenset({"localhost"})))
    assert door.fetch(f"{first.address}/a.bin", 5, 9).data == DATA[5:9]
    door.close()
    assert asked == [f"{first.address}/a.bin"]


def test_endless_redirects(door: RangeDoor, folder: Path, faulty: Any) -> None:
    server = faulty(folder)
    server.moved["/a.bin"] = "/a.bin"
    assert refusal(door, f"{server.address}/a.bin").what == "more than 5 redirects"


def test_addresses_are_signed_for_each_request(at_once: None, server: Any, reply: Any) -> None:
    turns = iter(range(100))
    good = reply(206, b"x" * 100, {"Content-Range": "bytes 100-199/300"})
    server.replies["/a.bin"] = [reply(503), good]
    door = RangeDoor(1, Access(sign=lambda url: f"{url}?sig={next(turns)}"))
    door.fetch(f"{server.url}/a.bin", 100, 200)
    door.close()
    assert [path for _, path in server.seen] == ["/a.bin?sig=0", "/a.bin?sig=1"]


def test_a_token_that_ran_out_is_replaced(at_once: None, server: Any, reply: Any) -> None:
    good = reply(206, b"x" * 100, {"Content-Range": "bytes 100-199/300"})
    server.replies["/a.bin"] = [reply(403), good]
    server.replies["/b.bin"] = [reply(403)]
    forgot: list[str] = []
    door = RangeDoor(1, Access(forget=lambda url: not forgot.append(url)))  # type: ignore[func-returns-value]
    door.fetch(f"{server.url}/a.bin", 100, 200)
    assert forgot == [f"{server.url}/a.bin"]
    refusal(door, f"{server.url}/b.bin")
    door.close()
    assert len(server.seen) == 2 + 3, "a login that is wrong is not tried ten times"


# --- who fetches ---------------------------------------------------------------------------------


def test_the_urgent_goes_first() -> None:
    door, order = RangeDoor(1), []
    gate = threading.Event()

    def note(number: int) -> Callable[[], None]:
        return lambda: order.append(number)

    first = door.run(lambda: gate.wait(5), 0)
    coming = [door.run(note(number), number) for number in (2, 0, 1, 0)]
    gate.set()
    for one in (first, *coming):
        one.result(5)
    assert order == [0, 0, 1, 2]
    door.close()


def test_no_more_threads_than_connections_and_none_for_nothing() -> None:
    before = set(threading.enumerate())
    door = RangeDoor(3)

    def hired() -> int:
        return len(set(threading.enumerate()) - before)

    assert hired() == 0
    for _ in range(5):
        door.run(lambda: None).result(5)
        time.sleep(0.05)  # until the thread waits again
    assert hired() == 1
    gate = threading.Event()
    coming = [door.run(lambda: gate.wait(5)) for _ in range(9)]
    assert hired() == 3
    gate.set()
    assert all(one.result(5) for one in coming)
    door.close()


def test_a_door_that_closes_gives_up_waiting(folder: Path, faulty: Any) -> None:
    server = faulty(folder, dead="a.bin")
    door = RangeDoor(1)
    coming: Any = door.submit(f"{server.address}/a.bin", 0, 9)
    while not server.asked:
        time.sleep(0.01)
    door.close()
    with pytest.raises(NetworkError, match="being ended"):
        coming.result(10)


def test_a_task_that_fails_tells_who_waits() -> None:
    door = RangeDoor(1)

    def fail() -> Piece:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        door.run(fail).result(5)
    assert door.run(lambda: 3).result(5) == 3
    door.close()
