"""A job, from its file to what it leaves: zones, scenes, plan, run, write.

This module only joins the rooms. It computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from landcover.engine.blocks import are_remembered, keep_layouts
from landcover.engine.former import forget_former
from landcover.engine.journal import Journal, open_journal
from landcover.engine.outcome import Outcome, Watcher
from landcover.engine.plan import Plan, make_plan
from landcover.engine.run import Todo, compute, sort_out, tell_why
from landcover.engine.scenes import keep_lock, lock_holds, refuse_remote
from landcover.engine.standing import Status, standing
from landcover.engine.stock import keep_downloads
from landcover.engine.workspace import Workspace
from landcover.leave import leave_inputs, leave_results, tables_of
from landcover.model import Failure, Note
from landcover.raster.remote import reaching
from landcover.shelves import reach_with
from landcover.showing import show
from landcover.survey import Survey, shapes_of, survey

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Result", "Status", "Survey", "plan", "run", "status", "survey"]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to: `exit_code` is 0 (done) or 3 (some scenes or tiles failed)."""

    out: Path
    exit_code: int
    notes: tuple[Note, ...]
    failures: tuple[Failure, ...]


def _planned(job: Job, out: Path, about: Survey) -> Plan:
    """Lay out the run of a survey."""
    zones, found = about.zones.zones, about.scenes
    return make_plan(about.order, zones, found.scenes, job.grid, job.run, out, found.counts)


def plan(
    job: Job, out: Path, *, fresh: bool = False, locked: bool = False, store: Path | None = None
) -> tuple[Survey, Plan]:
    """Say what a run would read, make and cost; nothing is computed or written."""
    with reaching(reach_with(store, offline=False)):
        about = survey(job, out, fresh=fresh, locked=locked)
        return about, _planned(job, out, about)


def run(
    job: Job,
    out: Path,
    *,
    fresh: bool = False,
    locked: bool = False,
    offline: bool = False,
    store: Path | None = None,
    report: bool = True,
    progress: Watcher | None = None,
) -> Result:
    """Run a job, or go on where it stopped.

    Parameters
    ----------
    job, out : Job, Path
        The job and its folder of results.
    fresh, locked, report : bool
        Forget all checkpoints and search again; read exactly the scenes of OUT/scenes.json;
        write what people open (styles, project, report, map), too.
    offline : bool
        Refuse whatever would need the network; what is finished or in the store does not.
    store : Path, optional
        Folder of blocks that `fetch` brought, read in place of the network.
    progress : Watcher, optional
        Told how it goes.

    Returns
    -------
    Result

    Raises
    ------
    LandcoverError
        Finished tiles are kept whatever happens.
    """
    workspace, reach = Workspace(out), reach_with(store, offline)
    with workspace.alone(), reaching(reach), open_journal(out / "run.log", progress) as journal:
        if fresh:
            workspace.forget()
        journal.step("search")
        about = survey(job, out, fresh=fresh, locked=locked, offline=offline)
        keep_downloads(workspace, shapes_of(job))
        journal.step("plan")
        if offline and not are_remembered(about.order, about.scenes.scenes, out):
            refuse_remote(about.scenes.scenes)  # the plan would look at them
        made = _planned(job, out, about)
        outcome, todo = sort_out(made, workspace, offline)
        if offline and todo:
            refuse_remote(made.brief.scenes)
        keep_lock(about.asked, about.scenes, workspace, locked)
        keep_layouts(made.layouts, about.order, about.scenes.scenes, out)
        leave_inputs(job, about.inputs, workspace)
        tell_why(todo, len(outcome.entries), journal)
        rasters = compute(made, todo, outcome, job.run.scheduler, journal)
        result = _leave(job, about, made, outcome, todo, rasters, journal)
        forget_former(made, outcome, journal)
        if report:
            show(job, out, journal)
        return result


def _leave(
    job: Job,
    about: Survey,
    made: Plan,
    outcome: Outcome,
    todo: list[Todo],
    rasters: dict[str, dict[str, object]],
    journal: Journal,
) -> Result:
    """Write tables and the account of the run; sum up."""
    failures = (*about.scenes.failures, *outcome.failures())
    notes = (*about.zones.notes, *about.scenes.notes, *made.notes, *made.estimates.notes)
    notes += leave_results(job, about, made, outcome, todo, rasters, notes, failures, journal)
    return Result(made.brief.out, 3 if failures else 0, notes, failures)


def status(job: Job, out: Path, *, offline: bool = False, store: Path | None = None) -> Status:
    """Say how far a run has come; nothing is searched where the lock holds.

    The network is asked at most whether scenes that had failed can be read; `offline`, nothing.
    """
    with reaching(reach_with(store, offline)):
        about = survey(job, out, offline=offline)
        # a run of this lock has seen its files: what it could not see, it laid out without
        seen = lock_holds(about.asked, Workspace(out))
        with reaching(reach_with(store, offline or seen)):
            made = _planned(job, out, about)
        return standing(made, about.scenes.failures, tables_of(made), offline)
