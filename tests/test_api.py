"""From Python: one run of a made-up country, its observations, its results."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import landcover
from landcover.errors import InputError, JobError
from landcover.job import load
from landcover.pipeline import Result
from landcover.synthetic import Country, Writing, country, dates, write, write_zones

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning"  # rioxarray with the newest affine
)

DAYS = dates(date(2021, 11, 1), date(2022, 3, 1), 15)
HEAVY = ("rasterio", "numba", "dask", "distributed", "xarray", "geopandas", "pandas", "scipy",
         "pydantic", "landcover.job", "landcover.pipeline")  # fmt: skip
JOB = """\
schema: 1
name: small
zones:
  reserves: {path: zones/reserves.geojson, id: WDPAID, name: NAME}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]
period: {start: 2021-11-01, end: 2022-03-01}
products: {composite: {index: [ndvi], every: year}}
run: {memory: 2GB, workers: 1}
"""


@pytest.fixture(scope="module")
def land() -> Country:
    return country(160)


@pytest.fixture(scope="module")
def job_file(land: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a job over a country of 160 x 160 pixels, seen on 8 days."""
    folder = tmp_path_factory.mktemp("api")
    bands = ("red", "nir", "swir16")
    write(land, folder / "scenes", DAYS, writing=Writing(block_px=128, bands=bands))
    write_zones(land, folder / "zones")
    (folder / "job.yaml").write_text(JOB, encoding="utf-8")
    return folder / "job.yaml"


@pytest.fixture(scope="module")
def result(job_file: Path) -> Result:
    """Return what one run of the job came to."""
    return landcover.run(job_file)


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys, landcover\nassert landcover.__version__\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "loaded:"


def test_public_names_are_few_and_there() -> None:
    names = ["Job", "Results", "__version__", "open_results", "open_stack", "run"]
    assert landcover.__all__ == names
    assert set(names) <= set(dir(landcover))
    assert all(getattr(landcover, name) for name in names)
    with pytest.raises(AttributeError, match="has no attribute 'open_stak'"):
        _ = landcover.open_stak


def test_a_run_ends_in_its_folder(result: Result, job_file: Path) -> None:
    assert result.exit_code == 0
    assert result.failures == ()
    assert result.out == job_file.parent / "out" / "small"
    assert (result.out / "run.json").is_file()


@pytest.mark.filterwarnings("ignore:All-NaN slice")  # pixels that were never clear
@pytest.mark.parametrize("year", [2021, 2022])
def test_a_run_composites_what_a_stack_holds(result: Result, job_file: Path, year: int) -> None:
    """The median of the stack is the run's, and its count the run's clear count."""
    rasters = landcover.open_results(result.out).rasters
    stack = landcover.open_stack(job_file).ndvi.sel(time=str(year))
    median, clear = rasters[f"ndvi_{year}"][0], rasters[f"clear_{year}"][0]
    inside = clear.notnull().to_numpy()
    assert 0.2 < inside.mean() < 1
    assert stack.rio.transform() == median.rio.transform()
    assert stack.rio.crs == median.rio.crs
    np.testing.assert_array_equal(stack.x, median.x)
    np.testing.assert_array_equal(stack.y, median.y)
    found = stack.median("time").compute().to_numpy()
    np.testing.assert_allclose(median.to_numpy()[inside], found[inside], rtol=0, atol=1e-7)
    seen = stack.notnull().sum("time").compute().to_numpy()
    np.testing.assert_array_equal(clear.to_numpy()[inside], seen[inside])


def test_a_stack_takes_the_scenes_of_the_lock(
    result: Result, job_file: Path, tmp_path: Path
) -> None:
    """After a run its catalog is not asked again; without one it is, and nothing is written."""
    catalog = job_file.parent / "scenes" / "catalog.json"
    hidden = catalog.rename(tmp_path / "hidden.json")
    try:
        assert landcover.open_stack(job_file).sizes["time"] == len(DAYS)
        with pytest.raises(landcover.errors.LandcoverError, match=r"catalog\.json"):
            landcover.open_stack(job_file, out=tmp_path / "none")
    finally:
        hidden.rename(catalog)
    assert not (tmp_path / "none").exists()


def test_a_stack_of_a_part(job_file: Path, land: Country, result: Result) -> None:
    whole = landcover.open_stack(job_file)
    west, south, east, north = whole.rio.transform_bounds("EPSG:4326")
    box = ((west + east) / 2, (south + north) / 2, east, north)
    part = landcover.open_stack(job_file, bbox=box, period=("2022-01-01", "2022-02-15"))
    assert list(part.time.dt.strftime("%Y").to_numpy()) == ["2022"] * part.sizes["time"]
    assert 0.2 < part.sizes["x"] * part.sizes["y"] / (whole.sizes["x"] * whole.sizes["y"]) < 0.3
    same = whole.ndvi.sel(x=part.x, y=part.y, time=part.time)
    np.testing.assert_array_equal(part.ndvi, same)


def test_a_stack_of_bands_that_the_job_does_not_read(job_file: Path, result: Result) -> None:
    """Another index makes a search for its bands; pixels stay those of the job's grid."""
    both = landcover.open_stack(job_file, index=["ndvi", "ndmi"], source="sentinel-2-l2a")
    one = landcover.open_stack(job_file, index="swir16")
    usual = landcover.open_stack(job_file)
    assert list(both.data_vars) == ["ndvi", "ndmi"]
    np.testing.assert_array_equal(both.ndvi, usual.ndvi)
    np.testing.assert_array_equal(one.x, usual.x)
    np.testing.assert_array_equal(one.swir16.notnull(), both.ndmi.notnull())


def test_a_job_may_be_given_itself(job_file: Path, result: Result) -> None:
    job = load(job_file)
    assert isinstance(job, landcover.Job)
    stack = landcover.open_stack(job, out=result.out)
    assert stack.sizes["time"] == len(DAYS)


def test_results_of_a_run(result: Result) -> None:
    results = landcover.open_results(result.out)
    assert set(results.rasters) == {"clear_2021", "clear_2022", "ndvi_2021", "ndvi_2022"}
    series = results.tables["zone_series"]
    assert set(series.zone_id) == {"900001"}
    assert list(series.date) == [pd.Timestamp(day) for day in DAYS]
    assert list(results.scenes.solar_day) == [pd.Timestamp(day) for day in DAYS]
    assert results.scenes.time.is_monotonic_increasing
    assert results.run["tiles_done"] == results.run["tiles_total"]
    assert f"{len(results.tables)} tables" in repr(results)


def test_results_have_the_zones_of_the_run(result: Result) -> None:
    opened = landcover.open_results(result.out)
    assert list(opened.zones.group) == ["reserves"]
    assert list(opened.zones.zone_id) == ["900001"]
    own = opened.tables["zones"]
    assert opened.zones.area_ha.tolist() == pytest.approx(own.area_ha.tolist(), rel=1e-9)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"period": (2021, 2022)}, "is not within the job's, 2021-11-01 to 2022-02-28"),
        ({"period": "2021"}, "'2021' is no period. Write two dates"),
        ({"source": "landsat"}, "the job has no source 'landsat'. It has sentinel-2-l2a"),
        ({"index": "ndvy"}, "Did you mean 'ndvi'?"),
        ({"bbox": (0, 0, 1, 1)}, "lies outside the zones of the job"),
        ({"bbox": (1, 1, 0, 0)}, "is no box in degrees. Give (west, south, east, north)"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    job_file: Path, result: Result, wanted: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as told:
        landcover.open_stack(job_file, **wanted)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_wrong_run_is_one_sentence(job_file: Path) -> None:
    with pytest.raises(InputError, match="fresh searches again"):
        landcover.run(job_file, fresh=True, locked=True)
    with pytest.raises(InputError, match="they change keys of a job file"):
        landcover.run(load(job_file), overrides=("name=other",))
    with pytest.raises(InputError, match="there is no such file"):
        landcover.run(job_file.parent / "gone.yaml")
    with pytest.raises(JobError, match="Did you mean 'memory'"):
        landcover.run(job_file, overrides=("run.memry=8GB",))


def test_offline_refuses_an_address(job_file: Path, tmp_path: Path) -> None:
    away = "sources[0].catalog=https://catalog.invalid/v1"
    with pytest.raises(InputError, match="offline"):
        landcover.run(job_file, tmp_path / "none", offline=True, overrides=(away,))


def test_a_script_needs_its_guard_alone(job_file: Path, tmp_path: Path) -> None:
    """What the docstring of `run` shows works as it stands; workers are spawned."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
            import landcover

            print("imported")
            if __name__ == "__main__":
                result = landcover.run({str(job_file)!r}, {str(tmp_path / "out")!r})
                print("ended", result.exit_code)
        """),
        encoding="utf-8",
    )
    call = [sys.executable, str(script)]
    ended = subprocess.run(call, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "ended 0"
    assert dataclasses.is_dataclass(landcover.open_results(tmp_path / "out"))
