"""`landcover status`: say how far a run has come."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from landcover.cli.options import JobFile, Json, Out, Overrides, out_folder, verb
from landcover.cli.printing import show_json, show_table
from landcover.errors import InputError

if TYPE_CHECKING:
    from landcover.pipeline import Status

__all__ = ["register"]


@verb
def status(
    job_file: JobFile, out: Out = None, overrides: Overrides = None, as_json: Json = False
) -> int:
    """Say how far the run of a job has come, and what failed."""
    from landcover import job as jobs
    from landcover import pipeline

    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    if not (folder / "scenes.json").is_file():
        raise InputError(str(folder), "no run of this job has begun here", "Use landcover run")
    found = pipeline.status(job, folder)
    if as_json:
        show_json(asdict(found))
    else:
        _show(found)
    return 0


def _show(found: Status) -> None:
    """Print it as a person reads it."""
    share = 100 * found.done / found.total if found.total else 100.0
    typer.echo(f"{found.out}: {found.done:,} of {found.total:,} tiles are finished ({share:.0f} %)")
    if found.reasons:
        show_table(
            "Tiles to be made", ("tiles", "why"), [(n, why) for why, n in found.reasons.items()]
        )
    if found.failures:
        rows = [(f.scene, f.tile, f.band, f.reason) for f in found.failures]
        show_table("What failed", ("scene", "tile", "band", "why"), rows)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("status")(status)
