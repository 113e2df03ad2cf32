"""Remote files: the same pixels as local ones, each byte fetched once, and nothing left behind."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landcover.errors import HostileFileError, SceneError
from landcover.model import Asset
from landcover.raster import depot, joining, remote, tiff
from landcover.raster.ahead import AHEAD_DAYS, looking_ahead
from landcover.raster.coming import Begun
from landcover.raster.depot import Want
from landcover.raster.source import (
    BlockCache,
    Reads,
    Rect,
    environment,
    layout_of,
    open_asset,
    read_cached,
    read_rect,
)
from landcover.raster.stack import Day, Reader, quantity
from landcover.raster.view import view_scene

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (500, 700)
PIXELS = np.random.default_rng(5).integers(1, 60_000, SHAPE).astype(np.uint16)


@pytest.fixture(scope="module")
def red(shared_studio: Studio) -> Asset:
    """Write a band of 4 x 6 blocks of 128 px that do not compress: 700 kB."""
    return shared_studio.asset("red", PIXELS)


@pytest.fixture
def server(shared_studio: Studio, faulty: Any, at_once: None) -> Iterator[Any]:
    """Serve the studio's files to a process of which nothing is left of a run before."""
    with remote.reaching(remote.Reach()):
        yield faulty(shared_studio.folder)


def away(asset: Asset, server: Any) -> Asset:
    """Return an asset by its address."""
    return replace(asset, href=f"{server.address}/{Path(asset.href).name}")


def ranges(server: Any, asset: Asset) -> list[tuple[int, int]]:
    """List the ranges that were asked of an asset's file."""
    name = f"/{Path(asset.href).name}"
    told = [asked[6:].split("-") for path, asked in server.asked if path == name]
    return [(int(first), int(last) + 1) for first, last in told]


def read(asset: Asset, rect: Rect, wanted: Any = None, reads: Reads | None = None) -> Any:
    """Read a rectangle."""
    with environment(), open_asset(asset) as source:
        return read_rect(source, rect, 0, reads or Reads(), wanted)


RECTS = st.builds(
    Rect, st.integers(-60, 560), st.integers(-60, 760), st.integers(1, 300), st.integers(1, 300)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rect=RECTS, points=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 299)), max_size=4))
def test_remote_pixels_are_the_local_ones(
    red: Asset, server: Any, rect: Rect, points: list[tuple[int, int]]
) -> None:
    server.faults.rate = 0.3
    far, tallies = away(red, server), (Reads(), Reads())
    wanted = np.zeros((rect.height, rect.width), bool)
    for row, column in points:
        wanted[row % rect.height, column % rect.width] = True
    for some in (None, wanted):
        near = [
            read(one, rect, some, tally) for one, tally in zip((red, far), tallies, strict=True)
        ]
        np.testing.assert_array_equal(*near)
    assert (tallies[0].stored_bytes, tallies[0].value_blocks) == (
        tallies[1].stored_bytes, tallies[1].value_blocks,
    )  # fmt: skip


def test_masks_come_through_the_cache(red: Asset, server: Any) -> None:
    far, cache = away(red, server), BlockCache(10**7)
    for top in (0, 100, 200):
        with environment(), open_asset(far) as source:
            rect = Rect(top, 0, 200, 700)
            found = read_cached(source, far.href, rect, 0, Reads(), cache)
        np.testing.assert_array_equal(found, PIXELS[top : top + 200])
    assert_once(ranges(server, red)[1:])


def assert_once(asked: list[tuple[int, int]]) -> None:
    """No byte was asked for twice."""
    spans = sorted(asked)
    assert all(before[1] <= after[0] for before, after in pairwise(spans)), spans


def test_only_wanted_blocks_are_fetched_and_neighbours_together(red: Asset, server: Any) -> None:
    far = away(red, server)
    wanted = np.zeros(SHAPE, bool)
    wanted[0, 0] = wanted[0, 200] = wanted[400, 650] = True
    read(far, Rect(0, 0, *SHAPE), wanted)
    head, *blocks = ranges(server, red)
    assert head == (0, tiff.HEAD_BYTES)
    assert len(blocks) == 2, "the first two lie side by side in the file"
    reads = Reads()
    read(red, Rect(0, 0, *SHAPE), wanted, reads)
    fetched = sum(stop - start for start, stop in blocks)
    assert reads.stored_bytes <= fetched < reads.stored_bytes + joining.GAP_BYTES


def test_long_runs_are_shared_by_connections(
    red: Asset, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "RANGE_MAX_BYTES", 100_000)
    np.testing.assert_array_equal(read(away(red, server), Rect(0, 0, *SHAPE)), PIXELS)
    blocks = ranges(server, red)[1:]
    assert len(blocks) > 6
    assert_once(blocks)


def test_a_small_file_is_one_request(shared_studio: Studio, server: Any) -> None:
    small = shared_studio.asset("scl", np.full((64, 64), 4, np.uint8))
    assert (read(away(small, server), Rect(0, 0, 64, 64)) == 4).all()
    assert len(ranges(server, small)) == 1


def test_a_directory_is_fetched_once(red: Asset, server: Any) -> None:
    far = away(red, server)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda n: read(far, Rect(n * 50, 0, 50, 50)), range(6)))
    for number, one in enumerate(found):
        np.testing.assert_array_equal(one, PIXELS[number * 50 : number * 50 + 50, :50])
    assert Counter(start for start, _ in ranges(server, red))[0] == 1
    assert layout_of(far) == layout_of(red)


def test_old_directories_are_forgotten(
    red: Asset, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depot, "HEADERS_BYTES", 1000)
    far = away(red, server)
    other = replace(far, href=f"{far.href}?again")
    for _ in range(2):
        read(far, Rect(0, 0, 9, 9))
        read(other, Rect(0, 0, 9, 9))
    assert Counter(start for start, _ in ranges(server, red))[0] == 4
    assert remote.depot()._held < 2000


def test_a_file_replaced_half_way_is_an_error_once(red: Asset, server: Any) -> None:
    far = away(red, server)
    remote.depot().opening(far.href).result(10)
    server.etags[f"/{Path(red.href).name}"] = '"new"'
    with pytest.raises(SceneError) as caught:
        read(far, Rect(0, 0, *SHAPE))
    name = Path(red.href).name
    told = f"red ({name}): cannot be fetched: the file was replaced while it was read."
    assert str(caught.value) == told
    np.testing.assert_array_equal(read(far, Rect(0, 0, *SHAPE)), PIXELS)


def test_a_file_that_failed_is_asked_again(red: Asset, server: Any) -> None:
    far = away(red, server)
    server.faults.dead = "tif"
    for _ in range(2):
        with pytest.raises(SceneError, match="cannot be fetched: the server answered 503"):
            read(far, Rect(0, 0, 9, 9))
    server.faults.dead = ""
    np.testing.assert_array_equal(read(far, Rect(0, 0, 9, 9)), PIXELS[:9, :9])


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.9])
def test_a_file_cut_short(red: Asset, server: Any, shared_studio: Studio, keep: float) -> None:
    whole = Path(red.href).read_bytes()
    path = shared_studio.folder / f"cut{keep}.tif"
    path.write_bytes(whole[: int(len(whole) * keep)])
    cut = replace(red, href=f"{server.address}/{path.name}")
    with pytest.raises(SceneError, match=rf"red \(cut{keep}.tif\): cannot be"):
        read(cut, Rect(0, 0, *SHAPE))


def test_damaged_blocks_are_errors(red: Asset, server: Any, shared_studio: Studio) -> None:
    ((at, size),) = remote.depot().opening(away(red, server).href).result(10).header.parts(7)
    whole = bytearray(Path(red.href).read_bytes())
    whole[at : at + size] = bytes(size)
    (shared_studio.folder / "hurt.tif").write_bytes(bytes(whole))
    with pytest.raises(SceneError, match="the file is damaged or cut short"):
        read(replace(red, href=f"{server.address}/hurt.tif"), Rect(0, 0, *SHAPE))


def test_other_formats_are_refused(red: Asset, server: Any, shared_studio: Studio) -> None:
    (shared_studio.folder / "a.vrt").write_text("<VRTDataset/>")
    with pytest.raises(SceneError, match="cannot be opened as GTiff: it does not begin as"):
        read(replace(red, href=f"{server.address}/a.vrt"), Rect(0, 0, 9, 9))


def test_what_an_item_says_is_checked_before_a_block_is_fetched(red: Asset, server: Any) -> None:
    with pytest.raises(HostileFileError, match="its item says 400 and 700"):
        read(replace(away(red, server), shape=(400, 700)), Rect(0, 0, 9, 9))
    assert len(ranges(server, red)) == 1


# --- ahead of time -------------------------------------------------------------------------------


@pytest.fixture
def days(shared_studio: Studio, server: Any) -> tuple[Day, ...]:
    """Make a few days, of each one scene whose files are remote."""
    made = []
    chance = np.random.default_rng(8)
    for number in range(AHEAD_DAYS + 6):
        classes = chance.choice(np.array([4, 5, 8], np.uint8), (100, 120), p=[0.5, 0.4, 0.1])
        files = (
            shared_studio.asset("red", chance.integers(1, 9999, (200, 240)).astype(np.uint16)),
            shared_studio.asset("scl", classes, factor=2, scale=1.0),
        )
        scene = shared_studio.scene(f"S{number}", *(away(one, server) for one in files))
        made.append(Day(scene.solar_day.replace(day=number % 28 + 1), (scene,)))
    return tuple(made)


def reader_of(studio: Studio) -> Reader:
    """Make a reader of one band on one tile."""
    grid = studio.grid(0, 0, (200, 240))
    rules = {"s2": studio.rule(grown_m=40)}
    return Reader("t", grid, rules, (quantity("red"),), (), np.ones(grid.shape, bool), Reads(),
                  BlockCache(10**7))  # fmt: skip


def local(day: Day, server: Any) -> Day:
    """Return a day whose files are local."""
    (scene,) = day.scenes
    assets = {
        name: replace(one, href=str(server.folder / one.href.rsplit("/", 1)[1]))
        for name, one in scene.assets.items()
    }
    return replace(day, scenes=(replace(scene, assets=assets),))


def test_coming_days_are_begun(shared_studio: Studio, server: Any, days: tuple[Day, ...]) -> None:
    reader, plain = reader_of(shared_studio), reader_of(shared_studio)
    with looking_ahead(reader, days) as reach:
        for number, day in enumerate(days):
            reach(number)
            found, truth = reader.read(day), plain.read(local(day, server))
            np.testing.assert_array_equal(found.values["red"], truth.values["red"])
    asked = Counter(path for path, _ in server.asked)
    assert set(asked.values()) <= {1, 2}, "a directory, and blocks in one range"
    assert Counter(server.asked).most_common(1)[0][1] == 1, "nothing was fetched twice"
    assert remote.depot()._begun == {}


def test_what_nobody_reads_is_let_go(
    shared_studio: Studio, server: Any, days: tuple[Day, ...]
) -> None:
    reader = reader_of(shared_studio)
    with looking_ahead(reader, days) as reach:
        reach(0)
        reader.read(days[0])
        begun = len(remote.depot()._begun)
    assert begun > AHEAD_DAYS - 2
    assert remote.depot()._begun == {}


def test_a_scene_that_fails_leaves_nothing(
    shared_studio: Studio, server: Any, days: tuple[Day, ...]
) -> None:
    reader = reader_of(shared_studio)
    scene = days[0].scenes[0]
    (server.folder / scene.assets["red"].href.rsplit("/", 1)[1]).unlink()
    with looking_ahead(reader, days) as reach:
        reach(0)
        read = reader.read(days[0])
    assert [failure.band for failure in read.failures] == ["red"]
    assert "404" in read.failures[0].reason
    assert remote.depot()._begun == {}


def test_what_was_read_is_not_kept_for_a_whole_tile(
    shared_studio: Studio, server: Any, days: tuple[Day, ...]
) -> None:
    reader, taken = reader_of(shared_studio), []
    own = remote.depot()
    begin = own.begin

    def begun(*given: Any) -> Begun:
        made = begin(*given)
        taken.append(weakref.ref(made))
        return made

    own.begin = begun  # type: ignore[method-assign]
    with looking_ahead(reader, days) as reach:
        for number, day in enumerate(days[:3]):
            reach(number)
            reader.read(day)
        gc.collect()
        assert [one() for one in taken[:3]] == [None] * 3
        assert all(one() for one in taken[3:AHEAD_DAYS])


def test_local_days_are_left_alone(
    shared_studio: Studio, server: Any, days: tuple[Day, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Callable[[], None]:
        raise AssertionError("no depot is needed")

    near = tuple(local(day, server) for day in days[:2])
    for name in ("landcover.raster.ahead.depot", "landcover.raster.remote.depot"):
        monkeypatch.setattr(name, refuse)
    with looking_ahead(reader_of(shared_studio), near) as reach:
        reach(0)
        assert reader_of(shared_studio).read(near[0]).seen


def test_all_bands_of_a_scene_come_at_once(
    shared_studio: Studio, server: Any, days: tuple[Day, ...]
) -> None:
    """Three round trips a scene, however many bands: directories, masks, values."""
    pixels = np.random.default_rng(2).integers(1, 9999, (200, 240)).astype(np.uint16)
    files = [shared_studio.asset(band, pixels) for band in ("blue", "green", "red", "nir")]
    mask = shared_studio.asset("scl", np.full((200, 240), 4, np.uint8), scale=1.0)
    scene = shared_studio.scene("many", *(away(one, server) for one in (*files, mask)))
    server.faults.latency_s = 0.4
    grid, bands = shared_studio.grid(0, 0, (200, 240)), ("blue", "green", "nir", "red")
    with environment():
        view = view_scene(scene, grid, shared_studio.rule(), bands,
                          np.ones(grid.shape, bool), Reads(), BlockCache(0))  # fmt: skip
    assert set(view.bands) == set(bands)
    paths = {name: urlsplit(scene.assets[name].href).path for name in (*bands, "scl")}
    # what was asked of a file while all others were asked, too: directories, then values
    values = {paths[name] for name in bands}
    assert set(paths.values()) in server.beside
    assert server.beside[-1] <= values
    assert values in server.beside[len(paths) :]


def test_wants_skip_what_is_held(red: Asset, server: Any) -> None:
    header = remote.depot().opening(away(red, server).href).result(10).header
    whole = Want("", Rect(0, 0, *SHAPE))
    assert len(whole.numbers(header)) == 24
    assert Want("", whole.rect, held=lambda row, column: row > 0).numbers(header) == list(range(6))
    assert Want("", Rect(-50, -50, 40, 40)).numbers(header) == []
