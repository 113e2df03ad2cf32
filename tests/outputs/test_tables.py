"""Tables: hand-worked rows, days without a clear pixel, cells that spreadsheets obey."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from landcover.catalog import Dropped
from landcover.catalog.settings import Source
from landcover.kernels.sums import Bins, ZoneSums, concatenate, merge
from landcover.kernels.zonal import Pieces, accumulate, whole
from landcover.model import Failure, Period, Scene, Zone
from landcover.outputs.tables import (
    SERIES_COLUMNS,
    LayerSums,
    Table,
    data_used,
    failures,
    observed,
    scenes_used,
    write_table,
    zone_series,
    zone_table,
)
from landcover.products.base import Span

NDVI = Bins(-1, 1)


@dataclass(frozen=True)
class Item:
    number: int = 0
    pool: tuple[str, ...] = ("s2",)
    sensor: str = "sentinel-2-l2a"
    index: str = "ndvi"
    bins: Bins = NDVI
    spans: tuple[Span, ...] = ()
    decibel: bool = False


def zone(name: str, west: float, **more: object) -> Zone:
    fields: dict[str, object] = {"kind": "site", "group": "sites", "area_ha": 0.045, **more}
    return Zone(name, name.upper(), geometry=shapely.box(west, 0, west + 1, 1), **fields)


def scene(name: str, day: date, west: float = 0.0, **more: object) -> Scene:
    time = datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC)
    fields: dict[str, object] = {"source": "s2", "sensor": "sentinel-2-l2a", **more}
    return Scene(
        name, time=time, solar_day=day, crs="EPSG:32635", footprint=(west, 0, west + 0.9, 1),
        assets={}, **fields,
    )  # fmt: skip


def pieces(number: int) -> Pieces:
    """One zone over a 3 x 3 tile: the middle row, and half of each pixel of the top one."""
    one = np.array([number], np.int32)
    return Pieces(
        one, one * 0, one * 0, np.array([0, 1]), np.array([[1, 0, 3]], np.int32),
        np.array([0, 3]), np.array([0, 1, 2]), np.full(3, 0.5, np.float32),
        np.array([0]),
    )  # fmt: skip


def day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


AREA = np.full((3, 3), 100.0)
NAN = np.nan
FIRST, SECOND, THIRD = date(2019, 1, 5), date(2019, 1, 10), date(2019, 3, 1)
VALUES = np.array([[0.2, NAN, 0.4], [0.6, 0.8, NAN], [9, 9, 9]], np.float32)
ZONES = [zone("a", 0, from_m=None), zone("b", 5, kind="ring", from_m=0.0, to_m=500.0)]
SCENES = [scene("one", FIRST), scene("two", SECOND), scene("far", THIRD, west=50)]


def sums() -> ZoneSums:
    return merge(
        concatenate(
            [
                accumulate(VALUES, AREA, pieces(0), Bins(-1, 1), 0, day_number(FIRST)),
                whole(AREA, pieces(0)),
                whole(AREA, pieces(1)),
            ]
        )
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_hand_worked_series(tmp_path: Path) -> None:
    rows = observed(ZONES, SCENES, sums(), [Item()])
    assert write_table(tmp_path / "t.csv", zone_series(ZONES, sums(), rows)) == 2
    first, second = read(tmp_path / "t.csv")
    assert tuple(first) == SERIES_COLUMNS
    # count 1 + 1 + 0.5 + 0.5; mean (0.5 * 0.2 + 0.5 * 0.4 + 0.6 + 0.8) / 3
    assert (first["zone_id"], first["date"], first["index"]) == ("a", "2019-01-05", "ndvi")
    assert float(first["count"]) == 3
    assert float(first["mean"]) == pytest.approx(1.7 / 3, abs=1e-7)
    assert float(first["median"]) == pytest.approx(0.6, abs=0.0051)
    assert float(first["clear_fraction"]) == pytest.approx(3 / 4.5)
    assert first["area_ha"] == "0.045"
    assert (first["from_m"], first["to_m"]) == ("", "")
    # a scene touched the zone, and nothing was clear: 0 and empty, never a mean of 0
    assert second["date"] == "2019-01-10"
    assert [second[k] for k in ("count", "mean", "median", "p10", "p90")] == ["0", "", "", "", ""]
    assert second["clear_fraction"] == "0"


def test_rows_follow_scenes_not_tiles() -> None:
    none = merge(concatenate([whole(AREA, pieces(0)), whole(AREA, pieces(1))]))
    (rows,) = observed(ZONES, SCENES, none, [Item()])
    assert [(int(z), int(d)) for z, d in zip(rows.zone, rows.day, strict=True)] == [
        (0, day_number(FIRST)),
        (0, day_number(SECOND)),
    ]
    assert (rows.place == -1).all()


def test_what_could_not_be_read_is_not_cloud() -> None:
    """A scene that failed in a zone's tiles makes no row of 0 there; what was seen keeps its."""
    none = merge(concatenate([whole(AREA, pieces(0)), whole(AREA, pieces(1))]))
    failed = {(SCENES[1].source, SCENES[1].id): {0}}
    (rows,) = observed(ZONES, SCENES, none, [Item()], failed)
    assert (rows.zone.tolist(), rows.day.tolist()) == ([0], [day_number(FIRST)])
    elsewhere = {(SCENES[1].source, SCENES[1].id): {1}}
    (rows,) = observed(ZONES, SCENES, none, [Item()], elsewhere)
    assert rows.day.tolist() == [day_number(FIRST), day_number(SECOND)]


def test_a_scene_is_as_large_as_its_geometry_says() -> None:
    corner = json.dumps(shapely.geometry.mapping(shapely.box(4.95, 0, 5.05, 1)))
    sliver = scene("sliver", THIRD, geometry=corner)
    (rows,) = observed(ZONES, [sliver], ZoneSums.empty(), [Item()])
    assert rows.zone.tolist() == [1]


def test_bounds_across_the_antimeridian_touch_what_lies_there_only() -> None:
    zones = [zone("east", 179.0), zone("west", -180.0), zone("far", 27.0)]
    sliver = replace(scene("fiji", THIRD), footprint=(179.2, 0.0, -179.7, 1.0))
    (rows,) = observed(zones, [sliver], ZoneSums.empty(), [Item()])
    assert rows.zone.tolist() == [0, 1]


def test_clear_pixels_outside_a_footprint_still_have_a_row() -> None:
    (rows,) = observed(ZONES, [SCENES[2]], sums(), [Item()])
    assert (rows.zone.tolist(), rows.day.tolist()) == ([0], [day_number(FIRST)])
    assert rows.place.tolist() != [-1]


def test_months_carry_their_name(tmp_path: Path) -> None:
    january = Span(Period(date(2019, 1, 1), date(2019, 2, 1)), "2019-01")
    march = Span(Period(date(2019, 3, 1), date(2019, 4, 1)), "2019-03")
    item = Item(spans=(january, march))
    start = day_number(january.period.start)
    made = concatenate(
        [accumulate(VALUES, AREA, pieces(0), item.bins, 0, start), whole(AREA, pieces(0))]
    )
    rows = observed(ZONES, [*SCENES, scene("feb", date(2019, 2, 3))], made, [item])
    write_table(tmp_path / "t.csv", zone_series(ZONES, made, rows))
    assert [(row["date"], row["count"]) for row in read(tmp_path / "t.csv")] == [("2019-01", "3")]


def test_sources_of_another_pool_do_not_make_rows() -> None:
    series = [Item(), Item(1, ("s1",), "sentinel-1-rtc", "vv")]
    s2, s1 = observed(ZONES, SCENES, sums(), series)
    assert (len(s2.zone), len(s1.zone)) == (2, 0)


def test_hand_worked_zones(tmp_path: Path) -> None:
    kept = {"mineral1": "=gold", "area_ha": 7, "open": True}
    zones = [zone("a", 0, kept=kept), ZONES[1]]
    rows = observed(zones, SCENES, sums(), [Item(), Item(1)])
    layer = LayerSums("ndvi_2019", accumulate(VALUES, AREA, pieces(0), Bins(-1, 1)), Bins(-1, 1))
    write_table(tmp_path / "z.csv", zone_table(zones, sums(), rows, [layer]))
    first, second = read(tmp_path / "z.csv")
    assert float(first["raster_area_ha"]) == pytest.approx(0.045)
    assert (first["dates_seen"], first["dates_clear"]) == ("2", "1")
    assert (first["first_date"], first["last_date"]) == ("2019-01-05", "2019-01-05")
    assert float(first["mean_clear_fraction"]) == pytest.approx(3 / 4.5 / 2)
    assert float(first["ndvi_2019_mean"]) == pytest.approx(1.7 / 3, abs=1e-7)
    assert float(first["ndvi_2019_observed_fraction"]) == pytest.approx(3 / 4.5)
    assert (first["mineral1"], first["kept_area_ha"], first["open"]) == ("'=gold", "7", "true")
    assert (second["kind"], second["from_m"], second["to_m"]) == ("ring", "0", "500")
    assert (second["dates_seen"], second["mean_clear_fraction"]) == ("0", "")
    assert (second["ndvi_2019_mean"], second["ndvi_2019_observed_fraction"]) == ("", "0")


def test_a_job_without_series_has_zones_all_the_same(tmp_path: Path) -> None:
    assert write_table(tmp_path / "z.csv", zone_table(ZONES, ZoneSums.empty(), [])) == 2
    assert read(tmp_path / "z.csv")[0]["dates_seen"] == "0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+243 81", "'+243 81"),
        ("-2.5", "'-2.5"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("Mine d'or é", "Mine d'or é"),
        (-2.5, "-2.5"),
        (-0.0, "0"),
        (1 / 3, "0.333333333333"),
        (0.1 + 0.2, "0.3"),
        (1372625.25, "1372625.25"),
        (float("nan"), ""),
        (float("inf"), ""),
        (None, ""),
        (True, "true"),
        (3, "3"),
        (np.float64(0.5), "0.5"),
        (date(2020, 2, 29), "2020-02-29"),
    ],
)
def test_cells(tmp_path: Path, value: object, text: str) -> None:
    write_table(
        tmp_path / "t.csv",
        Table(
            ("c",),
            [
                [
                    value,
                ]
            ],
        ),
    )  # type: ignore[list-item]
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == ([[text]] if text else [[""]])


def test_bytes_of_a_file(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", Table(("a", "b"), [["x,y", 'say "é"'], ["two\nlines", 1.5]]))
    text = (tmp_path / "t.csv").read_bytes()
    assert text == 'a,b\n"x,y","say ""é"""\n"two\nlines",1.5\n'.encode()


def test_a_failing_row_leaves_the_old_table(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", Table(("a",), [["old"]]))
    with pytest.raises(ZeroDivisionError):
        write_table(tmp_path / "t.csv", Table(("a",), ([1 / n] for n in (1, 0))))
    assert (tmp_path / "t.csv").read_text() == "a\nold\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_failures_are_sorted_and_redacted(tmp_path: Path) -> None:
    found = [
        Failure("s2", "b", "red", "t1", "no answer from https://x.org/a.tif?sig=SECRET"),
        Failure("s1", "b", "nir", "t1", "truncated"),
    ]
    write_table(tmp_path / "f.csv", failures(found))
    rows = read(tmp_path / "f.csv")
    assert [row["scene"] for row in rows] == ["s1", "s2"]
    assert "SECRET" not in (tmp_path / "f.csv").read_text()


def test_scenes_and_data_used(tmp_path: Path) -> None:
    scenes = [scene("one", FIRST, baseline="05.09", cloud_percent=12.5, reason="offset -1000")]
    write_table(tmp_path / "s.csv", scenes_used(scenes, {"one": 4}))
    (row,) = read(tmp_path / "s.csv")
    assert (row["scene"], row["date"], row["time_utc"]) == (
        "one",
        "2019-01-05",
        "2019-01-05T08:30:00Z",
    )
    assert (row["cloud_percent"], row["baseline"], row["tiles"]) == ("12.5", "05.09", "4")
    sources = [
        Source(name="s2", sensor="sentinel-2-l2a", catalog="https://x.org/v1", collection="c1"),
        Source(name="s1", sensor="sentinel-1-rtc", catalog=str(tmp_path / "catalog.json")),
    ]
    dropped = [Dropped("s2", "2019-01-05", "old", "a copy of one")]
    write_table(tmp_path / "d.csv", data_used(sources, scenes, dropped))
    used, unused = read(tmp_path / "d.csv")
    assert (used["catalog"], used["scenes"], used["first_date"]) == (
        "https://x.org/v1",
        "1",
        "2019-01-05",
    )
    assert (used["dropped"], unused["dropped"]) == ("1", "0")
    assert (unused["catalog"], unused["scenes"], unused["last_date"]) == ("catalog.json", "0", "")


def test_radar_power_is_told_in_decibels(tmp_path: Path) -> None:
    """The weighted mean of the power, 1.7 / 3 (see above), is -2.467 dB."""
    rows = observed(ZONES, SCENES, sums(), [Item(index="vv", decibel=True)])
    write_table(tmp_path / "t.csv", zone_series(ZONES, sums(), rows))
    first, second = read(tmp_path / "t.csv")
    assert first["index"] == second["index"] == "vv_db"
    assert float(first["mean"]) == pytest.approx(-2.467, abs=1e-3)
    assert float(first["median"]) == pytest.approx(-2.218, abs=0.04)
    assert second["mean"] == ""


def test_failures_name_files_and_no_folder_of_a_machine() -> None:
    told = (
        "/mnt/disque a/scènes 2021/B04.tif: it ends too early",
        r"D:\disque a\B04.tif: it ends too early",
        "no clear pixel: see /data/a/B04.tif, of 3",
        "https://host.example/a/B04.tif: 404",
        "band 3 / 4: not read",
    )
    rows = list(failures(Failure(f"s{n}", "own", "", "", one) for n, one in enumerate(told)).rows)
    assert [row[-1] for row in rows] == [
        "B04.tif: it ends too early",
        "B04.tif: it ends too early",
        "no clear pixel: see B04.tif, of 3",
        "https://host.example/a/B04.tif: 404",
        "band 3 / 4: not read",
    ]
