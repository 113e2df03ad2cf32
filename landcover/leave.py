"""What a run leaves in its folder, beside rasters: the job, its inputs, tables, the account.

It joins the engine's results with the tables. It computes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from landcover.engine.broken import all_breaks
from landcover.engine.journal import Journal
from landcover.engine.layer_sums import layer_items
from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.provenance import write_run_json
from landcover.engine.rasters import Records
from landcover.engine.run import Todo, merged_sums
from landcover.engine.settled import code_areas_m2, learnt
from landcover.engine.workspace import Workspace
from landcover.files import write_whole
from landcover.kernels.sums import WHOLE, ZoneSums
from landcover.model import Failure, InputFile, Note
from landcover.net import redact
from landcover.outputs import tables
from landcover.outputs.beyond import Beyond
from landcover.outputs.context_layers import write_context
from landcover.outputs.departures import Expectation
from landcover.outputs.disturbed import disturbance_area, disturbance_kinds
from landcover.outputs.patches import patch_table, patches, write_patches
from landcover.outputs.placed import around_sites
from landcover.outputs.rates import Told, disturbance_rates, false_alarms, notes_of_rates
from landcover.outputs.smoothed import Smoothing
from landcover.outputs.trends import trend_area
from landcover.outputs.zone_layers import write_zones
from landcover.outputs.zone_years import zone_years
from landcover.products import disturbance, trend
from landcover.products.alarmrates import rates_of
from landcover.products.hectares import read_ground, read_hectares
from landcover.zones import copy_inputs
from landcover.zones.features import Feature

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.survey import Survey

__all__ = ["TABLES", "leave_inputs", "leave_results", "tables_of"]

_ADDRESS = re.compile(r"https?://[^\s\"']+", re.IGNORECASE)
"""An address in a job's text; only there is redaction safe, for keys look like secrets' names."""

TABLES = ("zone_series", "zones", "failures", "scenes", "data_used")
"""Tables that every run leaves."""

YEAR_TABLES = ("zone_years",)
"""Tables that a run with the medians of years (`composite`) leaves."""

DISTURBANCE_TABLES = (
    "patches", "patch_years", "disturbance_area", "disturbance_kinds", "disturbance_rates",
)  # fmt: skip
"""Tables that a run with the product `disturbance` leaves, beside ``patches.gpkg``."""

TREND_TABLES = ("trend_area",)
"""Tables that a run with the product `trend` leaves."""

LISTED = 5
"""Names listed in one sentence before it says how many more."""


def tables_of(plan: Plan) -> dict[str, str]:
    """Name the tables that the run of a plan leaves, each with the product that it is made of.

    Empty for those that are made of what was observed alone.
    """
    asked = {work.name for work in plan.brief.works}
    own = {disturbance.NAME: DISTURBANCE_TABLES, trend.PRODUCT.name: TREND_TABLES}
    made = {table: name for name, tables in own.items() if name in asked for table in tables}
    made.update({table: one.product for one in layer_items(plan.brief) for table in YEAR_TABLES})
    return {**dict.fromkeys(TABLES, ""), **made}


def leave_inputs(job: Job, inputs: Sequence[InputFile], workspace: Workspace) -> None:
    """Write OUT/job.yaml and OUT/inputs/; what an address has of tokens is not handed on."""
    from landcover.job import dump

    text = _ADDRESS.sub(lambda found: redact(found[0]), dump(job))
    write_whole(workspace.out / "job.yaml", text)
    copy_inputs(inputs, workspace.inputs)


def _beyond(job: Job, plan: Plan) -> Beyond:
    """Return which columns the table over time has beyond what was seen."""
    asked, brief, expected = job.series, plan.brief, None
    smoothing = Smoothing(asked.smooth, asked.penalty) if asked.smooth else None
    told = {(one.index, one.pool) for one in brief.series if asked.every != "year"}
    for work in brief.works:
        keys = work.settings
        if isinstance(keys, disturbance.DisturbanceSettings) and (keys.index, work.pool) in told:
            expected = Expectation(keys.index, work.pool, keys, brief.context.period)
    return Beyond(smoothing, expected)


def _blind_zones(
    plan: Plan, rows: Sequence[tables.Observed], unread: Mapping[tuple[str, str], set[int]]
) -> list[Note]:
    """Say which zones no scene touched: their tables are empty, which is not a finding.

    Of scenes that touch a zone and could not be read, their failures speak.
    """
    seen = {int(zone) for one in rows for zone in one.zone}.union(*unread.values())
    blind = [zone.id for number, zone in enumerate(plan.brief.zones) if number not in seen]
    if not blind:
        return []
    more = f" and {len(blind) - LISTED} more" if len(blind) > LISTED else ""
    listed = ", ".join(blind[:LISTED]) + more
    remedy = "Check the zones' coordinates and the sources' period"
    return [Note("zones", f"no scene touches {len(blind)} of them: {listed}", remedy)]


def _sight(plan: Plan, sums: ZoneSums, failures: Sequence[Failure]) -> list[Note]:
    """Say where there was nothing, or little, to see; what failed speaks for itself."""
    days = {scene.solar_day for scene in plan.brief.scenes}
    by_date = (sums.series != WHOLE) & (sums.series < len(plan.brief.series))
    if not by_date.any() and plan.brief.series:
        if failures:
            return []
        what = f"no pixel of any zone was clear in {len(plan.brief.scenes)} scene(s)"
        return [Note("scenes", what, "Rasters and tables hold no value; widen the period")]
    if len(days) == 1:
        day = next(iter(days))
        return [Note("period", f"all scenes are of one date, {day}", "Composites show that date")]
    return []


def _unread(plan: Plan, failures: Sequence[Failure]) -> dict[tuple[str, str], set[int]]:
    """Return for each scene that failed the zones of the tiles in which it did."""
    zones = {task.tile.id: task.zones for task in plan.tasks}
    found: dict[tuple[str, str], set[int]] = {}
    for one in failures:
        found.setdefault((one.source, one.scene), set()).update(zones.get(one.tile, ()))
    return found


def _touched_tiles(plan: Plan) -> Mapping[str, int]:
    """Count the tiles that each scene touches."""
    numbers = Counter(number for task in plan.tasks for number in task.scenes)
    return {plan.brief.scenes[number].id: count for number, count in numbers.items()}


def _leave_disturbances(
    plan: Plan, outcome: Outcome, sums: ZoneSums, sites: Sequence[Feature]
) -> Told | None:
    """Write patches, hectares and rates of error, where the job asks for disturbances.

    Else former ones are removed, and nothing is returned.
    """
    brief, workspace = plan.brief, Workspace(plan.brief.out)
    polygons = workspace.out / "patches.gpkg"
    paths = {name: workspace.tables / f"{name}.csv" for name in DISTURBANCE_TABLES}
    keys = next((work.settings for work in brief.works if work.name == disturbance.NAME), None)
    if not isinstance(keys, disturbance.DisturbanceSettings):
        for stale in (polygons, *paths.values()):
            stale.unlink(missing_ok=True)
        return None
    least_px = disturbance.least_px_on(keys, brief.grid)
    broken = all_breaks(plan, outcome, disturbance.NAME, keys.patch_days, least_px)
    watched = disturbance.monitored(keys, brief.context.period)
    found = patches(
        broken, brief.grid, brief.zones, sites, keys.patch_days, keys.index, watched.start
    )
    write_patches(polygons, found)
    own = code_areas_m2(plan, outcome, disturbance.NAME)
    hectares = read_hectares(own, watched)
    period = brief.context.period
    told = _told_of_errors(plan, outcome, keys)
    made = (
        patch_table(found),
        found.years,
        disturbance_area(brief.zones, sums, hectares, period, watched),
        disturbance_kinds(brief.zones, sums, read_ground(own), watched),
        disturbance_rates(told),
    )
    for path, table in zip(paths.values(), made, strict=True):
        tables.write_table(path, table)
    return told


def _told_of_errors(plan: Plan, outcome: Outcome, keys: disturbance.DisturbanceSettings) -> Told:
    """Return the rates of false alarm and power that a run measured of itself."""
    context = plan.brief.context
    model = learnt(plan, outcome).get(disturbance.NAME, {})
    tried = disturbance.ALARMS.count(keys, context) > 0
    return Told(rates_of(model) if tried else None, keys, context.period)


def _leave_trends(plan: Plan, outcome: Outcome, sums: ZoneSums) -> None:
    """Write the areas of trends, where the job asks for trends; else remove a former table."""
    brief, path = plan.brief, Workspace(plan.brief.out).tables / "trend_area.csv"
    keys = next((work.settings for work in brief.works if work.name == trend.PRODUCT.name), None)
    if not isinstance(keys, trend.TrendSettings):
        path.unlink(missing_ok=True)
        return
    own = code_areas_m2(plan, outcome, trend.PRODUCT.name)
    tables.write_table(path, trend_area(brief.zones, sums, own, keys, brief.context.period))


def _leave_years(plan: Plan, sums: ZoneSums) -> None:
    """Write the index of zones by year, where the job asks for it; else remove a former table."""
    brief, path = plan.brief, Workspace(plan.brief.out).tables / "zone_years.csv"
    planes = layer_items(brief)
    if not planes:
        path.unlink(missing_ok=True)
        return
    tables.write_table(path, zone_years(brief.zones, sums, planes))


def leave_results(
    job: Job,
    about: Survey,
    plan: Plan,
    outcome: Outcome,
    todo: Sequence[Todo],
    rasters: Records,
    notes: tuple[Note, ...],
    failures: Sequence[Failure],
    journal: Journal,
) -> tuple[Note, ...]:
    """Write tables and run.json.

    Returns
    -------
    tuple of Note
        What the results themselves have to say, beside `notes`.
    """
    journal.step("tables")
    brief, folder = plan.brief, Workspace(plan.brief.out).tables
    scenes, sites = about.scenes, about.zones.sites
    sums = merged_sums(plan, outcome)
    unread = _unread(plan, failures)
    rows = tables.observed(brief.zones, scenes.scenes, sums, brief.series, unread)
    around = around_sites(sites, brief.zones)
    figures = tables.zone_table(brief.zones, sums, rows, around=around)
    figures = figures._replace(rows=tuple(figures.rows))  # written twice
    made = (
        tables.zone_series(brief.zones, sums, rows, _beyond(job, plan)),
        figures,
        tables.failures(failures),
        tables.scenes_used(scenes.scenes, _touched_tiles(plan)),
        tables.data_used(job.sources, scenes.scenes, scenes.dropped),
    )
    for name, table in zip(TABLES, made, strict=True):
        tables.write_table(folder / f"{name}.csv", table)
    write_zones(brief.out / "zones.gpkg", brief.zones, sites, figures, around)
    write_context(brief.out / "context.gpkg", about.context)
    told = _leave_disturbances(plan, outcome, sums, sites)
    _leave_trends(plan, outcome, sums)
    _leave_years(plan, sums)
    own = (*_blind_zones(plan, rows, unread), *_sight(plan, sums, failures))
    own += notes_of_rates(told) if told else ()
    accounts = {disturbance.NAME: {"false_alarms": false_alarms(told)}} if told else {}
    own = tuple(one for one in own if one not in notes)  # the plan may have said it already
    made_why = Counter(one.reason for one in todo)
    write_run_json(
        plan,
        outcome,
        about.inputs,
        (*notes, *own),
        failures,
        rasters,
        journal.total(),
        made_why,
        accounts,
    )
    return own
