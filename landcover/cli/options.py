"""Arguments and flags that several verbs share, each with one name and one meaning."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from landcover import __version__

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = [
    "Fresh",
    "JobFile",
    "Json",
    "Locked",
    "Offline",
    "Out",
    "Overrides",
    "Quiet",
    "StoreDir",
    "out_folder",
    "store_folder",
    "verb",
    "version",
]

JobFile = Annotated[Path, typer.Argument(metavar="JOB", help="The job file (YAML).")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of results. Default: out/NAME beside JOB."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the job, such as run.memory=8GB, or sources[0].catalog=... for "
        "the first of a list; repeatable.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over: search again, redo all tiles.")]
Locked = Annotated[bool, typer.Option("--locked", help="Read exactly what scenes.json lists.")]
Offline = Annotated[bool, typer.Option("--offline", help="Refuse to use the network.")]

StoreDir = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="DIR",
        help="Folder of what `landcover fetch` brought. Default: run.store, or landcover-store "
        "beside JOB.",
    ),
]

_Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Log more.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Log errors only; no progress.")]
_Debug = Annotated[bool, typer.Option("--debug", help="Show where in the code an error arose.")]
_SHARED = {"verbose": (_Verbose, 0), "quiet": (Quiet, False), "debug": (_Debug, False)}


def _print_version(wanted: bool) -> None:
    """Print the version, and end."""
    if wanted:
        typer.echo(f"landcover {__version__}")
        raise typer.Exit


def version(
    shown: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """From a job file to rasters, tables and maps of forest, mines and change."""
    del shown


def out_folder(job_file: Path, name: str, out: Path | None) -> Path:
    """Find the folder of results: as the call says, else `out/<name>` beside the job."""
    return (out if out is not None else job_file.parent / "out" / name).absolute()


def store_folder(job_file: Path, job: Job, store: Path | None) -> Path:
    """Find the store: as the call says, else as the job does, else beside the job."""
    from landcover.engine.settings import STORE

    return store.absolute() if store else job.run.store or (job_file.parent / STORE).absolute()


class _Redacting(logging.Formatter):
    """Hides the tokens and keys that an address in a message may carry."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        from landcover.net import redact

        return redact(super().format(record))


def _log_to_stderr(verbose: int, quiet: bool) -> None:
    """Send our own log to stderr: data go to stdout."""
    log = logging.getLogger("landcover")
    level = (
        logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(level)
    log.propagate = False


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the flags that all verbs have: --verbose, --quiet, --debug."""
    hints = get_type_hints(function, include_extras=True)
    own = [
        p.replace(annotation=hints[n]) for n, p in inspect.signature(function).parameters.items()
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(name, keyword, annotation=kind, default=default)
        for name, (kind, default) in _SHARED.items()
        if name not in hints
    ]

    @wraps(function)
    def wrapped(**values: Any) -> Any:
        quiet, verbose = bool(values["quiet"]), int(values["verbose"])
        _log_to_stderr(verbose, quiet)
        return function(**{name: value for name, value in values.items() if name in hints})

    every = [*own, *shared]
    wrapped.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    del wrapped.__wrapped__  # else its own signature is found
    return wrapped
