"""COGs: valid, the same bytes, sparse, whole or absent, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rio_cogeo.cogeo import cog_validate

from landcover.errors import DiskFullError
from landcover.files import sha256_of, sweep
from landcover.model import Grid, Layer, Legend, LegendClass
from landcover.raster import cog
from landcover.raster.cog import LayerWriter, write_cog

NAN = float("nan")
GRID = Grid("EPSG:32735", Affine(10, 0, 612340, 0, -10, 9781230), (1300, 1500))
LAYER = Layer(
    "ndvi_2019",
    "composite",
    ("median", "p90"),
    ("1", "1"),
    tags={"product": "composite", "version": "1", "settings": '{"every": "year"}'},
)


def planes(seed: int = 0) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).random((2, *GRID.shape), np.float32)
    values[:, 200:700, :900] = np.nan
    return values


def cut(values: NDArray[np.float32], side: int) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    for row in range(0, values.shape[1], side):
        for column in range(0, values.shape[2], side):
            yield row, column, values[:, row : row + side, column : column + side]


def test_values_names_units_nodata_and_tags(tmp_path: Path) -> None:
    values = planes()
    path = write_cog(tmp_path / "r" / "a.tif", LAYER, GRID, cut(values, 256), tmp_path / "s")
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(), values)
        assert file.descriptions == ("median", "p90")
        assert file.units == ("1", "1")
        assert np.isnan(file.nodata)
        assert file.crs.to_epsg() == 32735
        assert file.transform == GRID.transform
        assert file.block_shapes == [(512, 512), (512, 512)]
        assert file.tags() == {**LAYER.tags, "AREA_OR_POINT": "Area"}
        assert file.overviews(1) == [2, 4]
    assert list((tmp_path / "s").iterdir()) == []
    assert [entry.name for entry in path.parent.iterdir()] == ["a.tif"]


def test_rio_cogeo_calls_it_valid(tmp_path: Path) -> None:
    path = write_cog(tmp_path / "a.tif", LAYER, GRID, cut(planes(), 512), tmp_path)
    valid, faults, warnings = cog_validate(path, strict=True, quiet=True)
    assert (valid, faults, warnings) == (True, [], [])


@pytest.mark.parametrize(("side", "threads"), [(512, 1), (256, 2), (333, 4), (2000, 2)])
def test_same_bytes_for_any_tiles_threads_and_order(
    tmp_path: Path, side: int, threads: int
) -> None:
    values = planes()
    one = write_cog(tmp_path / "one.tif", LAYER, GRID, cut(values, 400), tmp_path / "x")
    tiles = list(cut(values, side))[::-1]
    other = write_cog(tmp_path / "o.tif", LAYER, GRID, tiles, tmp_path / "y", threads)
    assert sha256_of(one) == sha256_of(other)


def test_tags_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    turned = Layer(**{**_fields(LAYER), "tags": dict(reversed(LAYER.tags.items()))})
    one = write_cog(tmp_path / "1.tif", LAYER, GRID, cut(planes(), 700), tmp_path)
    two = write_cog(tmp_path / "2.tif", turned, GRID, cut(planes(), 700), tmp_path)
    assert one.read_bytes() == two.read_bytes()


def _fields(layer: Layer) -> dict[str, object]:
    return {name: getattr(layer, name) for name in Layer.__slots__}


def test_no_path_time_or_host_in_the_file(tmp_path: Path) -> None:
    blob = write_cog(tmp_path / "a.tif", LAYER, GRID, [], tmp_path).read_bytes()
    assert str(tmp_path).encode() not in blob
    assert b"DateTime" not in blob
    assert b"TIFFTAG" not in blob


def test_pixels_that_no_tile_brings_are_nodata_and_take_no_room(tmp_path: Path) -> None:
    wide = Grid(GRID.crs, GRID.transform, (8192, 8192))
    tile = np.full((2, 100, 100), 0.5, np.float32)
    path = write_cog(tmp_path / "a.tif", LAYER, wide, [(4000, 4000, tile)], tmp_path)
    assert path.stat().st_size < 60_000
    with rasterio.open(path) as file:
        assert np.isnan(file.read(1, window=((0, 512), (0, 512)))).all()
        assert np.nansum(file.read(2, window=((3900, 4200), (3900, 4200)))) == 5000


def test_average_overviews_leave_nodata_out_and_classes_are_not_mixed(tmp_path: Path) -> None:
    values = np.full((2, *GRID.shape), 0.5, np.float32)
    values[:, ::2, ::2] = np.nan
    path = write_cog(tmp_path / "a.tif", LAYER, GRID, [(0, 0, values)], tmp_path)
    with rasterio.open(path, overview_level=0) as file:
        assert np.unique(file.read(1)).tolist() == [0.5]
    classes = Layer("c", "landcover", ("class",), ("",), "uint8", 0, overviews="mode")
    codes = np.random.default_rng(0).choice([1, 7], (1, *GRID.shape)).astype(np.uint8)
    path = write_cog(tmp_path / "c.tif", classes, GRID, [(0, 0, codes)], tmp_path)
    with rasterio.open(path, overview_level=0) as file:
        assert set(np.unique(file.read(1)).tolist()) == {1, 7}


def test_a_legend_becomes_a_palette_and_names_in_tags(tmp_path: Path) -> None:
    legend = Legend("kinds", (LegendClass(1, {"en": "forest", "fr": "forêt"}, "#10a040"),))
    layer = Layer("k", "landcover", ("class",), ("",), "uint8", 0, legend=legend, overviews="mode")
    codes = np.ones((1, *GRID.shape), np.uint8)
    path = write_cog(tmp_path / "k.tif", layer, GRID, [(0, 0, codes)], tmp_path)
    with rasterio.open(path) as file:
        assert file.colormap(1)[1] == (16, 160, 64, 255)
        tags = file.tags()
        assert (tags["CLASSES_EN"], tags["CLASSES_FR"]) == ("1 forest", "1 forêt")
    assert cog_validate(path, quiet=True)[0]


def test_a_layer_without_nodata(tmp_path: Path) -> None:
    layer = Layer("clear", "composite", ("days",), ("d",), "uint16", None, overviews="nearest")
    counts = np.full((1, 10, 10), 3, np.uint16)
    path = write_cog(tmp_path / "c.tif", layer, GRID, [(5, 5, counts)], tmp_path)
    with rasterio.open(path) as file:
        assert file.nodata is None
        assert file.read(1).sum() == 300


def test_one_pixel(tmp_path: Path) -> None:
    grid = Grid(GRID.crs, GRID.transform, (1, 1))
    tile = np.full((2, 1, 1), 0.25, np.float32)
    path = write_cog(tmp_path / "a.tif", LAYER, grid, [(0, 0, tile)], tmp_path)
    with rasterio.open(path) as file:
        assert file.read(1).tolist() == [[0.25]]


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_cog(tmp_path / "a.tif", LAYER, GRID, cut(planes(), 512), tmp_path)
    before = path.read_bytes()

    def broken() -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        yield 0, 0, planes()[:, :512, :512]
        raise RuntimeError("a tile cannot be read")

    with pytest.raises(RuntimeError):
        write_cog(path, LAYER, GRID, broken(), tmp_path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tif"]


def test_too_little_room_is_told_before_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(cog.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DiskFullError, match=r"the disk is full\. Free some space and run again"):
        write_cog(tmp_path / "a.tif", LAYER, GRID, cut(planes(), 512), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_cut_short_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cog.create_copy

    def short(source: Path, target: Path, **options: object) -> None:
        real(source, target, **options)
        with target.open("rb+") as file:  # as GDAL leaves it when the last flush fails
            file.truncate(target.stat().st_size - 1)

    monkeypatch.setattr(cog, "create_copy", short)
    with pytest.raises(DiskFullError):
        write_cog(tmp_path / "a.tif", LAYER, GRID, cut(planes(), 512), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 60 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = hasattr(os, "geteuid") and os.geteuid() == 0
    command = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)]
    try:
        mounted = mounted and subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs Linux and its administrator")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 10, 16, 20, 24, 25, 26, 27])
def test_a_really_full_disk(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(cog, "MARGIN_BYTES", 0)  # what GDAL itself does at the very end
    (small_disk / "other").write_bytes(bytes((60 - room) * 2**20))
    path = small_disk / "a.tif"
    try:
        write_cog(path, LAYER, GRID, cut(planes(), 512), tmp_path / "scratch")
    except DiskFullError:
        assert [entry.name for entry in small_disk.iterdir()] == ["other"]
    else:
        reference = write_cog(tmp_path / "b.tif", LAYER, GRID, cut(planes(), 512), tmp_path)
        assert path.read_bytes() == reference.read_bytes()


def test_leftovers_of_a_killed_write_are_swept(tmp_path: Path) -> None:
    writer = LayerWriter(tmp_path / "a.tif", LAYER, GRID, tmp_path)
    writer._file.close()
    (tmp_path / f".a-123{cog.PART}.tif.ovr.tmp").write_bytes(b"x")
    assert sweep(tmp_path) == 2
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from affine import Affine
from landcover.model import Grid, Layer
from landcover.raster import cog
folder = Path(sys.argv[1])
real = cog.create_copy
def half(source, target, **options):
    real(source, target, **options)
    for end in (".ovr.tmp", ".msk.ovr.tmp", ".warped.tif.tmp", ".aux.xml", ".ovr"):
        Path(f"{target}{end}").write_bytes(b"x")  # what GDAL leaves beside it
    os._exit(9)
cog.create_copy = half
grid = Grid("EPSG:32735", Affine(10, 0, 0, 0, -10, 9781230), (1300, 1500))
layer = Layer("ndvi_2019-03", "composite", ("median",), ("1",))
tile = np.ones((1, 1300, 1500), np.float32)
cog.write_cog(folder / "r" / "ndvi_2019-03.tif", layer, grid, [(0, 0, tile)], folder / "s")
"""


def test_nothing_that_gdal_leaves_survives_a_sweep(tmp_path: Path) -> None:
    """A write that dies between GDAL's last byte and the rename, with all of GDAL's names."""
    mine = tmp_path / "r" / "ndvi_2019.tif.ovr"
    mine.parent.mkdir()
    mine.write_bytes(b"a person's own")
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], timeout=100)
    assert done.returncode == 9
    assert sorted(path.suffix for path in (tmp_path / "s").iterdir()) == [".ovr", ".ovr", ".tif"]
    assert sweep(tmp_path / "r") == 6
    assert sweep(tmp_path / "s") == 3
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


MEMORY = """
import sys, threading, time
from pathlib import Path
import numpy as np, psutil
from affine import Affine
from landcover.model import Grid, Layer
from landcover.raster.cog import write_cog
side, tile_px = int(sys.argv[2]), 1024
grid = Grid("EPSG:32735", Affine(10, 0, 0, 0, -10, 9781230), (side, side))
layer = Layer("a", "composite", ("median",), ("1",))
peak, process = [0], psutil.Process()
def watch():
    while True:
        peak[0] = max(peak[0], process.memory_info().rss)
        time.sleep(0.01)
threading.Thread(target=watch, daemon=True).start()
block = np.random.default_rng(0).random((1, tile_px, tile_px), np.float32)
def tiles():
    for n in range(int(sys.argv[3])):
        row, column = divmod(n * 7, side // tile_px)
        yield row * tile_px, column * tile_px, block
write_cog(Path(sys.argv[1]) / "a.tif", layer, grid, tiles(), Path(sys.argv[1]), threads=2)
print(peak[0])
"""


@pytest.mark.slow
def test_a_raster_larger_than_memory(tmp_path: Path) -> None:
    """14.4 GB of pixels, 400 MB of them written, in less than 700 MB."""
    command = [sys.executable, "-c", MEMORY, str(tmp_path), "60000", "100"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=250)
    assert int(done.stdout) < 700 * 2**20
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.shape == (60000, 60000)
        assert not np.isnan(file.read(1, window=((0, 1024), (0, 1024)))).any()
    assert (tmp_path / "a.tif").stat().st_size < 700 * 2**20
