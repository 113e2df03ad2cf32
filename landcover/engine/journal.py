"""Telling how a run goes: a log file for later, and whoever watches now.

Every line is redacted before it is written.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from landcover.engine.outcome import Silent, Watcher
from landcover.engine.workspace import Entry
from landcover.net import redact

__all__ = ["Journal", "open_journal"]


class Journal:
    """A watcher that writes to a log and passes everything on.

    Parameters
    ----------
    file : text file
    watcher : Watcher
        Told of everything too.
    """

    def __init__(self, file: IO[str], watcher: Watcher) -> None:
        self._file, self._watcher = file, watcher
        self._started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self._step = ("", 0.0)

    def _write(self, text: str) -> None:
        """Write one redacted line."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = [f"{now} {line}\n" for line in redact(text).splitlines() or [""]]
        # a full disk is told by the tile that finds no room, not by its log
        with contextlib.suppress(OSError):
            self._file.write("".join(lines))
            self._file.flush()

    def _close_step(self) -> None:
        """Note how long the step before took."""
        name, since = self._step
        if name:
            spent = time.perf_counter() - since
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)

    def step(self, name: str) -> None:
        """Begin a step that is timed but not counted."""
        self._close_step()
        self._step = (name, time.perf_counter())

    def begin(self, step: str, total: int, done: int) -> None:
        """Begin a step."""
        self.step(step)
        self._write(f"{step}: {total} in all, {done} there already")
        self._watcher.begin(step, total, done)

    def advance(self, step: str, entry: Entry | None) -> None:
        """Log one finished part."""
        if entry is not None:
            spent = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in entry.seconds.items())
            self._write(f"tile {entry.tile}: {spent}; {len(entry.failures)} failed scene(s)")
        self._watcher.advance(step, entry)

    def say(self, text: str) -> None:
        """Log a sentence and pass it on."""
        self._write(text)
        self._watcher.say(redact(text))

    def total(self) -> dict[str, float]:
        """Return the seconds of each step and of the whole."""
        self.step("")
        return {**self.seconds, "total": round(time.perf_counter() - self._started, 3)}


@contextmanager
def open_journal(path: Path, watcher: Watcher | None) -> Iterator[Journal]:
    """Open the log for adding to, and yield its journal."""
    file = path.open("a", encoding="utf-8", newline="\n")
    try:
        yield Journal(file, watcher or Silent())
    finally:
        with contextlib.suppress(OSError):
            file.close()
