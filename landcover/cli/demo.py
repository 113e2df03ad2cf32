"""`landcover demo`: make a made-up country and run the shipped job over it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landcover.cli.options import Fresh, Quiet, out_folder, verb
from landcover.cli.run import carry_out

__all__ = ["register"]

FIRST = "README.html"
"""What people open first of a folder of results."""


@verb
def demo(
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the country and the results.")
    ] = Path("landcover-demo"),
    fresh: Fresh = False,
    quiet: Quiet = False,
) -> int:
    """Make scenes of a made-up country, run a job over them, and say where the results are."""
    from landcover import job as jobs
    from landcover.engine.platform import cores
    from landcover.synthetic import write_demo

    if not quiet:
        typer.echo(f"Making the scenes of a made-up country in {folder} ...", err=True)
    job_file = write_demo(folder, workers=cores())
    job = jobs.load(job_file)
    out = out_folder(job_file, job.name, None)
    code = carry_out(job, out, fresh=fresh, quiet=quiet)
    if (out / FIRST).is_file() and not quiet:
        typer.echo(f"Open {out / FIRST} in a browser: it leads to all the rest.", err=True)
    return code


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("demo")(demo)
