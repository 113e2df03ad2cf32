"""What an analyst calls from Python: run a job, open its observations, open its results.

It joins a call's arguments to the pipeline, as `cli` does for the command line. It computes
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from landcover.engine.settings import STORE
from landcover.errors import InputError
from landcover.job import Job, load
from landcover.model import Period
from landcover.settings import read_period

if TYPE_CHECKING:
    import xarray as xr

    from landcover.engine.lazy import Wanted
    from landcover.engine.outcome import Watcher
    from landcover.model import Scene
    from landcover.pipeline import Result
    from landcover.survey import Survey

__all__ = ["open_stack", "run"]

log = logging.getLogger(__name__)


def _job(job: Job | str | Path, overrides: Sequence[str] = ()) -> Job:
    """Take a job as it is, or read it from its file."""
    if not isinstance(job, Job):
        return load(job, tuple(overrides))
    if overrides:
        remedy = "Give the path of the job file, or load it with them"
        raise InputError("overrides", "they change keys of a job file, not of a Job", remedy)
    return job


def _folder(job: Job | str | Path, name: str, out: str | Path | None) -> Path:
    """Find the folder of results: as the call says, else `out/<name>` beside the job file.

    A Job that came from no file has its results below the working folder.
    """
    if out is not None:
        return Path(out).absolute()
    beside = Path() if isinstance(job, Job) else Path(job).parent
    return (beside / "out" / name).absolute()


def _store(job: Job | str | Path, made: Job, store: str | Path | None) -> Path:
    """Find the store: as the call says, else as the job does, else beside the job file."""
    if store is not None:
        return Path(store).absolute()
    beside = Path() if isinstance(job, Job) else Path(job).parent
    return made.run.store or (beside / STORE).absolute()


def run(
    job: Job | str | Path,
    out: str | Path | None = None,
    *,
    fresh: bool = False,
    locked: bool = False,
    offline: bool = False,
    store: str | Path | None = None,
    report: bool = True,
    overrides: Sequence[str] = (),
    progress: Watcher | None = None,
) -> Result:
    """Run a job, or go on where a run of it stopped.

    Parameters
    ----------
    job : path or Job
        The job file.
    out : path, optional
        Folder of results; by default ``out/<name>`` beside the job file (for a Job, below the
        working folder).
    fresh : bool
        Start over: search again, and make every tile again.
    locked : bool
        Read exactly the scenes that ``scenes.json`` lists.
    offline : bool
        Refuse to use the network.
    store : path, optional
        Folder of what ``landcover fetch`` brought; by default the job's ``run.store``, or
        ``landcover-store`` beside the job file, where there is one.
    report : bool
        Whether to write what people open, too: styles, project, report, map.
    overrides : sequence of str
        ``key=value`` each, as ``run.memory=8GB``; for a job file only.
    progress : Watcher, optional
        Told how it goes.

    Returns
    -------
    Result
        `out`, `exit_code` (0 done, 3 some scenes or tiles failed), `notes`, `failures`.

    Raises
    ------
    LandcoverError
        In one sentence what is wrong and what to do. Finished tiles are kept.

    Notes
    -----
    Worker processes are spawned on every system, and each first imports the script that
    started it. So a script calls this under the guard, or its workers would run it again; a
    notebook needs no guard::

        import landcover

        if __name__ == "__main__":
            result = landcover.run("okapi.yaml")
    """
    from landcover import pipeline
    from landcover.shelves import check_store

    if fresh and (locked or offline):
        what = "fresh searches again, locked and offline read what was found before"
        raise InputError("run", what, "Give one of them")
    made = _job(job, overrides)
    folder = _folder(job, made.name, out)
    check_store(Path(store).absolute() if store is not None else made.run.store)
    shelf = _store(job, made, store)
    return pipeline.run(
        made,
        folder,
        fresh=fresh,
        locked=locked,
        offline=offline,
        store=shelf,
        report=report,
        progress=progress,
    )


def open_stack(
    job: Job | str | Path,
    bbox: Sequence[float] | None = None,
    index: str | Sequence[str] | None = None,
    period: Period | Sequence[object] | None = None,
    *,
    source: str | None = None,
    out: str | Path | None = None,
) -> xr.Dataset:
    """Open a job's clear observations as a lazy Dataset; pixels are read when asked for.

    Values are those that a run computes with: masked, cloud grown, mosaicked by solar day, on
    the job's grid. Pixels between the zones have values too, where the job's scenes reach.

    Parameters
    ----------
    job : path or Job
    bbox : (west, south, east, north), degrees, optional
        The part of the job's grid to open; by default all of it, the zones' bounds.
    index : str or sequence of str, optional
        Indices or bands; by default those of the job's products and series.
    period : two dates (the second not included) or two whole years, optional
        Within the job's period, which is the default.
    source : str, optional
        Name of the source, or of the sensor; by default the job's first.
    out : path, optional
        Folder of results, as for `run`: its ``scenes.json`` is used where it answers this job.
        Otherwise the catalogs are asked; the folder is not changed.

    Returns
    -------
    xarray.Dataset
        One variable an index or band: float32 (time, y, x), NaN where not clear, one chunk a
        day and tile; bands are reflectance. `time` is the solar day; `ds.rio.crs` the CRS.
        A scene that cannot be read adds nothing, and a warning is logged.

    Raises
    ------
    LandcoverError
        In one sentence what is wrong and what to do.

    Examples
    --------
    >>> import landcover                                                      # doctest: +SKIP
    >>> stack = landcover.open_stack("okapi.yaml", bbox=(28.4, 1.3, 28.5, 1.4))  # doctest: +SKIP
    >>> stack.ndvi.sel(time="2021").median("time").compute()                  # doctest: +SKIP
    """
    from landcover.engine import lazy
    from landcover.survey import survey

    made = _job(job)
    pool = tuple(one.name for one in made.sources_of(source))
    if not pool:
        known = ", ".join(one.name for one in made.sources)
        raise InputError("source", f"the job has no source {source!r}", f"It has {known}")
    days = _period(period, made.period)
    about = survey(made, _folder(job, made.name, out))
    for failure in about.scenes.failures:
        log.warning("%s cannot be used: %s", failure.scene, failure.reason)
    names = _names(index) or lazy.default_names(about.order, pool)
    wanted = _wanted(made, about, names, pool, days, bbox)
    return lazy.open_stack(about.order, _scenes(made, about, wanted), wanted)


def _names(index: str | Sequence[str] | None) -> tuple[str, ...]:
    """List the names that were asked for, each once."""
    return tuple(dict.fromkeys([index] if isinstance(index, str) else index or ()))


def _period(asked: Period | Sequence[object] | None, whole: Period) -> Period:
    """Read the period that was asked for; it must lie within the job's."""
    if asked is None:
        return whole
    try:
        period = read_period(asked)
    except (PydanticCustomError, ValidationError):
        remedy = "Write two dates, the second not included, or two years, as (2019, 2021)"
        raise InputError("period", f"{asked!r} is no period", remedy) from None
    if whole.start <= period.start and period.end <= whole.end:
        return period
    raise InputError(
        "period",
        f"{period.start} to {period.last} is not within the job's, {whole.start} to {whole.last}",
        "Give a part of it, or change the job",
    )


def _wanted(
    job: Job,
    about: Survey,
    names: tuple[str, ...],
    pool: tuple[str, ...],
    period: Period,
    bbox: Sequence[float] | None,
) -> Wanted:
    """Say what the Dataset is to hold, on the grid that a run would take."""
    from landcover.engine import lazy
    from landcover.engine.window import cut_window
    from landcover.raster.coarser import coarsened
    from landcover.raster.grid import choose_grid

    if not names:
        what = f"the job asks for no index of {', '.join(pool)}"
        raise InputError("index", what, "Name one, such as ndvi")
    scenes = coarsened(about.scenes.scenes, about.order.rules)
    grid, _ = choose_grid(job.grid, about.zones.zones, scenes)
    window = grid if bbox is None else cut_window(grid, bbox)
    return lazy.Wanted(names, pool, period, window, job.grid.tile_px)


def _scenes(job: Job, about: Survey, wanted: Wanted) -> tuple[Scene, ...]:
    """Return the job's scenes; where they lack bands that are wanted, search for those too."""
    from landcover.catalog import keep_clearest
    from landcover.engine import lazy
    from landcover.engine.deciding import ask_pixels
    from landcover.engine.scenes import Asked

    order = lazy.widened(about.order, wanted.pool, wanted.names)
    if order is None:
        return about.scenes.scenes
    asked = Asked(job.sources, about.asked.sensors, order, about.zones.zones)
    found = ask_pixels(asked.search(), asked.sources, asked.sensors, pools=asked.pools)
    found = keep_clearest(found, asked.sources, asked.region)
    for failure in found.failures:
        log.warning("%s cannot be used: %s", failure.scene, failure.reason)
    return found.scenes
