"""Fewer scenes and coarser pixels: what the rasters hold, worked from the files by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from scipy import ndimage

from landcover import fetching, pipeline, sensors
from landcover import job as jobs
from landcover.engine.drift import look_for_drift
from landcover.engine.savings import savings
from landcover.engine.workspace import Workspace
from landcover.errors import PlanError
from landcover.survey import survey
from tests.stories.test_remote import send_away

pytestmark = pytest.mark.slow

Same = Callable[..., None]
NAME = "sentinel-2-l2a"
GROWN_PX = 3.0
"""60 m, in pixels of the mask."""


def source(**keys: Any) -> list[dict[str, Any]]:
    """Write the job's source with further keys."""
    return [{"sensor": NAME, "catalog": "scenes/catalog.json", **keys}]


def average(folder: Path) -> None:
    """Write the bands of every scene anew, in steps of 16 DN, with means for overviews.

    The mean of 4 or 16 of them is whole: it is rounded only at a swath's edge, where some are
    missing that the mask, of 20 m, calls clear.
    """
    for path in sorted(folder.glob("*/B0[48].tif")):
        with rasterio.open(path) as old:
            pixels, told = old.read(1), old.profile
        told = {key: told[key] for key in ("height", "width", "count", "dtype", "crs", "transform",
                                           "nodata")}  # fmt: skip
        with rasterio.open(path, "w", driver="GTiff", tiled=True, blockxsize=64, blockysize=64,
                           compress="deflate", **told) as new:  # fmt: skip
            new.write(np.where(pixels > 0, np.maximum(pixels // 16, 1) * 16, 0), 1)
            new.build_overviews((2, 4), Resampling.average)


@pytest.fixture
def averaged(own_study: Any) -> Any:
    """Return a study whose overviews are means, each of the one before."""
    average(own_study.world.folder / "scenes")
    return own_study


def cells(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Cut a plane into squares of pixels: (Y, factor, X, factor)."""
    rows, columns = pixels.shape
    return pixels.reshape(rows // factor, factor, columns // factor, factor)


def halved(dn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average squares of 2 x 2; missing ones take no part, and what is left is rounded half up."""
    cut = cells(dn, 2)
    known = (cut > 0).sum((1, 3))
    return np.floor(cut.sum((1, 3)) / np.maximum(known, 1) + 0.5)


def seen(item: Path, side: int) -> NDArray[np.float64]:
    """Return the NDVI of one scene at 20 or 40 m, NaN where any of the mask is not clear."""
    told = json.loads(item.read_text("utf-8"))
    mask = sensors.load(NAME).mask
    assert mask is not None
    with rasterio.open(item.parent / "SCL.tif") as file:
        classes = file.read(1)
    clear = np.isin(classes, sorted(mask.clear))
    if np.isin(classes, sorted(mask.grown)).any():
        away = ndimage.distance_transform_edt(~np.isin(classes, sorted(mask.grown)))
        clear &= away > GROWN_PX
    whole = cells(clear, side // 20).all((1, 3))
    found = {}
    for band, file_name in (("red", "B04"), ("nir", "B08")):
        with rasterio.open(item.parent / f"{file_name}.tif") as file:
            dn = file.read(1).astype(float)
        numbers = told["assets"][band]["raster:bands"][0]
        for _ in range(side // 20):
            dn = halved(dn)
        found[band] = np.where(dn > 0, dn * numbers["scale"] + numbers["offset"], np.nan)
    ndvi = (found["nir"] - found["red"]) / (found["nir"] + found["red"])
    return np.where(whole, ndvi, np.nan)


def items(folder: Path) -> list[Path]:
    """List the items of a catalog."""
    return sorted(path for path in folder.glob("*/*.json"))


@pytest.mark.parametrize("side", [20, pytest.param(40, marks=pytest.mark.slow)])
def test_composites_are_those_of_the_means(averaged: Any, same: Same, side: int) -> None:
    ended = averaged.run(sources=source(resolution_m=side))
    assert ended.code == 0
    folder = averaged.world.folder / "scenes"
    for year in (2021, 2022):
        scenes = [path for path in items(folder) if _year(path) == year]
        stack = np.array([seen(path, side) for path in scenes])
        with rasterio.open(scenes[0].parent / "B04.tif") as file:
            corner = file.transform
        with rasterio.open(ended.out / "rasters" / f"ndvi_{year}.tif") as raster:
            assert raster.res == (side, side)
            assert raster.tags()["OVERVIEWS_M"] == f"{side}"
            found, place = raster.read(1), raster.transform
        row, column = round((corner.f - place.f) / side), round((place.c - corner.c) / side)
        part = stack[:, row : row + found.shape[0], column : column + found.shape[1]]
        some = np.isfinite(found)
        assert some.mean() > 0.3
        assert np.isfinite(part[:, some]).any(axis=0).all()
        truth = np.nanmedian(part[:, some], axis=0)
        np.testing.assert_allclose(found[some], truth, rtol=0, atol=1e-6)
        with rasterio.open(ended.out / "rasters" / f"clear_{year}.tif") as raster:
            counted = raster.read(1)[some]
        np.testing.assert_array_equal(counted, np.isfinite(part[:, some]).sum(axis=0))
    again = averaged.run("again", sources=source(resolution_m=side), grid={"tile_px": 37})
    same(again.out, ended.out)


def change(item: Path, **properties: Any) -> None:
    """Change properties of an item."""
    made = json.loads(item.read_text("utf-8"))
    made["properties"].update(properties)
    item.write_text(json.dumps(made), "utf-8")


def fill(path: Path, number: int) -> None:
    """Write one number all over a file."""
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        file.write(np.full(file.shape, number, file.dtypes[0]), 1)


def _year(item: Path) -> int:
    """Return the year of an item."""
    return int(json.loads(item.read_text("utf-8"))["properties"]["datetime"][:4])


def test_the_same_bytes_over_a_faulty_network(
    averaged: Any, faulty: Callable[..., Any], at_once: None, same: Same
) -> None:
    keys = {"resolution_m": 20, "best": {"per": "quarter", "count": 2}}
    near = averaged.run("near", sources=source(**keys))
    scenes = averaged.world.folder / "scenes"
    server = faulty(scenes)
    send_away(scenes, server)
    server.faults.rate = 0.3
    far = averaged.run("far", sources=source(**keys))
    assert (near.code, far.code) == (0, 0)
    same(far.out, near.out)
    files = {path for path, _ in server.asked if "/B0" in path}
    read = json.loads((far.out / "scenes.json").read_text("utf-8"))
    assert len(files) == 2 * len(read["features"])
    assert len(read["features"]) < len(averaged.world.days)
    # what was seen of the overviews is remembered: a finished run asks nothing of the network
    server.stop()
    job = jobs.load(averaged.folder / "job.yaml")
    assert pipeline.run(job, far.out, offline=True).exit_code == 0
    same(far.out, near.out)


def test_the_lock_tells_what_was_left_out(averaged: Any) -> None:
    ended = averaged.run(sources=source(best={"per": "half_year", "count": 1}))
    lock = json.loads((ended.out / "scenes.json").read_text("utf-8"))
    assert len(lock["features"]) + len(lock["landcover:dropped"]) == len(averaged.world.days)
    assert all("not among the clearest 1 of 20" in row[3] for row in lock["landcover:dropped"])
    counts = {(row[1], row[2]): row[3] for row in lock["landcover:counts"]}
    assert sum(n for (_, fate), n in counts.items() if fate == "less clear") == len(
        lock["landcover:dropped"]
    )


def test_what_was_not_chosen_is_not_new(averaged: Any) -> None:
    keys = {"best": {"per": "half_year", "count": 1}}
    out = averaged.run(sources=source(**keys)).out
    about = survey(jobs.load(averaged.job(sources=source(**keys))), out)
    found, notes = look_for_drift(about.asked, Workspace(out))
    assert (found.found, notes, found.same) == ((), (), len(about.scenes.scenes))


def test_a_clearer_scene_is_told_with_the_one_that_it_replaces(own_study: Any) -> None:
    scenes, keys = items(own_study.world.folder / "scenes"), {"best": {"per": "year", "count": 1}}
    for number, path in enumerate(scenes):
        change(path, **{"eo:cloud_cover": 20.0 + number})
    out = own_study.run(sources=source(**keys)).out
    locked = [one["id"] for one in json.loads((out / "scenes.json").read_text("utf-8"))["features"]]
    change(scenes[-1], **{"eo:cloud_cover": 0.5})
    about = survey(jobs.load(own_study.job(sources=source(**keys))), out)
    (found,) = look_for_drift(about.asked, Workspace(out))[0].found
    assert found.kind == "new"
    assert f"in place of {locked[-1]}" in found.means
    assert "more" not in found.means.replace("adding more", "")


@pytest.mark.parametrize("is_known", [True, False])
def test_a_doubtful_scene_takes_no_place_in_the_drift(own_study: Any, is_known: bool) -> None:
    """Whether a lock tells that its pixels cannot tell, or it is listed since."""
    scenes = items(own_study.world.folder / "scenes")
    for number, path in enumerate(scenes):
        made = json.loads(path.read_text("utf-8"))
        made["collection"] = "sentinel-2-l2a"
        old = made["properties"]["s2:processing_baseline"] < "04"
        path.write_text(json.dumps(made), "utf-8")
        change(path, **{"eo:cloud_cover": 10.0 + number, "earthsearch:boa_offset_applied": old})
    last = scenes[-1]
    doubt = {
        "earthsearch:boa_offset_applied": False, "s2:processing_baseline": "05.00",
        "eo:cloud_cover": 1.0,
    }  # fmt: skip
    for path in last.parent.glob("B0*.tif"):
        fill(path, 3000)  # no dark ground, which could tell the offset
    fill(last.parent / "SCL.tif", 4)
    change(last, **doubt)
    if not is_known:
        change(last, **{"eo:cloud_cover": 95.0})  # too cloudy to be asked
    best = source(best={"per": "year", "count": 1}, max_cloud_percent=80)
    job: dict[str, Any] = {"sources": best, "period": [2022, 2022]}
    out = own_study.run(**job).out
    change(last, **doubt)
    about = survey(jobs.load(own_study.job(**job)), out)
    found, _ = look_for_drift(about.asked, Workspace(out))
    lock = json.loads((out / "scenes.json").read_text("utf-8"))
    assert [one["id"] for one in lock["features"]] != [last.parent.name]
    assert (found.scenes, found.same, found.unwanted) == (1, 1, 0)
    assert len(found.found) == (0 if is_known else 1)
    assert all("cannot be told without asking pixels" in one.means for one in found.found)


def test_a_lock_that_was_chosen_more_narrowly_says_so(own_study: Any) -> None:
    own_study.run(sources=source(best={"per": "half_year", "count": 1}))
    for keys in ({}, {"best": {"per": "month", "count": 5}}):
        ended = own_study.run(locked=True, sources=source(**keys))
        assert any("the lock was chosen more narrowly (the clearest 1 a half year" in note
                   for note in ended.notes)  # fmt: skip
    ended = own_study.run(locked=True, sources=source(best={"per": "half_year", "count": 1}))
    assert not any("more narrowly" in note for note in ended.notes)


def test_a_choice_and_its_lock(averaged: Any) -> None:
    """The same choice again takes the lock; another searches anew."""
    averaged.run(sources=source(best={"per": "half_year", "count": 1}))
    again = averaged.run(sources=source(best={"per": "half_year", "count": 1}))
    assert not again.heard.made
    more = averaged.run(sources=source(best={"per": "half_year", "count": 3}))
    assert more.heard.made
    # a lock of all scenes serves a choice of some
    every = averaged.run("every")
    some = averaged.run("every", locked=True, sources=source(best={"per": "year", "count": 2}))
    assert every.code == some.code == 0
    assert any("not among the clearest 2 a year" in note for note in some.notes)


def test_a_change_of_resolution_is_said(averaged: Any) -> None:
    averaged.run(sources=source(), grid={"resolution_m": 10})
    ended = averaged.run(sources=source(resolution_m=20), grid={"resolution_m": 10})
    assert ended.heard.made
    assert "changed: reading, scenes" in ended.heard.text
    lock = json.loads((ended.out / "scenes.json").read_text("utf-8"))
    assert lock["features"][0]["properties"]["proj:transform"][0] == 10  # of the file


def test_what_files_do_not_hold_is_refused_by_the_plan(averaged: Any) -> None:
    job = jobs.load(averaged.job(sources=source(resolution_m=100)))
    with pytest.raises(PlanError, match="holds no overview of exactly 1/10") as error:
        pipeline.plan(job, averaged.folder / "out")
    assert error.value.remedy.startswith("Its overviews give 20, 40 m; leave resolution_m out")


def test_a_plan_tells_what_each_choice_saves(averaged: Any) -> None:
    keys = {"resolution_m": 20, "best": {"per": "quarter", "count": 2}}
    job = jobs.load(averaged.job(sources=source(**keys)))
    about, made = pipeline.plan(job, averaged.folder / "out")
    rows, _ = savings(made, about.scenes, job.sources, about.asked.region)
    assert [one.choice for one in rows] == [
        "every scene", "best 2 a quarter", "best 2 a quarter at 20 m"
    ]  # fmt: skip
    assert [one.is_taken for one in rows] == [False, False, True]
    assert rows[0].scenes == len(averaged.world.days) > rows[1].scenes == rows[2].scenes
    assert rows[0].read_bytes > rows[1].read_bytes > rows[2].read_bytes
    assert rows[2].read_bytes == made.estimates.read_bytes
    assert rows[2].is_bound
    assert rows[0].clear_a_year > rows[1].clear_a_year == rows[2].clear_a_year


def test_overviews_are_brought_and_read_offline(
    averaged: Any, faulty: Callable[..., Any], at_once: None, same: Same
) -> None:
    keys = {"resolution_m": 20, "best": {"per": "quarter", "count": 2}}
    near = averaged.run("near", sources=source(**keys))
    scenes, store = averaged.world.folder / "scenes", averaged.folder / "store"
    server = faulty(scenes)
    send_away(scenes, server)
    job = jobs.load(averaged.job(sources=source(**keys), run={"scheduler": averaged.scheduler}))
    brought = fetching.fetch(job, averaged.folder / "far", store)
    assert (brought.failures, brought.held_bytes > 0) == ((), True)
    fetched = len(server.asked)
    assert not fetching.fetch(job, averaged.folder / "far", store).brought_bytes
    server.stop()
    ended = pipeline.run(job, averaged.folder / "far", offline=True, store=store)
    assert (ended.exit_code, fetched > 0) == (0, True)
    same(averaged.folder / "far", near.out)
    assert sorted(store.glob("items/*/*/*_1of2-*.tif"))
