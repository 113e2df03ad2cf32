"""`landcover point`: one place through time, to tell a clearing from a cloud."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landcover.cli.options import (
    JobFile,
    Locked,
    Offline,
    Out,
    Overrides,
    Quiet,
    StoreDir,
    out_folder,
    store_folder,
    verb,
)
from landcover.cli.printing import note
from landcover.errors import InputError
from landcover.model import Note

if TYPE_CHECKING:
    from landcover.outputs.point import Story

__all__ = ["register"]

NAMED = 5
"""Scenes that are named on the terminal (count); the table has them all."""

Where = Annotated[
    list[str],
    typer.Argument(
        metavar="LON LAT",
        help="Longitude and latitude (degrees), or a patch_id of OUT/patches.gpkg.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the table to stdout, and write no file.")]


@verb
def point(
    job_file: JobFile,
    where: Where,
    out: Out = None,
    overrides: Overrides = None,
    csv: AsCsv = False,
    locked: Locked = False,
    offline: Offline = False,
    store: StoreDir = None,
    quiet: Quiet = False,
) -> int:
    """Follow one place through time: every date, why it was masked, the fit and the break."""
    from landcover import job as jobs
    from landcover import pointing
    from landcover.outputs.point import point_text
    from landcover.shelves import check_store

    del quiet  # it silences the log
    asked = _place(where)
    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    check_store(store.absolute() if store else job.run.store)
    shelf = store_folder(job_file, job, store)
    story = pointing.point(
        job, folder, asked, pictures=not csv, locked=locked, offline=offline, store=shelf
    )
    if csv:
        typer.echo(point_text(story), nl=False)
    else:
        told = pointing.write(job, folder, story)
        for path in (told.table, *told.pages):
            typer.echo(str(path))
    return _remarks(story, folder)


def _remarks(story: Story, folder: Path) -> int:
    """Say on stderr what may make it another story than the run's; return the exit code."""
    from landcover.net import redact

    if story.origin == "anew":
        what = "lists other scenes than this job's search: scenes were searched anew"
        remedy = "If a run read its scenes with --locked, give point --locked, too"
        note(Note(str(folder / "scenes.json"), what, remedy))
    unread = story.unread
    for look in unread[:NAMED]:
        typer.echo(redact(f"{look.scene.id}: {look.reason}"), err=True)
    if len(unread) > NAMED:
        typer.echo(f"and {len(unread) - NAMED:,} more", err=True)
    if unread:
        one = len(unread) == 1
        failed = f"scene{'' if one else 's'} could not be read and {'is' if one else 'are'}"
        typer.echo(f"incomplete: {len(unread):,} {failed} missing from the series.", err=True)
    return 3 if unread else 0


def _place(where: list[str]) -> tuple[float, float] | str:
    """Read two numbers, or the id of a patch.

    Raises
    ------
    InputError
    """
    unknown = next((one for one in where if one.startswith("-") and not _is_number(one)), None)
    if unknown:  # numbers below 0 begin like options, so the parser lets all of these through
        raise InputError("landcover point", f"there is no option {unknown}", "See --help")
    if len(where) == 1 and not _is_number(where[0]):
        return where[0]
    if len(where) != 2 or not all(map(_is_number, where)):
        what = f"{' '.join(where)!r} is neither a longitude and a latitude nor the id of a patch"
        raise InputError(
            "landcover point", what, "Write it as: landcover point job.yaml 28.57 1.43"
        )
    return float(where[0]), float(where[1])


def _is_number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("point", context_settings={"ignore_unknown_options": True})(point)
