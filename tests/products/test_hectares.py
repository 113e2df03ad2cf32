"""Hectares by zone and period: each break counts in its own, and what was not seen is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import chain, pairwise
from typing import Any

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
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    empty,
)
from landcover.kernels.sums import Bins, concatenate, merge
from landcover.kernels.zonal import Pieces, accumulate, whole
from landcover.model import Grid, Period, Zone
from landcover.outputs.disturbed import (
    AREA_COLUMNS,
    KIND_COLUMNS,
    disturbance_area,
    disturbance_kinds,
)
from landcover.products.breaking import Found, as_layers, found_of
from landcover.products.hectares import code_sizes, codes_of, read_ground, read_hectares
from landcover.raster.area import pixel_area_m2
from landcover.raster.cover import cover
from landcover.raster.planes import transformer

Sums = dict[str, NDArray[np.float64]]

GRID = Grid("EPSG:32735", Affine(100, 0, 700_000, 0, -100, 9_700_000), (4, 6))
JOB = Period(date(2018, 1, 1), date(2022, 1, 1))
MONITORED = Period(date(2020, 7, 1), date(2022, 1, 1))


def day(year: int, month: int, number: int = 15) -> int:
    return (date(year, month, number) - date(1970, 1, 1)).days


def outline(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle of pixels (counted from the grid's corner) in degrees."""
    way = transformer(GRID.crs, "EPSG:4326")
    box = shapely.box(
        700_000 + 100 * west, 9_700_000 - 100 * south, 700_000 + 100 * east, 9_700_000 - 100 * north
    )
    found = shapely.transform(box, lambda p: np.column_stack(way.transform(p[:, 0], p[:, 1])))
    assert isinstance(found, shapely.Polygon)
    return found


ZONES = (
    Zone("all", "All", "reserve", "reserves", outline(0, 4, 6, 0), 24.0),
    Zone("half", "Half", "region", "regions", outline(0, 4, 3.5, 0), 14.0),
    Zone("blind", "Blind", "region", "regions", outline(5, 4, 6, 3), 1.0),
)


def breaks() -> Found:
    """Two pixels that broke, one of them twice in a year and once in the next.

    That one was last seen clear the day before the watch; no scene has one of those never judged.
    """
    made = empty(GRID.shape)
    made.kind[:] = STABLE
    made.kind[3, 5], made.kind[3, 0], made.kind[3, 1] = SHORT, UNSEEN, SHORT
    made.before[:, 0, 0] = day(2020, 6, 30), day(2020, 8), day(2021, 1)
    made.before[0, 0, 3] = day(2020, 7, 1)
    made.day[:, 0, 0] = day(2020, 8), day(2020, 9), day(2021, 3)
    made.kinds[:, 0, 0] = RECOVERING, ABRUPT, GRADUAL
    made.confidence[:, 0, 0] = LOW, CONFIRMED, CONFIRMED
    made.recovered_24[1, 0, 0] = 0.1  # followed; the break of 2021 is not
    made.day[0, 0, 3], made.confidence[0, 0, 3] = day(2021, 1), CONFIRMED
    made.kinds[0, 0, 3] = RECOVERING
    made.kind[0, 0], made.kind[0, 3] = made.kinds[0, 0, 0], made.kinds[0, 0, 3]
    nowhere = np.zeros(GRID.shape, np.bool_)
    nowhere[3, 1] = True
    return found_of(as_layers(made, np.ones(GRID.shape, np.bool_), nowhere), GRID.shape)


def looks(months: range) -> NDArray[np.uint16]:
    """Return looks of every pixel in some months, counted from January 2020."""
    planes = np.zeros((2, *GRID.shape), np.uint16)
    for month in months:
        planes[month // 12] |= np.uint16(1 << month % 12)
    return planes


def summed(codes: Mapping[str, NDArray[Any]], area: NDArray[np.float64], pieces: Pieces) -> Sums:
    """Return the area of each code in each zone, one by one."""
    made = {}
    for name, size in code_sizes(MONITORED).items():
        made[name] = np.zeros((len(ZONES), size))
        for code in np.unique(codes[name]):
            plane = np.where(codes[name] == code, np.float32(1), np.float32(np.nan))
            one = merge(accumulate(plane, area, pieces, Bins(0.0, 2.0, 2.0)))
            if code >= 0:
                made[name][one.zone, code] = one.weight_m2
    return made


Row = dict[str, object]


def table(seen: range, cuts: tuple[int, ...] = ()) -> list[Row]:
    """Sum tiles (cut at columns) and return the rows of the table of hectares."""
    return tables(seen, cuts)[0]


def tables(seen: range, cuts: tuple[int, ...] = ()) -> tuple[list[Row], list[Row]]:
    """Sum tiles (cut at columns) and return the rows of both tables."""
    found, area = breaks(), pixel_area_m2(GRID)
    total: Sums = {}
    base = []
    for first, last in pairwise((0, *cuts, GRID.shape[1])):
        grid = GRID.window(0, first, (GRID.shape[0], last - first))
        pieces = cover(grid, [(n, zone.geometry) for n, zone in enumerate(ZONES)]).pieces
        part = slice(first, last)
        codes = codes_of(found.cut(slice(None), part), looks(seen)[:, :, part], MONITORED)
        own = summed(codes, area[:, part], pieces)
        total = {name: one + total.get(name, 0.0) for name, one in own.items()}
        base.append(whole(area[:, part], pieces))
    read = read_hectares(total, MONITORED)
    areas = disturbance_area(ZONES, concatenate(base), read, JOB, MONITORED)
    kinds = disturbance_kinds(ZONES, concatenate(base), read_ground(total), MONITORED)
    return (
        [dict(zip(AREA_COLUMNS, row, strict=True)) for row in areas.rows],
        [dict(zip(KIND_COLUMNS, row, strict=True)) for row in kinds.rows],
    )


def number(cell: object) -> float:
    assert isinstance(cell, float)
    return cell


def row(rows: list[dict[str, object]], zone: str, period: str) -> dict[str, object]:
    (found,) = [one for one in rows if (one["zone_id"], one["period"]) == (zone, period)]
    return found


def test_each_break_counts_in_its_own_year_and_twice_in_one_only_once() -> None:
    rows = table(range(6, 24))
    assert row(rows, "all", "2020")["disturbed_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020")["low_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020-08")["disturbed_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020-09")["confirmed_ha"] == pytest.approx(1.0, rel=2e-3)
    year = row(rows, "all", "2021")
    assert year["disturbed_ha"] == pytest.approx(2.0, rel=2e-3)
    assert year["gradual_ha"] == pytest.approx(1.0, rel=2e-3)
    assert year["recovering_ha"] == pytest.approx(1.0, rel=2e-3)
    assert year["abrupt_ha"] == 0.0
    assert row(rows, "all", "2021-h2")["disturbed_ha"] == 0.0
    # pixel (0, 3) is cut in half by this zone's edge
    assert row(rows, "half", "2021")["recovering_ha"] == pytest.approx(0.5, rel=1e-2)


def test_years_without_monitoring_are_blank_never_zero() -> None:
    rows = table(range(6, 24))
    for period in ("2018", "2019", "2020-h1", "2020-06"):
        blank = row(rows, "all", period)
        told = {name: value for name, value in blank.items() if value is not None}
        assert set(told) <= {"zone_id", "kind", "name", "every", "period", "area_ha"}
    part = row(rows, "all", "2020")
    assert part["monitored_first_date"] == date(2020, 7, 1)
    assert part["monitored_last_date"] == date(2020, 12, 31)


def test_what_nobody_saw_has_its_share_and_no_hectares() -> None:
    rows = table(range(12, 24))  # no look in 2020
    assert row(rows, "all", "2020")["disturbed_ha"] is None
    assert row(rows, "all", "2020")["not_observable_fraction"] == 1.0
    # two pixels of 24 have too short a history
    assert row(rows, "all", "2021")["not_observable_fraction"] == pytest.approx(2 / 24, rel=1e-2)
    assert row(rows, "blind", "2021")["disturbed_ha"] is None


def test_each_break_counts_with_its_own_kind() -> None:
    rows = table(range(6, 24))
    assert row(rows, "all", "2020-08")["recovering_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020-09")["abrupt_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020-09")["recovering_ha"] == 0.0
    assert row(rows, "all", "2021-03")["gradual_ha"] == pytest.approx(1.0, rel=2e-3)


def test_what_was_not_followed_for_two_years_is_said() -> None:
    rows = table(range(6, 24))
    assert row(rows, "all", "2021-03")["not_followed_ha"] == pytest.approx(1.0, rel=2e-3)
    assert row(rows, "all", "2020-09")["not_followed_ha"] == 0.0  # seen 24 months later
    assert row(rows, "all", "2020-08")["not_followed_ha"] == 0.0  # recovering: seen, too


def test_broken_unbroken_and_not_observable_add_up_to_the_zone() -> None:
    for one in table(range(6, 24)):
        if one["monitored_first_date"] is None:
            assert one["not_observable_ha"] is None
            continue
        parts = (one["disturbed_ha"], one["no_break_ha"], one["not_observable_ha"])
        total = sum(number(part) for part in parts if part is not None)
        assert total == pytest.approx(number(one["area_ha"]), rel=5e-3)  # a plane's metres
        share = number(one["not_observable_fraction"])
        assert number(one["not_observable_ha"]) == pytest.approx(share * total, rel=1e-9)


def test_what_broke_was_seen_though_its_month_is_not_marked() -> None:
    """Two pixels broke in a zone of which one was judged: the row still adds up."""
    planes = looks(range(6, 24))
    planes[:, np.arange(GRID.shape[0]) != 2] = 0
    planes[:, :, 1:] = 0
    area, zones = pixel_area_m2(GRID), [(n, zone.geometry) for n, zone in enumerate(ZONES)]
    pieces = cover(GRID, zones).pieces
    read = read_hectares(summed(codes_of(breaks(), planes, MONITORED), area, pieces), MONITORED)
    made = disturbance_area(ZONES, whole(area, pieces), read, JOB, MONITORED)
    rows = [dict(zip(made.columns, one, strict=True)) for one in made.rows]
    one = row(rows, "all", "2021")
    parts = [one[name] for name in ("disturbed_ha", "no_break_ha", "not_observable_ha")]
    assert parts == [pytest.approx(2, rel=2e-3), 0, pytest.approx(22, rel=2e-3)]


def test_a_year_seen_once_is_observable_and_its_other_months_are_not() -> None:
    rows = table(range(14, 15))  # March 2021 alone
    year, month = row(rows, "all", "2021"), row(rows, "all", "2021-03")
    usable = 22 / 24  # two pixels' history is too short
    assert number(year["not_observable_fraction"]) == pytest.approx(1 - usable, rel=1e-2)
    blind = number(year["months_not_observable_fraction"])
    assert blind == pytest.approx(1 - usable / 12, rel=1e-2)
    of_month = number(month["months_not_observable_fraction"])
    assert of_month == pytest.approx(number(month["not_observable_fraction"]), rel=1e-9)
    assert row(rows, "all", "2021-04")["disturbed_ha"] is None


def test_months_judged_before_the_cloud_came_count_where_the_pixel_is_not_watched() -> None:
    rows = table(range(12, 24))
    # pixel (3, 0) is of kind "not watched", and its judged months are as sure as any
    assert number(row(rows, "all", "2021")["not_observable_fraction"]) < 2.5 / 24


def test_kinds_add_up_to_the_zone() -> None:
    (whole, _, blind) = tables(range(6, 24))[1]
    expected = {
        "stable_ha": 19, "recovering_ha": 2, "history_too_short_ha": 1, "outside_images_ha": 1,
        "not_watched_ha": 1,
    }  # fmt: skip
    parts = KIND_COLUMNS[KIND_COLUMNS.index("stable_ha") : -1]
    for name in parts:
        assert number(whole[name]) == pytest.approx(expected.get(name, 0), rel=3e-3, abs=1e-9)
    total = sum(number(whole[name]) for name in parts)
    assert total == pytest.approx(number(whole["area_ha"]), rel=3e-3)
    assert number(blind["history_too_short_ha"]) == pytest.approx(1.0, rel=3e-3)
    assert whole["monitored_last_date"] == date(2021, 12, 31)


def test_the_whole_watch_counts_each_place_once_with_its_first_break() -> None:
    (whole, half, blind) = tables(range(6, 24))[1]
    sure = ("confirmed_ha", "provisional_ha", "low_ha")
    for one, parts in ((whole, (1.0, 0.0, 1.0)), (half, (0.5, 0.0, 1.0))):
        assert [number(one[name]) for name in sure] == pytest.approx(parts, rel=1e-2)
        broke = number(one["disturbed_ha"])
        assert sum(number(one[name]) for name in sure) == pytest.approx(broke, rel=1e-9)
        kinds = ("abrupt_ha", "gradual_ha", "recovering_ha")
        assert sum(number(one[name]) for name in kinds) == pytest.approx(broke, rel=1e-9)
    years = table(range(6, 24))
    by_year = [number(row(years, "all", year)["disturbed_ha"]) for year in ("2020", "2021")]
    assert number(whole["disturbed_ha"]) < sum(by_year)  # one pixel broke in both
    assert all(blind[name] is None for name in ("disturbed_ha", "perhaps_before_watch_ha", *sure))
    assert blind["abrupt_ha"] == 0


def test_what_was_last_seen_before_the_watch_may_have_gone_before_it() -> None:
    whole = tables(range(6, 24))[1][0]
    assert number(whole["perhaps_before_watch_ha"]) == pytest.approx(1.0, rel=3e-3)


def test_confidences_and_kinds_add_up_to_the_whole() -> None:
    for one in table(range(6, 24)):
        if one["disturbed_ha"] is not None:
            for parts in (
                ("confirmed_ha", "provisional_ha", "low_ha"),
                ("abrupt_ha", "gradual_ha", "recovering_ha"),
            ):
                total = sum(float(str(one[name])) for name in parts)
                assert total == pytest.approx(float(str(one["disturbed_ha"])), rel=1e-9)


def test_the_table_is_the_same_however_the_plane_is_cut() -> None:
    alone, tiled = (list(chain(*tables(range(6, 24), cuts))) for cuts in ((), (1, 4)))
    for one, other in zip(alone, tiled, strict=True):
        assert list(one) == list(other)
        for name, value in one.items():
            if isinstance(value, float):
                assert other[name] == pytest.approx(value, rel=1e-9, abs=1e-12)
            else:
                assert other[name] == value


def test_every_code_has_its_place() -> None:
    codes = codes_of(breaks(), looks(range(6, 24)), MONITORED)
    sizes = code_sizes(MONITORED)
    assert codes.keys() == sizes.keys()
    for name, plane in codes.items():
        assert plane.max() < sizes[name]
