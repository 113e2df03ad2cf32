"""The list of breaks: the same however the grid was cut, and as the map shows them."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from affine import Affine

from landcover.engine.broken import all_breaks
from landcover.engine.outcome import Outcome
from landcover.engine.results import ResultWriter
from landcover.engine.workspace import Workspace
from landcover.kernels.breaks import ABRUPT, CONFIRMED, GRADUAL, STABLE, empty
from landcover.kernels.patches import Broken
from landcover.model import Grid, Period
from landcover.products.breaking import as_layers
from landcover.products.disturbance_layers import stored_planes
from landcover.raster.grid import make_tile

GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (9, 20))
WATCHED = Period(date(2021, 1, 1), date(2022, 1, 1))
DAY = (date(2021, 4, 12) - date(1970, 1, 1)).days


def planes() -> dict[str, np.ndarray[Any, Any]]:
    """Make a clearing across columns 8 to 12, a pair of pixels, one alone at a border."""
    breaks = empty(GRID.shape)
    breaks.kind[:] = STABLE
    for part, kind in (
        ((slice(2, 4), slice(8, 13)), ABRUPT),
        ((slice(6, 7), slice(2, 4)), GRADUAL),
        ((slice(7, 8), slice(10, 11)), GRADUAL),
    ):
        breaks.day[0][part], breaks.kinds[0][part] = DAY, kind
        breaks.confidence[0][part], breaks.kind[part] = CONFIRMED, kind
    breaks.day[1, 2, 8], breaks.kinds[1, 2, 8] = DAY + 100, GRADUAL
    return as_layers(breaks, np.ones(GRID.shape, np.bool_))


def listed(out: Path, cuts: tuple[int, ...], least_px: int, unsettled: int = -1) -> Broken:
    """Write tiles, cut at columns, and list their breaks; one of them could not be settled."""
    made, outcome = planes(), Outcome()
    tiles = [make_tile(GRID, (0, 9), part) for part in pairwise((0, *cuts, 20))]
    for number, tile in enumerate(tiles):
        path = Workspace(out).tile_file(tile.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = ResultWriter(path)
        part = slice(tile.column, tile.column + tile.grid.shape[1])
        for layer in stored_planes({}, WATCHED):
            writer.layer(layer, made[layer.name][:, :, part])
        writer.close()
        entry: Any = SimpleNamespace(tile=tile.id)
        outcome.entries[tile.id] = entry
        if number != unsettled:
            outcome.settled[f"disturbance.{tile.id}"] = entry
    tasks = [SimpleNamespace(tile=tile) for tile in tiles]
    plan: Any = SimpleNamespace(brief=SimpleNamespace(out=out), tasks=tasks)
    return all_breaks(plan, outcome, "disturbance", 180, least_px)


@pytest.mark.parametrize(("least_px", "count"), [(1, 14), (2, 13), (3, 11), (10, 11), (11, 0)])
def test_small_patches_go_however_the_grid_is_cut(
    least_px: int, count: int, tmp_path: Path
) -> None:
    whole = listed(tmp_path / "whole", (), least_px)
    assert len(whole) == count
    for cuts in ((10,), (3, 9, 11)):
        tiled = listed(tmp_path / str(len(cuts)), cuts, least_px)
        for one, other in zip(astuple(whole), astuple(tiled), strict=True):
            np.testing.assert_array_equal(one, other)


def test_each_break_has_its_own_kind(tmp_path: Path) -> None:
    found = listed(tmp_path, (10,), 3)
    twice = found.column - found.column.min() == 0
    assert found.kind[twice & (found.day == DAY + 100)].tolist() == [GRADUAL]
    assert (found.kind[found.day == DAY] == ABRUPT).all()


def test_where_a_tile_could_not_be_settled_the_list_is_empty_as_the_map(tmp_path: Path) -> None:
    found = listed(tmp_path, (10,), 10, unsettled=1)
    assert len(found) == 5  # two columns of the clearing, one pixel of it twice
    assert found.column.max() - found.column.min() == 1
