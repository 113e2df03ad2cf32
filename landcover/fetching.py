"""A job, as far as its scenes lie on this machine: zones, scenes, plan, and what it will read.

This module only joins the rooms. It computes nothing.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from landcover.catalog import write_lock
from landcover.engine.blocks import keep_layouts
from landcover.engine.bringing import Brought, Parcel, bring, parcel
from landcover.engine.journal import Journal, open_journal
from landcover.engine.outcome import Watcher
from landcover.engine.plan import make_plan
from landcover.engine.scenes import keep_lock
from landcover.engine.stock import found_before, keep_downloads
from landcover.engine.workspace import Workspace
from landcover.errors import DiskFullError
from landcover.raster.remote import Reach, reaching
from landcover.raster.store import Store
from landcover.survey import shapes_of, survey

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Brought", "fetch"]


def fetch(
    job: Job,
    out: Path,
    store: Path,
    *,
    fresh: bool = False,
    locked: bool = False,
    progress: Watcher | None = None,
) -> Brought:
    """Bring what a run of a job reads into a store, or go on where that stopped.

    Parameters
    ----------
    job : Job
    out : Path
        Folder of results, which gets the lock that a run will read.
    store : Path
        Folder of blocks, shared by jobs; it is made if needed.
    fresh, locked : bool
        As for a run: search again; read exactly the scenes of OUT/scenes.json.
    progress : Watcher, optional
        Told how it goes.

    Raises
    ------
    LandcoverError
        See `landcover.errors`; what was brought is kept whatever happens.
    """
    workspace, shelf = Workspace(out), Store(store, writing=True)
    reach, log = Reach(job.run.connections, str(store), bringing=shelf), out / "run.log"
    with (
        workspace.alone(),
        shelf.alone(),
        open_journal(log, progress) as journal,
        reaching(reach),
    ):
        journal.step("search")
        about = survey(job, out, fresh=fresh, locked=locked, renewed=True)
        keep_downloads(workspace, shapes_of(job))
        for note in about.moved:
            journal.say(str(note))
        journal.step("plan")
        zones, found = about.zones.zones, about.scenes
        made = make_plan(about.order, zones, found.scenes, job.grid, job.run, out, found.counts)
        keep_lock(about.asked, found, workspace, locked)
        keep_layouts(made.layouts, about.order, found.scenes, out)
        kept = found_before(about.asked.digest)
        if kept is not None and not locked:
            write_lock(kept, found)
        wanted = parcel(made, shelf)
        _tell(wanted, job.run.bandwidth_mbps, journal)
        _check_room(wanted, store)
        return bring(made, shelf, journal)


def _amount(size: float) -> str:
    """Write a number of bytes."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _time(hours: float | None, bandwidth_mbps: float | None) -> str:
    """Say how long it takes at the job's bandwidth."""
    if hours is None or bandwidth_mbps is None:
        return "set run.bandwidth_mbps to know how long it takes"
    span = f"{hours:,.1f} h" if hours >= 1 else f"{math.ceil(hours * 60)} min"
    return f"{span} at {bandwidth_mbps:g} Mbit/s"


def _check_room(wanted: Parcel, store: Path) -> None:
    """Refuse to begin what will not fit on the disk.

    Raises
    ------
    DiskFullError
    """
    if wanted.left_bytes > wanted.free_bytes:
        left, free = _amount(wanted.left_bytes), _amount(wanted.free_bytes)
        what = f"some {left} are to be brought, and its disk has {free} left"
        remedy = "Free some space, or name a folder on another disk with --store"
        raise DiskFullError(str(store), what, remedy)


def _tell(wanted: Parcel, bandwidth_mbps: float | None, journal: Journal) -> None:
    """Say what will be brought: the plan's reckoning, by the files of some scenes."""
    held = f"; {_amount(wanted.held_bytes)} are here already" if wanted.held_bytes else ""
    what = f"about {_amount(wanted.left_bytes)} of {wanted.files:,} files to bring{held}"
    journal.say(f"{what}; {_time(wanted.hours, bandwidth_mbps)}")
