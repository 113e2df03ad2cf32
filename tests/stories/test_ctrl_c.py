"""Ctrl-C at any moment of a run's start: 130, one sentence, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="sends SIGINT as a POSIX terminal does"),
]

ALL = os.killpg if os.name != "nt" else os.kill
"""What a terminal does: every process of the run gets the signal."""

QUICK_S = 8.0
"""In which a run should have ended, on a machine that has other things to do (s)."""

MOMENTS_S = (0.2, 0.6, 1.0, 1.4, 1.8, 2.2, 2.6, 3.0, 3.4, 3.8)
"""From the start of the program: while it loads, searches, plans, starts workers (s)."""


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Have programs hear Ctrl-C even where these tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def boot_seconds() -> float:
    """Measure how long Python itself takes to start: what happens within is not ours."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - start


def end(process: Any, send: Callable[[int, int], None]) -> str:
    """Send Ctrl-C and return what the program said; see that none of its processes stays."""
    family = psutil.Process(process.pid).children(recursive=True)
    send(process.pid, signal.SIGINT)
    said: str = process.communicate(timeout=60)[1]
    assert not psutil.wait_procs(family, timeout=10)[1]
    return said


def check(process: Any, said: str) -> None:
    """See that it ended as Ctrl-C should."""
    assert "Traceback" not in said, said
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("landcover: interrupted"), said


@pytest.mark.parametrize("seconds", [0.2, 0.8])
@pytest.mark.parametrize("send", [ALL, os.kill], ids=["all", "one"])
def test_while_workers_start(study: Any, send: Callable[[int, int], None], seconds: float) -> None:
    process = study.start()
    for line in process.stderr:
        if line.startswith("workers:"):
            break
    time.sleep(seconds)
    check(process, end(process, send))
    assert (study.folder / "out" / "scenes.json").exists()


@pytest.mark.parametrize("seconds", [0.3, pytest.param(2.5, marks=pytest.mark.slow)])
def test_twice_is_as_quick_as_once(study: Any, seconds: float) -> None:
    """The second one cut the closing of processes short, which were then waited for: 12 s."""
    process = study.start(grid={"tile_px": 32})
    for line in process.stderr:
        if line.startswith("workers:"):
            break
    time.sleep(seconds)
    start = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.4)
    said = end(process, ALL)
    assert time.monotonic() - start < QUICK_S
    assert "Traceback" not in said
    # the second one may meet Python itself on its way out, which a shell reports as 130 too
    assert process.returncode in (130, -signal.SIGINT)
    assert said.splitlines()[-1].startswith("landcover: interrupted"), said


@pytest.mark.parametrize("moment_s", MOMENTS_S)
def test_at_any_moment(study: Any, moment_s: float) -> None:
    wait_s = max(moment_s, 4 * boot_seconds())
    process = study.start(grid={"tile_px": 16})  # enough tiles to be still at them
    time.sleep(wait_s)
    check(process, end(process, ALL))
