"""Parts of disturbances: by class and year they add up to the patch, and to the zone's hectares."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray

from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    PROVISIONAL,
    STABLE,
    empty,
)
from landcover.kernels.patches import Broken, connect
from landcover.kernels.zonal import whole
from landcover.model import Grid, Period, Zone
from landcover.outputs.disturbed import AREA_COLUMNS, disturbance_area
from landcover.outputs.patch_parts import YEAR_COLUMNS, parts_of, patch_years
from landcover.outputs.patches import COLUMNS, patches
from landcover.products.breaking import as_layers, broken_of, found_of
from landcover.products.hectares import code_sizes, codes_of, read_hectares
from landcover.raster.area import lattice_of, pixel_area_m2
from landcover.raster.cover import cover
from landcover.raster.planes import transformer

GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (24, 32))
WATCHED = Period(date(2020, 7, 1), date(2023, 1, 1))
CLASSES = ("confirmed_ha", "provisional_ha", "low_ha")


def day(year: int, month: int, number: int = 1) -> int:
    return (date(year, month, number) - date(1970, 1, 1)).days


def listed(*rows: tuple[int, int, int, int, int]) -> Broken:
    """List breaks of 1 ha: column, day, last clear day before, class; all in one row of pixels."""
    cells = np.array(rows)
    n = len(cells)
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    cells = cells[order]
    nothing = np.full(n, np.nan, np.float32)
    return Broken(
        np.zeros(n, np.int64),
        cells[:, 0].astype(np.int64),
        cells[:, 1].astype(np.int32),
        cells[:, 2].astype(np.int32),
        np.full(n, ABRUPT, np.uint8),
        cells[:, 3].astype(np.uint8),
        nothing,
        nothing,
        nothing,
        cells[:, 4].astype(np.float64),
    )


def test_parts_worked_by_hand() -> None:
    broken = listed(
        (0, day(2020, 12), day(2020, 6, 30), CONFIRMED, 10_000),  # clear last before the watch
        (1, day(2020, 12), day(2020, 7, 1), CONFIRMED, 20_000),  # on its first day: within it
        (2, day(2021, 1), day(2020, 12), LOW, 40_000),
        (2, day(2021, 3), day(2021, 2), CONFIRMED, 40_000),  # again: the pixel has counted
        (9, day(2022, 5), day(2020, 5), PROVISIONAL, 80_000),
    )
    label = connect(broken.row, broken.column, broken.day, 90)
    assert label.tolist() == [0, 0, 0, 0, 1]
    found = parts_of(broken, label, date(2020, 7, 1))
    assert found.of_patch.tolist() == [[3, 0, 4, 1], [0, 8, 0, 8]]
    table = patch_years(found, np.array([1, 0]), ["late", "early"])
    assert table.columns == YEAR_COLUMNS
    assert list(table.rows) == [
        ("late", 2022, 8, 0, 8, 0, 8),
        ("early", 2020, 3, 3, 0, 0, 1),
        ("early", 2021, 4, 0, 0, 4, 0),
    ]


def test_no_break_has_no_part() -> None:
    none = listed((0, 1, 0, LOW, 1)).take(np.zeros(1, np.bool_))
    found = parts_of(none, np.zeros(0, np.int64), date(2020, 7, 1))
    assert found.of_patch.shape == (0, 4)
    assert list(patch_years(found, np.zeros(0, np.int64), []).rows) == []


def _codes(seed: int) -> tuple[Broken, dict[str, NDArray[np.int32]]]:
    """Make breaks at random, one a pixel: as a list, and as the codes that zones sum."""
    rng = np.random.default_rng(seed)
    made = empty(GRID.shape)
    made.kind[:] = STABLE
    there = rng.random(GRID.shape) < 0.35
    first, last = day(2020, 7), day(2022, 12, 31)
    made.day[0][there] = rng.integers(first, last + 1, int(there.sum()))
    made.before[0][there] = made.day[0][there] - rng.integers(5, 200, int(there.sum()))
    made.kinds[0][there] = rng.choice([ABRUPT, GRADUAL], int(there.sum()))
    made.confidence[0][there] = rng.choice([LOW, PROVISIONAL, CONFIRMED], int(there.sum()))
    made.kind[there] = made.kinds[0][there]
    found = found_of(as_layers(made, np.ones(GRID.shape, np.bool_)), GRID.shape)
    _, row, column = lattice_of(GRID)
    looks = np.full((3, *GRID.shape), 4095, np.uint16)
    broken = broken_of(found, pixel_area_m2(GRID), row, column)
    return broken, dict(codes_of(found, looks, WATCHED))


def _around() -> Zone:
    """Return a zone that holds the whole grid."""
    way = transformer(GRID.crs, "EPSG:4326")
    left, bottom, right, top = GRID.bounds
    box = shapely.box(left - 50, bottom - 50, right + 50, top + 50)
    shape = shapely.transform(box, lambda p: np.column_stack(way.transform(p[:, 0], p[:, 1])))
    return Zone("all", "All", "region", "regions", shape, 7.7)


@pytest.mark.parametrize("seed", [1, 2])
def test_patches_add_up_to_the_hectares_of_a_zone_that_holds_them(seed: int) -> None:
    broken, codes = _codes(seed)
    zone, area = _around(), pixel_area_m2(GRID)
    made = patches(broken, GRID, [zone], (), 120, "ndvi", WATCHED.start)
    sums = {}
    for name, size in code_sizes(WATCHED).items():
        held = codes[name] >= 0
        sums[name] = np.bincount(codes[name][held], area[held], minlength=size)[None, :size]
    base = whole(area, cover(GRID, [(0, zone.geometry)]).pieces)
    hectares = read_hectares(sums, WATCHED)
    rows = disturbance_area([zone], base, hectares, WATCHED, WATCHED).rows
    told = [dict(zip(AREA_COLUMNS, row, strict=True)) for row in rows]
    years = [dict(zip(YEAR_COLUMNS, row, strict=True)) for row in made.years.rows]
    for year in (2020, 2021, 2022):
        (own,) = [row for row in told if (row["every"], row["period"]) == ("year", str(year))]
        mine = [row for row in years if row["year"] == year]
        for name in ("disturbed_ha", *CLASSES):
            assert _sum(mine, name) == pytest.approx(own[name], rel=1e-9)
    listed = [dict(zip(COLUMNS, row, strict=True)) for row in made.rows]
    assert len({row["patch_id"] for row in years}) == len(listed) > 10
    for one in listed:
        mine = [row for row in years if row["patch_id"] == one["patch_id"]]
        assert _sum(mine, "disturbed_ha") == pytest.approx(one["area_ha"], rel=1e-9)
        assert sum(map(_number, (one[name] for name in CLASSES))) == pytest.approx(one["area_ha"])
        for name in (*CLASSES, "perhaps_before_watch_ha"):
            assert _sum(mine, name) == pytest.approx(one[name], rel=1e-9)
    early = broken.before < (WATCHED.start - date(1970, 1, 1)).days
    assert 0 < early.sum() < len(broken)
    total = sum(_number(one["perhaps_before_watch_ha"]) for one in listed)
    assert total == pytest.approx(broken.area_m2[early].sum() / 10_000)


def _number(cell: object) -> float:
    assert isinstance(cell, int | float)
    return float(cell)


def _sum(rows: list[dict[str, object]], name: str) -> float:
    return sum(_number(row[name]) for row in rows)  # type: ignore[arg-type]
