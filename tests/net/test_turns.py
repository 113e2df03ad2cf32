"""Hosts that allow few connections: no more at a time, whatever asks, and not too often."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from landcover.errors import NetworkError
from landcover.net import stores
from landcover.net.ranges import RangeDoor
from landcover.net.stores import Limit, limit_of
from landcover.net.turns import Turns

LIMIT = Limit("test", ("127.0.0.1",), connections=3, per_minute=1_000_000)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep places of this test alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def busy(folder: Path, faulty: Any, at_once: None) -> Any:
    """Serve a file, and count how many requests are answered at a time."""
    (folder / "served").mkdir()
    (folder / "served/a.bin").write_bytes(bytes(range(256)) * 40)
    server = faulty(folder / "served", rate=0.2, kinds=("503", "truncate"), latency_s=0.01)
    before, lock = server._http.RequestHandlerClass, threading.Lock()
    server.now = server.most = 0

    class Handler(before):  # type: ignore[misc, valid-type]
        """Counts a request until its answer begins: the asker may go on before we know."""

        waiting = False

        def count(self, change: int) -> None:
            with lock:
                self.waiting = change > 0
                server.now += change
                server.most = max(server.most, server.now)

        def do_GET(self) -> None:
            self.count(1)
            try:
                super().do_GET()
            finally:
                if self.waiting:
                    self.count(-1)

        def end_headers(self) -> None:
            if self.waiting:
                self.count(-1)
            super().end_headers()

    server._http.RequestHandlerClass = Handler
    return server


def fetch_all(server: Any, doors: list[RangeDoor]) -> None:
    """Fetch many ranges through some doors at once."""
    url = f"{server.address}/a.bin"
    coming = [door.submit(url, at, at + 100) for at in range(0, 6000, 100) for door in doors]
    for number, one in enumerate(coming):
        begin = number // len(doors) * 100
        assert one.result(30).data == bytes((begin + at) % 256 for at in range(100))


def test_all_doors_share_the_connections_of_a_host(
    busy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two doors stand for two processes: they know each other by locks on files alone."""
    doors = [RangeDoor(16), RangeDoor(16)]
    fetch_all(busy, doors)
    assert busy.most > 3, "without a limit"
    busy.most = 0
    monkeypatch.setattr(stores, "LIMITS", (LIMIT,))
    fetch_all(busy, doors)
    assert 2 <= busy.most <= 3
    for door in doors:
        door.close()


def test_a_process_without_a_folder_counts_its_own(
    busy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.net.turns._folder", lambda: None)
    monkeypatch.setattr(stores, "LIMITS", (LIMIT,))
    door = RangeDoor(16)
    fetch_all(busy, [door])
    assert 2 <= busy.most <= 3
    door.close()


def test_requests_a_minute(folder: Path) -> None:
    """Three places of 20 requests a second each: 30 requests take at least half a second."""
    turns = Turns(replace(LIMIT, per_minute=3600), threading.Event())
    began, gate = time.monotonic(), threading.Barrier(3)

    def ask() -> None:
        gate.wait()
        for _ in range(10):
            with turns.one():
                pass

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began > 0.4


def test_who_waits_gives_up_when_the_run_ends(folder: Path) -> None:
    ended = threading.Event()
    turns = Turns(replace(LIMIT, connections=1), ended)
    with turns.one():
        threading.Timer(0.05, ended.set).start()
        with pytest.raises(NetworkError, match="being ended"), turns.one():
            pass


def test_a_place_is_given_back_after_an_error(folder: Path) -> None:
    turns = Turns(replace(LIMIT, connections=1), threading.Event())
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), turns.one():
            raise ValueError("x")


def test_a_folder_that_is_a_link_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4711, raising=False)
    (folder / "landcover-4711").symlink_to(folder)
    assert Turns(LIMIT, threading.Event())._folder is None


def test_copernicus_data_space_allows_four() -> None:
    for host in ("eodata", "download", "zipper"):
        found = limit_of(f"https://{host}.dataspace.copernicus.eu/a")
        assert found is not None
        assert (found.connections, found.per_minute) == (4, 2000)
    assert limit_of("https://sentinel-cogs.s3.us-west-2.amazonaws.com/a.tif") is None
