"""`landcover init`: write a commented job to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from landcover.cli import templates
from landcover.cli.options import verb
from landcover.errors import FolderError, InputError

__all__ = ["register"]

SCHEMA_FILE = "landcover.schema.json"
"""Named in the first line of every template, for editors that complete keys."""


@verb
def init(
    file: Annotated[Path, typer.Argument(help="The job file to write.")] = Path("job.yaml"),
    template: Annotated[
        str, typer.Option("--template", metavar="NAME", help="Which shipped job to start from.")
    ] = "okapi-ndvi",
    language: Annotated[
        Literal["en", "fr"], typer.Option("--language", help="Language of the comments.")
    ] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the templates, and end.")] = False,
) -> int:
    """Write a commented job file to start from, and a schema for editors beside it."""
    if listed:
        typer.echo("\n".join(templates.names()))
        return 0
    text = templates.read(template, language)
    if file.exists() and not force:
        raise InputError(str(file), "the file exists", "Take another name, or add --force")
    _write(file, text)
    typer.echo(f"Wrote {file}. Edit it, then run: landcover check {file}", err=True)
    return 0


def _write(file: Path, text: str) -> None:
    """Write the job, and beside it the schema that its first line names."""
    from landcover.job import schema

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
        described = json.dumps(schema(), indent=1, ensure_ascii=False)
        file.with_name(SCHEMA_FILE).write_text(described + "\n", "utf-8", newline="\n")
    except OSError as error:
        what = f"the file cannot be written ({error.strerror})"
        raise FolderError(str(file), what, "Choose a folder that you may write to") from None


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("init")(init)
