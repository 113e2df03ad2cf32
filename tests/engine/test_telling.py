"""The brief reaches every worker whole, and a run that was ended leaves nothing behind."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from landcover.engine import telling, tile
from landcover.engine.workspace import Workspace
from landcover.errors import WorkerError
from landcover.raster.remote import Reach


@pytest.fixture
def told(tmp_path: Path) -> telling.Told:
    """Return what a run tells its workers; any picklable thing will do for a brief."""
    return telling.tell("brief", Workspace(tmp_path))  # type: ignore[arg-type]


def test_the_brief_comes_back(told: telling.Told) -> None:
    assert telling.recall(told) == "brief"
    assert telling.current(told)


def test_a_changed_brief_is_refused(told: telling.Told) -> None:
    telling._briefs.clear()
    Path(told.path).write_bytes(b"something else")
    with pytest.raises(WorkerError, match="is not the one this run wrote"):
        telling.recall(told)


def test_two_threads_that_come_first_both_get_the_brief(
    told: telling.Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find no brief; one lets go of what the other has just laid down."""
    here = threading.Barrier(2)
    early = threading.Event()

    class Kept(dict[str, Any]):
        """Each thread lays its brief down; the late one clears in between."""

        def get(self, key: str, default: Any = None) -> Any:
            found = super().get(key, default)
            here.wait(5)
            return found

        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            here.wait(5)
            return found

        def clear(self) -> None:
            if threading.current_thread().name.endswith("_1"):
                assert early.wait(5)
            super().clear()

        def __setitem__(self, key: str, value: Any) -> None:
            if threading.current_thread().name.endswith("_1"):
                time.sleep(0.3)  # unpickling took its time, in former days
            super().__setitem__(key, value)
            if threading.current_thread().name.endswith("_0"):
                early.set()
                time.sleep(0.1)

    monkeypatch.setattr(telling, "_briefs", Kept())
    with ThreadPoolExecutor(2, "reader") as pool:
        both = [pool.submit(telling.recall, told) for _ in range(2)]
        assert [one.result(10) for one in both] == ["brief", "brief"]


def test_the_next_run_takes_over(told: telling.Told, tmp_path: Path) -> None:
    later = telling.tell("brief", Workspace(tmp_path))  # type: ignore[arg-type]
    assert later.run != told.run
    assert not telling.current(told)
    assert telling.current(later)
    (tmp_path / ".work" / telling.RUN_FILE).unlink()
    assert not telling.current(later)


def test_a_worker_of_an_ended_run_leaves_no_tile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Named:
        """Stands for a brief, a task, a tile: only names are asked for."""

        def __init__(self, **fields: Any) -> None:
            self.__dict__.update(fields)

    brief = Named(out=tmp_path, cache_bytes=0, connections=1, reach=Reach())
    task = Named(tile=Named(id="t"), fingerprint="f", parts={})
    monkeypatch.setattr(tile, "_compute", lambda *args: Named(reads=None, failures=[]))
    path = Workspace(tmp_path).tile_file("t")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"of the next run")
    with pytest.raises(WorkerError, match="another run has taken over the folder"):
        tile.run_tile(brief, task, lambda: False)  # type: ignore[arg-type]
    assert path.read_bytes() == b"of the next run"
    assert [one.name for one in path.parent.iterdir()] == ["t.npz"]
