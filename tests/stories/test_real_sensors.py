"""Sensors over real files: the means that were computed independently of this project.

Expected numbers are those of ../shared/data/EXPECTED.md (odc.stac and xarray, unweighted means
over valid pixels): means to 0.002, shares to 0.006, decibels to 0.01.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import rasterio
import yaml
from shapely import box
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline, sensors
from landcover.catalog import search
from landcover.catalog.settings import Source
from landcover.model import Grid, Period, Scene
from landcover.raster.source import BlockCache, Reads
from landcover.raster.stack import Reader, days_of, quantity
from landcover.raster.view import ReadRule

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
MEAN, SHARE, DECIBEL = 0.002, 0.006, 0.01

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real scenes of ../shared/data are not there"
)

OWN = {
    "mato-grosso": {
        "ndvi": {
            "keys": ["250m_16_days_NDVI"], "unit": "1", "dtype": "int16", "scale": 0.0001,
            "nodata": -3000, "valid": [-0.2, 1], "resolution_m": 231.656,
        },
    },
    "kafa": {
        "ndvi": {
            "keys": ["ndvi"], "unit": "1", "dtype": "int16", "scale": 0.0001,
            "nodata": -32768, "valid": [-1, 1], "resolution_m": 30,
        },
    },
    "amplitude": {
        name: {
            "keys": [name], "unit": "power", "dtype": "uint16", "encoding": "amplitude_db",
            "scale": 1, "offset": -83, "nodata": 0, "valid": [0, 100], "resolution_m": 10,
        }
        for name in ("vv", "vh")
    },
    "equi7": {
        "vh": {
            "keys": ["vh"], "unit": "power", "dtype": "int16", "encoding": "db",
            "scale": 0.1, "nodata": -9999, "valid": [0, 100], "resolution_m": 20,
        },
    },
}  # fmt: skip
"""Profiles of one's own, as a job's `sensor: ./x.yaml` names them: bands by profile."""


@dataclass
class Seen:
    """What was read: the grid, scenes, values by date (none where nothing was clear)."""

    grid: Grid
    scenes: tuple[Scene, ...]
    days: dict[date, dict[str, npt.NDArray[Any]]]
    beyond_px: int


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], str]:
    """Return ``profile(name)``: the path of one of the profiles above."""

    def write(name: str) -> str:
        path = tmp_path / f"{name}.yaml"
        text = {"name": name, "title": name, "bands": OWN[name], "orbits_apart": name == "equi7"}
        path.write_text(yaml.safe_dump(text), "utf-8")
        return str(path)

    return write


def items_of(tmp_path: Path, folder: str, keep: Callable[[Any], bool] = lambda _: True) -> Path:
    """Gather the items under a folder in one ItemCollection, their hrefs made absolute."""
    found = []
    for path in sorted((DATA / folder).glob("*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        if keep(item):
            for asset in item["assets"].values():
                asset["href"] = os.path.normpath(path.parent / asset["href"])
            found.append(item)
    out = tmp_path / "items.json"
    out.write_text(json.dumps({"type": "FeatureCollection", "features": found}), "utf-8")
    return out


def read(catalog: Path, sensor: str, *names: str, clear: frozenset[int] | None = None) -> Seen:
    """Read everything that a catalog lists."""
    known = sensors.load(sensor)
    source = Source(name="s", sensor=sensor, catalog=str(catalog), allow_paths=(str(DATA),))
    mask = known.mask
    bands = frozenset(names) | ({mask.band} if mask else set())
    always = Period(date(1980, 1, 1), date(2030, 1, 1))
    found = search([source], {"s": known}, {"s": bands}, always, box(-180, -89, 180, 89))
    assert not found.failures
    first = next(iter(found.scenes[0].assets.values()))
    grid = Grid(found.scenes[0].crs, first.transform, first.shape)
    rule = ReadRule(known, clear or (mask.clear if mask else frozenset()), frozenset(), 0.0)
    wanted = tuple(quantity(name, known.bands) for name in names)
    inside = np.ones(grid.shape, bool)
    reader = Reader("t", grid, {"s": rule}, wanted, (), inside, Reads(), BlockCache(0))
    days, beyond_px = {}, 0
    for day in days_of(found.scenes, grid, ("s",)):
        rows = reader.read(day)
        assert not rows.failures
        assert day.date not in days, "one date, one day"
        days[day.date] = dict(rows.values)
        beyond_px += rows.beyond_px
    return Seen(grid, found.scenes, days, beyond_px)


def expected_lines(heading: str) -> Iterator[str]:
    """Give the lines of one part of EXPECTED.md."""
    text = (DATA / "EXPECTED.md").read_text("utf-8")
    yield from text.split(f"## {heading}")[1].split("\n## ")[0].splitlines()


def gabon() -> dict[date, dict[str, float]]:
    """Return the figures of each composite: all, good, usable, share_good, share_usable."""
    found = {}
    for line in expected_lines("modis_gabon"):
        if match := re.match(r"(\d{4}-\d\d-\d\d) (all .*)", line):
            words = match[2].split()
            found[date.fromisoformat(match[1])] = {
                name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)
            }
    return found


@pytest.mark.parametrize(
    ("kind", "clear"), [("usable", frozenset({0, 1})), ("good", frozenset({0}))]
)
def test_modis_good_and_usable_means_of_each_composite(kind: str, clear: frozenset[int]) -> None:
    catalog = DATA / "modis_gabon" / "catalog.json"
    every = read(catalog, "modis-13a2", "ndvi", clear=frozenset({-1, 0, 1, 2, 3})).days
    seen = read(catalog, "modis-13a2", "ndvi", clear=clear)
    assert {scene.platform for scene in seen.scenes} == {"terra", "aqua"}
    expected = gabon()
    assert seen.days.keys() == expected.keys()
    for day, figures in expected.items():
        values = seen.days[day]["ndvi"]
        # reliability -1 is fill and never clear; it has no index either
        there = np.isfinite(every[day]["ndvi"]).sum()
        assert np.nanmean(values) == pytest.approx(figures[kind], abs=MEAN), day
        share = np.isfinite(values).sum() / there
        assert share == pytest.approx(figures[f"share_{kind}"], abs=SHARE), day


def test_marginal_is_kept_by_default_and_snow_and_cloud_are_not() -> None:
    mask = sensors.load("modis-13a2").mask
    assert mask is not None
    assert mask.clear == {0, 1}


def test_vi_quality_s_bits_can_be_the_mask(tmp_path: Path) -> None:
    """Good by MODLAND is good by reliability: the guide makes the one of the other."""
    text = (Path(sensors.__file__).parent / "profiles" / "modis-13a2.yaml").read_text("utf-8")
    shipped = yaml.safe_load(text)
    bits = {"modland": {"bit": 0, "width": 2, "clear": [0]}}
    own = {**shipped, "mask": {"band": "vi_quality", "nodata": 65535, "bits": bits}}
    path = tmp_path / "bits.yaml"
    path.write_text(yaml.safe_dump(own), "utf-8")
    seen = read(DATA / "modis_gabon" / "catalog.json", str(path), "ndvi")
    for day, figures in gabon().items():
        assert np.nanmean(seen.days[day]["ndvi"]) == pytest.approx(figures["good"], abs=0.02), day


def test_a_pixel_s_own_day_decides_its_month(tmp_path: Path) -> None:
    """Counted by hand from the files, month by month; tables keep the composite's first day."""
    source = {"sensor": "modis-13a2", "catalog": str(DATA / "modis_gabon" / "catalog.json")}
    composite = {"every": "month", "statistic": ["median", "count"]}
    run_job(tmp_path, source, composite, (8, -3, 11, 0.2), ("2025-01-01", "2025-07-01"))
    counted = months_by_hand()
    assert len(counted) == 6
    for month, pixels in counted.items():
        with rasterio.open(tmp_path / "out" / "rasters" / f"ndvi_2025-{month:02}.tif") as file:
            assert np.nansum(file.read(2)) == pixels, month
    series = pd.read_csv(tmp_path / "out" / "tables" / "zone_series.csv")
    expected = gabon()
    assert [date.fromisoformat(day) for day in series["date"]] == sorted(expected)
    for row in series.itertuples():
        figures = expected[date.fromisoformat(str(row.date))]
        assert row.mean == pytest.approx(figures["usable"], abs=MEAN)


def months_by_hand() -> dict[int, int]:
    """Count the usable pixels of each month of 2025 by their own days."""
    counted: dict[int, int] = defaultdict(int)
    for path in sorted((DATA / "modis_gabon" / "modis-13A2-061").glob("*/*.json")):

        def layer(name: str, folder: Path = path.parent) -> npt.NDArray[Any]:
            with rasterio.open(folder / f"1_km_16_days_{name}.tif") as file:
                return np.asarray(file.read(1))

        usable = (layer("NDVI") != -3000) & np.isin(layer("pixel_reliability"), (0, 1))
        days, pixels = np.unique(layer("composite_day_of_the_year")[usable], return_counts=True)
        for day, count in zip(days.tolist(), pixels.tolist(), strict=True):
            counted[(date(2024, 12, 31) + timedelta(day)).month] += count
    return dict(counted)


@pytest.mark.parametrize(("site", "empty"), [("sinop", [date(2004, 7, 27)]), ("dtw", [])])
def test_yearly_means_of_mato_grosso(
    tmp_path: Path, profile: Callable[[str], str], site: str, empty: list[date]
) -> None:
    catalog = items_of(
        tmp_path, "modis_matogrosso/modis-13Q1", lambda i: i["properties"]["site:id"] == site
    )
    seen = read(catalog, profile("mato-grosso"), "ndvi")
    assert [day for day, values in seen.days.items() if not values] == empty
    by_year: dict[int, list[float]] = defaultdict(list)
    for day, values in seen.days.items():
        if values:
            by_year[day.year].append(float(np.nanmean(values["ndvi"])))
    lines = list(expected_lines("modis_matogrosso"))
    start = next(n for n, line in enumerate(lines) if line.startswith(site))
    expected = dict(re.findall(r"(\d{4}): ([\d.]+)", lines[start + 1]))
    assert len(expected) == len(by_year)
    for year, mean in expected.items():
        assert np.mean(by_year[int(year)]) == pytest.approx(float(mean), abs=MEAN), year


def test_an_ndvi_of_landsat_by_a_profile_of_its_own(profile: Callable[[str], str]) -> None:
    seen = read(DATA / "landsat_kafa" / "catalog.json", profile("kafa"), "ndvi")
    assert len(seen.scenes) == 166
    assert sum(not values for values in seen.days.values()) == 24
    assert seen.beyond_px == beyond_one() > 0
    for line in expected_lines("landsat_kafa"):
        match = re.match(r"(\d{4}-\d\d-\d\d) mean (\S+) valid (\S+)", line)
        if not match:
            continue
        values = seen.days[date.fromisoformat(match[1])].get("ndvi")
        if match[2] == "nan":
            assert values is None
            continue
        assert values is not None
        assert np.nanmax(values) <= 1
        assert np.nanmean(values) == pytest.approx(float(match[2]), abs=MEAN), match[1]
        assert np.isfinite(values).mean() == pytest.approx(float(match[3]), abs=SHARE), match[1]


def beyond_one() -> int:
    """Count the values above 1 in the files of Kafa."""
    count = 0
    for path in (DATA / "landsat_kafa").glob("*/*/NDVI.tif"):
        with rasterio.open(path) as file:
            count += int((file.read(1) > 10000).sum())
    return count


def decibels(values: npt.NDArray[Any]) -> float:
    """Return the decibels of the mean power."""
    return float(10 * np.log10(np.nanmean(values.astype(float))))


def test_amplitudes_are_averaged_as_power_and_told_in_decibels(
    tmp_path: Path, profile: Callable[[str], str]
) -> None:
    seen = read(items_of(tmp_path, "s2s1_openeo/sentinel-1-grd"), profile("amplitude"), "vv", "vh")
    found = 0
    for line in expected_lines("s2s1_openeo, Sentinel-1"):
        if match := re.match(r" *S1 (\d{4}-\d\d-\d\d) VV (\S+) dB VH (\S+) dB", line):
            values = seen.days[date.fromisoformat(match[1])]
            assert decibels(values["vv"]) == pytest.approx(float(match[2]), abs=DECIBEL)
            assert decibels(values["vh"]) == pytest.approx(float(match[3]), abs=DECIBEL)
            found += 1
    assert found == len(seen.days) == 10


def test_slices_and_versions_of_one_pass_do_not_double(
    tmp_path: Path, profile: Callable[[str], str]
) -> None:
    """327 items are 107 passes; EXPECTED tells the mean of decibels, which is lower."""
    seen = read(items_of(tmp_path, "s2s1_openeo/sentinel-1-sig0-equi7"), profile("equi7"), "vh")
    passes = {day: values["vh"] for day, values in seen.days.items() if values}
    assert (len(seen.scenes), len(passes)) == (327, 107)
    assert {scene.orbit for scene in seen.scenes} == {"22 descending"}
    means = [float(np.nanmean(10 * np.log10(power))) for power in passes.values()]
    line = next(one for one in expected_lines("s2s1_openeo, Sentinel-1") if "pl1" in one)
    first, last = (
        [float(number) for number in re.findall(r"-\d+\.\d+", part)]
        for part in line.split("first 12:")[1].split("last 6:")
    )
    np.testing.assert_allclose(means[:12], first, atol=DECIBEL)
    np.testing.assert_allclose(means[-6:], last, atol=DECIBEL)
    higher = np.array([decibels(power) for power in passes.values()]) - means
    assert 0.2 < np.median(higher) < 0.35
    assert (higher > 0.15).all()


def run_job(
    folder: Path,
    source: dict[str, Any],
    composite: dict[str, Any],
    zone: tuple[float, float, float, float],
    period: tuple[str, str],
) -> pd.DataFrame:
    """Run a job over one zone; return its series."""
    outline = {"type": "Feature", "properties": {"id": "1"}, "geometry": mapping(box(*zone))}
    text = json.dumps({"type": "FeatureCollection", "features": [outline]})
    (folder / "z.geojson").write_text(text, "utf-8")
    job = {
        "schema": 1,
        "name": "real",
        "zones": {"units": {"path": "z.geojson", "id": "id"}},
        "sources": [{"allow_paths": [str(DATA)], **source}],
        "period": {"start": period[0], "end": period[1]},
        "products": {"composite": composite},
        "series": {"every": "date"},
        "run": {"memory": "1GB", "workers": 1},
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(job), "utf-8")
    pipeline.run(jobs.load(folder / "job.yaml"), folder / "out")
    return pd.read_csv(folder / "out" / "tables" / "zone_series.csv")


@pytest.mark.slow
def test_a_job_with_a_profile_of_its_own_counts_what_is_empty_and_what_is_beyond(
    tmp_path: Path, profile: Callable[[str], str]
) -> None:
    profile("kafa")
    source = {"sensor": "./kafa.yaml", "catalog": str(DATA / "landsat_kafa" / "catalog.json")}
    composite = {"every": "year", "statistic": ["mean"]}
    series = run_job(
        tmp_path, source, composite, (35.8, 7.4, 36, 7.6), ("1984-01-01", "2014-01-01")
    )
    assert len(series) == 166
    assert (series["count"] == 0).sum() == 24
    assert series["mean"].isna().sum() == 24
    told = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert '"beyond_px"' in json.dumps(told)
    assert f'"beyond_px": {beyond_one()}' in json.dumps(told)
    day = series.set_index("date").loc["2003-11-26"]
    assert day["mean"] == pytest.approx(0.836, abs=MEAN)


@pytest.mark.slow
def test_a_job_of_radar_averages_power_and_tells_decibels(
    tmp_path: Path, profile: Callable[[str], str]
) -> None:
    profile("equi7")
    catalog = items_of(tmp_path, "s2s1_openeo/sentinel-1-sig0-equi7")
    source = {"sensor": "./equi7.yaml", "catalog": str(catalog)}
    composite = {"index": ["vh"], "every": "year", "statistic": ["mean", "count"]}
    series = run_job(
        tmp_path, source, composite, (15.5, 51.87, 15.56, 51.91), ("2020-01-01", "2023-01-01")
    )
    seen = read(catalog, str(tmp_path / "equi7.yaml"), "vh")
    assert set(series["index"]) == {"vh_db"}
    clear = series[series["count"] > 0].set_index("date")
    assert len(clear) == 107
    stacks: dict[int, list[npt.NDArray[Any]]] = defaultdict(list)
    for day, values in seen.days.items():
        if values:
            told = clear.loc[day.isoformat()]
            assert told["mean"] == pytest.approx(decibels(values["vh"]), abs=DECIBEL)
            median = float(10 * np.log10(np.nanmedian(values["vh"])))
            # files hold steps of 0.1 dB: between two of them, a median is either or half way
            assert told["median"] == pytest.approx(median, abs=0.06)
            stacks[day.year].append(values["vh"])
    with rasterio.open(tmp_path / "out" / "rasters" / "vh_2021.tif") as file:
        mean, count = file.read()
        assert file.units == ("dB", "days")
    own = np.stack(stacks[2021]).astype(float)
    assert np.nanmax(count) == len(own)
    assert np.nanmean(10 ** (mean / 10)) == pytest.approx(float(np.nanmean(own)), rel=1e-3)
