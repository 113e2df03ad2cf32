"""A job at one place: its scenes, its pixel through time, its breaks, and what they looked like.

This module only joins the rooms. It computes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from landcover import __version__
from landcover.catalog import keep_clearest, read_lock
from landcover.engine.brief import Work
from landcover.engine.deciding import ask_pixels
from landcover.engine.lazy import widened
from landcover.engine.order import Order
from landcover.engine.plan import REMOTE_THREADS
from landcover.engine.platform import cores
from landcover.engine.point import Place, find_place, look, picture, source_digest
from landcover.engine.point_map import find_on_map
from landcover.engine.scenes import Asked, is_remote, lock_holds, refuse_remote, refuse_search
from landcover.engine.workspace import Workspace
from landcover.errors import InputError, LandcoverError
from landcover.files import write_whole
from landcover.model import Grid, Period, Scene
from landcover.outputs.point import Origin, Story, file_stem, find_patch, point_table
from landcover.outputs.point_page import page
from landcover.outputs.sheets import write_table
from landcover.products.disturbance import PRODUCT, DisturbanceSettings
from landcover.products.pictures import BANDS
from landcover.products.tracing import Chip, Look, follow
from landcover.raster.coarser import coarsened
from landcover.raster.grid import choose_grid
from landcover.raster.remote import reaching
from landcover.shelves import reach_with
from landcover.survey import Survey, survey

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Told", "point", "write"]

BEFORE, AFTER, LAST = 2, 4, 6
"""Pictures before a break and from it on; and the last ones where nothing broke."""

NEAR_DEGREES = 1e-4
"""Half a side of the square in which scenes of a place are looked for (degrees; about 11 m)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was written of a place."""

    table: Path
    pages: tuple[Path, ...]


def point(
    job: Job,
    out: Path,
    where: tuple[float, float] | str,
    *,
    pictures: bool = True,
    locked: bool = False,
    offline: bool = False,
    store: Path | None = None,
) -> Story:
    """Follow one place through time, as a run of the job would see it.

    Parameters
    ----------
    job : Job
    out : Path
        Folder of results: its ``scenes.json`` is read where it answers this job; else the
        catalogs are asked.
    where : (longitude, latitude) in degrees, or the id of a patch of ``patches.gpkg``
    pictures : bool
        Whether to draw its surroundings.
    locked : bool
        Read the scenes of ``scenes.json``, whatever search it answers.
    offline : bool
        Refuse whatever would need the network.
    store : Path, optional
        Folder of blocks that `fetch` brought.

    Raises
    ------
    LandcoverError
        See `landcover.errors`.
    """
    patch = where if isinstance(where, str) else ""
    lon, lat = find_patch(out, where) if isinstance(where, str) else where
    with reaching(reach_with(store, offline)):
        about = survey(job, out, locked=locked, offline=offline)
        own, work = _work(job, about)
        settings = work.settings
        if not isinstance(settings, DisturbanceSettings):
            raise TypeError(type(settings))
        grid, _ = choose_grid(
            job.grid, about.zones.zones, coarsened(about.scenes.scenes, about.order.rules)
        )
        place = find_place(lon, lat, grid, about.zones.zones)
        order, scenes = _with_bands(job, about, out, work, locked, offline)
        own_scenes = [scene for scene in scenes if scene.source in work.pool]
        if offline:
            refuse_remote(own_scenes)
        looks, dates, values = look(order, work, scenes, place, _threads(own_scenes))
        followed = follow(settings, job.period, dates, values)
        on_map = find_on_map(out, about.order, work, place, followed) if own else None
        chips: tuple[Chip, ...] = ()
        why = "why_nothing"
        if pictures:
            shown = _shown(looks, tuple(one.day for one in followed.breaks))
            chips, why = _chips(job, about, out, work, place, shown, offline)
    rule = order.rules[work.pool[0]]
    years = sorted({day.year for day in (dates[0], dates[-1])})
    credit = _credit(job, work.pool[0], rule.sensor.credit, "-".join(map(str, years)))
    marked = partial(_marked, order, work, grid)
    names = tuple((zone.name or zone.id, zone.kind) for zone in place.zones)
    titles: dict[str, str] = {one: job.title_in(one) for one in job.report.languages}
    return Story(
        titles, lon, lat, place.row, place.column, grid.crs, grid.resolution[0], names, patch,
        looks, followed, chips, why, own, rule.sensor.title, rule.grown_m, credit, on_map,
        _origin(about, out, locked, order, marked), marked(own_scenes),
    )  # fmt: skip


def _credit(job: Job, source: str, asked: str, years: str) -> dict[str, str]:
    """Return by language whom a source's scenes are to be credited to."""
    (own,) = (one for one in job.sources if one.name == source)
    return {
        language: text.replace("[year]", years) for language, text in own.credited(asked).items()
    }


def _marked(order: Order, work: Work, grid: Grid, scenes: Sequence[Scene]) -> str:
    """Return the mark of a page that is made of some scenes."""
    own = [scene for scene in scenes if scene.source in work.pool]
    return source_digest(order, work, own, grid)


def _origin(
    about: Survey, out: Path, locked: bool, order: Order, marked: Callable[[Sequence[Scene]], str]
) -> Origin:
    """Say where the scenes are from; `marked` tells whether others would give the same page."""
    workspace = Workspace(out)
    if not workspace.lock_file.exists():
        return "new"
    if locked:
        return "lock"
    if order is not about.order:
        return "more"
    if lock_holds(about.asked, workspace):
        return "lock"
    try:
        # the record of the run's search may be gone (a folder handed on without .work)
        listed = read_lock(workspace.lock_file).scenes
    except InputError:
        return "anew"
    return "lock" if marked(listed) == marked(about.scenes.scenes) else "anew"


def write(job: Job, out: Path, story: Story) -> Told:
    """Write the table and the pages of a place: ``OUT/points/<lon>_<lat>.csv`` and ``.html``.

    Raises
    ------
    DiskFullError
    """
    folder, stem = Workspace(out).points, file_stem(story.lon, story.lat)
    table = folder / f"{stem}.csv"
    write_table(table, point_table(story))
    pages = []
    for language in job.report.languages:
        pages.append(folder / f"{stem}.{language}.html")
        write_whole(pages[-1], page(story, language, __version__, table.name))
    # a page of a language that the job names no more would go on telling former numbers
    own = re.compile(rf"{re.escape(stem)}\.[A-Za-z-]+\.html")
    for left in folder.iterdir():
        if left not in pages and own.fullmatch(left.name):
            left.unlink(missing_ok=True)
    return Told(table, tuple(pages))


def _threads(scenes: list[Scene]) -> int:
    """Return the threads that read: many wait for far files, near ones take a core each."""
    return REMOTE_THREADS if any(is_remote(scene) for scene in scenes) else cores()


def _work(job: Job, about: Survey) -> tuple[bool, Work]:
    """Find the job's own product `disturbance`, else make one with the usual settings."""
    for work in about.order.works:
        if work.name == PRODUCT.name:
            return True, work
    settings = DisturbanceSettings()
    pool = tuple(source.name for source in job.sources_of(None))
    # what the sensor lacks is said of the index, before the product asks for its bands
    widened(about.order, pool, [settings.index])
    return False, Work(PRODUCT.name, settings, PRODUCT.need(settings, about.order.context), pool)


def _with_bands(
    job: Job, about: Survey, out: Path, work: Work, locked: bool, offline: bool
) -> tuple[Order, tuple[Scene, ...]]:
    """Return the job's scenes; where they lack bands of the index, search for those too.

    Raises
    ------
    InputError
        The sensor lacks them, the network is refused, or the lock alone is to be read.
    """
    order = widened(about.order, work.pool, work.need.quantities)
    if order is None:
        return about.order, about.scenes.scenes
    if locked:
        need, scenes = order.bands(), about.scenes.scenes
        own = (scene for scene in scenes if scene.source in work.pool)
        if all(need[scene.source] <= scene.assets.keys() for scene in own):
            return order, scenes
        what = f"lacks bands of {', '.join(work.need.quantities)}"
        raise InputError(str(Workspace(out).lock_file), what, "Leave --locked out to search again")
    if offline:
        refuse_search(job.sources)
    asked = Asked(job.sources, about.asked.sensors, order, about.zones.zones)
    found = ask_pixels(
        asked.search(), asked.sources, asked.sensors, Workspace(out), offline, asked.pools
    )
    return order, keep_clearest(found, asked.sources, asked.region).scenes


def _coloured(
    job: Job, about: Survey, out: Path, work: Work, place: Place, wanted: list[Scene],
    offline: bool,
) -> tuple[Order, dict[tuple[str, str], Scene]]:  # fmt: skip
    """Return some scenes with red, green and blue; where the job has none, search for these alone.

    Raises
    ------
    LandcoverError
        A catalog does not answer.
    """
    order, keys = widened(about.order, work.pool, BANDS), {(s.source, s.id) for s in wanted}
    every = about.scenes.scenes
    if order is not None:
        days = [scene.solar_day for scene in wanted]
        period = Period(min(days), max(days) + timedelta(days=1))
        order = replace(order, context=replace(order.context, period=period))
        near = shapely.Point(place.lon, place.lat).buffer(NEAR_DEGREES, cap_style="square")
        here = (replace(place.zones[0], geometry=near),)
        asked = Asked(job.sources, about.asked.sensors, order, here)
        found = asked.search()
        # what the run reads was chosen among all days: here it is only looked up again
        listed = (*found.scenes, *found.spare, *found.cloudy)
        own = tuple(one for one in listed if (one.source, one.id) in keys)
        found = replace(found, scenes=own, spare=(), cloudy=())
        every = ask_pixels(
            found, asked.sources, asked.sensors, Workspace(out), offline, asked.pools
        ).scenes
    return order or about.order, {(one.source, one.id): one for one in every}


def _shown(looks: tuple[Look, ...], breaks: tuple[object, ...]) -> list[tuple[Look, bool]]:
    """Choose the dates to draw: the last two before a break and the first four of it, or the last.

    With each whether it is of the break or later.
    """
    used = [one for one in looks if one.used]
    if not breaks:
        return [(one, False) for one in used[-LAST:]]
    at = next(number for number, one in enumerate(used) if one.day == breaks[0])
    shown = used[max(at - BEFORE, 0) : at + AFTER]
    return [(one, one.day >= used[at].day) for one in shown]


def _chips(
    job: Job,
    about: Survey,
    out: Path,
    work: Work,
    place: Place,
    shown: list[tuple[Look, bool]],
    offline: bool,
) -> tuple[tuple[Chip, ...], str]:
    """Draw the surroundings of a place on some days; without any, say why."""
    if not shown:
        return (), "why_nothing"
    bands = about.order.rules[work.pool[0]].sensor.bands
    if not all(name in bands and bands[name].is_reflectance for name in BANDS):
        return (), "why_bands"
    wanted = [one.scene for one, _ in shown]
    if offline and widened(about.order, work.pool, BANDS) is not None:
        try:
            refuse_search(job.sources)
        except InputError:
            return (), "why_lock"
    try:
        order, coloured = _coloured(job, about, out, work, place, wanted, offline)
    except LandcoverError:  # a catalog that does not answer costs the pictures alone
        return (), "why_search"
    drawn = []
    for one, after in shown:
        scene = coloured.get((one.scene.source, one.scene.id))
        if scene is not None:
            whole = replace(scene, assets={name: scene.assets[name] for name in BANDS})
            drawn.append(picture(order.rules, place, one, whole, after))
    made = tuple(one for one in drawn if one is not None)
    return made, "why_unread" if drawn else "why_search"
