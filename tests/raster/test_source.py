"""Opening and reading files: what is refused, which blocks are decoded, the mask cache."""

from __future__ import annotations

import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning

from landcover.errors import HostileFileError, SceneError
from landcover.model import Asset
from landcover.raster import source as module
from landcover.raster.blocks import Blocks, Rect, fill_value, runs, wanted_blocks
from landcover.raster.scenefile import write_empty_tiff
from landcover.raster.source import (
    BlockCache,
    Reads,
    environment,
    layout_of,
    open_asset,
    read_cached,
    read_rect,
)

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (500, 700)
PIXELS = (np.arange(SHAPE[0] * SHAPE[1]) % 60_000 + 1).astype(np.uint16).reshape(SHAPE)


@pytest.fixture(scope="module")
def red(shared_studio: Studio) -> Asset:
    """Write a band of 4 x 6 blocks of 128 px; those at the edges are cut."""
    return shared_studio.asset("red", PIXELS)


def refusal(asset: Asset) -> str:
    """Return the sentence that an asset is refused with."""
    with pytest.raises(SceneError) as caught, open_asset(asset) as source:
        read_rect(source, Rect(0, 0, *source.shape), 0, Reads())
    text = str(caught.value)
    assert "\n" not in text
    assert str(Path(asset.href).parent) not in text
    assert caught.value.where.split(" ")[0] == asset.band
    return text


def tiff(path: Path, asset: Asset, **profile: Any) -> Asset:
    """Write a file of zeros that may differ from what its item says."""
    told = {
        "driver": "GTiff", "height": asset.shape[0], "width": asset.shape[1], "count": 1,
        "dtype": asset.dtype, "crs": "EPSG:32635", "transform": asset.transform,
    }  # fmt: skip
    with rasterio.open(path, "w", **{**told, **profile}):
        pass
    return replace(asset, href=str(path))


def test_a_missing_file(red: Asset, tmp_path: Path) -> None:
    gone = replace(red, href=str(tmp_path / "B04.tif"))
    assert refusal(gone) == "red (B04.tif): the file is missing."


def test_not_a_raster(red: Asset, tmp_path: Path) -> None:
    (tmp_path / "B04.tif").write_text("<html>Please log in</html>")
    page = replace(red, href=str(tmp_path / "B04.tif"))
    assert refusal(page) == "red (B04.tif): cannot be opened as GTiff."


def test_a_vrt_in_disguise(red: Asset, tmp_path: Path) -> None:
    path = tmp_path / "B04.tif"
    with rasterio.open(red.href) as file:
        shutil.copy(red.href, tmp_path / "secret.tif")
        path.write_text(
            f'<VRTDataset rasterXSize="{file.width}" rasterYSize="{file.height}"><VRTRasterBand '
            'dataType="UInt16" band="1"><SimpleSource><SourceFilename relativeToVRT="1">secret.tif'
            "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
        )
    with pytest.warns(NotGeoreferencedWarning):
        follows = rasterio.open(path)
    with follows as file:
        assert file.driver == "VRT"  # GDAL itself would follow it
        assert file.read(1)[3, 4] == PIXELS[3, 4]
    assert refusal(replace(red, href=str(path))) == "red (B04.tif): cannot be opened as GTiff."


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.9])
def test_a_truncated_file(red: Asset, tmp_path: Path, keep: float) -> None:
    whole = Path(red.href).read_bytes()
    (tmp_path / "B04.tif").write_bytes(whole[: int(len(whole) * keep)])
    cut = replace(red, href=str(tmp_path / "B04.tif"))
    assert refusal(cut) == "red (B04.tif): cannot be read: the file is damaged or cut short."


def test_faults_print_nothing(
    red: Asset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    test_a_truncated_file(red, tmp_path, 0.5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name",
    ["/vsizip/{}", "/vsicurl/http://127.0.0.1:9/{}", "GTIFF_DIR:1:{}", "zip+file://{}", "file://{}",
     "<VRTDataset>{}"],
)  # fmt: skip
def test_names_that_are_more_than_a_path(red: Asset, name: str) -> None:
    with (
        pytest.raises(HostileFileError, match="is named by more than the path of a file"),
        open_asset(replace(red, href=name.format(red.href))),
    ):
        pass


def test_huge_sparse_file(red: Asset, tmp_path: Path) -> None:
    path = tmp_path / "B04.tif"
    write_empty_tiff(path, (400_000, 300_000), 512)
    huge = replace(red, href=str(path), shape=(400_000, 300_000))
    assert refusal(huge) == "red (B04.tif): is 300000 x 400000 pixels, more than allowed."


def test_one_huge_block(red: Asset, tmp_path: Path) -> None:
    asset = replace(red, shape=(8192, 8192))
    block = tiff(
        tmp_path / "B04.tif", asset, tiled=True, blockxsize=8192, blockysize=8192,
        compress="deflate", sparse_ok=True,
    )  # fmt: skip
    assert refusal(block) == (
        "red (B04.tif): has blocks of 8192 x 8192 pixels, too large to decode."
    )


def test_many_bands_in_one_block(red: Asset, tmp_path: Path) -> None:
    asset = replace(red, shape=(2048, 2048))
    block = tiff(
        tmp_path / "B04.tif", asset, tiled=True, blockxsize=2048, blockysize=2048, count=20,
        interleave="pixel", compress="deflate", sparse_ok=True,
    )  # fmt: skip
    assert "too large to decode" in refusal(block)


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ({"height": 499}, "has 499 rows and 700 columns, but its item says 500 and 700."),
        ({"transform": Affine(10, 0, 600_010, 0, -10, 200_000)}, "lies elsewhere than its item"),
        ({"transform": Affine(20, 0, 600_000, 0, -20, 200_000)}, "lies elsewhere than its item"),
        ({"transform": Affine(10, 0.1, 6e5, 0, -10, 2e5)}, "lies elsewhere than its item says."),
        ({"dtype": "float64"}, "holds float64, which no scene does."),
        ({"dtype": "complex64"}, "holds complex64, which no scene does."),
        ({"dtype": "float32"}, "holds float32, but its item says uint16."),
    ],
)
def test_not_what_its_item_says(
    red: Asset, tmp_path: Path, profile: dict[str, Any], sentence: str
) -> None:
    other = tiff(tmp_path / "B04.tif", red, **profile)
    with pytest.raises(HostileFileError), open_asset(other):
        pass
    assert refusal(other).startswith(f"red (B04.tif): {sentence}")


def test_a_type_that_cannot_hold_the_nodata(red: Asset, tmp_path: Path) -> None:
    """Gaps of -9999 would stand as other numbers in unsigned pixels, and count as ground."""
    said = replace(red, dtype="int16", nodata=-9999)
    unsigned = tiff(tmp_path / "B04.tif", replace(said, nodata=None), dtype="uint16")
    assert refusal(replace(unsigned, nodata=-9999)) == (
        "red (B04.tif): holds uint16, in which its nodata -9999 cannot be."
    )


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_a_file_without_a_place(
    red: Asset, tmp_path: Path, action: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.warns(NotGeoreferencedWarning):
        lost = tiff(tmp_path / "B04.tif", red, transform=None, crs=None)
    with warnings.catch_warnings():
        warnings.simplefilter(action, NotGeoreferencedWarning)
        assert refusal(lost).startswith("red (B04.tif): ")
    assert capfd.readouterr().err == ""


def test_an_address_is_not_told(red: Asset, at_once: None) -> None:
    signed = replace(red, href="https://user:pw@127.0.0.1:9/a/B04.tif?sig=secret")
    text = refusal(signed)
    assert text == ("red (B04.tif): cannot be fetched: no connection, 10 times in a row.")


def test_an_address_that_healed_is_asked_again(red: Asset, at_once: None) -> None:
    """GDAL keeps in mind that an address failed; a later try must reach the server all the same."""
    told = {"fails": True, "asked": 0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told["asked"] += 1
            body = b"" if told["fails"] else Path(red.href).read_bytes()
            self.send_response(503 if told["fails"] else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        away = replace(red, href=f"http://127.0.0.1:{server.server_port}/B04.tif")
        with environment():
            told_503 = (
                "red (B04.tif): cannot be fetched: the server answered 503, 10 times in a row."
            )
            assert refusal(away) == told_503
            asked = told["asked"]
            told["fails"] = False
            with open_asset(away) as source:
                whole = read_rect(source, Rect(0, 0, *SHAPE), 0, Reads())
            np.testing.assert_array_equal(whole, PIXELS)
        assert told["asked"] > asked
        server.shutdown()


@given(st.integers(-60, 560), st.integers(-60, 760), st.integers(1, 300), st.integers(1, 300))
def test_read_rect_is_the_cut_with_a_filled_rim(
    red: Asset, row: int, column: int, height: int, width: int
) -> None:
    rim = np.zeros((SHAPE[0] + 1000, SHAPE[1] + 1000), np.uint16)
    rim[300 : 300 + SHAPE[0], 300 : 300 + SHAPE[1]] = PIXELS
    truth = rim[300 + row : 300 + row + height, 300 + column : 300 + column + width]
    with open_asset(red) as source:
        found = read_rect(source, Rect(row, column, height, width), 0, Reads())
        cached = read_cached(
            source, red.href, Rect(row, column, height, width), 0, Reads(), BlockCache(10**6)
        )
    np.testing.assert_array_equal(found, truth)
    np.testing.assert_array_equal(cached, truth)


@given(st.lists(st.tuples(st.integers(0, 499), st.integers(0, 699)), max_size=6),
       st.integers(0, 200), st.integers(0, 300))  # fmt: skip
def test_only_blocks_with_a_wanted_pixel_are_decoded(
    red: Asset, points: list[tuple[int, int]], top: int, left: int
) -> None:
    rect = Rect(top, left, 300, 400)
    wanted = np.zeros(SHAPE, bool)
    for point in points:
        wanted[point] = True
    cut = wanted[rect.within(Rect(0, 0, *SHAPE))]
    decoded: list[Rect] = []
    reads = Reads()
    with pytest.MonkeyPatch.context() as patch, open_asset(red) as source:
        real = module._read_window
        patch.setattr(
            module, "_read_window", lambda s, r, out: (decoded.append(r), real(s, r, out))
        )
        found = read_rect(source, rect, 0, reads, cut)
    touched = {(p[0] // 128, p[1] // 128) for p in np.argwhere(wanted) if _holds(rect, p)}
    blocks = [
        (row, column)
        for r in decoded
        for row in range(r.row // 128, (r.row + r.height - 1) // 128 + 1)
        for column in range(r.column // 128, (r.column + r.width - 1) // 128 + 1)
    ]
    assert sorted(blocks) == sorted(touched)
    assert reads.value_blocks == len(blocks)
    assert reads.decoded_bytes == len(blocks) * 128 * 128 * 2
    np.testing.assert_array_equal(found[cut], PIXELS[rect.within(Rect(0, 0, *SHAPE))][cut])


def _holds(rect: Rect, point: Any) -> bool:
    return bool(
        rect.row <= point[0] < rect.row + rect.height
        and rect.column <= point[1] < rect.column + rect.width
    )


def test_whole_blocks_are_decoded_once(red: Asset) -> None:
    reads = Reads()
    with open_asset(red, reads) as source:
        for row in range(0, 500, 256):
            for column in range(0, 700, 256):
                read_rect(source, Rect(row, column, 256, 256), 0, reads)
    assert (reads.opened, reads.value_blocks, reads.mask_blocks) == (1, 24, 0)
    assert 0 < reads.stored_bytes < Path(red.href).stat().st_size


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=4))
def test_runs_are_each_needed_block_once(lines: list[list[bool]]) -> None:
    needed = np.array(lines)
    count = np.zeros(needed.shape, int)
    for row, column, rows, columns in runs(needed):
        count[row : row + rows, column : column + columns] += 1
    np.testing.assert_array_equal(count, needed.astype(int))


def test_blocks_of_a_whole_mask_need_no_look() -> None:
    rect = Rect(100, 100, 300, 300)
    blocks = Blocks.under(rect, (128, 128))
    assert wanted_blocks(blocks, rect, None).all()
    assert wanted_blocks(blocks, rect, np.ones((300, 300), bool)).shape == (4, 4)


@pytest.mark.parametrize(
    ("dtype", "fill", "held"),
    [("uint16", 0.0, 0), ("uint8", 65_535, 0), ("uint16", -9999, 0), ("int16", -9999.0, -9999),
     ("uint16", float("nan"), 0), ("uint8", 0.5, 0), ("uint16", float("inf"), 0)],
)  # fmt: skip
def test_fill_fits_the_type(dtype: str, fill: float, held: int) -> None:
    assert fill_value(np.dtype(dtype), fill) == held
    assert np.isnan(fill_value(np.dtype("float32"), float("nan")))


def test_layout_tells_blocks_and_sizes(red: Asset) -> None:
    layout = layout_of(red)
    assert (layout.block, layout.itemsize) == ((128, 128), 2)
    assert 0 < layout.stored_block_bytes < 128 * 128 * 2


def test_settings_hold_in_this_thread_only() -> None:
    """GDAL's settings are a thread's own: every thread that reads must set them."""
    from rasterio._env import get_gdal_config

    def task() -> tuple[Any, Any]:
        with environment(), ThreadPoolExecutor(1) as pool:
            beside = pool.submit(get_gdal_config, "GTIFF_SRS_SOURCE").result()
            return get_gdal_config("GDAL_DISABLE_READDIR_ON_OPEN"), beside

    with ThreadPoolExecutor(1) as worker:
        assert worker.submit(task).result() == ("EMPTY_DIR", None)


def block(side: int, value: int = 1) -> np.ndarray[Any, Any]:
    return np.full((side, side), value, np.uint8)


def test_the_cache_forgets_the_oldest() -> None:
    cache = BlockCache(300)
    for number in range(3):
        cache.put(("f", 0, number), block(10))
    assert cache.get(("f", 0, 0)) is not None  # used again: now the newest
    cache.put(("f", 0, 3), block(10))
    held = [number for number in range(4) if cache.get(("f", 0, number)) is not None]
    assert held == [0, 2, 3]


def test_the_cache_keeps_to_its_budget() -> None:
    cache = BlockCache(300)
    cache.put(("f", 0, 0), block(20))
    assert cache.get(("f", 0, 0)) is None  # larger than all of it
    cache.put(("f", 0, 1), block(10))
    cache.put(("f", 0, 1), block(10))  # again: held once
    cache.put(("f", 0, 2), block(10))
    cache.put(("f", 0, 3), block(10))
    assert all(cache.get(("f", 0, number)) is not None for number in (1, 2, 3))
    cache.resize(150)
    assert [n for n in range(4) if cache.get(("f", 0, n)) is not None] == [3]


def test_threads_share_the_cache(red: Asset) -> None:
    cache, reads = BlockCache(6 * 128 * 128 * 2), Reads()  # a quarter of the file's blocks

    def read(number: int) -> bool:
        rect = Rect(number * 37 % 400, number * 91 % 600, 150, 150)
        with environment(), open_asset(red, reads) as source:
            found = read_cached(source, red.href, rect, 0, reads, cache)
        inside = rect.clipped(SHAPE)
        return bool(
            (
                found[: inside.height, : inside.width] == PIXELS[inside.within(Rect(0, 0, *SHAPE))]
            ).all()
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(60)))
    assert cache._held == sum(held.nbytes for held in cache._blocks.values()) <= cache._budget
    assert reads.opened == 60


def test_cached_blocks_are_decoded_once(red: Asset) -> None:
    cache, reads = BlockCache(10**7), Reads()
    with open_asset(red) as source:
        for row in range(-20, 500, 100):
            read_cached(source, red.href, Rect(row, -20, 140, 740), 0, reads, cache)
    assert (reads.mask_blocks, reads.value_blocks) == (24, 0)


@given(
    st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 20), st.integers(0, 20)),
    st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 20), st.integers(0, 20)),
    st.integers(0, 6),
)
def test_what_a_rectangle_holds(
    one: tuple[int, int, int, int], other: tuple[int, int, int, int], margin: int
) -> None:
    outer, inner = Rect(*one), Rect(*other)
    rows = set(range(outer.row + margin, outer.row + outer.height - margin))
    columns = set(range(outer.column + margin, outer.column + outer.width - margin))
    within = set(range(inner.row, inner.row + inner.height)) <= rows
    within &= set(range(inner.column, inner.column + inner.width)) <= columns
    if not inner.empty and rows and columns:
        assert outer.inner(margin).holds(inner) == within
