"""Progress: lines for logs, bars for terminals."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from landcover.cli.watching import Bars, Lines, watching


def clock() -> Iterator[float]:
    """Tick 30 seconds each time."""
    yield from (30.0 * n for n in range(1000))


def test_lines_say_rate_and_time_left() -> None:
    stream, ticks = io.StringIO(), clock()
    lines = Lines(stream, lambda: next(ticks))
    lines.begin("tiles", 44, 4)
    for _ in range(40):
        lines.advance("tiles", None)
    said = stream.getvalue().splitlines()
    assert said[0] == "tiles: 44 in all, 4 there already"
    # every fifth is told (44 in at most 10 lines); the clock ticks only then: 30 s for 1 tile
    assert said[1] == "tiles: 5 of 44, 2.0 a minute, 20 min left"
    assert said[-1] == "tiles: 44 of 44"
    assert len(said) <= 11


def test_few_parts_are_told_one_by_one() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin("rasters", 3, 0)
    for _ in range(3):
        lines.advance("rasters", None)
    lines.say("done")
    assert stream.getvalue().splitlines()[0] == "rasters: 3 in all"
    assert stream.getvalue().splitlines()[-2:] == ["rasters: 3 of 3", "done"]


def test_bars_fill() -> None:
    from rich.console import Console
    from rich.progress import Progress

    stream = io.StringIO()
    with Progress(console=Console(file=stream)) as progress:
        bars = Bars(progress)
        bars.advance("not begun", None)
        bars.begin("tiles", 4, 1)
        bars.advance("tiles", None)
        bars.say("a [word] in brackets")
        assert progress.tasks[0].completed == 2
    assert "a [word] in brackets" in stream.getvalue()


def test_quiet_watches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(quiet=True) as watcher:
        assert watcher is None
    with watching(quiet=False) as watcher:
        assert isinstance(watcher, Lines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with watching(quiet=False) as watcher:
        assert isinstance(watcher, Bars)
        watcher.begin("tiles", 2, 0)
        watcher.advance("tiles", None)
