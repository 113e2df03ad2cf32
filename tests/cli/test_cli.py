"""The door: help, wrong calls, exit codes, no tracebacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import errors, job
from landcover.cli import app, main

VERBS = (
    "init", "check", "plan", "fetch", "run", "status", "report", "pack", "point", "schema",
    "doctor", "demo",
)  # fmt: skip
HEAVY = ("rasterio", "numba", "dask", "distributed", "xarray", "geopandas", "pandas", "numpy")
Call = Callable[..., Any]


def test_the_verbs_are_those_of_the_design() -> None:
    assert tuple(command.name for command in app.registered_commands) == VERBS


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([v, "--help"] for v in VERBS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from landcover.cli import main; "
        f"code = main({arguments!r}); "
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.rstrip().endswith("loaded [] 0"), done.stdout + done.stderr


def test_the_bare_call_is_a_call_for_help(call: Call) -> None:
    bare, asked = call(), call("--help")
    assert (bare.code, bare.out, bare.err) == (0, asked.out, "")
    assert "doctor" in bare.out


def test_help_says_how_items_of_lists_are_addressed(call: Call) -> None:
    assert "sources[0].catalog" in "".join(call("run", "--help").out.split())


def test_a_question_ends_with_its_mark(call: Call) -> None:
    said = call("chema").err
    assert "Did you mean" in said
    assert "'? See `landcover --help`." in said


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_the_shared_flags(call: Call, verb: str) -> None:
    ended = call(verb, "--help")
    assert ended.code == 0
    for flag in ("--verbose", "--quiet", "--debug", "--help"):
        assert flag in ended.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rnu"], "landcover: No such command 'rnu'."),
        (["run"], "landcover run: Missing argument 'JOB'. See `landcover run --help`."),
        (["run", "a", "--frsh"], "landcover run: No such option"),
        (["run", "a", "b"], "landcover run: "),
        (["run", "a", "--out"], "landcover: Option '--out' requires an argument"),
        (["init", "--language", "de"], "landcover init: "),
        (["run", "no.yaml"], "no.yaml: there is no such file. Give the path of a job file"),
        (["run", "x", "--fresh", "--locked"], "landcover run: --fresh searches again"),
        (["run", "x", "--fresh", "--offline"], "landcover run: --fresh searches again"),
        (["status", "no.yaml"], "no.yaml: there is no such file."),
        (["plan", "no.yaml"], "no.yaml: there is no such file."),
    ],
)
def test_a_wrong_call_is_one_sentence_and_exit_2(
    call: Call, arguments: list[str], sentence: str
) -> None:
    ended = call(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(sentence)
    assert ended.err.count("\n") == 1


def raising(error: BaseException) -> Callable[..., Any]:
    """Make a function that raises."""

    def raiser(*_: object, **__: object) -> None:
        raise error

    return raiser


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (errors.NoScenesError("sources", "nothing found", "Widen it"), 1, "sources: nothing found"),
        (errors.PlanError("run.memory", "too little", "Raise it"), 2, "run.memory: too little."),
        (errors.FolderError("out", "in use", "Wait"), 2, "out: in use. Wait."),
        (KeyboardInterrupt(), 130, "landcover: interrupted. What is finished is kept;"),
        (ZeroDivisionError("division by zero"), 1, "landcover: unexpected ZeroDivisionError: divi"),
        (ValueError(), 1, "landcover: unexpected ValueError: no message. Run again with --debug"),
        (
            errors.CatalogError("https://a.org/x?sig=SECRET", "token=SECRET refused", ""),
            1,
            "https://a.org/x",
        ),
    ],
)
def test_errors_end_with_their_code_and_one_sentence(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.setattr(job, "load", raising(error))
    ended = call("check", "job.yaml")
    assert ended.code == code
    assert ended.err.startswith(sentence)
    assert "SECRET" not in ended.err
    assert ended.err.count("\n") == 1


def test_debug_shows_where(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "load", raising(ZeroDivisionError("oops")))
    ended = call("check", "job.yaml", "--debug")
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert ended.err.rstrip().endswith("Run again with --debug and report it.")


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(job, "schema", raising(BrokenPipeError()))
    assert main(["schema"]) == 0


def test_python_m_landcover(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "landcover", "run", "no.yaml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**__import__("os").environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("no.yaml: there is no such file.")
