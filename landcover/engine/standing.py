"""How far a run has come: tiles, rasters, tables. Nothing is computed or changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.rasters import count_written
from landcover.engine.run import sort_out
from landcover.engine.workspace import Workspace
from landcover.model import Failure

__all__ = ["Status", "standing"]


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run has come: tiles that are finished, and why others are to be made.

    Of `rasters` that the job promises `rasters_done` are written from the finished tiles, of
    `tables` `tables_done`.
    """

    out: Path
    total: int
    done: int
    reasons: dict[str, int]
    failures: tuple[Failure, ...]
    rasters: int = 0
    rasters_done: int = 0
    tables: int = 0
    tables_done: int = 0


def standing(plan: Plan, failures: Sequence[Failure], tables: Sequence[str]) -> Status:
    """Say how far the run of a plan has come.

    Parameters
    ----------
    plan : Plan
    failures : sequence of Failure
        Those of the search.
    tables : sequence of str
        Names of the tables that a run leaves.
    """
    workspace = Workspace(plan.brief.out)
    outcome, todo = sort_out(plan, workspace)
    written = _is_told(outcome, workspace)
    return Status(
        plan.brief.out,
        len(plan.tasks),
        len(outcome.entries),
        dict(Counter(one.reason for one in todo)),
        (*failures, *outcome.failures()),
        len(plan.layers),
        count_written(plan, outcome),
        len(tables),
        sum(written and (workspace.tables / f"{name}.csv").is_file() for name in tables),
    )


def _is_told(outcome: Outcome, workspace: Workspace) -> bool:
    """Whether the account of the last run, which is written after its tables, is of these tiles."""
    try:
        account = json.loads((workspace.out / "run.json").read_text("utf-8"))
        told = {one["tile"]: one["sha256"] for one in account["tiles"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return told == {name: entry.sha256 for name, entry in outcome.entries.items()}
