"""TIFFs taken apart and made anew: GDAL reads of some blocks what it reads of the whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from landcover.raster import directory
from landcover.raster.tiff import FormatError, Header, MissingOverviewError, read_header

SHAPE = (500, 700)
PIXELS = np.random.default_rng(3).integers(1, 3000, SHAPE)
TILES = {"tiled": True, "blockxsize": 128, "blockysize": 128}
KINDS: dict[str, dict[str, Any]] = {
    "deflate": {**TILES, "compress": "deflate", "predictor": 2},
    "zstd": {**TILES, "compress": "zstd"},
    "lzw": {**TILES, "compress": "lzw", "predictor": 2},
    "plain": {**TILES},
    "jpeg": {**TILES, "compress": "jpeg", "dtype": "uint8"},
    "float": {**TILES, "compress": "deflate", "predictor": 3, "dtype": "float32"},
    "big": {**TILES, "compress": "deflate", "bigtiff": "YES"},
    "high byte first": {**TILES, "compress": "deflate", "endianness": "BIG"},
    "big, high byte first": {**TILES, "bigtiff": "YES", "endianness": "BIG"},
    "planes apart": {**TILES, "compress": "deflate", "count": 3, "interleave": "band"},
    "planes together": {**TILES, "compress": "deflate", "count": 3, "interleave": "pixel"},
    "strips": {"compress": "deflate", "blockysize": 64},
    "rows": {"blockysize": 1},
    "one strip": {"blockysize": 500, "compress": "deflate"},
    "cog": {"driver": "COG", "blocksize": 128, "compress": "deflate"},
    "one tile": {"tiled": True, "blockxsize": 1024, "blockysize": 512, "compress": "deflate"},
}


def written(folder: Path, **kind: Any) -> bytes:
    """Write a file of some kind; return its bytes."""
    told: dict[str, Any] = {
        "driver": "GTiff", "height": SHAPE[0], "width": SHAPE[1], "count": 1, "dtype": "uint16",
        "crs": "EPSG:32635", "transform": Affine(10, 0, 6e5, 0, -10, 2e5), "nodata": 0, **kind,
    }  # fmt: skip
    path = folder / "a.tif"
    with rasterio.open(path, "w", **told) as file:
        for band in range(1, told["count"] + 1):
            file.write((PIXELS // band % 250).astype(told["dtype"]), band)
    return path.read_bytes()


def header_of(data: bytes) -> Header:
    """Take a file's directory."""
    return read_header(lambda start, stop: data[start:stop])


def small_file(data: bytes, header: Header, numbers: list[int]) -> bytes:
    """Make the file that holds some of the blocks."""
    blocks = {n: data[at : at + size] for n in numbers for at, size in header.parts(n)}
    return header.compose(blocks)


@pytest.mark.parametrize("kind", KINDS)
def test_some_blocks_of_every_kind_of_tiff(tmp_path: Path, kind: str) -> None:
    data = written(tmp_path, **KINDS[kind])
    header = header_of(data)
    rows = -(-SHAPE[0] // header.block[0])
    some = [(row, column) for row in range(rows) for column in range(header.across)
            if (row + column) % 3 == 0][:5]  # fmt: skip
    small = small_file(data, header, [header.number(*place) for place in some])
    with (
        MemoryFile(data) as whole,
        MemoryFile(small) as part,
        whole.open(driver="GTiff") as truth,
        part.open(driver="GTiff") as found,
    ):
        assert header.shape == truth.shape
        assert header.block == truth.block_shapes[0]
        for told in ("shape", "crs", "transform", "nodata", "dtypes", "block_shapes", "count"):
            assert getattr(found, told) == getattr(truth, told), told
        for row, column in some:
            window = Window(column * header.block[1], row * header.block[0],
                            header.block[1], header.block[0])  # fmt: skip
            window = window.intersection(Window(0, 0, SHAPE[1], SHAPE[0]))
            pixels = [one.read(1, window=window) for one in (found, truth)]
            np.testing.assert_array_equal(*pixels)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("one tile", "one strip")])
def test_a_block_that_was_not_brought_is_an_error(tmp_path: Path, kind: str) -> None:
    data = written(tmp_path, **KINDS[kind])
    small = small_file(data, header_of(data), [0])
    with MemoryFile(small) as part, part.open(driver="GTiff") as found:
        found.read(1, window=Window(0, 0, 1, 1))
        with pytest.raises(RasterioError):
            found.read(1, window=Window(650, 450, 1, 1))


def test_blocks_that_were_never_written_stay_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", height=500, width=700, count=1, dtype="uint16",
                       crs="EPSG:32635", transform=Affine(10, 0, 6e5, 0, -10, 2e5), nodata=7,
                       sparse_ok=True, compress="deflate", **TILES) as file:  # fmt: skip
        file.write(np.full((128, 128), 9, np.uint16), 1, window=Window(128, 0, 128, 128))
    data = path.read_bytes()
    header = header_of(data)
    assert [n for n in range(24) if header.parts(n)] == [1]
    with MemoryFile(small_file(data, header, [0, 1])) as part, part.open(driver="GTiff") as found:
        values = found.read(1)
    assert (values[:128, 128:256] == 9).all()
    assert (np.delete(values, np.s_[128:256], axis=1) == 7).all()


def test_a_directory_at_the_end_is_asked_for_piece_by_piece(tmp_path: Path) -> None:
    """As of a file that was written block by block: GDAL puts a rewritten directory last."""
    data = written(tmp_path, **KINDS["plain"])
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.update_tags(note="x" * 3000)
    data = (tmp_path / "a.tif").read_bytes()
    asked: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return data[start:stop]

    header = read_header(read)
    assert max(stop for _, stop in asked) > len(data) - 4000
    assert sum(stop - start for start, stop in asked) < 5000
    assert header.shape == SHAPE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II",
        b"II*\0",
        b"<html>Please log in</html>",
        b"<VRTDataset rasterXSize='5'></VRTDataset>",
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\x08\0\0\0\0\0",
        b"II+\0\x08\0\0\0" + b"\xff" * 40,
        b"II*\0\xff\xff\xff\xff",
    ],
)
def test_what_is_no_tiff(data: bytes) -> None:
    with pytest.raises(FormatError):
        header_of(data)


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    """Write an entry of a directory."""
    return b"".join(
        number.to_bytes(size, "little")
        for number, size in ((tag, 2), (kind, 2), (count, 4), (value, 4))
    )


def crafted(*entries: bytes) -> bytes:
    """Write a TIFF of entries alone."""
    return b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little") + b"".join(entries) + bytes(400)


WIDE = (entry(256, 4, 1, 4_000_000_000), entry(257, 4, 1, 4_000_000_000))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((*WIDE, entry(322, 3, 1, 16), entry(323, 3, 1, 16), entry(324, 4, 1, 0),
          entry(325, 4, 1, 0)), "blocks"),
        ((entry(324, 16, 2**31, 0),), "claims"),
        ((entry(42112, 2, 2**31, 0),), "claims"),
        ((entry(256, 3, 1, 0), entry(257, 3, 1, 5), entry(273, 4, 1, 0), entry(279, 4, 1, 0)),
         "no pixels"),
        ((entry(256, 3, 1, 5), entry(257, 3, 1, 5), entry(322, 3, 1, 0), entry(323, 3, 1, 0)),
         "no pixels"),
        ((entry(256, 11, 1, 5), entry(257, 3, 1, 5)), "whole numbers"),
        ((entry(256, 3, 1, 5), entry(257, 3, 1, 5), entry(278, 3, 1, 1), entry(273, 4, 1, 0),
          entry(279, 4, 1, 0)), "all of its blocks"),
        ((entry(256, 3, 1, 5),), "no entry 257"),
    ],
)  # fmt: skip
def test_directories_that_nobody_would_write(entries: tuple[bytes, ...], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        header_of(crafted(*entries))


@given(st.data())
def test_damaged_directories_are_refused_or_read(tmp_path_factory: Any, data: Any) -> None:
    """Whatever the bytes, nothing else than `FormatError` comes of it, and little is asked for."""
    whole = bytearray(_cog(tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, 1200))] = data.draw(st.integers(0, 255))
    asked = 0

    def read(start: int, stop: int) -> bytes:
        nonlocal asked
        asked += stop - start
        return bytes(whole[start:stop])

    try:
        header = read_header(read)
        header.compose({})
    except FormatError:
        pass
    assert asked < directory.ENTRIES_MAX * directory.VALUE_MAX_BYTES


_made: list[bytes] = []


def _cog(tmp_path_factory: Any) -> bytes:
    if not _made:
        _made.append(written(tmp_path_factory.mktemp("cog"), **KINDS["cog"]))
    return _made[0]


@pytest.mark.parametrize("name", ["deflate", "big", "high byte first", "strips", "float", "cog"])
def test_an_overview_says_where_it_lies(tmp_path: Path, name: str) -> None:
    """GDAL reads of the directory made of it what it reads of the overview in the file."""
    kind = KINDS[name]
    data = written(tmp_path, **kind)
    if kind.get("driver") != "COG":
        with rasterio.open(tmp_path / "a.tif", "r+") as file:
            file.build_overviews([2, 4], rasterio.enums.Resampling.average)
        data = (tmp_path / "a.tif").read_bytes()
    for level, factor in enumerate((2, 4)):
        header = read_header(lambda start, stop: data[start:stop], factor)
        assert header.shape == (SHAPE[0] // factor, SHAPE[1] // factor)
        blocks = {
            number: b"".join(data[at : at + size] for at, size in header.parts(number))
            for number in range(len(header.sizes))
            if header.parts(number)
        }
        with (
            rasterio.open(tmp_path / "a.tif", overview_level=level) as truth,
            MemoryFile(header.compose(blocks)) as memory,
            memory.open() as found,
        ):
            assert (found.crs, found.nodata, found.dtypes) == (
                truth.crs, truth.nodata, truth.dtypes,
            )  # fmt: skip
            assert found.transform.almost_equals(truth.transform)
            np.testing.assert_array_equal(found.read(), truth.read())


def test_overviews_that_are_not_there(tmp_path: Path) -> None:
    data = written(tmp_path, **KINDS["plain"])
    with pytest.raises(MissingOverviewError, match="no overview of exactly 1/2 of its 700 x 500 p"):
        read_header(lambda start, stop: data[start:stop], 2)
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.build_overviews([2, 8], rasterio.enums.Resampling.nearest)
    data = (tmp_path / "a.tif").read_bytes()
    with pytest.raises(MissingOverviewError, match=r"it holds 350 x 250, 88 x 63$"):
        read_header(lambda start, stop: data[start:stop], 4)
