"""`landcover pack`: the results of a run in one zip, as an archive or for the public."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landcover.cli.options import JobFile, Out, Overrides, Quiet, out_folder, verb
from landcover.cli.printing import amount

if TYPE_CHECKING:
    from landcover.packing import Packed

__all__ = ["register"]

To = Annotated[
    Path | None,
    typer.Option("--to", metavar="ZIP", help="The zip. Default: beside the folder of results."),
]
Public = Annotated[
    bool,
    typer.Option(
        "--public",
        help="For anybody: obeys share.positions, and leaves out what would repeat the run.",
    ),
]
Light = Annotated[bool, typer.Option("--light", help="Without rasters, to be sent by mail.")]

Pictures = Annotated[
    bool,
    typer.Option(
        "--pictures",
        help="With --public: draw pages to print, where the folder of results has none. "
        "Where it has some, they are drawn anyway.",
    ),
]


@verb
def pack(
    job_file: JobFile,
    out: Out = None,
    to: To = None,
    public: Public = False,
    light: Light = False,
    pictures: Pictures = False,
    overrides: Overrides = None,
    quiet: Quiet = False,
) -> int:
    """Put the results of a finished run into one zip: an archive, or a parcel for the public."""
    from landcover import job as jobs
    from landcover import packing

    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    made = packing.pack(job, folder, to, public=public, light=light, pictures=pictures)
    typer.echo(str(made.path))
    if not quiet:
        _tell(made, public=public)
    return 0


def _tell(made: Packed, *, public: bool) -> None:
    """Say on stderr what is in the zip, and what is not."""
    typer.echo(f"{made.files:,} files, {amount(made.size)}.", err=True)
    names = ", ".join(made.secret)
    if names and public:
        typer.echo(f"Positions of {names} are hidden: see PARCEL.txt.", err=True)
    elif names:
        typer.echo(f"It holds exact positions of {names}; --public makes one without.", err=True)
    elif public:
        said = "Nothing is hidden: no group has `sensitive: true`, and share.positions hides none."
        typer.echo(said, err=True)
    for name in made.in_titles:
        said = f"The title names {name}, a sensitive place; --set title.en=... gives another."
        typer.echo(said, err=True)
    for name in made.missing:
        typer.echo(f"{name} may not be copied, and a re-run needs it: see PARCEL.txt.", err=True)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("pack")(pack)
