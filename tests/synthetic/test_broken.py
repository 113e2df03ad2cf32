"""Scenes broken on purpose are broken in the way that is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import rasterio
from rasterio.errors import RasterioError

from landcover.synthetic import Country, broken


@pytest.fixture
def scene(land: Country, scenes: Path, tmp_path: Path) -> Path:
    """Return a copy of one scene that may be broken."""
    whole = next(path for path in sorted(scenes.iterdir()) if path.is_dir())
    return Path(shutil.copytree(whole, tmp_path / whole.name))


def item(scene: Path) -> dict:
    """Read the item of a scene."""
    return json.loads((scene / f"{scene.name}.json").read_text("utf-8"))


def test_truncated(scene: Path) -> None:
    whole = (scene / "B04.tif").stat().st_size
    broken.truncated(scene)
    assert (scene / "B04.tif").stat().st_size == whole // 2
    with rasterio.open(scene / "B04.tif") as file, pytest.raises(RasterioError):
        file.read(1)


def test_vrt_in_disguise(scene: Path) -> None:
    broken.vrt_in_disguise(scene)
    with rasterio.open(scene / "B04.tif") as file:
        assert file.driver == "VRT"
        with rasterio.open(scene / "B08.tif") as other:
            assert (file.read(1) == other.read(1)).all()
    with pytest.raises(RasterioError):
        rasterio.open(scene / "B04.tif", driver="GTiff")


def test_items(scene: Path) -> None:
    broken.wrong_shape(scene, "nir")
    assert item(scene)["assets"]["nir"]["proj:shape"] == [256, 256]
    broken.without_asset(scene, "red")
    assert "red" not in item(scene)["assets"]
    broken.wrong_baseline(scene)
    assert item(scene)["properties"]["s2:processing_baseline"] == "02.14"
    broken.without_projection(scene)
    assert "proj:" not in json.dumps(item(scene))


def test_missing_file(scene: Path) -> None:
    broken.without_file(scene, "nir")
    assert not (scene / "B08.tif").exists()
    assert "nir" in item(scene)["assets"]


def test_hostile_sizes(scene: Path) -> None:
    broken.huge_sparse(scene)
    with rasterio.open(scene / "B04.tif") as file:
        assert file.shape == (400_000, 400_000)
    assert (scene / "B04.tif").stat().st_size < 1_000_000
    broken.huge_block(scene)
    with rasterio.open(scene / "B04.tif") as file:
        assert file.block_shapes == [(30_000, 30_000)]
    assert (scene / "B04.tif").stat().st_size < 1_000_000
