"""`landcover fetch`: bring what a job will read to this machine, to run it without network."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from landcover.cli.options import (
    Fresh,
    JobFile,
    Json,
    Locked,
    Out,
    Overrides,
    Quiet,
    StoreDir,
    out_folder,
    store_folder,
    verb,
)
from landcover.cli.printing import amount, show_json
from landcover.cli.watching import watching
from landcover.errors import InputError

if TYPE_CHECKING:
    from landcover.fetching import Brought

__all__ = ["register"]

NAMED = 20
"""Files that are named on the terminal (count); --json has them all."""


@verb
def fetch(
    job_file: JobFile,
    out: Out = None,
    store: StoreDir = None,
    overrides: Overrides = None,
    fresh: Fresh = False,
    locked: Locked = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Bring the blocks that a job needs to this machine, or go on where that stopped."""
    from landcover import fetching
    from landcover import job as jobs

    if fresh and locked:
        what = "--fresh searches again, --locked reads what was found before"
        raise InputError("landcover fetch", what, "Give one of them")
    job = jobs.load(job_file, tuple(overrides or ()))
    folder, shelf = out_folder(job_file, job.name, out), store_folder(job_file, job, store)
    with watching(quiet) as watcher:
        found = fetching.fetch(job, folder, shelf, fresh=fresh, locked=locked, progress=watcher)
    if as_json:
        show_json({**asdict(found), "exit_code": found.exit_code})
    else:
        typer.echo(str(found.store))
    _tell(found, _run_of(job_file, out, store, overrides or ()))
    return found.exit_code


def _run_of(job_file: Path, out: Path | None, store: Path | None, overrides: Sequence[str]) -> str:
    """Write the run of what was fetched, as a shell takes it."""
    options = [("--out", out), ("--store", store), *(("--set", one) for one in overrides)]
    given = [str(part) for name, value in options if value for part in (name, value)]
    return shlex.join(["landcover", "run", str(job_file), "--offline", *given])


def _tell(found: Brought, run: str) -> None:
    """Say what came, and what did not, on stderr."""
    held = f"{amount(found.held_bytes)} of {found.files:,} files are held"
    typer.echo(f"{amount(found.brought_bytes)} brought; {held}.", err=True)
    for files, what in ((found.changed, "changed at the source"), (found.damaged, "damaged")):
        if files:
            were = "file held was" if len(files) == 1 else "files held were"
            typer.echo(f"{len(files):,} {were} {what}, and brought anew.", err=True)
    if not found.failures:
        typer.echo(f"The job now runs without network: {run}", err=True)
        return
    for failure in found.failures[:NAMED]:
        typer.echo(f"{failure.scene}, tile {failure.tile}: {failure.reason}", err=True)
    if len(found.failures) > NAMED:
        typer.echo(f"... and {len(found.failures) - NAMED} more", err=True)
    said = "incomplete: some files could not be brought. Fetch again to try them once more."
    typer.echo(said, err=True)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("fetch")(fetch)
