"""Further columns of the zones' table over time: smoothed, expected, departures."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely

from landcover.kernels.sums import Bins, ZoneSums, concatenate, merge
from landcover.kernels.zonal import Pieces, accumulate, whole
from landcover.model import Period, Zone
from landcover.outputs import (
    Beyond,
    Expectation,
    Observed,
    Smoothing,
    Table,
    write_table,
    zone_series,
)
from landcover.products.base import Span
from landcover.products.disturbance import DisturbanceSettings

ZONE = Zone("a", "A", kind="site", group="s", area_ha=0.04, geometry=shapely.box(0, 0, 1, 1))
AREA = np.full((2, 2), 100.0)
FIRST_DAY = 18_000
NDVI = Bins(-1, 1)


@dataclass(frozen=True)
class Item:
    number: int = 0
    pool: tuple[str, ...] = ("s1",)
    sensor: str = "a-sensor"
    index: str = "ndvi"
    bins: Bins = NDVI
    spans: tuple[Span, ...] = ()
    decibel: bool = False


def pieces() -> Pieces:
    """All of the 2 x 2 tile is the zone."""
    one = np.zeros(1, np.int32)
    return Pieces(
        one, one, one, np.array([0, 2]), np.array([[0, 0, 2], [1, 0, 2]], np.int32),
        np.array([0, 0]), np.zeros(0, np.int64), np.zeros(0, np.float32), np.array([0]),
    )  # fmt: skip


def made(values: list[float], item: Item) -> tuple[ZoneSums, Observed]:
    """One zone on dates ten days apart, all of it of one value; NaN: nothing clear."""
    parts = [whole(AREA, pieces())]
    for k, value in enumerate(values):
        plane = np.full((2, 2), value, np.float32)
        parts.append(accumulate(plane, AREA, pieces(), item.bins, item.number, FIRST_DAY + 10 * k))
    sums = merge(concatenate(parts))
    days = FIRST_DAY + 10 * np.arange(len(values))
    place = np.full(len(values), -1)
    for p in np.flatnonzero(sums.series == item.number).tolist():
        place[(sums.day[p] - FIRST_DAY) // 10] = p
    return sums, Observed(item, np.zeros_like(days), days, place)


def read(path: Path, table: Table) -> list[dict[str, str]]:
    write_table(path, table)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


NAN = float("nan")
SEEN = [NAN, 0.2, NAN, 0.4, 0.5, NAN, 0.7, NAN]


def test_a_line_goes_on_where_nothing_was_clear(tmp_path: Path) -> None:
    item = Item()
    sums, rows = made(SEEN, item)
    table = zone_series([ZONE], sums, [rows], Beyond(Smoothing("whittaker", 1e5)))
    found = read(tmp_path / "t.csv", table)
    assert list(found[0])[-2:] == ["area_ha", "median_smoothed"]
    assert [row["count"] for row in found] == ["0", "4", "0", "4", "4", "0", "4", "0"]
    wanted = [None, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, None]
    for row, value in zip(found, wanted, strict=True):
        if value is None:
            assert row["median_smoothed"] == ""
        else:
            assert float(row["median_smoothed"]) == pytest.approx(value, abs=0.0051)  # half a bin
            assert (row["median"] == "") == (row["count"] == "0")


def test_what_is_not_asked_for_is_not_there(tmp_path: Path) -> None:
    sums, rows = made(SEEN, Item())
    plain = read(tmp_path / "p.csv", zone_series([ZONE], sums, [rows]))
    smooth = read(
        tmp_path / "s.csv", zone_series([ZONE], sums, [rows], Beyond(Smoothing("whittaker")))
    )
    for one, other in zip(plain, smooth, strict=True):
        assert "median_smoothed" not in one
        assert {k: v for k, v in other.items() if k != "median_smoothed"} == one


def test_radar_is_smoothed_in_decibels(tmp_path: Path) -> None:
    """Halves of power are steps of 3 dB, along a line; powers themselves lie on no line."""
    item = Item(index="vv", bins=Bins(0, 1, 0.0001), decibel=True)
    sums, rows = made([0.5, 0.25, NAN, 0.0625, 0.03125], item)
    found = read(
        tmp_path / "t.csv", zone_series([ZONE], sums, [rows], Beyond(Smoothing("whittaker", 100.0)))
    )
    assert found[2]["median"] == ""
    assert float(found[2]["median_smoothed"]) == pytest.approx(-9.031, abs=0.01)


def expectation(index: str) -> Expectation:
    """Every ten days for six years from FIRST_DAY (14 April 2019) on, three of them history."""
    settings = DisturbanceSettings.model_validate({"history": ["2019-04-14", "2022-04-14"]})
    return Expectation(index, ("s1",), settings, Period(date(2019, 4, 14), date(2025, 4, 14)))


def test_fit_anomaly_and_break_of_a_zone(tmp_path: Path) -> None:
    """0.8 for four years, then 0.4: the first row of 0.4 is the break's date."""
    values = [0.8 + 0.01 * (k % 3 - 1) for k in range(146)] + [0.4] * 70
    values[5] = NAN
    sums, rows = made(values, Item())
    table = zone_series([ZONE], sums, [rows], Beyond(expected=expectation("ndvi")))
    found = read(tmp_path / "t.csv", table)
    assert list(found[0])[-4:] == ["median_fit", "median_anomaly", "break_date", "disturbance_kind"]
    assert {row["disturbance_kind"] for row in found} == {"abrupt"}
    assert {row["break_date"] for row in found[:146]} == {""}
    assert {row["break_date"] for row in found[146:]} == {found[146]["date"]}
    assert float(found[150]["median_fit"]) == pytest.approx(0.8, abs=0.01)
    assert float(found[150]["median_anomaly"]) == pytest.approx(-0.4, abs=0.01)
    # not seen: expected all the same, and nothing to depart from it
    assert found[5]["median"] == found[5]["median_anomaly"] == ""
    assert float(found[5]["median_fit"]) == pytest.approx(0.8, abs=0.01)


def test_a_short_history_says_so_and_other_series_say_nothing(tmp_path: Path) -> None:
    sums, rows = made(SEEN, Item())
    short = read(
        tmp_path / "a.csv",
        zone_series([ZONE], sums, [rows], Beyond(expected=expectation("ndvi"))),
    )
    assert {row["disturbance_kind"] for row in short} == {"history too short"}
    assert {(row["median_fit"], row["break_date"]) for row in short} == {("", "")}
    other = read(
        tmp_path / "b.csv", zone_series([ZONE], sums, [rows], Beyond(expected=expectation("nbr")))
    )
    assert {row["disturbance_kind"] for row in other} == {""}
