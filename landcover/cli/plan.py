"""`landcover plan`: print what a run would read, write and cost, and stop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from landcover.cli.options import (
    Fresh,
    JobFile,
    Json,
    Locked,
    Out,
    Overrides,
    StoreDir,
    out_folder,
    store_folder,
    verb,
)
from landcover.cli.printing import amount, many, note, show_json, show_nearby, show_table

if TYPE_CHECKING:
    from landcover.engine.estimates import Estimates, MonthRow, ZoneMonths
    from landcover.engine.plan import Plan
    from landcover.engine.savings import Saving
    from landcover.job import Job
    from landcover.model import Note
    from landcover.pipeline import Survey

__all__ = ["register"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ZONES_SHOWN = 40
"""Zones in the table of clear observations (count); --json has them all."""


CHOICE_COLUMNS = ("source", "choice", "scenes", "to read", "time to read",
                  "clear looks a pixel and year", "months with none")  # fmt: skip

MONTHS_SHOWN = 6
"""Months without a scene that are named in a cell (count); --json has them all."""


@verb
def plan(
    job_file: JobFile,
    out: Out = None,
    overrides: Overrides = None,
    fresh: Fresh = False,
    locked: Locked = False,
    store: StoreDir = None,
    as_json: Json = False,
) -> int:
    """Print scenes, tiles, bytes, hours and memory of a run, and stop."""
    from landcover import job as jobs
    from landcover import pipeline
    from landcover.engine.savings import savings
    from landcover.shelves import check_store

    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    check_store(store.absolute() if store else job.run.store)
    shelf = store_folder(job_file, job, store)
    survey, made = pipeline.plan(job, folder, fresh=fresh, locked=locked, store=shelf)
    found = (*survey.zones.notes, *survey.scenes.notes, *made.notes, *made.estimates.notes)
    choices, hints = savings(made, survey.scenes, job.sources, survey.asked.region)
    notes = (*jobs.hints(job), *found, *hints)
    if as_json:
        choices_told = [asdict(one) for one in choices]
        show_json({**_summary(job, survey, made, notes), "choices": choices_told})
        return 0
    _show(job, survey, made)
    if choices:
        show_table("What choices save, and cost", CHOICE_COLUMNS, map(_choice, choices))
    for remark in notes:
        note(remark)
    return 0


def _summary(job: Job, survey: Survey, made: Plan, notes: Iterable[Note]) -> dict[str, Any]:
    """Sum a plan up, as a program reads it."""
    grid, estimates = made.brief.grid, asdict(made.estimates)
    del estimates["notes"]
    return {
        "job": job.name,
        "period": {"start": job.period.start, "end": job.period.end},
        "grid": {"crs": grid.crs, "shape": grid.shape, "resolution": grid.resolution},
        "zones": len(survey.zones.zones),
        "scenes": len(survey.scenes.scenes),
        "tiles": len(made.tasks),
        "tile_px": made.tile_px,
        "workers": made.workers,
        "memory_bytes": job.run.memory,
        "peak_bytes": made.peak_bytes,
        "machine_bytes": made.machine_bytes,
        "layers": [layer.name for layer in made.layers],
        **estimates,
        "failures": [asdict(one) for one in survey.scenes.failures],
        "nearby": [asdict(one) for one in survey.zones.nearby],
        "notes": [asdict(remark) for remark in notes],
    }


def _show(job: Job, survey: Survey, made: Plan) -> None:
    """Print a plan as a person reads it."""
    typer.echo(f"{job.name}: from {job.period.start} to {job.period.last}")
    show_nearby(survey.zones.nearby)
    show_table("What a run takes", ("", ""), _cost(survey, made))
    show_table("Scenes", ("source", "year", *MONTHS, "cloud %"), _years(made.estimates.months))
    expected = made.estimates.expected
    rows = _clear(expected, made.estimates.months)
    title = "Clear observations to expect a month, by the catalogs' cloud cover"
    if len(rows) > ZONES_SHOWN:
        title += f" (first {ZONES_SHOWN} of {len(rows)} zones; --json has all)"
    if rows:
        show_table(title, ("zone", *MONTHS), rows[:ZONES_SHOWN])
    failed = survey.scenes.failures
    if failed:
        columns = ("scene", "source", "why it cannot be used")
        show_table("Scenes left out", columns, [(f.scene, f.source, f.reason) for f in failed])


def _cost(survey: Survey, made: Plan) -> list[tuple[str, str]]:
    """List the figures of a plan."""
    grid, costs = made.brief.grid, made.estimates
    machine = f"{amount(made.machine_bytes)} with {many(made.workers, 'worker')}"
    rows, columns = grid.shape
    rasters = many(len(made.layers), "raster")
    return [
        ("grid", f"{grid.crs}, {rows:,} x {columns:,} pixels of {grid.resolution[0]:g} m"),
        ("zones", f"{len(survey.zones.zones):,}"),
        ("scenes", f"{len(survey.scenes.scenes):,}"),
        ("tiles", f"{len(made.tasks):,} of up to {made.tile_px:,} pixels a side"),
        ("to read", f"{amount(costs.read_bytes)}{_over_read(costs)}"),
        ("to write, at most", f"{amount(costs.write_bytes)}: {rasters}, and .work to resume from"),
        ("rows of zone_series.csv", f"{costs.rows:,}"),
        ("time to read", _hours(costs.hours)),
        ("peak memory of a tile", amount(made.peak_bytes)),
        ("peak memory, all processes", machine),
    ]


def _over_read(costs: Estimates) -> str:
    """Say how much more is decoded than needed."""
    if not costs.needed_bytes:
        return ""
    return f" (decoded to needed pixels: {costs.decoded_bytes / costs.needed_bytes:.2f})"


def _hours(hours: float | None) -> str:
    """Say how long the reading takes at the bandwidth that the job gives."""
    if hours is None:
        return "unknown: set run.bandwidth_mbps"
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _choice(one: Saving) -> tuple[object, ...]:
    """Lay one choice out; the job's own is marked."""
    bound = "at most" if one.is_bound else "about"
    clear = "not told" if one.clear_a_year is None else f"{bound} {one.clear_a_year:.1f}"
    months = ", ".join(one.empty_months[:MONTHS_SHOWN])
    more = len(one.empty_months) - MONTHS_SHOWN
    months += f" and {more} more" if more > 0 else ""
    choice = f"{one.choice} (this job)" if one.is_taken else one.choice
    return (
        one.source,
        choice,
        one.scenes,
        amount(one.read_bytes),
        _hours(one.hours),
        clear,
        months,
    )


def _years(months: Iterable[MonthRow]) -> list[tuple[object, ...]]:
    """Lay scenes out: one row a source and year, one column a month."""
    table: dict[tuple[str, str], list[MonthRow]] = defaultdict(list)
    for row in months:
        table[row.source, row.month[:4]].append(row)
    return [(source, year, *_year(rows)) for (source, year), rows in table.items()]


def _year(rows: list[MonthRow]) -> tuple[object, ...]:
    """Count scenes by month, and average their cloud; months outside the period are empty."""
    counts: list[object] = [None] * len(MONTHS)
    for row in rows:
        counts[int(row.month[5:7]) - 1] = row.scenes
    known = [(row.scenes, row.cloud_percent) for row in rows if row.cloud_percent is not None]
    total = sum(count for count, _ in known)
    cloud = round(sum(n * share for n, share in known) / total) if total else None
    return (*counts, cloud)


def _clear(expected: Iterable[ZoneMonths], months: Iterable[MonthRow]) -> list[tuple[object, ...]]:
    """Average clear observations over the years: one row a zone, one column a month.

    A month without a scene counts as one in which nothing can be seen; a month whose scenes'
    cloud is not known is left out.
    """
    named = {row.month for row in months}
    years = [sum(int(name[5:7]) == month for name in named) for month in range(1, 13)]
    table: dict[str, tuple[list[float], list[int]]] = {}
    for row in expected:
        totals, known = table.setdefault(row.zone, ([0.0] * len(MONTHS), list(years)))
        column = int(row.month[5:7]) - 1
        if row.clear is None:
            known[column] -= 1
        else:
            totals[column] += row.clear
    return [
        (zone, *(round(t / n, 1) if n else None for t, n in zip(totals, known, strict=True)))
        for zone, (totals, known) in table.items()
    ]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("plan")(plan)
