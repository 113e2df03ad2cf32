"""Run a command in its own process and measure it: seconds, and peak memory of all its processes.

Memory is the sum of the resident sizes of the process and all its descendants, sampled every
50 ms. Pages that processes share are counted once for each, for everybody alike. Processor seconds
are noted too: they tell most of the same story where other work disturbs the clock.
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
    cpu_seconds: float
    said: Mapping[str, Any] = field(default_factory=dict)


class FailedError(RuntimeError):
    """A measured command ended badly; its last words are the message."""


class _Watch:
    """Samples a process and its descendants until it is told to stop."""

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._cpu: dict[int, float] = {}
        self._pid, self._done = pid, threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of all processes, each as last seen."""
        return sum(self._cpu.values())

    def _family(self, process: psutil.Process) -> list[psutil.Process]:
        """List the process and its descendants; none once it is gone."""
        try:
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _look(self, process: psutil.Process) -> None:
        """Take one sample."""
        total = 0
        for member in self._family(process):
            try:
                total += member.memory_info().rss
                times = member.cpu_times()
            except psutil.Error:
                continue
            self._cpu[member.pid] = times.user + times.system
        self.peak_bytes = max(self.peak_bytes, total)

    def _sample(self) -> None:
        """Take samples until told to stop."""
        try:
            process = psutil.Process(self._pid)
        except psutil.NoSuchProcess:
            return
        while not self._done.wait(SAMPLE_S):
            self._look(process)

    def stop(self) -> None:
        """Take no more samples."""
        self._done.set()
        self._thread.join()


def run(
    command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run a command to its end; raise with its last words if it fails."""
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
        watch = _Watch(child.pid)
        code = child.wait()
        seconds = time.perf_counter() - begin
        watch.stop()
        out.seek(0)
        err.seek(0)
        said, last_words = out.read().decode(), err.read().decode()
    if code:
        raise FailedError(f"{' '.join(map(str, command))} ended with {code}:\n{last_words[-3000:]}")
    return Measured(seconds, watch.peak_bytes, watch.cpu_seconds, _last_json(said))


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
