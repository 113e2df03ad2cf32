"""Showing how a run goes: a bar with rate and time left, or plain lines where nobody looks."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from landcover.engine.outcome import Watcher
    from landcover.engine.workspace import Entry

__all__ = ["Bars", "Lines", "watching"]

LINES = 10
"""Lines that a step prints at most where no terminal shows a bar (count)."""


def _span(seconds: float) -> str:
    """Write a span of time as a person would.

    Examples
    --------
    >>> [_span(s) for s in (5, 250, 9000)]
    ['5 s', '4 min', '2.5 h']
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class Lines:
    """A watcher that prints a line now and then, for logs of batch systems.

    Parameters
    ----------
    stream : text file
    clock : callable
        Seconds since some moment.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._total = self._done = self._before = 0
        self._since = 0.0

    def begin(self, step: str, total: int, done: int) -> None:
        """Say that a step begins."""
        self._total, self._done, self._before, self._since = total, done, done, self._clock()
        there = f", {done} there already" if done else ""
        self.say(f"{step}: {total} in all{there}")

    def advance(self, step: str, entry: Entry | None) -> None:
        """Count one part; say so at every tenth."""
        del entry
        self._done += 1
        every = max(1, math.ceil(self._total / LINES))
        if self._done % every == 0 or self._done == self._total:
            self.say(f"{step}: {self._done} of {self._total}{self._left()}")

    def _left(self) -> str:
        """Say the rate and the time left, once there is a rate."""
        spent = self._clock() - self._since
        made, left = self._done - self._before, self._total - self._done
        if not left or spent <= 0:
            return ""
        return f", {made / spent * 60:.1f} a minute, {_span(spent / made * left)} left"

    def say(self, text: str) -> None:
        """Print a line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()


class Bars:
    """A watcher that draws a bar a step.

    Parameters
    ----------
    bars : rich.progress.Progress
    """

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._steps: dict[str, Any] = {}

    def begin(self, step: str, total: int, done: int) -> None:
        """Draw an empty bar, or one that is partly full."""
        self._steps[step] = self._bars.add_task(step, total=total, completed=done)

    def advance(self, step: str, entry: Entry | None) -> None:
        """Fill the bar a bit."""
        del entry
        if step in self._steps:
            self._bars.advance(self._steps[step])

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(text, markup=False, highlight=False)


@contextmanager
def watching(quiet: bool) -> Iterator[Watcher | None]:
    """Yield a watcher for the terminal at hand: bars, lines, or none if the call is quiet."""
    if quiet:
        yield None
    elif not sys.stderr.isatty():
        yield Lines(sys.stderr)
    else:
        with _progress() as bars:
            yield Bars(bars)


def _progress() -> Any:
    """Make the bars: what, how much, how fast, how long yet."""
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        _rate(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _rate() -> Any:
    """Make a column with parts a minute."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        """Parts a minute."""

        def render(self, task: Task) -> Text:
            """Draw the rate once it is known."""
            speed = task.finished_speed or task.speed
            return Text(f"{speed * 60:.1f}/min" if speed else "")

    return Rate()
