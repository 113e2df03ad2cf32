"""Files that are replaced at their source after they were fetched, and stores named as catalogs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from landcover import fetching, pipeline
from landcover import job as jobs
from landcover.errors import PlanError
from landcover.raster import remote
from landcover.synthetic import country, dates
from tests.stories.conftest import rasters
from tests.stories.test_budget import average, source
from tests.stories.test_remote import send_away

pytestmark = pytest.mark.slow

Same = Callable[..., None]
DAYS = dates(date(2022, 2, 2), date(2022, 5, 20), 30)
"""Four dates, each alone in its month."""
SMALL: dict[str, Any] = {"territories": None, "specks": None}
MONTHLY: dict[str, Any] = {
    "period": [2022, 2022],
    "grid": {"tile_px": 64},
    "products": {"composite": {"index": ["ndvi"], "every": "month", "statistic": ["median"]}},
}


@pytest.fixture
def tiny(study_in: Any, tmp_path: Path) -> Any:
    """Return a study of a small country in one spring."""
    return study_in(tmp_path, country((150, 170)), DAYS)


@pytest.fixture
def server(tiny: Any, faulty: Any, at_once: None) -> Any:
    """Serve the scenes."""
    made = faulty(tiny.world.folder / "scenes")
    send_away(tiny.world.folder / "scenes", made)
    return made


def job_of(study: Any, **changes: Any) -> Any:
    """Load a study's job."""
    return jobs.load(study.job(**{**changes, "run": {"scheduler": study.scheduler}}))


def fetch(study: Any, out: str = "out", **changes: Any) -> fetching.Brought:
    """Bring what the job reads."""
    remote.rest()
    return fetching.fetch(job_of(study, **changes), study.folder / out, study.folder / "store")


def run(study: Any, out: str = "out", **changes: Any) -> pipeline.Result:
    """Run the job with its store."""
    remote.rest()
    store = study.folder / "store"
    return pipeline.run(job_of(study, **changes), study.folder / out, store=store)


def replace_red(server: Any) -> set[str]:
    """Write every red band anew, brighter; return the addresses."""
    found = set()
    for path in sorted(server.folder.glob("*/B04.tif")):
        with rasterio.open(path) as old:
            pixels, told = old.read(1), old.profile
        told = {key: told[key] for key in ("height", "width", "count", "dtype", "crs", "transform",
                                           "nodata")}  # fmt: skip
        with rasterio.open(path, "w", driver="GTiff", tiled=True, blockxsize=64, blockysize=64,
                           compress="deflate", **told) as new:  # fmt: skip
            new.write(np.where(pixels > 0, pixels + 700, 0).astype(pixels.dtype), 1)
        place = f"/{path.relative_to(server.folder).as_posix()}"
        server.etags[place] = '"new"'
        found.add(server.address + place)
    return found


def maps(out: Path) -> dict[str, Any]:
    """Read every raster."""
    found = {}
    for path in sorted((out / "rasters").glob("ndvi_*.tif")):
        with rasterio.open(path) as opened:
            found[path.name] = opened.read(1)
    return found


def test_a_run_never_mixes_two_versions_of_a_file(
    tiny: Any, server: Any, same: Same, read_table: Any
) -> None:
    fetch(tiny, zones=SMALL, **MONTHLY)
    old = maps(pipeline.run(job_of(tiny, **MONTHLY), tiny.folder / "old").out)
    replaced = replace_red(server)
    ended = run(tiny, **MONTHLY)
    assert ended.exit_code == 3
    failures = read_table(ended.out, "failures")
    assert set(failures["band"]) == {"red"}
    assert failures["reason"].str.contains("replaced at its source since it was fetched").all()
    assert failures["reason"].str.contains("bring it anew with `landcover fetch`").all()
    mixed, pixels = maps(ended.out), 0
    for name, plane in mixed.items():
        held = np.isfinite(plane)
        pixels += held.sum()
        assert np.array_equal(plane[held], old[name][held])  # or it is not there
    assert pixels > 500
    # what the failure says to do mends it
    assert set(fetch(tiny, **MONTHLY).changed) == replaced
    ended = run(tiny, **MONTHLY)
    assert ended.exit_code == 0
    fresh = pipeline.run(job_of(tiny, **MONTHLY), tiny.folder / "fresh")
    same(ended.out, fresh.out)
    assert any(not np.array_equal(old[name], plane, equal_nan=True)
               for name, plane in maps(ended.out).items())  # fmt: skip


def test_what_was_brought_anew_is_computed_anew(tiny: Any, server: Any, same: Same) -> None:
    fetch(tiny)
    before = rasters(run(tiny).out)
    path = Path(tiny.folder / "out" / "run.log")

    def said() -> str:
        """Return what the log says since it was last asked."""
        text = path.read_text("utf-8")
        path.write_text("", "utf-8")
        return text

    said()
    assert fetch(tiny).changed == ()
    run(tiny)
    assert "to be made" not in said()  # nothing changed
    replaced = replace_red(server)
    assert set(fetch(tiny).changed) == replaced
    ended = run(tiny)
    assert "tile(s) to be made: changed: scenes" in said()
    assert ended.exit_code == 0
    assert rasters(ended.out) != before
    same(ended.out, run(tiny, "fresh").out)
    assert fetch(tiny).changed == ()
    run(tiny)
    assert "to be made" not in said()
    told = pipeline.status(job_of(tiny), ended.out, store=tiny.folder / "store")
    assert (told.done, told.reasons) == (told.total, {})


def test_a_job_over_the_store_computes_it_anew_too(tiny: Any, server: Any, same: Same) -> None:
    keys = {"sources": source(catalog=str(tiny.folder / "store" / "catalog.json"))}
    fetch(tiny)
    before = rasters(tiny.run("over", **keys).out)
    replace_red(server)
    fetch(tiny)
    ended = tiny.run("over", **keys)
    assert rasters(ended.out) != before
    same(ended.out, tiny.run("fresh", **keys).out)
    assert tiny.run("over", **keys).heard.made == []


def test_a_store_of_overviews_is_no_catalog_of_whole_files(tiny: Any, server: Any) -> None:
    average(server.folder)
    fetch(tiny, sources=source(resolution_m=20))
    for name in ("store", "store/catalog.json"):
        for keys in ({}, {"resolution_m": 20}, {"resolution_m": 40}):
            sources = source(**{"catalog": str(tiny.folder / name), **keys})
            with pytest.raises(PlanError) as error:
                tiny.run("over", sources=sources)
            assert error.value.exit_code == 2
            assert str(error.value) == (
                "source sentinel-2-l2a, catalog: it is that of a store which holds some bands in "
                "overviews alone (nir at 1/2, red at 1/2 of their resolution), and no catalog "
                "lists those. Name the catalog that they were fetched from, with the same "
                "resolution_m, and the store with --store."
            )


def test_a_store_of_whole_files_has_no_overviews(tiny: Any, server: Any) -> None:
    average(server.folder)
    fetch(tiny)
    sources = source(catalog=str(tiny.folder / "store"), resolution_m=20)
    with pytest.raises(PlanError) as error:
        tiny.run("over", sources=sources)
    assert error.value.exit_code == 2
    assert "lies in a store, whose catalog lists files at full resolution alone" in str(error.value)
    assert "leave resolution_m out" in str(error.value)
