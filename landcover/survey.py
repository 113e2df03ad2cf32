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
from landcover.zones import ZoneSet

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Survey", "drift", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a job is about, before it is planned: its zones, its order, its scenes."""

    zones: ZoneSet
    order: Order
    asked: Asked
    scenes: SceneSet
    inputs: tuple[InputFile, ...]
    """Files that the run reads beside scenes: zones, and profiles of one's own."""
    moved: tuple[Note, ...] = ()
    """What asking again for files of zones told; among the notes of `zones`, too."""


def _products(job: Job) -> list[tuple[Product, Settings]]:
    """List the products that a job asks for; pictures are cut as composites are."""
    wanted = [(PRODUCTS[name], settings) for name, settings in job.wanted.items()]
    if job.pictures is not None:
        every = job.pictures.every or getattr(job.wanted.get("composite"), "every", "year")
        pictures = job.pictures.model_copy(update={"every": every})
        wanted.append((PRODUCTS["pictures"], pictures))
    return wanted


def _asked(
    job: Job, workspace: Workspace, offline: bool, renewed: bool
) -> tuple[ZoneSet, Asked, tuple[Note, ...]]:
    """Load a job's zones, and say what is asked of catalogs, and what to tell of addresses."""
    begun = workspace.lock_file.exists()
    with downloads(workspace, job.zones, renewed=renewed or not begun, offline=offline) as (
        cache,
        notes,
    ):
        if offline:
            refuse_addresses(job.zones, cache)
        found = zones.load(job.zones, cache)
    found = replace(found, notes=(*notes, *found.notes))
    profiles = {source.name: sensors.load(source.sensor) for source in job.sources}
    order = make_order(
        job.period, job.sources, profiles, _products(job), job.series, job.grid.resampling
    )
    return found, Asked(job.sources, profiles, order, found.zones), notes


def drift(job: Job, out: Path, *, offline: bool = False) -> tuple[Drift, tuple[Note, ...]]:
    """Say which scenes of a run's lock are not any more as they were, and which are new.

    Raises
    ------
    ZoneError, PlanError, CatalogError, InputError
    """
    workspace = Workspace(out)
    return look_for_drift(_asked(job, workspace, offline, False)[1], workspace, offline)


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
    found, asked, moved = _asked(job, workspace, offline, fresh or renewed)
    order = asked.order
    scenes = find_scenes(asked, workspace, fresh, locked, offline)
    if not scenes.scenes:
        raise NoScenesError(
            "sources",
            f"no scene can be used: {len(scenes.failures)} failed",
            f"See {scenes.failures[0].reason}" if scenes.failures else "Check period and zones",
        )
    return Survey(found, order, asked, scenes, (*found.inputs, *_profiles(job)), moved)


def _profiles(job: Job) -> list[InputFile]:
    """List the sensor profiles of one's own, each once, by the first source that names it."""
    found: dict[Path, InputFile] = {}
    for source in job.sources:
        path = sensors.own_file(source.sensor)
        if path is not None and path not in found:
            role = f"sensors.{source.name}"
            found[path] = InputFile(str(path), str(path), sha256_of(path), role, whole=True)
    return list(found.values())
