"""Downloads and sessions against a loopback server that misbehaves."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from landcover.errors import InputError, NetworkError
from landcover.net import cached, download, get_json, read_stamp, renew, session, stamp_file

Make = Callable[..., Any]


def test_a_file_that_is_asked_for_again(server: Any, reply: Make, tmp_path: Path) -> None:
    url = server.url + "/sites.csv"
    server.replies["/sites.csv"] = [
        reply(
            body=b"old", headers={"ETag": '"1"', "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT"}
        ),
        reply(status=304),
        reply(body=b"new", headers={"ETag": '"2"'}),
        reply(status=404),
    ]
    path = download(url, tmp_path).path
    first = read_stamp(path)
    assert first.headers() == {"If-None-Match": '"1"'}
    renew(url, tmp_path)
    same = read_stamp(path)
    assert path.read_bytes() == b"old"
    assert same.asked > first.asked
    renew(url, tmp_path)
    assert (path.read_bytes(), read_stamp(path).etag) == (b"new", '"2"')
    last = read_stamp(path)
    with pytest.raises(NetworkError, match="404"):
        renew(url, tmp_path)
    assert (path.read_bytes(), read_stamp(path)) == (b"new", last)
    # without a stamp, the file's own time is what is known, and the server sends all of it
    stamp_file(path).write_text("spoiled")
    assert read_stamp(cached(url, tmp_path)).headers() == {}


def test_a_file_is_fetched_once_and_hashed(server: Any, reply: Make, tmp_path: Path) -> None:
    server.replies["/a/sites%20x.tar.GZ"] = [reply(body=b"12345")]
    url = server.url + "/a/sites%20x.tar.GZ"
    first = download(url, tmp_path / "new" / "cache")
    second = download(url, tmp_path / "new" / "cache")
    assert first == second
    assert len(server.seen) == 1
    assert first.path.read_bytes() == b"12345"
    assert first.sha256 == hashlib.sha256(b"12345").hexdigest()
    assert first.path.name == f"sites_x-{hashlib.sha256(url.encode()).hexdigest()[:12]}.tar.gz"
    names = sorted(p.name for p in first.path.parent.iterdir())
    assert names == [first.path.name, f"{first.path.name}.asked"]


def test_two_addresses_never_share_a_file(server: Any, reply: Make, tmp_path: Path) -> None:
    server.replies["/a.csv"] = [reply(body=b"one"), reply(body=b"two")]
    one = download(server.url + "/a.csv?x=1", tmp_path)
    two = download(server.url + "/a.csv?x=2", tmp_path)
    assert (one.path.read_bytes(), two.path.read_bytes()) == (b"one", b"two")


@pytest.mark.parametrize(
    "path", ["/", "/..", "/%2e%2e%2fevil", "/a%00b", "/" + "x" * 300, "/con:1|<>?"]
)
def test_names_of_cached_files_are_safe(
    server: Any, reply: Make, tmp_path: Path, path: str
) -> None:
    server.replies["*"] = [reply(body=b"x")]
    made = download(server.url + path, tmp_path)
    assert made.path.resolve().parent == tmp_path.resolve()
    assert len(made.path.name) < 80
    assert not set(made.path.name) & set('/\\:|<>?*"\0')


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_states_that_pass_are_tried_again(
    server: Any, reply: Make, tmp_path: Path, status: int
) -> None:
    server.replies["/x"] = [reply(status), reply(status), reply(body=b"good")]
    assert download(server.url + "/x", tmp_path).path.read_bytes() == b"good"
    assert len(server.seen) == 3


def test_a_body_cut_short_is_fetched_whole_again(server: Any, reply: Make, tmp_path: Path) -> None:
    body = bytes(range(256)) * 40
    server.replies["/x"] = [reply(body=body, cut=100), reply(body=body, cut=9000), reply(body=body)]
    assert download(server.url + "/x", tmp_path).path.read_bytes() == body


def test_a_body_always_cut_short_leaves_no_file(server: Any, reply: Make, tmp_path: Path) -> None:
    server.replies["/x"] = [reply(body=b"12345", cut=3)]
    with pytest.raises(NetworkError, match="cut short"):
        download(server.url + "/x", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_post_is_tried_again_too(server: Any, reply: Make) -> None:
    server.replies["/search"] = [reply(503), reply(body=b"{}")]
    with session() as door:
        assert door.post(server.url + "/search", json={}).json() == {}
    assert server.seen == [("POST", "/search")] * 2


def test_retry_after_is_obeyed_but_not_for_hours(
    server: Any, reply: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.replies["/x"] = [reply(503, headers={"Retry-After": "1"}), reply(body=b"1")]
    start = time.monotonic()
    assert get_json(server.url + "/x") == 1
    assert 0.9 < time.monotonic() - start < 5
    monkeypatch.setattr("landcover.net.http.LONGEST_WAIT_S", 0.2)
    server.replies["/y"] = [reply(429, headers={"Retry-After": "86400"}), reply(body=b"2")]
    start = time.monotonic()
    assert get_json(server.url + "/y") == 2
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found. Check the address."),
        (403, "login or a token"),
        (503, "503"),
        (418, "418"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_token(
    server: Any, reply: Make, tmp_path: Path, status: int, words: str
) -> None:
    server.replies["/x"] = [reply(status)]
    with pytest.raises(NetworkError) as caught:
        download(server.url + "/x?sig=abcdef", tmp_path)
    assert words in str(caught.value)
    assert "abcdef" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_server_that_is_gone_is_told_without_the_token(server: Any, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no connection") as caught:
        download("http://127.0.0.1:9/x?sig=abcdef", tmp_path)
    assert "abcdef" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_hangs_is_given_up(
    server: Any, reply: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("landcover.net.http.TIMEOUT_S", (0.2, 0.2))
    monkeypatch.setattr("landcover.net.http.TRIES", 1)
    slow = server.answer
    server.answer = lambda path: (time.sleep(0.6), slow(path))[1]
    server.replies["/x"] = [reply(body=b"late")]
    with pytest.raises(NetworkError, match=r"no answer in time|no connection"):
        download(server.url + "/x", tmp_path)


def test_what_is_too_large_is_refused(server: Any, reply: Make, tmp_path: Path) -> None:
    server.replies["/x"] = [reply(body=b"0" * 2_000_001)]
    with pytest.raises(NetworkError, match=r"more than 2 MB\. Fetch it by hand"):
        download(server.url + "/x", tmp_path, max_bytes=2_000_000)
    assert list(tmp_path.iterdir()) == []
    assert (
        download(server.url + "/x", tmp_path, max_bytes=2_000_001).path.stat().st_size == 2_000_001
    )


def test_json_is_parsed_and_anything_else_is_told(server: Any, reply: Make) -> None:
    server.replies["/a"] = [reply(body='{"é": [1]}'.encode())]
    server.replies["/b"] = [reply(body=b"<html>log in</html>")]
    assert get_json(server.url + "/a") == {"é": [1]}
    with pytest.raises(NetworkError, match="the answer is not JSON"):
        get_json(server.url + "/b")
    server.replies["/c"] = [reply(body=b"[" * 200_000)]
    with pytest.raises(NetworkError, match="the answer is not JSON"):
        get_json(server.url + "/c")


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "//", "gopher://127.0.0.1"]
)
def test_redirects_stay_in_http(server: Any, reply: Make, tmp_path: Path, target: str) -> None:
    server.replies["/x"] = [reply(302, headers={"Location": target})]
    with pytest.raises(NetworkError):
        download(server.url + "/x", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_within_http_is_followed(server: Any, reply: Make, tmp_path: Path) -> None:
    server.replies["/x"] = [reply(302, headers={"Location": "/y"})]
    server.replies["/y"] = [reply(body=b"here")]
    assert download(server.url + "/x", tmp_path).path.read_bytes() == b"here"
    server.replies["/loop"] = [reply(302, headers={"Location": "/loop"})]
    with pytest.raises(NetworkError, match="redirects"):
        download(server.url + "/loop", tmp_path)


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "/etc/hostname", "ftp://a/b", "http://", "s3://b/k"]
)
def test_other_schemes_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an http or https address"):
        download(url, tmp_path)
    with pytest.raises(InputError):
        get_json(url)


@pytest.mark.parametrize(
    ("origin", "target", "allowed"),
    [
        ("https://a.example/x", "https://b.example/x", True),
        ("https://a.example/x", "/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example/x", "https://a.example/x", True),
        ("http://a.example/x", "ftp://a.example/x?sig=SECRET", False),
    ],
)
def test_a_redirect_never_leaves_https(origin: str, target: str, allowed: bool) -> None:
    answer = requests.Response()
    answer.url, answer.status_code = origin, 302
    answer.headers["location"] = target
    (hook,) = session().hooks["response"]
    if allowed:
        hook(answer)
    else:
        with pytest.raises(NetworkError, match="redirects to") as caught:
            hook(answer)
        assert "SECRET" not in str(caught.value)
