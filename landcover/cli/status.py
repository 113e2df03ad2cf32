"""`landcover status`: say how far a run has come, and how its catalogs have changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landcover.cli.options import (
    JobFile,
    Json,
    Offline,
    Out,
    Overrides,
    StoreDir,
    out_folder,
    store_folder,
    verb,
)
from landcover.cli.printing import note, show_json, show_table
from landcover.errors import InputError

if TYPE_CHECKING:
    from landcover.catalog import Drift
    from landcover.job import Job
    from landcover.model import Note
    from landcover.pipeline import Status

__all__ = ["register"]

NOT_CHECKED = (
    "What catalogs list was compared: addresses, numbers, baselines, places. "
    "The files themselves were not opened."
)

REMEDY = "run --locked repeats the lock as it is; run --fresh reads what is listed now."


@verb
def status(
    job_file: JobFile,
    out: Out = None,
    overrides: Overrides = None,
    drift: Annotated[
        bool,
        typer.Option(
            "--drift", help="Tell which scenes of scenes.json vanished, changed or are new since."
        ),
    ] = False,
    offline: Offline = False,
    store: StoreDir = None,
    as_json: Json = False,
) -> int:
    """Say how far the run of a job has come, and what failed; or what changed in its catalogs."""
    from landcover import job as jobs

    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    if not (folder / "scenes.json").is_file():
        raise InputError(str(folder), "no run of this job has begun here", "Use landcover run")
    if drift:
        return _drift(job, folder, offline, as_json)
    from landcover import pipeline
    from landcover.shelves import check_store

    check_store(store.absolute() if store else None)
    shelf = store_folder(job_file, job, store)
    found = pipeline.status(job, folder, offline=offline, store=shelf)
    if as_json:
        show_json(asdict(found))
    else:
        _show(found)
    return 0


def _show(found: Status) -> None:
    """Print it as a person reads it."""
    share = 100 * found.done / found.total if found.total else 100.0
    typer.echo(f"{found.out}: {found.done:,} of {found.total:,} tiles are finished ({share:.0f} %)")
    typer.echo(
        f"{found.rasters_done:,} of {found.rasters:,} rasters and {found.tables_done:,} of "
        f"{found.tables:,} tables are written"
    )
    if found.failures:
        rows = [(f.scene, f.tile, f.band, f.reason) for f in found.failures]
        show_table("What failed in the last run", ("scene", "tile", "band", "why"), rows)
    if found.reasons:
        why = "; ".join(f"{tiles:,} ({reason})" for reason, tiles in found.reasons.items())
        typer.echo(f"Tiles that the next run would make: {why}")
    if found.to_settle:
        what = "; ".join(f"{tiles:,} of {product}" for product, tiles in found.to_settle.items())
        typer.echo(f"Tiles that the next run would settle from what is stored: {what}")


# --- drift ---------------------------------------------------------------------------------------


def _drift(job: Job, folder: Path, offline: bool, as_json: bool) -> int:
    """Tell how the lock and its catalogs have come apart; 1 where it could not be told of all."""
    from landcover.survey import drift

    found, notes = drift(job, folder, offline=offline)
    if as_json:
        show_json(_drift_json(found, notes, folder / "scenes.json"))
    else:
        _show_drift(found, folder / "scenes.json")
        for one in notes:
            note(one)
    return 0 if found.is_told else 1


def _drift_json(found: Drift, notes: Sequence[Note], lock: Path) -> dict[str, Any]:
    """Return the drift for a program."""
    return {
        "lock": str(lock),
        "scenes": found.scenes,
        "same": found.same,
        "unwanted": found.unwanted,
        "counts": dict(_counted(found)),
        "told": found.is_told,
        "drift": [_redacted(asdict(one)) for one in found.found],
        "notes": [str(one) for one in notes],
        "checked": NOT_CHECKED,
    }


def _redacted(row: Mapping[str, str]) -> dict[str, str]:
    from landcover.net import redact

    return {key: redact(text) for key, text in row.items()}


def _counted(found: Drift) -> Counter[str]:
    return Counter(one.kind for one in found.found)


def _show_drift(found: Drift, lock: Path) -> None:
    """Print the drift, one line an item."""
    counts = ", ".join(f"{items:,} {kind}" for kind, items in _counted(found).items())
    typer.echo(
        f"{lock}: {found.same:,} of {found.scenes:,} scenes are listed as they were"
        + (f"; {counts}" if counts else "")
    )
    if found.unwanted:
        typer.echo(
            f"{found.unwanted:,} of these a fresh search would leave out, by the job's rules"
        )
    for one in found.found:
        row = _redacted(asdict(one))
        typer.echo("{kind}: {scene} ({day}, {source}): {what}: {means}.".format_map(row))
    if found.found:
        typer.echo(REMEDY)
    typer.echo(NOT_CHECKED)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("status")(status)
