"""What came of learning and settling: models, and the areas of class codes by zone.

It reads what workers left. It makes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.results import read_arrays, read_layers, read_sums
from landcover.engine.settle_task import LEARNT
from landcover.engine.stored import entry_name, origins, stored_file
from landcover.engine.tile import zone_key
from landcover.engine.workspace import SettledSpace
from landcover.kernels import sums
from landcover.kernels.sums import ZoneSums
from landcover.model import Tile
from landcover.products.base import Summary

__all__ = ["code_areas_m2", "learnt", "tile_layers"]

MERGE_TILES = 64
"""Tiles whose sums are held before they are added up: bounds memory, not the result."""


def learnt(plan: Plan, outcome: Outcome) -> dict[str, Summary]:
    """Return what products learnt, by their names."""
    space = SettledSpace(plan.brief.out)
    names = {work.name: entry_name(work.name, LEARNT) for work in plan.brief.works}
    return {
        product: read_arrays(space.tile_file(name))
        for product, name in names.items()
        if name in outcome.settled
    }


def tile_layers(
    plan: Plan, outcome: Outcome, names: Sequence[str]
) -> Iterator[tuple[Tile, dict[str, npt.NDArray[Any]]]]:
    """Read stored layers tile by tile, in order of place: kept or not, observed or settled.

    Yields
    ------
    (tile, layers)
        Planes (B, Y, X) by name; a layer in which the tile has no value is left out.
    """
    known = origins(plan.brief)
    files: dict[str, list[str]] = {}
    for name in names:
        files.setdefault(known[name].product, []).append(name)
    for tile in sorted(plan.tiles, key=lambda tile: (tile.row, tile.column)):
        found: dict[str, npt.NDArray[Any]] = {}
        for product, own in files.items():
            entries = outcome.settled if product else outcome.entries
            if entry_name(product, tile.id) in entries:
                found |= read_layers(stored_file(plan.brief.out, product, tile.id), own)
        yield tile, found


def code_areas_m2(plan: Plan, outcome: Outcome, product: str) -> dict[str, npt.NDArray[np.float64]]:
    """Add up the areas of a product's class codes by zone, over all settled tiles.

    Returns
    -------
    dict
        Name of `Settle.codes` -> float64 (zones, codes), m2; zones are numbered as in the brief.
    """
    brief, found = plan.brief, {}
    for work in brief.works:
        settle = work.product.settle
        codes = settle.codes(work.settings, brief.context) if settle else {}
        if work.name != product or not codes:
            continue
        total = _product_sums(plan, outcome, product)
        for number, (name, count) in enumerate(codes.items()):
            found[name] = _dense(total, number, (len(brief.zones), count))
    return found


def _product_sums(plan: Plan, outcome: Outcome, product: str) -> ZoneSums:
    """Merge one product's sums, in the order of tiles."""
    space = SettledSpace(plan.brief.out)
    numbers = {zone_key(zone): number for number, zone in enumerate(plan.brief.zones)}
    total = ZoneSums.empty()
    parts: list[ZoneSums] = []
    for tile in sorted(plan.tiles, key=lambda tile: (tile.row, tile.column)):
        name = entry_name(product, tile.id)
        if name not in outcome.settled:
            continue
        parts.append(read_sums(space.tile_file(name), numbers))
        if len(parts) == MERGE_TILES:
            total, parts = sums.merge(sums.concatenate([total, *parts])), []
    return sums.merge(sums.concatenate([total, *parts]))


def _dense(total: ZoneSums, series: int, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Lay the histograms of one series out by zone and code (m2)."""
    out = np.zeros(shape)
    for place in np.flatnonzero(total.series == series):
        part = slice(total.start[place], total.start[place + 1])
        out[total.zone[place], total.bin[part]] = total.bin_m2[part]
    return out
