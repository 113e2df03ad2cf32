"""`landcover run`: do what a job asks for, or go on where a run stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from landcover.cli.options import Fresh, JobFile, Locked, Offline, Out, Overrides, out_folder, verb
from landcover.cli.printing import note
from landcover.errors import InputError

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["carry_out", "register"]


@verb
def run(
    job_file: JobFile,
    out: Out = None,
    overrides: Overrides = None,
    fresh: Fresh = False,
    locked: Locked = False,
    offline: Offline = False,
) -> int:
    """Run a job, or go on where a run of it stopped."""
    from landcover import job as jobs

    if fresh and locked:
        what = "--fresh searches again, --locked reads what was found before"
        raise InputError("landcover run", what, "Give one of them")
    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    return carry_out(job, folder, fresh=fresh, locked=locked, offline=offline)


def carry_out(
    job: Job, out: Path, *, fresh: bool = False, locked: bool = False, offline: bool = False
) -> int:
    """Run a job and tell how it ended; return the exit code."""
    from landcover import job as jobs
    from landcover import pipeline

    for hint in jobs.hints(job):
        note(hint)
    result = pipeline.run(job, out, fresh=fresh, locked=locked, offline=offline, progress=None)
    for remark in result.notes:
        note(remark)
    if result.failures:
        typer.echo(f"{len(result.failures)} scenes or tiles failed: {out / 'tables'}", err=True)
    typer.echo(str(result.out))
    return int(result.exit_code)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("run")(run)
