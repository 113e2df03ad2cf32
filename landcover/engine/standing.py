"""How far a run has come: tiles, rasters, tables. Nothing is computed or changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landcover.engine.outcome import Outcome, Silent
from landcover.engine.plan import Plan
from landcover.engine.rasters import count_written
from landcover.engine.run import sort_out
from landcover.engine.settle_task import LEARNT
from landcover.engine.settling import settle_tiles
from landcover.engine.stored import entry_name
from landcover.engine.workspace import Workspace
from landcover.model import Failure

__all__ = ["Status", "standing"]


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run has come, by what stands on the disk; and what the next run would make.

    Of `total` tiles `done` are finished, though scenes may have failed in them. Of `rasters` that
    the job promises `rasters_done` are written from the finished tiles, of `tables`
    `tables_done`. `reasons` says why how many tiles would be made, or made again, by the next
    run; `to_settle` how many finished tiles each product would settle, or settle again; `failures`
    are those of the last one.
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
    to_settle: dict[str, int] = field(default_factory=dict)


def standing(
    plan: Plan, failures: Sequence[Failure], tables: Mapping[str, str], offline: bool = False
) -> Status:
    """Say how far the run of a plan has come.

    Parameters
    ----------
    plan : Plan
    failures : sequence of Failure
        Those of the search.
    tables : mapping
        Names of the tables that a run leaves -> the product whose settling they are made of, or
        empty.
    offline : bool
        Do not try whether scenes on the network that had failed can be read by now.
    """
    workspace = Workspace(plan.brief.out)
    outcome, todo = sort_out(plan, workspace, offline)
    outcome.entries.update({one.stands.tile: one.stands for one in todo if one.stands})
    settle_tiles(plan, outcome, Silent())
    told, stale = _told(outcome, workspace)
    failed = (*failures, *outcome.failures()) if told is None else told
    there = [name for name in tables if (workspace.tables / f"{name}.csv").is_file()]
    return Status(
        plan.brief.out,
        len(plan.tasks),
        len(outcome.entries),
        dict(Counter(one.reason for one in todo)),
        failed,
        len(plan.layers),
        count_written(plan, outcome),
        len(tables),
        sum(told is not None and tables[name] not in stale for name in there),
        outcome.unsettled,
    )


def _told(
    outcome: Outcome, workspace: Workspace
) -> tuple[tuple[Failure, ...] | None, frozenset[str]]:
    """Return what failed by the account of the last run, which is written after its tables.

    None where it is not of these tiles. With it the products that were settled or learnt otherwise
    then: their tables are not of what stands.
    """
    try:
        account = json.loads((workspace.out / "run.json").read_text("utf-8"))
        told = {one["tile"]: one["sha256"] for one in account["tiles"]}
        failed = tuple(Failure(**one) for one in account["failures"])
        settled = _settled(account["settled"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, frozenset()
    if told != {name: entry.sha256 for name, entry in outcome.entries.items()}:
        return None, frozenset()
    return failed, _stale(settled, outcome)


def _settled(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Read what was settled and learnt: its name -> bytes and fingerprint, as hashes."""
    return {
        entry_name(one["product"], one["tile"] or LEARNT): (
            one.get("sha256", ""),  # accounts of former versions have none: then it is stale
            one.get("fingerprint", ""),
        )
        for one in rows
    }


def _stale(told: Mapping[str, tuple[str, str]], outcome: Outcome) -> frozenset[str]:
    """Name the products of which other things stand than an account tells of, or are to be made."""
    stands = {name: (one.sha256, one.fingerprint) for name, one in outcome.settled.items()}
    differ = {name for name in told.keys() | stands if told.get(name) != stands.get(name)}
    return frozenset(name.partition(".")[0] for name in differ) | outcome.unsettled.keys()
