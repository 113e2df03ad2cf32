"""Lazy stacks: nothing is read before it is asked for, and then it is the truth."""

from __future__ import annotations

import dataclasses
import logging
import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from landcover.engine import lazy
from landcover.errors import InputError, NoScenesError
from landcover.job import load
from landcover.model import Period, Scene
from landcover.raster import source
from landcover.raster.grid import choose_grid
from landcover.raster.settings import GridSettings
from landcover.survey import Survey, survey
from landcover.synthetic import Country, Writing, country, write, write_zones
from landcover.synthetic.answers import stack as true_stack

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning"  # rioxarray with the newest affine
)

DAYS = (date(2021, 12, 20), date(2022, 1, 24), date(2022, 1, 25), date(2022, 3, 6))
"""Two days before and two from the change of baseline on 25 January 2022."""
POOL = ("sentinel-2-l2a",)
JOB = """\
schema: 1
name: small
zones:
  territories: {path: zones/territories.geojson, id: ADM2_PCODE, name: ADM2_FR, kind: region}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]
period: {start: 2021-12-01, end: 2022-04-01}
products: {composite: {index: [ndvi, red]}}
"""


@pytest.fixture(scope="module")
def land() -> Country:
    return country(128)


@pytest.fixture(scope="module")
def folder(land: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with scenes, zones and a job."""
    folder = tmp_path_factory.mktemp("lazy")
    bands = ("red", "nir", "swir16")
    write(land, folder / "scenes", DAYS, writing=Writing(block_px=128, bands=bands))
    write_zones(land, folder / "zones")
    (folder / "job.yaml").write_text(JOB, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def about(folder: Path) -> Survey:
    return survey(load(folder / "job.yaml"), folder / "out")


def wanted(about: Survey, *names: str, **more: Any) -> lazy.Wanted:
    """Ask for all that the job covers."""
    grid, _ = choose_grid(GridSettings(), about.zones.zones, about.scenes.scenes)
    period = Period(date(2021, 12, 1), date(2022, 4, 1))
    usual = lazy.Wanted(names or ("ndvi",), POOL, period, grid, 64)
    return dataclasses.replace(usual, **more)


def opened(about: Survey, *names: str, **more: Any) -> Any:
    return lazy.open_stack(about.order, about.scenes.scenes, wanted(about, *names, **more))


def on_country(stack: Any, land: Country) -> Any:
    """Cut a stack to the country's own pixels."""
    return stack.sel(
        x=slice(land.left_m, land.left_m + land.width_m),
        y=slice(land.top_m, land.top_m - land.height_m),
    )


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note every file that is opened."""
    seen: list[str] = []
    real = source.Plain

    def noted(path: Any, *args: Any, **options: Any) -> Any:
        seen.append(str(path))
        return real(path, *args, **options)

    monkeypatch.setattr(source, "Plain", noted)
    lazy._cache.resize(0)  # what other tests left
    lazy._cache.resize(lazy.CACHE_BYTES)
    return iter([seen]).__next__()


def test_nothing_is_read_before_it_is_asked_for(about: Survey, opens: list[str]) -> None:
    stack = opened(about, "ndvi", "red")
    assert opens == []
    one = stack.ndvi.isel(time=2)
    assert opens == []
    one.compute()
    scenes = {Path(path).parent.name for path in opens}
    assert [name.split("_")[2][:8] for name in scenes] == ["20220125"]
    assert {Path(path).stem for path in opens} == {"B04", "B08", "SCL"}


def test_values_are_the_truth(about: Survey, land: Country) -> None:
    stack = on_country(opened(about, "ndvi", "red").compute(), land)
    for name in ("ndvi", "red"):
        truth = true_stack(land, DAYS, name)
        found = stack[name].to_numpy()
        assert found.dtype == np.float32
        assert 0.05 < np.isfinite(truth).mean() < 0.95
        np.testing.assert_array_equal(np.isnan(found), np.isnan(truth))
        np.testing.assert_allclose(found, truth, rtol=0, atol=2e-7)


def test_one_chunk_is_one_day_and_one_tile(about: Survey) -> None:
    chunks = dict(opened(about).chunksizes)
    assert chunks["time"] == (1, 1, 1, 1)
    assert len(chunks["y"]) >= 2
    assert max(chunks["y"] + chunks["x"]) == 64


def test_the_cut_changes_no_value(about: Survey) -> None:
    small = opened(about, tile_px=48).ndvi.compute(scheduler="synchronous")
    usual = opened(about, tile_px=None).ndvi.compute(scheduler="threads")
    np.testing.assert_array_equal(small, usual)


def test_it_says_what_it_holds(about: Survey) -> None:
    stack = opened(about, "ndvi", "red")
    assert list(stack.time.dt.date.to_numpy()) == list(DAYS)
    assert stack.time.dtype == np.dtype("datetime64[ns]")
    assert stack.ndvi.dims == ("time", "y", "x")
    assert stack.ndvi.attrs["long_name"] == "Normalised difference vegetation index"
    assert stack.ndvi.attrs["formula"] == "(nir - red) / (nir + red)"
    assert stack.ndvi.attrs["units"] == stack.red.attrs["units"] == "1"
    assert stack.red.attrs["long_name"] == "red surface reflectance"
    assert stack.attrs["credit"] == "Contains modified Copernicus Sentinel data 2021-2022"


def test_its_place_makes_the_round_trip(about: Survey, tmp_path: Path) -> None:
    window = wanted(about).window
    stack = opened(about)
    assert stack.rio.crs.to_epsg() == 32635
    assert stack.rio.transform() == window.transform
    assert stack.rio.shape == window.shape
    left, top = window.transform @ (0.5, 0.5)
    assert (stack.x.item(0), stack.y.item(0)) == (left, top)
    stack.ndvi.isel(time=0).rio.to_raster(tmp_path / "day.tif")
    with rasterio.open(tmp_path / "day.tif") as file:
        assert file.crs.to_epsg() == 32635
        assert file.transform == window.transform
        assert np.isnan(file.nodata)
        np.testing.assert_array_equal(file.read(1), stack.ndvi.isel(time=0))


def test_a_part_is_the_same_pixels(about: Survey) -> None:
    whole = opened(about).ndvi.compute()
    window = wanted(about).window.window(37, 50, (41, 30))
    part = opened(about, window=window).ndvi.compute()
    assert part.shape == (4, 41, 30)
    np.testing.assert_array_equal(part, whole.sel(x=part.x, y=part.y))


def test_a_period_keeps_its_days(about: Survey) -> None:
    stack = opened(about, period=Period(date(2022, 1, 24), date(2022, 3, 6)))
    assert list(stack.time.dt.date.to_numpy()) == list(DAYS[1:3])
    with pytest.raises(NoScenesError, match="no scene of sentinel-2-l2a from 2022-02-01"):
        opened(about, period=Period(date(2022, 2, 1), date(2022, 2, 2)))


def test_a_scene_that_cannot_be_read_adds_nothing(
    about: Survey, caplog: pytest.LogCaptureFixture
) -> None:
    scenes = [_gone(one) if one.solar_day == DAYS[1] else one for one in about.scenes.scenes]
    broken = lazy.open_stack(about.order, scenes, wanted(about)).ndvi
    with caplog.at_level(logging.WARNING, logger="landcover"):
        found = broken.compute()
    assert np.isnan(found[1]).all()
    usual = opened(about).ndvi
    np.testing.assert_array_equal(found[[0, 2, 3]], usual[[0, 2, 3]])
    gone = next(one.id for one in scenes if one.solar_day == DAYS[1])
    assert caplog.messages
    assert all(gone in said and "the file is missing" in said for said in caplog.messages)


def _gone(scene: Scene) -> Scene:
    """Let a scene name a red band that is not there."""
    red = dataclasses.replace(scene.assets["red"], href="/nowhere/B04.tif")
    return dataclasses.replace(scene, assets={**scene.assets, "red": red})


def test_a_piece_travels(about: Survey) -> None:
    """A chunk's task may run in another process, and is small."""
    whole = wanted(about)
    cuts = lazy._cut(whole, about.scenes.scenes, about.order.rules)
    piece = lazy._pieces(cuts, whole, about.scenes.scenes, about.order.rules)["ndvi"][1, 1, 1]
    raw = pickle.dumps(piece)
    assert len(raw) < 20_000
    np.testing.assert_array_equal(lazy.read_piece(pickle.loads(raw)), lazy.read_piece(piece))


@pytest.mark.parametrize("pool", [(*POOL, "again"), ("again", *POOL)])
def test_the_source_named_first_is_read_first(about: Survey, pool: tuple[str, ...]) -> None:
    own = about.scenes.scenes
    copies = [dataclasses.replace(one, source="again", baseline="09.99") for one in own]
    whole = wanted(about, pool=pool)
    rules = dict.fromkeys(pool, about.order.rules[POOL[0]])
    cuts = lazy._cut(whole, own, rules)
    pieces = lazy._pieces(cuts, whole, [*copies, *own], rules)["ndvi"]
    assert {tuple(s.source for s in piece.day.scenes) for piece in pieces.flat} == {pool}


def test_names_of_the_job_are_the_default(about: Survey) -> None:
    assert lazy.default_names(about.order, POOL) == ("ndvi", "red")
    assert lazy.default_names(about.order, ("another",)) == ()


def test_more_bands_are_looked_for_only_where_needed(about: Survey) -> None:
    assert lazy.widened(about.order, POOL, ("ndvi", "nir", "evi2")) is None
    more = lazy.widened(about.order, POOL, ("ndvi", "ndmi"))
    assert more is not None
    assert more.bands()[POOL[0]] - about.order.bands()[POOL[0]] == {"swir16"}


@pytest.mark.parametrize(
    ("name", "said"),
    [("ndvy", "Did you mean 'ndvi'?"), ("scl", "no such index or band")],
)
def test_an_unknown_name_is_refused(about: Survey, name: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        lazy.widened(about.order, POOL, (name,))
    assert said in str(told.value)


def test_too_many_chunks_are_refused(about: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy, "MAX_CHUNKS", 15)
    with pytest.raises(InputError, match=r"16 chunks of one day and one tile are more .* \(15\)"):
        opened(about)


def test_scenes_of_two_zones_are_the_truth_however_cut(tmp_path: Path) -> None:
    """Scenes of the next UTM zone are masked, warped by the nearest pixel and mosaicked."""
    land = country(128, layout="two_zones")
    days = DAYS[:1] + DAYS[2:3]
    write(land, tmp_path / "scenes", days, writing=Writing(block_px=128, bands=("red", "nir")))
    write_zones(land, tmp_path / "zones")
    grid = f"grid: {{crs: {land.crs}, resolution_m: 10}}\n"
    (tmp_path / "job.yaml").write_text(JOB + grid, encoding="utf-8")
    job = load(tmp_path / "job.yaml")
    seen = survey(job, tmp_path / "out")
    assert len({scene.crs for scene in seen.scenes.scenes}) == 2
    window = choose_grid(job.grid, seen.zones.zones, seen.scenes.scenes)[0]
    found = opened(seen, window=window, tile_px=48).ndvi.compute()
    truth = true_stack(land, days)
    values = on_country(found, land).to_numpy()
    np.testing.assert_array_equal(np.isnan(values), np.isnan(truth))
    np.testing.assert_allclose(values, truth, rtol=0, atol=2e-7)
    np.testing.assert_array_equal(found, opened(seen, window=window, tile_px=None).ndvi)
