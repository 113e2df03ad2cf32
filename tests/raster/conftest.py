"""Small scenes whose every pixel is known, and the rule to read them by."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from affine import Affine
from hypothesis import settings
from numpy.typing import NDArray

from landcover.kernels.indices import BANDS
from landcover.model import Asset, Band, Grid, Legend, Mask, Scene, Sensor
from landcover.raster.scenefile import write_scene_cog
from landcover.raster.view import ReadRule

settings.register_profile("landcover", deadline=None)  # kernels compile at their first call
settings.load_profile("landcover")

CORNER = Affine(10, 0, 600_000, 0, -10, 200_000)
CRS = "EPSG:32635"


@dataclass
class Studio:
    """Writes bands and makes scenes of them; classes 4 and 5 are clear, 8 and 9 grow."""

    folder: Path
    corner: Affine = CORNER
    crs: str = CRS
    _numbers: Any = field(default_factory=itertools.count)

    def asset(
        self,
        band: str,
        pixels: NDArray[Any],
        factor: int = 1,
        shift: tuple[int, int] = (0, 0),
        nodata: float | None = 0,
        block: int = 128,
        **numbers: Any,
    ) -> Asset:
        """Write a band; `shift` is (rows, columns) in pixels of 10 m from the corner."""
        path = self.folder / f"{band}{next(self._numbers)}.tif"
        place = self.corner @ Affine.translation(shift[1], shift[0]) @ Affine.scale(factor)
        write_scene_cog(path, pixels, self.crs, place, nodata, block)
        told = {"scale": 0.0001, "offset": 0.0, **numbers}
        return Asset(band, str(path), place, pixels.shape, pixels.dtype.name, nodata, **told)

    def scene(self, name: str, *assets: Asset, **told: Any) -> Scene:
        """Make a scene of files."""
        fields: dict[str, Any] = {
            "source": "s2",
            "time": datetime(2020, 5, 1, 8, tzinfo=UTC),
            "solar_day": date(2020, 5, 1),
            "crs": self.crs,
        }
        held: Mapping[str, Asset] = {asset.band: asset for asset in assets}
        return Scene(
            name, sensor="made-up", footprint=(0, 0, 1, 1), assets=held, **{**fields, **told}
        )

    def grid(self, row: int, column: int, shape: tuple[int, int]) -> Grid:
        """Cut a tile of 10 m pixels; (0, 0) is the corner."""
        return Grid(self.crs, self.corner, shape).window(row, column, shape)

    @staticmethod
    def rule(
        grown_m: float = 0.0,
        mask: bool = True,
        clear: frozenset[int] = frozenset({4, 5}),
        nodata: int | None = 0,
        resampling: str = "nearest",
    ) -> ReadRule:
        """Make the rule of a sensor with or without a mask band."""
        grown = frozenset({8, 9}) - clear
        legend = Legend("classes", ())
        held = Mask("scl", clear, grown, nodata, legend) if mask else None
        bands = {name: Band(name, "reflectance", (name,)) for name in BANDS}
        bands["scl"] = Band("scl", "class", ("scl",), dtype="uint8")
        sensor = Sensor("made-up", "Made up", bands, held)
        return ReadRule(sensor, clear, grown if mask else frozenset(), grown_m, resampling)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Return a studio in a folder of this test's own."""
    return Studio(tmp_path)


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """Return a studio in a folder of this module's tests."""
    return Studio(tmp_path_factory.mktemp("studio"))
