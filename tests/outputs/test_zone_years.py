"""The index of zones by year: what the raster of the year has, with how often it was seen."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask

from landcover.kernels.sums import Bins, ZoneSums, concatenate, merge
from landcover.kernels.zonal import Pieces, accumulate, whole
from landcover.model import Period, Zone
from landcover.outputs.zone_years import YEAR_COLUMNS, zone_years

if TYPE_CHECKING:
    from tests.conftest import Finished

NDVI, DAYS = Bins(-1.0, 1.0), Bins(0.0, 367.0, 1.0)
AREA = np.full((1, 4), 100.0)
NAN = np.float32(np.nan)


class Plane(NamedTuple):
    number: int
    product: str
    quantity: str
    period: Period
    day: int
    bins: Bins


def year(number: int, quantity: str, of: int, bins: Bins) -> Plane:
    start = date(of, 1, 1) if of > 2020 else date(2020, 7, 1)
    day = (start - date(1970, 1, 1)).days
    return Plane(number, "composite", quantity, Period(start, date(of + 1, 1, 1)), day, bins)


PLANES = (
    year(1, "ndvi", 2020, NDVI), year(2, "", 2020, DAYS),
    year(1, "ndvi", 2021, NDVI), year(2, "", 2021, DAYS),
)  # fmt: skip
VALUES = ([0.8, 0.6, NAN, NAN], [3, 1, 0, 0], [0.2, NAN, 0.4, NAN], [5, 0, 1, 0])
ZONES = tuple(Zone(name, name, "region", "regions", shapely.box(0, 0, 1, 1), 0.04) for name in "ab")


def sums() -> ZoneSums:
    """Zone a has all four pixels, zone b the last alone, which nobody ever saw."""
    runs = np.array([[0, 0, 4], [0, 3, 4]], np.int32)
    pieces = Pieces(
        np.array([0, 1], np.int32), np.zeros(2, np.int32), np.zeros(2, np.int32),
        np.array([0, 1, 2]), runs, np.zeros(3, np.int64), np.zeros(0, np.int64),
        np.zeros(0, np.float32), np.array([0, 1]),
    )  # fmt: skip
    made = [
        accumulate(np.array([values], np.float32), AREA, pieces, one.bins, one.number, one.day)
        for one, values in zip(PLANES, VALUES, strict=True)
    ]
    return merge(concatenate([*made, whole(AREA, pieces)]))


def test_a_row_is_the_raster_of_the_year_over_the_zone() -> None:
    table = zone_years(ZONES, sums(), PLANES)
    assert table.columns == YEAR_COLUMNS
    first, second, *blind = [dict(zip(YEAR_COLUMNS, row, strict=True)) for row in table.rows]
    assert (first["year"], first["index"], first["zone_id"]) == (2020, "ndvi", "a")
    assert (first["first_date"], first["last_date"]) == (date(2020, 7, 1), date(2020, 12, 31))
    assert [first[name] for name in ("mean", "observed_fraction", "clear_days")] == pytest.approx(
        [0.7, 0.5, 1.0]
    )
    assert (first["p10"], first["p90"]) == pytest.approx((0.6, 0.8), abs=0.005)
    assert [second[name] for name in ("mean", "observed_fraction", "clear_days")] == pytest.approx(
        [0.3, 0.5, 1.5]
    )
    for row in blind:
        assert (row["mean"], row["median"], row["p90"]) == (None, None, None), "never 0"
        assert (row["observed_fraction"], row["clear_days"]) == (0.0, 0.0)
    assert [row["zone_id"] for row in blind] == ["b", "b"]


def test_a_run_s_table_is_its_rasters_over_its_zones(finished: Finished) -> None:
    shown = finished.shown()
    table = shown.tables["zone_years"]
    zones = shown.zones[shown.zones["kind"] == "region"]
    assert len(zones) > 0
    for _, row in table[table["zone_id"].isin(zones["zone_id"])].iterrows():
        with rasterio.open(shown.out / "rasters" / f"{row['index']}_{row['year']}.tif") as file:
            own = zones[zones["zone_id"] == row["zone_id"]].to_crs(file.crs).geometry
            part = geometry_mask(own, file.shape, file.transform, invert=True)
            values = file.read(1)[part]
        assert row["mean"] == pytest.approx(float(np.nanmean(values)), rel=5e-3)
        seen = float(np.isfinite(values).mean())
        assert row["observed_fraction"] == pytest.approx(seen, abs=5e-3)
        assert (row["clear_days"] > 0) == (seen > 0)
