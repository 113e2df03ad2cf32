"""`landcover plan`: print what a run would read, write and cost, and stop."""

from __future__ import annotations

import typer

from landcover.cli.options import JobFile, Json, Out, Overrides, out_folder, verb
from landcover.cli.printing import note

__all__ = ["register"]


@verb
def plan(
    job_file: JobFile, out: Out = None, overrides: Overrides = None, as_json: Json = False
) -> int:
    """Print scenes, tiles, bytes, hours and memory of a run, and stop."""
    from landcover import job as jobs
    from landcover import pipeline

    job = jobs.load(job_file, tuple(overrides or ()))
    for hint in jobs.hints(job):
        note(hint)
    made = pipeline.plan(job, out_folder(job_file, job.name, out))
    del made, as_json
    return 0


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("plan")(plan)
