"""Rasters are written one task at a time in a process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from landcover.engine import rasters
from landcover.engine.telling import Told
from landcover.engine.turns import one_at_a_time


@dataclass
class Brief:
    """What a raster task looks at."""

    out: Path
    threads: int = 1


def test_rasters_wait_for_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler's worker may have two threads; what a tile's task keeps is not let go of."""
    begun = threading.Event()
    monkeypatch.setattr(rasters, "rest", begun.set)
    monkeypatch.setattr(rasters, "recall", lambda told: Brief(tmp_path))
    with ThreadPoolExecutor(1) as pool:
        with one_at_a_time:
            task = pool.submit(rasters._raster_task, [], "", Told("", "", ""), [])
            assert not begun.wait(0.3)
        assert task.result(10) == []
    assert begun.is_set()
