"""What a job is about, before it is planned: its zones, what is to be done, its scenes.

It joins the job with zones, sensors and catalogs. It plans nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landcover import sensors, zones
from landcover.catalog import Drift, SceneSet
from landcover.engine.drift import look_for_drift
from landcover.engine.order import Order, make_order
from landcover.engine.scenes import Asked, find_scenes, refuse_addresses
from landcover.engine.stock import downloads
from landcover.engine.workspace import Workspace
from landcover.errors import NoScenesError
from landcover.files import sha256_of
from landcover.model import InputFile, Note
from landcover.products import PRODUCTS, Product
from landcover.settings import Settings
from landcover.zones import Context, ContextLayer, Drawn, ZoneGroup, ZoneSet

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Survey", "drift", "shapes_of", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a job is about, before it is planned: its zones, its order, its scenes."""

    zones: ZoneSet
    order: Order
    asked: Asked
    scenes: SceneSet
    inputs: tuple[InputFile, ...]
    """Files that the run reads beside scenes: zones, context, and profiles of one's own."""
    moved: tuple[Note, ...] = ()
    """What asking again for files of zones told; among the notes of `zones`, too."""
    context: tuple[Drawn, ...] = ()
    """What is drawn round the zones, near them."""


def _products(job: Job) -> list[tuple[Product, Settings]]:
    """List the products that a job asks for; pictures are cut as composites are."""
    wanted = [(PRODUCTS[name], settings) for name, settings in job.wanted.items()]
    if job.pictures is not None:
        every = job.pictures.every or getattr(job.wanted.get("composite"), "every", "year")
        pictures = job.pictures.model_copy(update={"every": every})
        wanted.append((PRODUCTS["pictures"], pictures))
    return wanted


def shapes_of(job: Job) -> dict[str, ZoneGroup | ContextLayer]:
    """Name what of a job names files of shapes, by its key: zones, and what is drawn round them."""
    groups = {f"zones.{name}": group for name, group in job.zones.items()}
    return {**groups, **_context_of(job)}


def _context_of(job: Job) -> dict[str, ContextLayer]:
    """Name layers of context by the job's key."""
    return {f"context[{k}]": layer for k, layer in enumerate(job.context)}


def _asked(
    job: Job, workspace: Workspace, offline: bool, renewed: bool
) -> tuple[ZoneSet, Context, Asked, tuple[Note, ...]]:
    """Load a job's zones and context; say what is asked of catalogs, what to tell of addresses."""
    begun, files = workspace.lock_file.exists(), shapes_of(job)
    with downloads(workspace, files, renewed=renewed or not begun, offline=offline) as (
        cache,
        notes,
    ):
        if offline:
            refuse_addresses(files, cache)
        found = zones.load(job.zones, cache)
        context = zones.load_context(_context_of(job), found.zones, cache)
    found = replace(found, notes=(*notes, *found.notes, *context.notes))
    profiles = {source.name: sensors.load(source.sensor) for source in job.sources}
    order = make_order(
        job.period, job.sources, profiles, _products(job), job.series, job.grid.resampling
    )
    return found, context, Asked(job.sources, profiles, order, found.zones), notes


def drift(job: Job, out: Path, *, offline: bool = False) -> tuple[Drift, tuple[Note, ...]]:
    """Say which scenes of a run's lock are not any more as they were, and which are new.

    Raises
    ------
    ZoneError, PlanError, CatalogError, InputError
    """
    workspace = Workspace(out)
    return look_for_drift(_asked(job, workspace, offline, False)[2], workspace, offline)


def survey(
    job: Job,
    out: Path,
    *,
    fresh: bool = False,
    locked: bool = False,
    offline: bool = False,
    renewed: bool = False,
) -> Survey:
    """Load a job's zones and find its scenes (or read them from the lock).

    Zones named by an address are asked for again where `fresh`, `renewed` or OUT is new.

    Raises
    ------
    ZoneError, PlanError, CatalogError, NoScenesError, InputError
    """
    workspace = Workspace(out)
    found, context, asked, moved = _asked(job, workspace, offline, fresh or renewed)
    order = asked.order
    scenes = find_scenes(asked, workspace, fresh, locked, offline)
    if not scenes.scenes:
        raise NoScenesError(
            "sources",
            f"no scene can be used: {len(scenes.failures)} failed",
            f"See {scenes.failures[0].reason}" if scenes.failures else "Check period and zones",
        )
    inputs = (*found.inputs, *context.inputs, *_profiles(job))
    return Survey(found, order, asked, scenes, inputs, moved, context.layers)


def _profiles(job: Job) -> list[InputFile]:
    """List the sensor profiles of one's own, each once, by the first source that names it."""
    found: dict[Path, InputFile] = {}
    for source in job.sources:
        path = sensors.own_file(source.sensor)
        if path is not None and path not in found:
            role = f"sensors.{source.name}"
            found[path] = InputFile(str(path), str(path), sha256_of(path), role, whole=True)
    return list(found.values())
