"""The command line: one file a verb, each of which parses, calls the pipeline and prints.

It knows arguments, exit codes and how results are shown. It computes nothing.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer

from landcover.cli import (
    check,
    demo,
    doctor,
    fetch,
    init,
    pack,
    plan,
    point,
    report,
    run,
    schema,
    status,
)
from landcover.cli.options import version
from landcover.errors import LandcoverError

__all__ = ["app", "main"]

_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended (128 + SIGINT)."""

_PARSER_S_OWN = "Value error, "
"""What newer versions of typer put before a value that is refused; it says nothing to a person."""

app = typer.Typer(
    name="landcover",
    help="From a job file to rasters and tables of forest, mines and change.",
    epilog="Start with `landcover demo`, or `landcover init` and `landcover check job.yaml`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(version)
for module in (init, check, plan, fetch, run, status, report, pack, point, schema, doctor, demo):
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code: see `landcover.errors`.

    A person's mistake is one sentence on stderr; only ``--debug`` shows where in the code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = typer.main.get_command(app).main(given, "landcover", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:  # the last door: nothing leaves as a traceback
        if "--debug" in given:
            traceback.print_exc()
        return _told(error)
    if code == _INTERRUPTED:  # some versions of typer turn Ctrl-C into this code themselves
        again = "fetch" if given[0] == "fetch" else "run"
        said = f"landcover: interrupted. What is finished is kept; {again} again to go on."
        return _end(said, _INTERRUPTED)
    return code if isinstance(code, int) else 0


def _end(sentence: str, code: int) -> int:
    """Say the last sentence."""
    typer.echo(sentence, err=True)
    return code


def _told(error: Exception) -> int:
    """Say what went wrong in one sentence, and find the exit code."""
    if isinstance(error, LandcoverError):
        return _end(_redacted(str(error)), error.exit_code)
    if hasattr(error, "format_message"):  # a wrong call, found by the parser
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "landcover"
        what = str(error.format_message()).replace(_PARSER_S_OWN, "").rstrip(" .")
        stop = "" if what.endswith(("?", "!")) else "."
        return _end(f"{command}: {what}{stop} See `{command} --help`.", 2)
    what = " ".join(str(error).split()) or "no message"
    sentence = f"landcover: unexpected {type(error).__name__}: {what}"
    return _end(_redacted(f"{sentence.rstrip('.')}. Run again with --debug and report it."), 1)


def _redacted(text: str) -> str:
    """Hide tokens and keys that an address in a message may carry."""
    from landcover.net import redact

    return redact(text)


def _pipe_closed() -> int:
    """End quietly where the reader of our output has gone (`landcover plan | head`)."""
    sys.stdout = None  # else Python complains again at exit
    return 0
