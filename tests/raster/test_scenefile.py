"""Scene files: valid COGs, the same bytes each time, empty blocks take no room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rio_cogeo.cogeo import cog_validate

from landcover.raster.scenefile import write_empty_tiff, write_scene_cog

PLACE = Affine(10, 0, 600_000, 0, -10, 200_000)
PIXELS = (np.arange(600)[:, None] * 7 + np.arange(800)[None, :] * 3).astype(np.uint16)


def test_it_is_a_cog_with_nearest_overviews(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_scene_cog(path, PIXELS, "EPSG:32635", PLACE, 0, block_px=128)
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as file:
        assert np.array_equal(file.read(1), PIXELS)
        assert file.overviews(1) == [2]
        assert file.block_shapes == [(128, 128)]
        assert file.profile["compress"] == "deflate"
    with rasterio.open(path, overview_level=0) as file:
        assert np.isin(file.read(1), PIXELS).all()


def test_the_bytes_repeat(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_scene_cog(tmp_path / name, PIXELS, "EPSG:32635", PLACE, 0)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


@pytest.mark.parametrize("compress", ["deflate", "zstd", "lzw", "none"])
def test_empty_blocks_take_no_room(compress: str, tmp_path: Path) -> None:
    pixels = np.zeros((4096, 4096), dtype=np.uint8)
    pixels[300:400, 500:600] = 7
    path = tmp_path / "a.tif"
    write_scene_cog(path, pixels, "EPSG:32635", PLACE, 0, compress=compress)
    assert path.stat().st_size < 500_000
    with rasterio.open(path) as file:
        assert np.array_equal(file.read(1), pixels)


def test_an_empty_file_takes_little_room(tmp_path: Path) -> None:
    write_empty_tiff(tmp_path / "a.tif", (100_000, 90_000), 4096)
    assert (tmp_path / "a.tif").stat().st_size < 100_000
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.shape == (100_000, 90_000)
        assert not file.read(1, window=((5, 9), (5, 9))).any()
