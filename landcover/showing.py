"""A finished run, shown: what people open is written from the folder that it left.

This module only joins the rooms. It computes nothing, and reads no scene.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from landcover import sensors
from landcover.engine.journal import Journal, open_journal
from landcover.engine.workspace import Workspace
from landcover.outputs.opening import open_shown
from landcover.outputs.results import open_results
from landcover.outputs.sharing import for_readers, secret_context, secret_groups
from landcover.outputs.shown import About, Clearing, Shown

if TYPE_CHECKING:
    from landcover.catalog.settings import Source
    from landcover.engine.outcome import Watcher
    from landcover.job import Job
    from landcover.model import Sensor
    from landcover.outputs.style import Texts

__all__ = ["about_of", "as_run", "show", "show_again"]

AFTERWARDS = ("title", "report", "share")
"""Keys of a job that change how a run is shown, and nothing that it found; so does `sensitive`."""

STEP = "report"
"""What the log and the terminal call the writing of what people open."""

Writer = Callable[[Shown], tuple[Path, ...]]
"""Writes files that serve all languages, and returns them."""

PageWriter = Callable[[Shown, str], tuple[Path, ...]]
"""Writes files in one language, and returns them."""


def about_of(job: Job) -> About:
    """Return what those who show a job's results must know of it."""
    profiles = {source.sensor: sensors.load(source.sensor) for source in job.sources}
    secret = secret_groups(job.zones, job.share.told)
    wanted = dict(job.wanted)
    if job.pictures is not None:
        wanted["pictures"] = job.pictures
    return About(
        job.name,
        {str(language): text for language, text in job.title.items()},
        job.report.languages,
        job.period,
        wanted,
        tuple(_credits(job, profiles)),
        job.share.told,
        secret,
        secret_context(job.zones, secret, job.context),
        tuple(_clearing(source, profiles[source.sensor]) for source in job.sources),
    )


def _credits(job: Job, profiles: Mapping[str, Sensor]) -> Iterator[Texts]:
    """Give what each source's scenes are to be credited to, once each."""
    told: list[Texts] = []
    for source in job.sources:
        credit = source.credited(profiles[source.sensor].credit)
        if credit and credit not in told:
            told.append(credit)
    yield from told


def _clearing(source: Source, profile: Sensor) -> Clearing:
    """Return how clear pixels of a source were told: by which mask, grown by how much."""
    mask = profile.mask
    spreads = mask is not None and (bool(mask.grown) or any(one.grown for one in mask.fields))
    name = source.name or profile.title
    return Clearing(name, mask is not None, source.cloud_grown_m if spreads else 0)


def _writers() -> tuple[Writer, ...]:
    """List what is written once."""
    from landcover.outputs.columnar import write_parquet
    from landcover.outputs.geoparquet import write_geoparquet
    from landcover.outputs.gps import write_gps
    from landcover.outputs.results_stac import write_stac
    from landcover.outputs.sidecars import write_sidecars

    return (write_sidecars, write_parquet, write_geoparquet, write_gps, write_stac)


def _page_writers() -> tuple[PageWriter, ...]:
    """List what is written once a language, of all that a run left."""
    from landcover.outputs.qgis.project import write_project
    from landcover.outputs.workbook import write_workbook

    return (write_project, write_workbook)


def _readers_writers(pictures: bool) -> tuple[PageWriter, ...]:
    """List what is written once a language, of what may be shown of sensitive sites."""
    from landcover.outputs.report.page import write_report
    from landcover.outputs.web import write_map

    if not pictures:
        return (write_report, write_map)
    from landcover.outputs.prints import write_pictures

    return (write_report, write_map, write_pictures)


def show(
    job: Job, out: Path, journal: Journal | None = None, *, pictures: bool = False
) -> tuple[Path, ...]:
    """Write what people open of a finished run: styles, project, report, map, workbook, STAC.

    Parameters
    ----------
    job : Job
        The one that the folder was made by.
    out : Path
    journal : Journal, optional
        Told what is being written.
    pictures : bool
        Whether to draw pages to print and a time-lapse, too. Where the folder has some, they are
        drawn again in any case: older ones might say, or show, what the other files no longer do.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    LandcoverError
    """
    from landcover.outputs.prints import were_drawn
    from landcover.outputs.vectors import write_vectors

    shown = open_shown(out, about_of(job))
    written = [*write_vectors(shown)]
    shown = replace(shown)  # with the tables that are read, and shapes with their figures
    pictures = pictures or were_drawn(out)
    works = [*_works(shown, pictures)]
    works.append(partial(_finish, shown, written))
    if journal is not None:
        journal.begin(STEP, len(works), 0)
    for work in works:
        written += work()
        if journal is not None:
            journal.advance(STEP, None)
    return tuple(written)


def _finish(shown: Shown, written: Collection[Path]) -> tuple[Path, ...]:
    """Remove what was not written again, then tell of what lies in the folder."""
    from landcover.outputs.prints import forget_others
    from landcover.outputs.readme_page import write_readme

    forget_others(shown.out, written)
    return write_readme(shown)


def _works(shown: Shown, pictures: bool) -> Iterator[Callable[[], tuple[Path, ...]]]:
    """List what is to be written, one call each."""
    for write in _writers():
        yield partial(write, shown)
    guarded = for_readers(shown)
    for language in shown.about.languages:
        for write_in in _page_writers():
            yield partial(write_in, shown, language)
        for write_in in _readers_writers(pictures):
            yield partial(write_in, guarded, language)


def show_again(
    job: Job, out: Path, *, pictures: bool = False, progress: Watcher | None = None
) -> tuple[Path, ...]:
    """Write what people open of a finished run once more; nothing else in it changes.

    Titles, languages and what may be shared are those of `job`; all else is as the run had it.
    With `pictures`, or where the folder has some, pages to print and a time-lapse are drawn, too.

    Raises
    ------
    InputError
        No run finished in the folder, or another one works in it.
    """
    made_by = as_run(job, out)
    with Workspace(out).alone(), open_journal(out / "run.log", progress) as journal:
        return show(made_by, out, journal, pictures=pictures)


def as_run(job: Job, out: Path) -> Job:
    """Return the job that a run was made by, with what may change afterwards from another.

    Raises
    ------
    InputError
        No run finished in the folder.
    """
    from landcover import job as jobs

    open_results(out)  # says in a sentence what the folder lacks
    former = jobs.load(out / "job.yaml")
    zones = {
        name: group.model_copy(update={"sensitive": job.zones[name].sensitive})
        if name in job.zones
        else group
        for name, group in former.zones.items()
    }
    update = {name: getattr(job, name) for name in AFTERWARDS}
    return former.model_copy(update={**update, "zones": zones})
