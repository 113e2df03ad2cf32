"""JPEG 2000 taken apart and made anew: GDAL reads of some tiles what it reads of the whole."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
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

from landcover.errors import SceneError
from landcover.model import Asset
from landcover.raster.jpeg2000 import Header, read_header
from landcover.raster.source import Reads, Rect, environment, layout_of, open_asset, read_rect
from landcover.raster.tiff import FormatError

SHAPE = (500, 700)
PLACE = Affine(10, 0, 6e5, 0, -10, 2e5)
PIXELS = np.random.default_rng(3).integers(1, 3000, SHAPE).astype(np.uint16)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a file of 4 x 6 tiles of 128 px without loss, as Sentinel-2's are."""
    path = tmp_path_factory.mktemp("jp2") / "B04.jp2"
    with rasterio.open(path, "w", driver="JP2OpenJPEG", height=SHAPE[0], width=SHAPE[1], count=1,
                       dtype="uint16", crs="EPSG:32635", transform=PLACE, blockxsize=128,
                       blockysize=128, quality=100, reversible="YES") as file:  # fmt: skip
        file.write(PIXELS, 1)
    return path


def header_of(data: bytes) -> Header:
    """Take a file's header."""
    return read_header(lambda start, stop: data[start:stop])


def small_file(data: bytes, header: Header, numbers: list[int]) -> bytes:
    """Make the file that holds some of the tiles."""
    return header.compose(
        {n: b"".join(data[at : at + size] for at, size in header.parts(n)) for n in numbers}
    )


def test_some_tiles(path: Path) -> None:
    data = path.read_bytes()
    header = header_of(data)
    assert (header.shape, header.block) == (SHAPE, (128, 128))
    some = [(0, 0), (1, 4), (3, 5), (2, 2)]
    small = small_file(data, header, [header.number(*place) for place in some])
    assert len(small) < len(data) / 4
    with (
        rasterio.open(path, driver="JP2OpenJPEG") as truth,
        MemoryFile(small) as part,
        part.open(driver="JP2OpenJPEG") as found,
    ):
        for told in ("shape", "crs", "transform", "dtypes", "block_shapes", "count"):
            assert getattr(found, told) == getattr(truth, told), told
        assert truth.transform == PLACE
        for row, column in some:
            window = Window(column * 128, row * 128, 128, 128)
            window = window.intersection(Window(0, 0, SHAPE[1], SHAPE[0]))
            np.testing.assert_array_equal(found.read(1, window=window), PIXELS[window.toslices()])


def test_a_tile_that_was_not_brought_is_an_error(path: Path) -> None:
    data = path.read_bytes()
    header = header_of(data)
    with (
        MemoryFile(small_file(data, header, [0, 3])) as part,
        part.open(driver="JP2OpenJPEG") as found,
    ):
        for column, row in ((650, 450), (130, 5), (5, 130)):
            with pytest.raises(RasterioError):
                found.read(1, window=Window(column, row, 10, 10))
        found.read(1, window=Window(390, 10, 10, 10))


def with_lengths(data: bytes, form: int) -> bytes:
    """Give a file the marker segments (TLM) that list its tile-parts, two of them, out of order."""
    header = header_of(data)
    parts = sorted(
        (at, size, number) for number, spans in header.tiles.items() for at, size in spans
    )
    name = ("", "B", "H")[form & 3]
    rows = [struct.pack(f">{name}I", *([number] if name else []), size)
            for _, size, number in parts]  # fmt: skip
    segments = b""
    for order, piece in ((1, rows[9:]), (0, rows[:9])):
        body = bytes([order, form << 4 | 0x40]) + b"".join(piece)
        segments += b"\xff\x55" + struct.pack(">H", len(body) + 2) + body
    first = parts[0][0]
    box = data.index(b"jp2c") - 4
    (size,) = struct.unpack_from(">I", data, box)
    end = size or len(data) - box
    longer = struct.pack(">I", end + len(segments))
    return data[:box] + longer + data[box + 4 : first] + segments + data[first:]


class Counting:
    """Reads bytes, and counts how often."""

    def __init__(self, data: bytes) -> None:
        self.data, self.reads = data, 0

    def __call__(self, start: int, stop: int) -> bytes:
        self.reads += 1
        return self.data[start:stop]


@pytest.mark.parametrize("form", [1, 2])
def test_a_list_of_lengths_saves_the_walk(path: Path, form: int) -> None:
    data = path.read_bytes()
    plain, listed = Counting(data), Counting(with_lengths(data, form))
    walked, told = read_header(plain), read_header(listed)
    moved = len(listed.data) - len(data)
    assert told.tiles == {
        number: tuple((at + moved, size) for at, size in spans)
        for number, spans in walked.tiles.items()
    }
    assert told.main == walked.main
    assert listed.reads < plain.reads - 20


def test_a_list_that_does_not_add_up_is_not_believed(path: Path) -> None:
    data = with_lengths(path.read_bytes(), 2)
    at = data.index(b"\xff\x55") + 6 + 2
    (size,) = struct.unpack_from(">I", data, at)
    wrong = data[:at] + struct.pack(">I", size + 1) + data[at + 4 :]
    assert read_header(Counting(wrong)).tiles == read_header(Counting(data)).tiles


def test_a_tile_that_lies_elsewhere_is_no_tile(path: Path) -> None:
    data = path.read_bytes()
    header = header_of(data)
    (at, size), *_ = header.parts(3)
    for stored in (data[at + 1 : at + size], b"".join(data[a : a + s] for a, s in header.parts(4))):
        with pytest.raises(FormatError, match="not where it says"):
            header.compose({3: stored})


@pytest.fixture
def far(path: Path, faulty: Any, at_once: None) -> Asset:
    """Return the band by the address of a faulty server."""
    server = faulty(path.parent, rate=0.3)
    return Asset("red", f"{server.address}/B04.jp2", PLACE, SHAPE, "uint16", 0, 1e-4, 0.0,
                 driver="JP2OpenJPEG")  # fmt: skip


@pytest.mark.parametrize(
    "rect", [Rect(0, 0, 500, 700), Rect(-20, 300, 200, 500), Rect(300, 5, 9, 9)]
)
def test_remote_pixels_are_the_local_ones(path: Path, far: Asset, rect: Rect) -> None:
    found, tallies = [], (Reads(), Reads())
    for asset, reads in zip((far, replace(far, href=str(path))), tallies, strict=True):
        with environment(), open_asset(asset, reads) as source:
            found.append(read_rect(source, rect, 0, reads))
    np.testing.assert_array_equal(*found)
    assert tallies[0].value_blocks == tallies[1].value_blocks
    assert layout_of(far).block == (128, 128)


def test_the_driver_is_the_profile_s(far: Asset) -> None:
    with (
        pytest.raises(SceneError, match="cannot be opened as GTiff: it is of another format"),
        open_asset(replace(far, driver="GTiff")),
    ):
        pass


def box(kind: bytes, body: bytes) -> bytes:
    """Write a box."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


START = b"\0\0\0\x0cjP  \r\n\x87\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        START,
        START + box(b"ftyp", b"jp2 "),
        START + struct.pack(">I4s", 4, b"ftyp"),
        START + struct.pack(">I4s", 2**31, b"ftyp"),
        START + box(b"jp2c", b""),
        START + box(b"jp2c", b"\xff\x4f\xff\x51"),
        START + box(b"jp2c", b"\xff\x4f" + b"\xff\x90" + bytes(40)),
        START + box(b"jp2c", b"\xff\x4f\xff\x60\0\4\0\0" + bytes(40)),
        START + box(b"jp2c", b"\xff\x4f\xff\x51\0\x29" + bytes(39) + b"\xff\x90" + bytes(40)),
    ],
)
def test_what_is_no_jpeg_2000(data: bytes) -> None:
    with pytest.raises(FormatError):
        header_of(data)


@given(data=st.data())
def test_damaged_heads_are_refused_or_read(path: Path, data: Any) -> None:
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    with suppress(FormatError):
        header_of(bytes(whole)).compose({})
