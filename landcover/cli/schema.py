"""`landcover schema`: print every key of a job."""

from __future__ import annotations

from typing import Annotated

import typer

from landcover.cli.options import verb
from landcover.cli.printing import show_json

__all__ = ["register"]


@verb
def schema(
    document: Annotated[
        bool, typer.Option("--document", help="Print the reference of all keys (docs/job.md).")
    ] = False,
) -> int:
    """Print the JSON schema of job files, or the reference of all keys."""
    from landcover import job

    if document:
        typer.echo(job.document(), nl=False)
    else:
        show_json(job.schema())
    return 0


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("schema")(schema)
