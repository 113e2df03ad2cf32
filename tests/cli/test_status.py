"""`status --drift`: one line an item, what it means, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import survey
from landcover.catalog import Drift, Drifted
from landcover.errors import CatalogError
from landcover.model import Note

Call = Callable[..., Any]
GONE = Drifted("vanished", "s2", "2024-01-10", "S2A_X", "it is no longer listed", "one fewer")
NEW = Drifted("new", "s2", "2024-02-09", "S2A_Y", "moved to https://u:SECRET@a.example", "one more")
UNREAD = Drifted("unread", "s2", "2024-02-09", "S2A_Z", "its document cannot be read", "left out")


@pytest.fixture
def drifts(study: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return ``drifts(drift or error, note, ...)``: let a job's lock have drifted so."""
    out = study / "out" / "small"
    out.mkdir(parents=True)
    (out / "scenes.json").write_text("{}", "utf-8")

    def told(found: Any, *notes: Note) -> Path:
        def answer(job: Any, folder: Path, *, offline: bool) -> Any:
            assert folder == out
            if isinstance(found, Exception):
                raise found
            return found, notes

        monkeypatch.setattr(survey, "drift", answer)
        return study / "job.yaml"

    return told


def test_each_item_has_a_line_and_its_meaning(call: Call, drifts: Any) -> None:
    job = drifts(Drift(10, 9, 2, (GONE, NEW)), Note("source s2", "3 scenes are left out"))
    ended = call("status", job, "--drift")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].endswith(
        "scenes.json: 9 of 10 scenes are listed as they were; 1 vanished, 1 new"
    )
    assert lines[1] == "2 of these a fresh search would leave out, by the job's rules"
    assert lines[2] == ("vanished: S2A_X (2024-01-10, s2): it is no longer listed: one fewer.")
    assert "run --locked repeats the lock" in lines[4]
    assert "The files themselves were not opened." in lines[5]
    assert "SECRET" not in ended.out
    assert ended.err == "note: source s2: 3 scenes are left out.\n"


def test_nothing_drifted(call: Call, drifts: Any) -> None:
    ended = call("status", drifts(Drift(10, 10, 0, ())), "--drift")
    assert (ended.code, len(ended.out.splitlines())) == (0, 2)
    assert "--fresh" not in ended.out


def test_json(call: Call, drifts: Any) -> None:
    ended = call("status", drifts(Drift(10, 9, 0, (GONE, NEW))), "--drift", "--json")
    told = json.loads(ended.out)
    assert told["counts"] == {"vanished": 1, "new": 1}
    assert told["drift"][0]["means"] == "one fewer"
    assert "SECRET" not in ended.out
    assert (ended.code, told["told"]) == (0, True)


def test_what_could_not_be_told_is_exit_1(call: Call, drifts: Any) -> None:
    assert call("status", drifts(Drift(10, 9, 0, (UNREAD,))), "--drift").code == 1
    job = drifts(CatalogError("source s2", "the search failed: 503", "Try again later"))
    ended = call("status", job, "--drift")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "source s2: the search failed: 503. Try again later.\n"


def test_without_a_run_there_is_no_drift(call: Call, study: Path) -> None:
    ended = call("status", study / "job.yaml", "--drift")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "no run of this job has begun here" in ended.err
