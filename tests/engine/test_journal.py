"""The log: redacted, added to, timed, and no run ends for want of it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from landcover.engine.journal import Journal, open_journal
from landcover.engine.outcome import Silent
from landcover.engine.workspace import Entry
from landcover.model import Failure

SECRET = (
    "https://ann:pass@a.example/b.tif?se=2024&sig=abc123 failed; Authorization: Bearer hush12345"
)


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_no_secret_reaches_the_log_or_whoever_watches(tmp_path: Path) -> None:
    heard = Heard()
    with open_journal(tmp_path / "run.log", heard) as journal:
        journal.say(SECRET)
        journal.begin("tiles?token=abc123", 3, 1)
    told = (tmp_path / "run.log").read_text("utf-8") + "".join(heard.said)
    for word in ("pass@", "abc123", "hush12345"):
        assert word not in told
    assert "a.example/b.tif" in told


def test_a_second_run_adds_to_the_log(tmp_path: Path) -> None:
    for text in ("first\nof two lines", "second é"):
        with open_journal(tmp_path / "run.log", None) as journal:
            journal.say(text)
    lines = (tmp_path / "run.log").read_text("utf-8").splitlines()
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
    assert all(stamp.match(line) for line in lines)
    assert [stamp.sub("", line) for line in lines] == ["first", "of two lines", "second é"]


def test_a_line_is_on_its_way_before_the_next_thing_happens(tmp_path: Path) -> None:
    with open_journal(tmp_path / "run.log", None) as journal:
        journal.say("here")
        assert "here" in (tmp_path / "run.log").read_text("utf-8")


def test_a_finished_tile_is_logged_with_its_cost(tmp_path: Path) -> None:
    failure = Failure("s", "a", "", "t1", "gone")
    entry = Entry("t1", 1, "0", "f", {}, {"read": 1.234}, failures=(failure,))
    with open_journal(tmp_path / "run.log", None) as journal:
        journal.advance("tiles", entry)
        journal.advance("tiles", None)
    (line,) = (tmp_path / "run.log").read_text("utf-8").splitlines()
    assert line.endswith("tile t1: read 1.23 s; 1 failed scene(s)")


def test_steps_that_come_twice_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    journal = Journal(io.StringIO(), Silent())
    for step, spent in (("a", 1.0), ("b", 2.0), ("a", 4.0)):
        journal.step(step)
        now[0] += spent
    assert journal.total() == {"a": 5.0, "b": 2.0, "total": 7.0}


def test_a_log_that_cannot_be_written_ends_no_run() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    heard = Heard()
    Journal(Full(), heard).say("still said")
    assert heard.said == ["still said"]
