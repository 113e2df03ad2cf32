"""Jobs as text: a right one to change, and what is said about a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from landcover.errors import JobError
from landcover.job import Job, loads

RIGHT = """\
schema: 1
name: okapi
zones:
  reserves: {path: zones/reserves.geojson, id: WDPAID}
sources:
  - {sensor: sentinel-2-l2a, catalog: scenes/catalog.json}
period: {start: 2017-01-01, end: 2025-01-01}
products:
  composite: {index: [ndvi]}
"""
"""The least that a job needs, one key a line."""

Said = Callable[..., list[str]]
Read = Callable[..., Job]


@pytest.fixture
def right() -> str:
    """Return the text of a right job."""
    return RIGHT


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a reader of job texts whose paths start in an empty folder."""

    def reader(text: str = RIGHT, overrides: Sequence[str] = ()) -> Job:
        return loads(text.encode(), tmp_path, overrides)

    return reader


@pytest.fixture
def said(read: Read) -> Said:
    """Return what is said about a wrong job: "line:column: key: sentence" each."""

    def problems(text: str, overrides: Sequence[str] = ()) -> list[str]:
        with pytest.raises(JobError) as caught:
            read(text, overrides)
        assert caught.value.exit_code == 2
        lines = str(caught.value).split("\n")
        assert len(lines) == len(caught.value.problems)
        return [line.removeprefix("job.yaml:") for line in lines]

    return problems


@pytest.fixture
def changed(said: Said) -> Said:
    """Return what is said about the right job with one line changed, or one added."""

    def problems(new: str, old: str = "") -> list[str]:
        text = RIGHT.replace(old, new) if old else RIGHT + new
        assert text != RIGHT
        return said(text)

    return problems
