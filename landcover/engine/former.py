"""Finished tiles of a former run that no task of this one claims: why, and when they go.

A tile's id is its place and size on the grid's lattice; where zones or grid change, tiles are
cut elsewhere and have other ids. The old ones lie unused, and stay until the new run is whole:
a run that is ended before has lost nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from landcover.engine.outcome import Outcome, Watcher
from landcover.engine.plan import Plan
from landcover.engine.workspace import Entry, SettledSpace, Workspace
from landcover.files import write_whole

__all__ = ["Former", "forget_former", "former_tiles", "keep_ground"]

GROUND_JSON = "ground.json"

_PLACE = re.compile(r"r([+-]\d+)_c([+-]\d+)_(\d+)x(\d+)")
"""A tile's id: row, column and shape (px)."""


@dataclass(frozen=True, slots=True)
class Former:
    """Tiles that were finished and are not used: their ids, why, and whom they explain."""

    tiles: tuple[str, ...]
    why: str
    explained: frozenset[str]

    def reason(self, tile: str) -> str:
        """Say why a tile that was never made must be made."""
        return f"cut anew: {self.why}" if tile in self.explained else "new"


def _ground(plan: Plan) -> dict[str, Any]:
    """Return what tiles were cut on, as it is written and read again."""
    grid = plan.brief.grid
    return {"crs": grid.crs, "resolution": list(grid.resolution), "tile_px": plan.tile_px}


def _why(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say what moved the tiles."""
    if not old:
        return "the zones moved, or the grid changed"
    if (old.get("crs"), old.get("resolution")) != (new["crs"], new["resolution"]):
        return "the grid has another CRS or resolution"
    if old.get("tile_px") != new["tile_px"]:
        return f"tiles have up to {new['tile_px']} pixels a side, before {old.get('tile_px')}"
    return "the zones moved, and the grid with them"


def _box(tile: str) -> Any:
    """Return a tile's rectangle on the lattice; half a pixel less, so that neighbours are apart."""
    found = _PLACE.fullmatch(tile)
    if found is None:
        return shapely.Polygon()
    row, column, height, width = map(int, found.groups())
    return shapely.box(column + 0.5, row + 0.5, column + width - 0.5, row + height - 0.5)


def _overlapping(mine: list[str], old: tuple[str, ...]) -> frozenset[str]:
    """Return those of my tiles that lie over an old one."""
    tree = shapely.STRtree([_box(tile) for tile in old])
    over = tree.query([_box(tile) for tile in mine], predicate="intersects")
    return frozenset(mine[number] for number in over[0].tolist())


def former_tiles(plan: Plan, workspace: Workspace, entries: Mapping[str, Entry]) -> Former:
    """Find the finished tiles that no task claims.

    Parameters
    ----------
    plan : Plan
    workspace : Workspace
    entries : mapping
        The manifest.

    Returns
    -------
    Former
    """
    mine = [task.tile.id for task in plan.tasks]
    unclaimed = tuple(sorted(entries.keys() - set(mine)))
    old, new = workspace.read_json(GROUND_JSON), _ground(plan)
    why = _why(old, new)
    lattice = {key: (old or new).get(key) for key in ("crs", "resolution")}
    if not unclaimed:
        return Former((), why, frozenset())
    if any(new[key] != value for key, value in lattice.items()):
        return Former(unclaimed, why, frozenset(mine))
    return Former(unclaimed, why, _overlapping(mine, unclaimed))


def keep_ground(plan: Plan) -> None:
    """Write down what tiles are cut on, unless tiles of another ground still lie there."""
    workspace, ground = Workspace(plan.brief.out), _ground(plan)
    if workspace.read_json(GROUND_JSON) == ground:
        return
    if not workspace.entries().keys() - {task.tile.id for task in plan.tasks}:
        write_whole(workspace.work / GROUND_JSON, json.dumps(ground, sort_keys=True) + "\n")


def forget_former(plan: Plan, outcome: Outcome, watcher: Watcher) -> None:
    """Remove the tiles that a finished run did not use, and say so.

    Nothing goes while a tile of this run is missing. The manifest is written first, whole: a
    kill in between leaves files that nothing names, and the next finished run removes.
    """
    if any(task.tile.id not in outcome.entries for task in plan.tasks):
        return
    SettledSpace(plan.brief.out).keep_only(outcome.settled)
    if gone := Workspace(plan.brief.out).keep_only(outcome.entries):
        watcher.say(f"{gone} tile(s) of a former run removed: this one does not use them")
    keep_ground(plan)
