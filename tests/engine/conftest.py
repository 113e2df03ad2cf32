"""Nouns made by hand for the engine's tests: scenes, zones, orders and briefs on one plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Transformer
from shapely import Polygon, box

from landcover import sensors
from landcover.catalog.settings import Source
from landcover.engine.brief import Brief, TileTask
from landcover.engine.fingerprint import Digests, digest
from landcover.engine.order import Order, make_order
from landcover.engine.settings import SeriesSettings
from landcover.model import Asset, Grid, Period, Scene, Tile, Zone
from landcover.products import PRODUCTS

SENSOR = sensors.load("sentinel-2-l2a")
GRID = Grid("EPSG:32635", Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 200_000.0), (256, 384))
YEAR = Period(date(2020, 1, 1), date(2021, 1, 1))
_FACTORS = {"scl": 2}


class Build:
    """Makes the engine's nouns; GRID is 256 rows by 384 columns of 10 m."""

    grid = GRID
    sensor = SENSOR

    @staticmethod
    def asset(band: str, href: str = "", row: int = 0, column: int = 0,
              shape: tuple[int, int] = (256, 384), **told: Any) -> Asset:  # fmt: skip
        """Make a file whose corner lies at a pixel of GRID; `shape` in pixels of GRID."""
        factor = _FACTORS.get(band, 1)
        place = GRID.transform @ Affine.translation(column, row) @ Affine.scale(factor)
        size = (-(-shape[0] // factor), -(-shape[1] // factor))
        numbers = {"nodata": 0, "scale": 0.0001, "offset": -0.1, **told}
        return Asset(band, href or f"/scenes/{band}.tif", place, size, "uint16", **numbers)

    @classmethod
    def scene(cls, day: date, name: str = "", source: str = "sentinel-2-l2a",
              bands: Sequence[str] = ("red", "nir", "scl"), row: int = 0, column: int = 0,
              shape: tuple[int, int] = (256, 384), **told: Any) -> Scene:  # fmt: skip
        """Make a scene of a morning."""
        assets = {band: cls.asset(band, "", row, column, shape) for band in bands}
        fields: dict[str, Any] = {
            "time": datetime.combine(day, time(8, 30), UTC),
            "solar_day": day,
            "crs": GRID.crs,
            "footprint": (27.0, 1.0, 28.0, 2.0),
            "assets": assets,
            **told,
        }
        return Scene(name or f"S2_{day}", source, "sentinel-2-l2a", **fields)

    @staticmethod
    def zone(name: str, *corners: tuple[float, float], **told: Any) -> Zone:
        """Make a zone of (column, row) corners in pixels of GRID; two make a rectangle."""
        shape = box(*corners[0], *corners[1]) if len(corners) == 2 else Polygon(corners)
        move = Transformer.from_crs(GRID.crs, "EPSG:4326", always_xy=True)

        def to_degrees(pixels: Any) -> Any:
            lon, lat = move.transform(600_000 + 10 * pixels[:, 0], 200_000 - 10 * pixels[:, 1])
            return np.column_stack([lon, lat])

        fields = {"name": name.title(), "kind": "unit", "group": "fields", "area_ha": 1.0, **told}
        return Zone(name, geometry=shapely.transform(shape, to_degrees), **fields)

    @staticmethod
    def order(
        products: Mapping[str, Mapping[str, Any]] | None = None,
        sources: Sequence[Mapping[str, Any]] = ({},),
        series: Mapping[str, Any] | None = None,
        period: Period = YEAR,
    ) -> Order:
        """Make an order of settings as a job writes them."""
        asked = {"composite": {}} if products is None else products
        made = tuple(
            Source.model_validate({"sensor": "sentinel-2-l2a", "catalog": "/c.json", **one})
            for one in sources
        )
        return make_order(
            period, made, {one.name: sensors.load(one.sensor) for one in made},
            [(PRODUCTS[name], PRODUCTS[name].Settings.model_validate(keys))
             for name, keys in asked.items()],
            SeriesSettings.model_validate(series or {}), "nearest",
        )  # fmt: skip

    @staticmethod
    def brief(order: Order, scenes: Sequence[Scene], zones: Sequence[Zone],
              out: Path = Path("/nowhere")) -> Brief:  # fmt: skip
        """Make a brief on GRID."""
        return Brief("1", out, GRID, order.context, tuple(scenes), tuple(zones), order.rules,
                     order.works, order.series, 1, 0)  # fmt: skip

    @staticmethod
    def task(brief: Brief, row: int = 0, column: int = 0, shape: tuple[int, int] = (256, 384),
             scenes: Sequence[int] | None = None,
             zones: Sequence[int] | None = None) -> TileTask:  # fmt: skip
        """Make the task of one tile; by default it has all scenes and zones."""
        tile = Tile(f"r{row}_c{column}", row, column, GRID.window(row, column, shape))
        own = tuple(range(len(brief.scenes))) if scenes is None else tuple(scenes)
        laid = tuple(range(len(brief.zones))) if zones is None else tuple(zones)
        parts = Digests(brief).parts(tile.grid, own, laid)
        return TileTask(tile, own, laid, digest(parts), parts)


@pytest.fixture(scope="session")
def build() -> type[Build]:
    """Return the maker of nouns."""
    return Build
