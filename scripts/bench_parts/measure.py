"""Run a command in its own process and measure it: seconds, and peak memory of all its processes.

Memory is the sum of the resident sizes of the process and all its descendants, sampled every
50 ms. Pages that processes share are counted once for each, for everybody alike.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

SAMPLE_S = 0.05
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of a command took, and what it said of itself on its last line."""

    seconds: float
    peak_bytes: int
    said: Mapping[str, Any] = field(default_factory=dict)


class FailedError(RuntimeError):
    """A measured command ended badly; its last words are the message."""


def tree_bytes(process: psutil.Process) -> int:
    """Sum the resident sizes of a process and its descendants (bytes)."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    """Keep the highest total in `peak[0]` until `done`."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    while not done.wait(SAMPLE_S):
        peak[0] = max(peak[0], tree_bytes(process))


def run(
    command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run a command to its end; raise with its last words if it fails."""
    peak, done = [0], threading.Event()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **(environment or {})},
        )
        watcher = threading.Thread(target=_watch, args=(child.pid, peak, done))
        watcher.start()
        code = child.wait()
        seconds = time.perf_counter() - begin
        done.set()
        watcher.join()
        out.seek(0)
        err.seek(0)
        said, last_words = out.read().decode(), err.read().decode()
    if code:
        raise FailedError(f"{' '.join(map(str, command))} ended with {code}:\n{last_words[-3000:]}")
    return Measured(seconds, peak[0], _last_json(said))


def _last_json(text: str) -> Mapping[str, Any]:
    """Read the last line of a child's output as JSON, where it is an object."""
    lines = text.strip().splitlines()
    try:
        value = json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def child(module: str, *arguments: str | Path) -> list[str | Path]:
    """Return the command that runs another file of this folder."""
    return [sys.executable, HERE / f"{module}.py", *arguments]


def landcover(*arguments: str | Path) -> list[str | Path]:
    """Return the command line of landcover."""
    return [sys.executable, "-m", "landcover", *arguments]


def median_of(values: Sequence[float]) -> float:
    """Take the median of repeated runs."""
    return statistics.median(values)


def clock() -> float:
    """Read a monotonic clock (seconds)."""
    return time.perf_counter()
