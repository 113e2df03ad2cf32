"""Results of a run, opened: lazily, typed, and nothing that is not there."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from landcover.errors import InputError
from landcover.model import Grid, Layer
from landcover.outputs.results import OnFirstUse, Results, open_results, read_table
from landcover.outputs.tables import Table, write_table
from landcover.raster.cog import write_cog

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning"  # rioxarray with the newest affine
)

GRID = Grid("EPSG:32635", Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 100_000.0), (2, 3))
NDVI = Layer(
    "ndvi_2020", "composite", ("median NDVI", "count NDVI"), ("1", "days"),
    tags={"PRODUCT": "composite", "INDEX": "ndvi"},
)  # fmt: skip
CLEAR = Layer("clear_2020", "composite", ("clear days",), ("days",), "uint16", 65535)
VALUES = np.array([[[0.5, np.nan, -0.25], [0.75, 0.0, np.nan]], [[3, 0, 1], [9, 2, 0]]], np.float32)
COUNTS = np.array([[[3, 65535, 1], [9, 2, 65535]]], np.uint16)
ACCOUNT = {"landcover": "0.1.0", "tiles_done": 4, "tiles_total": 4, "failures": [], "seconds": {}}
ZONES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"WDPAID": 12, "NAME": "A"},
            "geometry": {"type": "Polygon", "coordinates": [[[28, 1], [29, 1], [29, 2], [28, 1]]]},
        }
    ],
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return the folder of a run, made by hand."""
    out = tmp_path / "out"
    for name in ("rasters", "tables", "inputs", ".work"):
        (out / name).mkdir(parents=True)
    for layer, planes in ((NDVI, VALUES), (CLEAR, COUNTS)):
        write_cog(out / "rasters" / f"{layer.name}.tif", layer, GRID, [(0, 0, planes)], tmp_path)
    columns = ("zone_id", "name", "date", "index", "count", "mean", "sensitive")
    rows = [
        ("007", "NA", date(2020, 1, 5), "ndvi", 4, 0.5, True),
        ("-12", "=Mine", date(2020, 2, 4), "ndvi", 0, None, False),
    ]
    write_table(out / "tables" / "zone_series.csv", Table(columns, rows))
    (out / "run.json").write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return out


def leave_zones(out: Path) -> None:
    """Leave a copy of zones as a run does."""
    (out / "inputs" / "reserves_a.geojson").write_text(json.dumps(ZONES), encoding="utf-8")
    entries = [
        {"role": "zones.reserves", "copy": "reserves_a.geojson"},
        {"role": "zones.sites", "copy": "sites_a.csv"},
        {"role": "zones.secret", "copy": None},
    ]
    content = json.dumps({"inputs": entries})
    (out / "inputs" / "inputs.json").write_text(content, encoding="utf-8")


def test_rasters_are_lazy_and_masked(out: Path) -> None:
    raster = open_results(out).rasters["ndvi_2020"]
    assert raster.chunks is not None
    assert raster.name == "ndvi_2020"
    assert raster.dims == ("band", "y", "x")
    np.testing.assert_array_equal(raster, VALUES)
    counts = open_results(out).rasters["clear_2020"]
    np.testing.assert_array_equal(counts, [[[3, np.nan, 1], [9, 2, np.nan]]])


def test_rasters_say_what_they_are(out: Path) -> None:
    raster = open_results(out).rasters["ndvi_2020"]
    assert list(raster.band_name.to_numpy()) == ["median NDVI", "count NDVI"]
    assert raster.attrs["PRODUCT"] == "composite"
    assert raster.attrs["long_name"] == ("median NDVI", "count NDVI")
    assert raster.attrs["units"] == ("1", "days")
    assert not {"scale_factor", "add_offset"} & set(raster.attrs)
    assert raster.rio.crs.to_epsg() == 32635
    assert raster.rio.transform() == GRID.transform
    assert list(open_results(out).rasters["clear_2020"].band_name.to_numpy()) == ["clear days"]


def test_tables_keep_ids_and_dates(out: Path) -> None:
    table = open_results(out).tables["zone_series"]
    assert list(table.zone_id) == ["007", "-12"]
    assert list(table["name"]) == ["NA", "=Mine"]
    assert list(table.date) == [pd.Timestamp(2020, 1, 5), pd.Timestamp(2020, 2, 4)]
    assert table.date.dtype == np.dtype("datetime64[ns]")
    assert table["count"].dtype == np.int64
    assert table["mean"].iloc[0] == 0.5
    assert np.isnan(table["mean"].iloc[1])
    assert table.sensitive.dtype == np.bool_


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("first_date\n2020\n", "first_date", [pd.Timestamp(2020, 1, 1)]),
        ("date\n2020-03\n2020-04\n", "date", [pd.Timestamp(2020, 3, 1), pd.Timestamp(2020, 4, 1)]),
        ("date\n2020-q1\nwet\n", "date", ["2020-q1", "wet"]),
        ("time_utc\n2020-03-01T08:30:00Z\n", "time_utc", [pd.Timestamp(2020, 3, 1, 8, 30)]),
        ("parent\n01\n\"\"\n", "parent", ["01", ""]),
        ("mineral1\ngold\n'=tin\n", "mineral1", ["gold", "=tin"]),
        ("\ufeffzone_id\n1\n", "zone_id", ["1"]),
        ("name\n'tis\n", "name", ["'tis"]),
    ],
)  # fmt: skip
def test_cells_are_read_as_they_are_meant(
    text: str, column: str, expected: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    assert list(read_table(path)[column]) == expected


def test_an_empty_day_is_no_day(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("zone_id,last_date\na,2020-01-02\nb,\n", encoding="utf-8")
    days = read_table(path).last_date
    assert days.iloc[0] == pd.Timestamp(2020, 1, 2)
    assert days.isna().tolist() == [False, True]


def test_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "failures.csv"
    path.write_text("scene,source,band,tile,reason\n", encoding="utf-8")
    assert list(read_table(path).columns) == ["scene", "source", "band", "tile", "reason"]
    assert read_table(path).empty


def test_files_open_on_first_use_and_once() -> None:
    opened: list[str] = []

    def opener(path: Path) -> str:
        opened.append(path.name)
        return path.name

    files = OnFirstUse("raster", {"a": Path("a.tif"), "b": Path("b.tif")}, opener)
    assert list(files) == ["a", "b"]
    assert "a" in files
    assert "c" not in files
    assert repr(files) == "2 rasters: a, b"
    assert opened == []
    assert files["a"] == files["a"] == "a.tif"
    assert opened == ["a.tif"]
    with pytest.raises(KeyError, match="no raster is called 'c'; there are a, b"):
        files["c"]


def test_many_names_are_cut_short() -> None:
    names = {f"ndvi_{year}": Path() for year in range(2010, 2020)}
    listed = "ndvi_2010, ndvi_2011, ndvi_2012, ndvi_2013, ndvi_2014, ndvi_2015 and 4 more"
    assert repr(OnFirstUse("raster", names, str)) == f"10 rasters: {listed}"
    assert repr(OnFirstUse("table", {}, str)) == "0 tables: none"


def test_a_summary_opens_nothing(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landcover.outputs.results.read_raster", None)
    results = open_results(out)
    assert repr(results) == (
        f"Results of {out}\n  made by landcover 0.1.0: 4 of 4 tiles\n"
        "  2 rasters: clear_2020, ndvi_2020\n  1 table: zone_series"
    )
    assert "<li>2 rasters: clear_2020, ndvi_2020</li>" in results._repr_html_()


def test_a_summary_counts_failures_and_escapes(out: Path) -> None:
    account = {**ACCOUNT, "failures": [{}, {}], "landcover": "<b>"}
    results = dataclasses.replace(open_results(out), run=account)
    assert "4 of 4 tiles, 2 failures" in repr(results)
    assert "&lt;b&gt;" in results._repr_html_()


def test_results_are_frozen(out: Path) -> None:
    results = open_results(str(out))
    assert isinstance(results, Results)
    assert results.run["tiles_done"] == 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        results.run = {}  # type: ignore[misc]


def test_zones_are_those_that_were_left(out: Path) -> None:
    with pytest.raises(InputError, match="the run left no polygons of its zones"):
        _ = open_results(out).zones
    leave_zones(out)
    zones = open_results(out).zones
    assert zones.crs.to_epsg() == 4326
    assert zones[["group", "WDPAID", "NAME"]].values.tolist() == [["reserves", 12, "A"]]
    own = zones.rename(columns={"WDPAID": "zone_id"}).to_crs("EPSG:32635")
    own.to_file(out / "zones.gpkg", layer="zones")
    assert "zone_id" in open_results(out).zones.columns
    assert open_results(out).zones.total_bounds == pytest.approx([28, 1, 29, 2])


def test_a_lost_lock_leaves_no_scenes(out: Path) -> None:
    assert open_results(out).scenes.empty


def test_what_is_no_folder_of_a_run_is_refused(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        open_results(tmp_path / "gone")
    with pytest.raises(InputError, match="this is not the folder of a run"):
        open_results(tmp_path)
    (out / "run.json").unlink()
    with pytest.raises(InputError, match=r"the run in it has not finished\. Run the job again"):
        open_results(out)
    (out / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"run.json: cannot be read"):
        open_results(out)
