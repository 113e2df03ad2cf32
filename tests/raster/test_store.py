"""A store on disk: what was brought is found again, what was damaged is not, nothing is made up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landcover.errors import FolderError, OverviewError, SceneError
from landcover.model import Asset
from landcover.net.ranges import Version
from landcover.raster import jpeg2000, remote, tiff
from landcover.raster.remote import Reach, reaching
from landcover.raster.source import Reads, Rect, environment, open_asset, read_rect
from landcover.raster.store import FORMERS, Store, is_store, mark_of, store_of

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (500, 700)
PIXELS = np.random.default_rng(5).integers(1, 60_000, SHAPE).astype(np.uint16)
PIXELS[128:256, 128:256] = 0  # a block that is never written
JPEG_2000: dict[str, Any] = {
    "driver": "JP2OpenJPEG", "height": 500, "width": 700, "count": 1, "dtype": "uint16",
    "crs": "EPSG:32635", "transform": Affine(10, 0, 0, 0, -10, 0), "blockxsize": 128,
    "blockysize": 128, "quality": 100, "reversible": "YES",
}  # fmt: skip
VERSION = Version(10**6, '"a"')
HREF = "https://example.org/B04.tif"


@pytest.fixture(scope="module")
def red(shared_studio: Studio) -> Asset:
    """Write a band of 4 x 6 blocks of 128 px, of which one is empty."""
    return shared_studio.asset("red", PIXELS)


@pytest.fixture
def server(shared_studio: Studio, faulty: Any, at_once: None) -> Any:
    """Serve the studio's files."""
    return faulty(shared_studio.folder)


def away(asset: Asset, server: Any) -> Asset:
    """Return an asset by its address."""
    return replace(asset, href=f"{server.address}/{Path(asset.href).name}")


def read(asset: Asset, rect: Rect) -> Any:
    """Read a rectangle."""
    with environment(), open_asset(asset) as source:
        return read_rect(source, rect, 0, Reads())


def opened(path: str) -> tuple[bytes, tiff.Header]:
    """Take a file apart."""
    data = Path(path).read_bytes()
    return data, tiff.read_header(lambda start, stop: data[start:stop])


def filled(root: Path, path: str, numbers: list[int]) -> Store:
    """Make a store that holds some blocks of a file."""
    data, header = opened(path)
    store = Store(root, writing=True)
    with store.alone():
        kept = store.begin(HREF, header, VERSION)
        for number in numbers:
            ((at, size),) = header.parts(number)
            store.add(kept, number, data[at : at + size])
    return store


def sealed(store: Store) -> Path:
    """Seal the one file of a store."""
    assert list(store.seal(lambda _: "items/c/i/red")) == [HREF]
    return store.root / str(store.file_of(HREF))


@pytest.mark.parametrize("close", [False, True])
def test_what_was_added_is_found(red: Asset, tmp_path: Path, close: bool) -> None:
    data, header = opened(red.href)
    store = filled(tmp_path / "store", red.href, [0, 3, 11])
    if close:
        sealed(store)
    kept = Store(store.root).find(HREF)
    assert kept is not None
    assert kept.version == VERSION
    assert set(kept.places) == {0, 3, 11}
    for number in kept.places:
        ((at, size),) = header.parts(number)
        assert kept.read(number) == data[at : at + size]
    assert np.array_equal(kept.header.offsets, header.offsets)
    assert np.array_equal(kept.header.sizes, header.sizes)
    assert kept.header.compose({}) == header.compose({})
    assert store.held_bytes([HREF, "https://example.org/other.tif"]) == kept.size
    assert Store(store.root).find("https://example.org/other.tif") is None


def test_an_empty_block_is_held_and_a_missing_one_is_not(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0])
    kept = store.find(HREF)
    assert kept is not None
    empty = kept.header.number(1, 1)
    assert kept.holds(empty)
    assert kept.read(empty) is None
    assert not kept.holds(1)


def test_other_programs_open_a_sealed_file(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0, 3])
    file = sealed(store)
    with rasterio.open(file) as source, rasterio.open(red.href) as whole:
        assert source.profile["blockxsize"] == 128
        assert (source.crs, source.transform) == (whole.crs, whole.transform)
        found = source.read(1)
    assert np.array_equal(found[:128, :128], PIXELS[:128, :128])
    assert np.array_equal(found[:128, 384:512], PIXELS[:128, 384:512])
    assert not found[:128, 128:384].any()  # nodata to them, an error to us
    told = json.loads(next(store.root.glob("index/*/*.json")).read_text("utf-8"))
    assert told["file_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert store_of(str(file)) == (store.root, mark_of(HREF))
    assert store_of(red.href) is None


def test_a_file_grows_when_more_is_brought(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0, 3])
    file = sealed(store)
    data, header = opened(red.href)
    more = Store(store.root, writing=True)
    kept = more.find(HREF)
    assert kept is not None
    ((at, size),) = header.parts(5)
    more.add(kept, 5, data[at : at + size])
    more.add(kept, 5, data[at : at + size])
    assert more.added_bytes == size
    assert set(Store(store.root).find(HREF).places) == {0, 3, 5}  # type: ignore[union-attr]
    assert sealed(more) == file
    assert set(Store(store.root).find(HREF).places) == {0, 3, 5}  # type: ignore[union-attr]
    assert not list(store.root.glob("index/*/*.part"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(share=st.floats(0, 1, exclude_max=True), cut=st.booleans(), flip=st.integers(1, 255))
def test_a_journal_cut_or_damaged_anywhere_gives_no_wrong_block(
    red: Asset, share: float, cut: bool, flip: int
) -> None:
    whole, header = opened(red.href)
    with TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        journal = next(filled(root, red.href, [0, 3]).root.glob("index/*/*.part"))
        content = bytearray(journal.read_bytes())
        at = int(share * len(content))
        if cut:
            del content[at:]
        else:
            content[at] ^= flip
        journal.write_bytes(content)
        kept = Store(root).find(HREF)
        for number in kept.places if kept else ():
            found = kept.read(number) if kept else None
            assert found is None or found == whole[slice(*_span(header, number))]


def _span(header: tiff.Header, number: int) -> tuple[int, int]:
    ((at, size),) = header.parts(number)
    return at, at + size


def test_a_journal_cut_short_is_written_on(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0, 3])
    journal = next(store.root.glob("index/*/*.part"))
    journal.write_bytes(journal.read_bytes()[:-5])
    again = Store(store.root, writing=True)
    kept = again.find(HREF)
    assert kept is not None
    assert set(kept.places) == {0}
    data, header = opened(red.href)
    again.add(kept, 8, data[slice(*_span(header, 8))])
    found = Store(store.root).find(HREF)
    assert found is not None
    assert set(found.places) == {0, 8}
    assert found.read(8) == data[slice(*_span(header, 8))]


def test_a_damaged_file_is_let_go_by_whom_it_is_written(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0, 3])
    file = sealed(store)
    data = bytearray(file.read_bytes())
    data[30] ^= 1  # in the directory, of which no block's sum tells
    file.write_bytes(data)
    again = Store(store.root, writing=True)
    assert again.find(HREF) is None
    assert again.damaged == [HREF]
    assert not file.exists()


def test_an_index_that_leads_out_of_the_store_is_none(red: Asset, tmp_path: Path) -> None:
    store = filled(tmp_path / "store", red.href, [0])
    sealed(store)
    index = next(store.root.glob("index/*/*.json"))
    told = json.loads(index.read_text("utf-8"))
    for file in ("../../secret.tif", "/etc/passwd", 7, None):
        index.write_text(json.dumps({**told, "file": file}), "utf-8")
        assert Store(store.root).find(HREF) is None
    index.write_text("[" * 100_000, "utf-8")
    assert Store(store.root).find(HREF) is None


def test_jpeg_2000_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "B04.jp2"
    with rasterio.open(path, "w", **JPEG_2000) as file:
        file.write(PIXELS, 1)
    data = path.read_bytes()
    header = jpeg2000.read_header(lambda start, stop: data[start:stop])
    store = Store(tmp_path / "store", writing=True)
    tiles = {n: b"".join(data[at : at + size] for at, size in header.parts(n)) for n in (0, 9)}
    with store.alone():
        kept = store.begin(HREF, header, VERSION)
        for number, tile in tiles.items():
            store.add(kept, number, tile)
    file = sealed(store)
    assert file.suffix == ".jp2"
    found = Store(store.root).find(HREF)
    assert found is not None
    assert found.header == header
    assert {number: found.read(number) for number in found.places} == tiles
    with rasterio.open(file) as source:
        window = ((128, 256), (384, 512))  # tile 9 = row 1, column 3 of 6
        assert np.array_equal(source.read(1, window=window), PIXELS[128:256, 384:512])


def test_a_folder_is_written_to_by_one_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", writing=True)
    assert not is_store(store.root)
    with store.alone():
        assert is_store(store.root)
        with (
            pytest.raises(FolderError, match="another fetch is writing"),
            Store(store.root, writing=True).alone(),
        ):
            pass


# --- beneath the reader ---------------------------------------------------------------------------

LEFT, RIGHT = Rect(0, 0, 200, 200), Rect(0, 400, 200, 200)


def bring(asset: Asset, root: Path, *rects: Rect) -> Store:
    """Read rectangles into a store."""
    store = Store(root, writing=True)
    with store.alone(), reaching(Reach(4, bringing=store)):
        for rect in rects:
            read(asset, rect)
        list(store.seal(lambda _: "items/c/i/red"))
    return store


def test_what_is_held_is_read_without_a_request(red: Asset, server: Any, tmp_path: Path) -> None:
    far = away(red, server)
    bring(far, tmp_path / "store", LEFT)
    server.asked.clear()
    with reaching(Reach(4, str(tmp_path / "store"))):
        assert np.array_equal(read(far, LEFT), read(red, LEFT))
        assert server.asked == []
        assert np.array_equal(read(far, RIGHT), read(red, RIGHT))
    assert server.asked
    assert not any(span.startswith("bytes=0-") for _, span in server.asked)


def test_offline_what_is_missing_is_an_error(red: Asset, server: Any, tmp_path: Path) -> None:
    far = away(red, server)
    store = bring(far, tmp_path / "store", LEFT)
    server.asked.clear()
    with reaching(Reach(4, str(store.root), offline=True)):
        assert np.array_equal(read(far, LEFT), read(red, LEFT))
        for asset in (far, replace(far, href=f"{server.address}/other.tif")):
            with pytest.raises(SceneError, match="bring it with `landcover fetch`"):
                read(asset, RIGHT)
    assert server.asked == []


def test_a_file_of_the_store_is_never_read_as_if_it_were_whole(
    red: Asset, server: Any, tmp_path: Path
) -> None:
    far = away(red, server)
    store = bring(far, tmp_path / "store", LEFT)
    mine = replace(red, href=str(store.root / str(store.file_of(far.href))))
    assert np.array_equal(read(mine, LEFT), read(red, LEFT))
    with pytest.raises(SceneError, match="bring it with `landcover fetch`"):
        read(mine, RIGHT)


def test_a_file_of_a_store_has_no_overviews(red: Asset, server: Any, tmp_path: Path) -> None:
    far = away(red, server)
    store = bring(far, tmp_path / "store", LEFT)
    path = str(store.root / str(store.file_of(far.href)))
    coarse = replace(red, href=path, shape=(250, 350), overview=2)
    with pytest.raises(OverviewError, match="lists files at full resolution alone"):
        read(coarse, LEFT)


def test_a_run_never_reads_another_version_than_is_held(
    red: Asset, server: Any, tmp_path: Path
) -> None:
    far = away(red, server)
    bring(far, tmp_path / "store", LEFT)
    server.etags[f"/{Path(far.href).name}"] = '"new"'
    with reaching(Reach(4, str(tmp_path / "store"))):
        server.asked.clear()
        assert np.array_equal(read(far, LEFT), read(red, LEFT))
        assert server.asked == []
        for _ in range(2):
            with pytest.raises(SceneError) as error:
                read(far, RIGHT)
            assert error.value.what == (
                "cannot be fetched: it was replaced at its source since it was fetched; bring it "
                "anew with `landcover fetch`"
            )
            assert np.array_equal(read(far, LEFT), read(red, LEFT))
            remote.forget([far.href])
            remote.forget([far.href])


def test_a_file_that_is_shorter_by_now_was_replaced(
    studio: Studio, faulty: Any, at_once: None, tmp_path: Path
) -> None:
    asset = studio.asset("red", PIXELS)
    far = away(asset, faulty(studio.folder))
    bring(far, tmp_path / "store", LEFT)
    Path(asset.href).write_bytes(Path(asset.href).read_bytes()[:300])
    with (
        reaching(Reach(4, str(tmp_path / "store"))),
        pytest.raises(SceneError, match="it was replaced at its source"),
    ):
        read(far, RIGHT)


def test_a_store_remembers_which_files_were_replaced(
    red: Asset, server: Any, tmp_path: Path
) -> None:
    far, root = away(red, server), tmp_path / "store"
    mark = mark_of(far.href)
    bring(far, root, LEFT)
    assert Store(root).replaced() == {}
    seen = set()
    for etag in ("2", "3", "2"):
        server.etags[f"/{Path(far.href).name}"] = f'"{etag}"'
        assert bring(far, root, LEFT).changed == [far.href]
        told = Store(root).replaced()
        assert bring(far, root, LEFT).changed == []
        assert Store(root).replaced() == told
        seen.add(told[mark])
    assert len(seen) == 2  # each version is itself whenever it is held


def test_the_memory_is_there_before_what_was_replaced_is_gone(red: Asset, tmp_path: Path) -> None:
    """A kill may come between: then a run reads what was seen at the source."""
    store = filled(tmp_path, red.href, [0])
    sealed(store)
    store.drop(HREF, seen=Version(10**6, '"b"'))
    with (tmp_path / FORMERS).open("a") as file:
        file.write('["cut sho')
    before = Store(tmp_path).replaced()
    assert list(before) == [mark_of(HREF)]
    with store.alone():
        data, header = opened(red.href)
        ((at, size),) = header.parts(0)
        store.add(store.begin(HREF, header, Version(10**6, '"b"')), 0, data[at : at + size])
    sealed(store)
    assert Store(tmp_path).replaced() == before


def test_a_file_brought_anew_for_damage_is_the_same(red: Asset, tmp_path: Path) -> None:
    path = sealed(filled(tmp_path, red.href, [0]))
    path.write_bytes(path.read_bytes()[:-7])
    damaged = Store(tmp_path, writing=True)
    assert damaged.find(HREF) is None
    assert damaged.replaced() == {}
    filled(tmp_path, red.href, [0])
    assert Store(tmp_path).replaced() == {}
    damaged.drop(HREF)
    _, header = opened(red.href)
    damaged.begin(HREF, header, Version(10**6, '"b"'))
    assert list(Store(tmp_path).replaced()) == [mark_of(HREF)]


def test_a_dead_server_does_not_undo_what_is_held(red: Asset, server: Any, tmp_path: Path) -> None:
    far = away(red, server)
    bring(far, tmp_path / "store", LEFT)
    server.faults.dead = "red"
    store = bring(far, tmp_path / "store", LEFT)
    assert store.changed == []
    assert store.find(far.href) is not None


def test_jpeg_2000_is_read_from_the_store(studio: Studio, faulty: Any, tmp_path: Path) -> None:
    path = studio.folder / "B04.jp2"
    with rasterio.open(path, "w", **JPEG_2000) as file:
        file.write(PIXELS, 1)
    place = Affine(10, 0, 0, 0, -10, 0)
    told = (place, SHAPE, "uint16", 0.0, 0.0001, 0.0)
    mine = Asset("red", str(path), *told, driver="JP2OpenJPEG")
    server = faulty(studio.folder)
    far = away(mine, server)
    store = bring(far, tmp_path / "store", LEFT)
    server.stop()
    with reaching(Reach(4, str(store.root), offline=True)):
        assert np.array_equal(read(far, LEFT), read(mine, LEFT))
        with pytest.raises(SceneError, match="bring it with `landcover fetch`"):
            read(far, RIGHT)
