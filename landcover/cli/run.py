"""`landcover run`: do what a job asks for, or go on where a run stopped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landcover.cli.options import (
    Fresh,
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
from landcover.cli.watching import watching
from landcover.errors import InputError

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.model import Failure
    from landcover.pipeline import Result

__all__ = ["carry_out", "register"]

NoReport = Annotated[
    bool,
    typer.Option(
        "--no-report", help="Write rasters and tables alone; `landcover report` adds the rest."
    ),
]

NOT_BROUGHT = "`landcover fetch`"
"""What the reason of a failure names where blocks were never brought."""


@verb
def run(
    job_file: JobFile,
    out: Out = None,
    overrides: Overrides = None,
    fresh: Fresh = False,
    locked: Locked = False,
    offline: Offline = False,
    store: StoreDir = None,
    no_report: NoReport = False,
    quiet: Quiet = False,
) -> int:
    """Run a job, or go on where a run of it stopped."""
    from landcover import job as jobs
    from landcover.shelves import check_store

    if fresh and (locked or offline):
        what = "--fresh searches again, --locked and --offline read what was found before"
        raise InputError("landcover run", what, "Give one of them")
    job = jobs.load(job_file, tuple(overrides or ()))
    folder = out_folder(job_file, job.name, out)
    check_store(store.absolute() if store else job.run.store)
    shelf = store_folder(job_file, job, store)
    return carry_out(
        job, folder, fresh=fresh, locked=locked, offline=offline, store=shelf,
        report=not no_report, quiet=quiet,
    )  # fmt: skip


def carry_out(
    job: Job,
    out: Path,
    *,
    fresh: bool = False,
    locked: bool = False,
    offline: bool = False,
    store: Path | None = None,
    report: bool = True,
    quiet: bool = False,
) -> int:
    """Run a job and tell how it ended; return the exit code."""
    from landcover import job as jobs
    from landcover import pipeline

    for hint in jobs.hints(job):
        note(hint)
    with watching(quiet) as watcher:
        result = pipeline.run(
            job,
            out,
            fresh=fresh,
            locked=locked,
            offline=offline,
            store=store,
            report=report,
            progress=watcher,
        )
    _tell(result, offline)
    return result.exit_code


def _tell(result: Result, offline: bool) -> None:
    """Print where the results are; say what is missing from them on stderr."""
    for remark in result.notes:
        note(remark)
    if result.failures:
        count = len({(failure.scene, failure.tile) for failure in result.failures})
        where = result.out / "tables" / "failures.csv"
        failed = "scene or tile failed and is" if count == 1 else "scenes or tiles failed and are"
        said = f"incomplete: {count:,} {failed} listed in {where}"
        typer.echo(f"{said}. {_remedy(result.failures, offline)}.", err=True)
    typer.echo(str(result.out))


def _remedy(failures: Iterable[Failure], offline: bool) -> str:
    """Say what may mend failures: offline, running again brings nothing that was not brought."""
    if offline and any(NOT_BROUGHT in failure.reason for failure in failures):
        return f"Bring what is missing with {NOT_BROUGHT} where there is a network, then run again"
    return "Run again to try them once more"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("run")(run)
