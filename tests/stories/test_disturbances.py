"""Disturbances of the made-up country: found, dated, listed, and the same however it is cut."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
from numpy.typing import NDArray
from rasterio.windows import Window

from landcover import job as jobs
from landcover import pipeline
from landcover.kernels.breaks import ABRUPT, GRADUAL, RECOVERING, SHORT, STABLE
from landcover.kernels.dates import decimal_year
from landcover.outputs.results import open_results
from landcover.products.disturbance_layers import KIND_LEGEND
from landcover.synthetic import Country, Writing, answers, country, dates, truth, write
from landcover.synthetic.seasons import Cover
from landcover.synthetic.zones import write_zones

pytestmark = pytest.mark.slow

DAYS = dates(date(2019, 1, 1), date(2024, 1, 1), 10)
OPENED = (date(2021, 3, 1), date(2022, 12, 1))
LEAST_PX = 10
"""0.1 ha of pixels of 10 m."""

JOB: dict[str, Any] = {
    "schema": 1,
    "name": "clearings",
    "zones": {
        "reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "name": "NAME"},
        "sites": {"path": "zones/sites.csv", "id": "pcode", "name": "name", "rings_m": [250]},
        "territories": {
            "path": "zones/territories.geojson",
            "id": "ADM2_PCODE",
            "kind": "region",
        },
    },
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
    "period": [2019, 2023],
    "products": {"disturbance": {"history": ["2019-01-01", "2021-01-01"]}},
    "series": {"every": "year"},
    "run": {"memory": "4GB"},
}


@dataclass(frozen=True, slots=True)
class Cleared:
    """A country, the folder of its scenes, and a run about it."""

    land: Country
    folder: Path
    out: Path

    def run(self, name: str, scheduler: str, **changes: Any) -> Path:
        """Run the job with some keys changed, and return its folder."""
        content = JOB | changes
        content["run"] = {"memory": "4GB", "scheduler": scheduler}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
        result = pipeline.run(jobs.load(path), self.folder / name)
        assert result.exit_code == 0
        return self.folder / name

    def raster(self, name: str) -> NDArray[Any]:
        """Read a raster on the country's own grid: rings reach beyond it."""
        rows, columns = self.land.shape
        with rasterio.open(self.out / "rasters" / f"{name}.tif") as file:
            left, top = ~file.transform @ (self.land.left_m, self.land.top_m)
            return np.asarray(file.read(window=Window(round(left), round(top), columns, rows)))


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Cleared:
    folder = tmp_path_factory.mktemp("cleared")
    land = country((192, 224), first=OPENED[0], last=OPENED[1])
    write(land, folder / "scenes", DAYS, writing=Writing(64, bands=("red", "nir")))
    write_zones(land, folder / "zones")
    made = Cleared(land, folder, folder / "first")
    made.run("first", scheduler)
    return made


def days_apart(year: NDArray[Any], ordinal: NDArray[Any]) -> NDArray[np.float64]:
    """Days from true days to dates in decimal years."""
    true = np.array([decimal_year(date.fromordinal(int(day))) for day in ordinal])
    return np.asarray((year - true) * 365.25, np.float64)


def ground(cleared: Cleared) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what covers each pixel in the end, and the day it was first cleared (0 never)."""
    return truth.cover(cleared.land, DAYS[-1]), truth.first_cleared(cleared.land)


def often_seen(cleared: Cleared, first: NDArray[Any]) -> NDArray[np.bool_]:
    """Return pixels with a clear look within the month before and the month after clearing."""
    seen = np.isfinite(answers.stack(cleared.land, DAYS))
    when = np.array([day.toordinal() for day in DAYS])[:, np.newaxis, np.newaxis]
    before = (seen & (when < first) & (when >= first - 31)).any(axis=0)
    after = (seen & (when >= first) & (when < first + 31)).any(axis=0)
    return np.asarray(before & after)


def test_mines_and_fields_are_found_and_dated(cleared: Cleared) -> None:
    cover, first = ground(cleared)
    often = often_seen(cleared, first)
    kind, year = cleared.raster("disturbance_kind")[0], cleared.raster("disturbance")[0]
    for covers in ((Cover.MINE, Cover.ROCK), (Cover.FIELD, Cover.FALLOW)):
        there = np.isin(cover, covers) & (first > 0) & (first < date(2023, 6, 1).toordinal())
        found = there & np.isin(kind, (ABRUPT, GRADUAL, RECOVERING))
        assert there.sum() > 100
        assert found.sum() / there.sum() > 0.85
        dated = found & often
        assert dated.sum() > 50
        assert np.median(np.abs(days_apart(year[dated], first[dated]))) <= 20


def test_fields_recover_and_mines_do_not(cleared: Cleared) -> None:
    cover, first = ground(cleared)
    kind = cleared.raster("disturbance_kind")[0]
    early = (first > 0) & (first < date(2022, 1, 1).toordinal())
    fields = early & np.isin(cover, (Cover.FIELD, Cover.FALLOW)) & (kind != STABLE)
    mines = early & np.isin(cover, (Cover.MINE, Cover.ROCK)) & (kind != STABLE)
    assert (kind[mines] == RECOVERING).mean() < 0.1
    assert (kind[fields] == RECOVERING).mean() > (kind[mines] == RECOVERING).mean() + 0.3


def test_intact_forest_is_left_alone(cleared: Cleared) -> None:
    cover, first = ground(cleared)
    kind, planes = cleared.raster("disturbance_kind")[0], cleared.raster("disturbance")
    forest = (cover == Cover.FOREST) & (first == 0) & (kind > 0)
    assert np.isin(kind[forest], (ABRUPT, GRADUAL, RECOVERING)).mean() <= 0.005
    assert (planes[0][kind == STABLE] == 0).all()
    assert np.isnan(planes[0][(kind == 0) | (kind >= SHORT)]).all()


def in_reserve(cleared: Cleared) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies in the reserve."""
    frame = gpd.read_file(cleared.folder / "zones" / "reserves.geojson").to_crs(cleared.land.crs)
    rows, columns = (np.arange(size) + 0.5 for size in cleared.land.shape)
    x, y = cleared.land.left_m + 10 * columns, cleared.land.top_m - 10 * rows
    inside = shapely.contains_xy(frame.union_all(), *np.meshgrid(x, y))
    return np.asarray(inside, np.bool_)


def alarmed_in_reserve(cleared: Cleared) -> float:
    """Return the share of the reserve's intact forest that a run calls broken."""
    cover, first = ground(cleared)
    kind = cleared.raster("disturbance_kind")[0]
    intact = in_reserve(cleared) & (cover == Cover.FOREST) & (first == 0)
    intact &= (kind >= STABLE) & (kind < SHORT)
    assert intact.sum() > 5000
    return float(np.isin(kind[intact], (ABRUPT, GRADUAL, RECOVERING)).mean())


def test_the_intact_reserve_is_left_alone(cleared: Cleared) -> None:
    assert alarmed_in_reserve(cleared) <= 0.005


HASTY = {"run": 2, "threshold": 0.8, "least_drop": 0.015, "lasting_days": 30}
"""Numbers that make a detector alarm at anything, so that there is a rate to tell."""

LIGHT = {"run": 3, "threshold": 1.0, "least_drop": 0.035, "lasting_days": 30}
"""Numbers that make it alarm too often, as one may that is used where it was not tried."""


@pytest.mark.parametrize(
    ("name", "robust", "years", "true", "width"),
    [
        ("usual", {}, 2, (0.0, 0.005), 0.3),
        ("light", LIGHT, 3, (0.02, 0.1), 0.15),
        ("hasty", HASTY, 2, (0.5, 1.0), 0.5),
    ],
)
def test_the_runs_own_rate_of_false_alarms_is_the_true_one(
    cleared: Cleared,
    scheduler: str,
    name: str,
    robust: dict[str, float],
    years: int,
    true: tuple[float, float],
    width: float,
) -> None:
    keys = {
        "history": ["2019-01-01", f"{2019 + years}-01-01"], "min_ha": 0, "robust": robust,
        "trials": {"every_px": 2}, "stable": {"zones": ["reserves"]},
    }  # fmt: skip
    out = cleared.run(name, scheduler, products={"disturbance": keys})
    truth = alarmed_in_reserve(Cleared(cleared.land, cleared.folder, out))
    told = open_results(out).run["disturbance"]["false_alarms"]["false_alarms_monitored"]
    assert told["low"] <= truth <= told["high"]
    assert told["high"] - told["low"] < width, "a reserve of 90 ha, and two or three years"
    assert true[0] <= truth <= true[1]
    assert told["watches"] > 2500
    assert told["hits"] is None
    table = open_results(out).tables["disturbance_rates"].set_index("measure")
    assert table.loc["false_alarms_monitored", "share"] == pytest.approx(told["share"])
    assert table.loc["power_found", "share"] > 0.8


def test_only_final_layers_are_rasters(cleared: Cleared) -> None:
    names = {path.stem for path in (cleared.out / "rasters").glob("*.tif")}
    assert names == {"disturbance", "disturbance_kind"}
    with rasterio.open(cleared.out / "rasters" / "disturbance_kind.tif") as file:
        (abrupt,) = (one.palette for one in KIND_LEGEND.classes if one.value == ABRUPT)
        assert file.colormap(1)[ABRUPT][:3] == tuple(bytes.fromhex(abrupt.removeprefix("#")))
        assert file.tags()["METHOD"] == "robust"


def test_patches_are_the_pixels_of_the_map(cleared: Cleared) -> None:
    frame = gpd.read_file(cleared.out / "patches.gpkg")
    table = open_results(cleared.out).tables["patches"]
    assert table["patch_id"].tolist() == frame["patch_id"].tolist()
    assert table["patch_id"].is_unique
    assert (table["pixels"] >= LEAST_PX).all()
    kind = cleared.raster("disturbance_kind")[0]
    broken = np.isin(kind, (ABRUPT, GRADUAL, RECOVERING))
    union = frame.geometry.union_all()
    assert union.area == pytest.approx(100.0 * broken.sum())
    assert frame.crs == cleared.land.crs
    assert (table["first_date"] >= pd.Timestamp(2021, 1, 1)).all()
    assert (table["first_date"] <= table["last_date"]).all()
    assert (table["last_clear_date"] < table["first_date"]).all()


def test_parts_of_patches_add_up_to_them_and_to_the_years_of_zones(cleared: Cleared) -> None:
    found = open_results(cleared.out).tables
    table, years = found["patches"].set_index("patch_id"), found["patch_years"]
    sums = years.groupby("patch_id").sum().loc[table.index]
    parts = ["confirmed_ha", "provisional_ha", "low_ha"]
    np.testing.assert_allclose(table[parts].sum(axis=1), table["area_ha"], rtol=1e-9)
    np.testing.assert_allclose(sums["disturbed_ha"], table["area_ha"], rtol=1e-9)
    for name in (*parts, "perhaps_before_watch_ha"):
        np.testing.assert_allclose(sums[name], table[name], rtol=1e-9, atol=1e-9)
    early = table["last_clear_date"] < pd.Timestamp(2021, 1, 1)
    assert (table["perhaps_before_watch_ha"][early] > 0).all()
    # territories do not overlap, and hold all that is watched but slivers beyond the country
    area = found["disturbance_area"]
    rows = area[(area["kind"] == "region") & (area["every"] == "year")]
    for year in (2021, 2022, 2023):
        told = float(rows[rows["period"].astype(str) == str(year)]["disturbed_ha"].sum())
        mine = float(years[years["year"] == year]["disturbed_ha"].sum())
        # a pixel that broke again in a later year counts there, and once in its patch
        assert mine * 0.99 <= told <= mine * 1.15 + 0.1


def test_mines_say_their_territory_and_the_way_to_the_reserve(cleared: Cleared) -> None:
    table = open_results(cleared.out).tables["zones"].set_index("zone_id")
    regions = gpd.read_file(cleared.folder / "zones" / "territories.geojson")
    (park,) = (
        gpd.read_file(cleared.folder / "zones" / "reserves.geojson")
        .to_crs(cleared.land.crs)
        .geometry
    )
    points = gpd.read_file(cleared.out / "zones.gpkg", layer="sites").set_index("site_id")
    for mine in cleared.land.mines:
        ring = table.loc[f"{mine.code}_0-250m"]
        place = gpd.GeoSeries.from_xy([mine.x_m], [mine.y_m], crs=cleared.land.crs)
        own = regions[regions.contains(place.to_crs(regions.crs)[0])]
        assert ring["territory_id"] == own["ADM2_PCODE"].item()
        apart = park.distance(place[0])  # in the plane, whose scale is 0.9996 to 1.001
        assert ring["reserve_distance_m"] == pytest.approx(apart, rel=2e-3, abs=0.1)
        away = points.loc[mine.code, "reserve_distance_m"]
        assert away == pytest.approx(ring["reserve_distance_m"], rel=1e-9)
    assert table.loc[table["kind"] != "ring", "territory_id"].eq("").all()


def test_a_mines_patch_names_its_mine(cleared: Cleared) -> None:
    frame = gpd.read_file(cleared.out / "patches.gpkg")
    named = 0
    for mine in cleared.land.mines:
        own = frame[frame.geometry.contains(gpd.points_from_xy([mine.x_m], [mine.y_m])[0])]
        for _, patch in own.iterrows():
            assert patch["nearest_site_name"] == mine.name
            assert patch["distance_m"] == 0.0
            named += 1
    assert named >= 1


def test_hectares_add_up_to_the_maps(cleared: Cleared) -> None:
    table = open_results(cleared.out).tables["disturbance_area"]
    planes = cleared.raster("disturbance")
    for (zone, every), part in table[table["kind"] == "region"].groupby(["zone_id", "every"]):
        blank = part[part["period"].str[:4].astype(int) < 2021]
        assert len(blank) > 0, (zone, every)
        assert blank["disturbed_ha"].isna().all()
        told = part[part["period"].str[:4].astype(int) >= 2021]
        blind = told["not_observable_fraction"] == 1  # the last month: too few looks come after
        assert set(told[blind]["period"].astype(str)) <= {"2023-12"}
        assert (told["disturbed_ha"].isna() == blind).all()
    years = table[(table["kind"] == "region") & (table["every"] == "year")]
    for year in (2021, 2022, 2023):
        first = np.floor(planes[0]) == year
        found = float(years[years["period"].astype(str) == str(year)]["disturbed_ha"].sum())
        # a pixel may break again in a later year: the map tells only of the first
        assert found >= first.sum() / 100 * 0.995
        assert found <= first.sum() / 100 * 1.15 + 0.1


def test_every_row_adds_up_to_its_zone(cleared: Cleared) -> None:
    found = open_results(cleared.out).tables
    area = found["disturbance_area"].dropna(subset=["monitored_first_date"])
    parts = area[["disturbed_ha", "no_break_ha", "not_observable_ha"]].fillna(0.0)
    assert len(area) > 100
    np.testing.assert_allclose(parts.sum(axis=1), area["area_ha"], rtol=1e-4)
    kinds = found["disturbance_kinds"]
    own = kinds.loc[:, "stable_ha":"not_watched_ha"]  # type: ignore[misc]
    np.testing.assert_allclose(own.sum(axis=1), kinds["area_ha"], rtol=1e-4)
    region = kinds[kinds["kind"] == "region"]
    kind = cleared.raster("disturbance_kind")[0]
    for name, code in (("abrupt_ha", ABRUPT), ("recovering_ha", RECOVERING)):
        assert region[name].sum() == pytest.approx((kind == code).sum() / 100, rel=0.02)


def test_the_whole_watch_reconciles_with_the_map_its_years_and_its_patches(
    cleared: Cleared,
) -> None:
    found = open_results(cleared.out).tables
    kinds, area = found["disturbance_kinds"], found["disturbance_area"]
    told = kinds.dropna(subset=["disturbed_ha"])
    broke = told["disturbed_ha"].to_numpy()
    for parts in (["confirmed_ha", "provisional_ha", "low_ha"],
                  ["abrupt_ha", "gradual_ha", "recovering_ha"]):  # fmt: skip
        np.testing.assert_allclose(told[parts].sum(axis=1), broke, rtol=1e-9, atol=1e-9)
    assert (told["perhaps_before_watch_ha"] <= broke + 1e-9).all()
    years = area[area["every"] == "year"].groupby("zone_id")["disturbed_ha"].sum()
    assert (broke <= years.loc[told["zone_id"]].to_numpy() + 1e-6).all()
    # the regions share the map: of its first breaks, those last seen before the watch
    region = kinds[kinds["kind"] == "region"].sum(numeric_only=True)
    planes = cleared.raster("disturbance")
    first = planes[0] > 0
    assert region["disturbed_ha"] == pytest.approx(first.sum() / 100, rel=5e-3)
    for name, code in (("low_ha", 1), ("provisional_ha", 2), ("confirmed_ha", 3)):
        there = float((planes[2] == code).sum()) / 100
        assert region[name] == pytest.approx(there, rel=5e-3, abs=0.02), name
    early = float((first & (planes[5] < 2021)).sum()) / 100
    assert early > 0
    assert region["perhaps_before_watch_ha"] == pytest.approx(early, rel=5e-3, abs=0.02)
    # a patch may hold second breaks, too, and never lacks a first one
    patches = found["patches"]
    assert patches["area_ha"].sum() >= region["disturbed_ha"] * 0.995
    assert patches["perhaps_before_watch_ha"].sum() >= early * 0.995
    assert region["outside_images_ha"] < 1e-3, "every scene has the country, but for its very edge"


def test_what_could_not_be_told_yet_is_said(cleared: Cleared) -> None:
    table = open_results(cleared.out).tables["disturbance_area"]
    regions = table[table["kind"] == "region"].set_index(["zone_id", "period"])
    for zone in regions.index.get_level_values("zone_id").unique():
        last = regions.loc[(zone, "2023-12")]
        assert last["not_observable_fraction"] > 0.5  # too few looks come after
        assert regions.loc[(zone, "2021")]["not_observable_fraction"] < 0.05
        year = regions.loc[(zone, "2023")]
        assert year["months_not_observable_fraction"] > year["not_observable_fraction"]
        # nobody has seen 24 months after a break of the last year
        open_ha = year["abrupt_ha"] + year["gradual_ha"]
        assert year["not_followed_ha"] == pytest.approx(open_ha, rel=1e-9)


def sums(out: Path) -> dict[str, str]:
    """Return the sha256 of every raster."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "rasters").glob("*.tif"))
    }


def tables(out: Path) -> dict[str, pd.DataFrame]:
    found = open_results(out).tables
    names = ("patches", "patch_years", "disturbance_area", "disturbance_kinds", "disturbance_rates")
    return {name: found[name] for name in names}


def test_tiles_change_nothing(cleared: Cleared, scheduler: str) -> None:
    tiled = cleared.run("tiled", scheduler, grid={"tile_px": 64})
    assert sums(tiled) == sums(cleared.out)
    for name, table in tables(tiled).items():
        pd.testing.assert_frame_equal(table, tables(cleared.out)[name], rtol=1e-9, atol=1e-12)


def test_another_mapping_unit_reads_no_scene(cleared: Cleared, scheduler: str) -> None:
    out = cleared.run("finer", scheduler)
    before = sums(out)
    keys = {"history": ["2019-01-01", "2021-01-01"], "min_ha": 1.0}
    cleared.run("finer", scheduler, products={"disturbance": keys})
    assert open_results(out).run["tiles_done"] >= 1
    assert (tables(out)["patches"]["area_ha"] >= 0.99).all()
    assert sums(out) != before
    cleared.run("finer", scheduler)
    assert sums(out) == before
