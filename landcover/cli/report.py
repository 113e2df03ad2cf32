"""`landcover report`: write what people open of a finished run, again or for the first time."""

from __future__ import annotations

from typing import Annotated

import typer

from landcover.cli.options import JobFile, Out, Overrides, Quiet, out_folder, verb
from landcover.cli.watching import watching

__all__ = ["register"]

Pictures = Annotated[
    bool,
    typer.Option(
        "--pictures",
        help="Draw pages to print (A4) and a time-lapse as well; those in the folder always are.",
    ),
]

PICTURES = "pictures"
"""Files in the folder itself and in this one are named when done; others, there may be hundreds
of, serve rasters and programs."""


@verb
def report(
    job_file: JobFile,
    out: Out = None,
    overrides: Overrides = None,
    pictures: Pictures = False,
    quiet: Quiet = False,
) -> int:
    """Write styles, QGIS project, report, map, workbook and STAC of a finished run."""
    from landcover import job as jobs
    from landcover import showing

    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    with watching(quiet) as watcher:
        written = showing.show_again(job, folder, pictures=pictures, progress=watcher)
    for path in written:
        if path.parent in (folder, folder / PICTURES):
            typer.echo(str(path))
    return 0


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("report")(report)
