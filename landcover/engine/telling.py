"""The brief on its way to workers: a file that all of them see, known by its hash.

It outlives any worker that dies. Only the bytes that this run wrote are unpickled.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from landcover.engine.brief import Brief
from landcover.engine.workspace import Workspace
from landcover.errors import WorkerError
from landcover.files import write_whole

__all__ = ["Told", "current", "recall", "tell"]

RUN_FILE = "run.name"
"""Beside the brief: the run that the folder belongs to now."""


@dataclass(frozen=True, slots=True)
class Told:
    """Where workers find the brief: a file that they all see, known by its hash.

    `run` tells one run from the next, also where both have the same brief.
    """

    path: str
    sha256: str
    run: str


_briefs: dict[str, Brief] = {}


def tell(brief: Brief, workspace: Workspace) -> Told:
    """Put the brief where every worker sees it: it outlives any worker that dies."""
    data = pickle.dumps(brief, protocol=pickle.HIGHEST_PROTOCOL)
    path = workspace.work / "brief.pickle"
    run = uuid4().hex
    write_whole(path, data)
    write_whole(workspace.work / RUN_FILE, run)
    return Told(str(path), hashlib.sha256(data).hexdigest(), run)


def current(told: Told) -> bool:
    """Whether the folder still belongs to the run that told this.

    A worker of a cluster may still be at a tile whose run was ended, while the next run of a
    changed job makes that tile anew.
    """
    try:
        return Path(told.path).with_name(RUN_FILE).read_text(encoding="utf-8") == told.run
    except OSError:
        return False


def recall(told: Told) -> Brief:
    """Load the brief once per process; only the bytes that this run wrote are unpickled."""
    brief = _briefs.get(told.sha256)
    if brief is None:
        data = Path(told.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != told.sha256:
            raise WorkerError(told.path, "is not the one this run wrote", "Run again")
        brief = pickle.loads(data)  # noqa: S301  its hash was just checked
        _briefs.clear()
        _briefs[told.sha256] = brief
    return brief  # not looked up again: another thread may have let go of it
