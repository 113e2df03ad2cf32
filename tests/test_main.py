"""The program's first moments: Ctrl-C while the verbs are loaded."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from landcover import __main__ as program


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Put Python's own handler of Ctrl-C back, before and after."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Struck(ModuleType):
    """A module during whose import Ctrl-C is pressed."""

    def __getattr__(self, name: str) -> object:
        signal.raise_signal(signal.SIGINT)
        raise AttributeError(name)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_loading_is_one_sentence_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "landcover.cli", Struck("landcover.cli"))
    assert program.start() == 130
    assert capsys.readouterr().err == "landcover: interrupted before it began.\n"


@pytest.mark.usefixtures("ctrl_c")
def test_who_ignores_ctrl_c_goes_on_ignoring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("landcover.cli")
    fake.main = lambda: 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "landcover.cli", fake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert program.start() == 0
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_workers_that_import_the_program_load_no_verb() -> None:
    code = "import sys, landcover.__main__; print([m for m in sys.modules if m == 'typer'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
