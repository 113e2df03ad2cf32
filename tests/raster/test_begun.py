"""Blocks that are asked for ahead: nobody waits in vain, nothing comes twice, nothing stays."""

from __future__ import annotations

import gc
import shutil
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from landcover.model import Asset
from landcover.net.crew import Crew
from landcover.raster import remote
from landcover.raster.ahead import looking_ahead
from landcover.raster.cache import BlockCache
from landcover.raster.depot import Want
from landcover.raster.source import Reads, Rect, environment, open_asset, read_rect
from landcover.raster.stack import Day, Reader, quantity

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (300, 400)
PIXELS = np.random.default_rng(5).integers(1, 60_000, SHAPE).astype(np.uint16)
WHOLE = Rect(0, 0, *SHAPE)


@pytest.fixture
def server(shared_studio: Studio, faulty: Any, at_once: None) -> Iterator[Any]:
    """Serve the studio's files; nothing is remembered of the last test's."""
    del at_once
    remote.rest()
    yield faulty(shared_studio.folder)
    remote.rest()


@pytest.fixture
def far(shared_studio: Studio, server: Any) -> Asset:
    """Write a band that does not compress, and serve it."""
    return away(shared_studio.asset("red", PIXELS), server)


def away(asset: Asset, server: Any) -> Asset:
    """Return an asset at its address."""
    return replace(asset, href=f"{server.address}/{asset.href.rsplit('/', 1)[1]}")


def read(asset: Asset) -> Any:
    """Read all of a band."""
    with environment(), open_asset(asset, Reads()) as source:
        return read_rect(source, WHOLE, 0.0, Reads())


class NoThreads:
    """A system that has no thread left, until it has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, start = False, threading.Thread.start

        def try_to(thread: threading.Thread) -> None:
            if not self.left and thread.name == "fetching":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", try_to)


def test_a_crew_that_could_not_be_hired_is_hired_later(monkeypatch: pytest.MonkeyPatch) -> None:
    system, crew = NoThreads(monkeypatch), Crew(2)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="new thread"):
            crew.submit(lambda: 1)
    system.left = True
    assert crew.submit(lambda: 2).result(5) == 2
    crew.close()


def test_who_is_there_does_what_nobody_can_be_hired_for(monkeypatch: pytest.MonkeyPatch) -> None:
    system, crew, gate = NoThreads(monkeypatch), Crew(2), threading.Event()
    system.left = True
    first = crew.submit(lambda: gate.wait(5))
    system.left = False
    second = crew.submit(lambda: 2)
    gate.set()
    assert first.result(5)
    assert second.result(5) == 2
    crew.close()


def test_blocks_that_could_not_be_begun_are_read_later(
    far: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = NoThreads(monkeypatch)
    with pytest.raises(RuntimeError, match="new thread"), remote.begun([Want(far.href, WHOLE)]):
        pass
    assert remote.depot()._begun == {}
    system.left = True
    np.testing.assert_array_equal(read(far), PIXELS)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_a_promise_that_was_interrupted_is_made_anew(
    far: Asset, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def interrupt(*given: Any) -> None:
        raise kind

    own = remote.depot()
    with monkeypatch.context() as patched:
        patched.setattr(own.door, "run", interrupt)
        with pytest.raises(kind):
            own.opening(far.href)
    assert own.opening(far.href).result(5).header.shape == SHAPE


def test_blocks_of_an_older_version_are_not_taken(
    shared_studio: Studio, far: Asset, server: Any
) -> None:
    path = shared_studio.folder / "replaced.tif"
    shutil.copy(shared_studio.folder / far.href.rsplit("/", 1)[1], path)
    asset = replace(far, href=f"{server.address}/{path.name}")
    own = remote.depot()
    begun = own.begin(Want(asset.href, Rect(0, 0, 128, 128)))
    for one in begun.coming.result(5).blocks.values():
        one.take()
    shutil.copy(shared_studio.asset("red", PIXELS ^ 1).href, path)
    server.etags[f"/{path.name}"] = '"new"'
    own.forget(asset.href)  # as where newer directories took its room
    np.testing.assert_array_equal(read(asset), PIXELS ^ 1)


def test_a_directory_does_not_keep_the_masks_of_who_waited(far: Asset) -> None:
    own, wanted = remote.depot(), np.ones(SHAPE, bool)
    kept = weakref.ref(wanted)
    begun = own.begin(Want(far.href, WHOLE, wanted))
    begun.coming.result(5)
    own.drop(begun)
    own.door.run(lambda: None).result(5)
    del begun, wanted
    gc.collect()
    assert own.opening(far.href).done()
    assert kept() is None


def test_a_file_that_is_refused_leaves_nothing(far: Asset) -> None:
    own = remote.depot()
    own.begin(Want(far.href, WHOLE))
    with pytest.raises(remote.FormatError):
        remote.RemoteFile(far.href, "JP2OpenJPEG", own)
    assert own._begun == {}


def test_directories_that_are_alike_are_asked_once(
    shared_studio: Studio, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    plain = remote.Plain

    def watched(name: str, **told: Any) -> Any:
        opened.append(name)
        return plain(name, **told)

    monkeypatch.setattr(remote, "Plain", watched)
    remote._facts_of_alike.cache_clear()
    alike = [away(shared_studio.asset("red", PIXELS + n), server) for n in range(2)]
    other = away(shared_studio.asset("red", PIXELS[:200], factor=2), server)
    files = [remote.RemoteFile(one.href, "GTiff", remote.depot()) for one in (*alike, other)]
    assert len(opened) == 2
    assert files[0].transform == files[1].transform == alike[0].transform
    assert files[2].transform == other.transform != alike[0].transform
    monkeypatch.setattr(remote, "FACTS_MAX_BYTES", 0)
    remote.rest()
    remote.RemoteFile(alike[0].href, "GTiff", remote.depot())
    assert len(opened) == 3, "a large directory is not remembered"


@pytest.mark.parametrize("cache_bytes", [10**7, 0])
def test_a_composite_of_two_epochs_costs_no_more_than_one_of_each(
    shared_studio: Studio, server: Any, cache_bytes: int
) -> None:
    """It is the last day of one month and the first of the next."""
    classes = np.random.default_rng(3).choice(np.array([4, 5, 8], np.uint8), (1500, 1500))
    numbers = np.random.default_rng(4).integers(1, 9999, (3000, 3000)).astype(np.uint16)
    red = away(shared_studio.asset("red", numbers), server)
    counts = []
    for together in (False, True):
        remote.rest()
        mask = away(shared_studio.asset("scl", classes, factor=2, scale=1.0), server)
        scene = shared_studio.scene(f"composite{together}{cache_bytes}", red, mask)
        days = [Day(scene.solar_day.replace(day=number), (scene,)) for number in (1, 28)]
        grid = shared_studio.grid(0, 0, (200, 240))
        reader = Reader("t", grid, {"s2": shared_studio.rule(grown_m=40)}, (quantity("red"),), (),
                        np.ones(grid.shape, bool), Reads(), BlockCache(cache_bytes))  # fmt: skip
        for look in [days] if together else [[day] for day in days]:
            with looking_ahead(reader, look) as reach:
                for number, day in enumerate(look):
                    reach(number)
                    reader.read(day)
        name = mask.href.rsplit("/", 1)[1]
        counts.append(sum(path == f"/{name}" for path, _ in server.asked))
    assert counts[1] == counts[0]
