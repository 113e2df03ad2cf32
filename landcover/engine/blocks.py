"""How each source's files are blocked: seen once, and remembered beside the checkpoints.

Tiles follow blocks. Were a file looked at anew for each plan, a network that is down would
give other tiles, and a finished run would be made again from nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from landcover.engine.order import Order
from landcover.engine.workspace import Workspace
from landcover.errors import SceneError
from landcover.files import write_whole
from landcover.model import Asset, Scene
from landcover.raster.coarser import check_overviews, coarsened
from landcover.raster.source import Layout, layout_of, place_of

__all__ = ["are_remembered", "keep_layouts", "layouts_of"]

FILES_TRIED = 5
"""Files of a source that are opened until one does (count)."""

SCENES_WEIGHED = 12
"""Scenes of a source, spread over its time, whose stored bytes are averaged (count): a cloudy
scene packs to a quarter of a clear one, and a season is not a year."""

LOOKS_AT_ONCE = 6
"""Files that are looked at at the same time (count): each is two round trips to a far server."""

MEMORY = "blocks.json"
"""Where `.work` remembers what was seen."""


def layouts_of(order: Order, scenes: Sequence[Scene], out: Path) -> dict[str, Layout]:
    """Find how each source's files are blocked.

    Parameters
    ----------
    order : Order
    scenes : sequence of Scene
    out : Path
        Folder of the run. What it remembers of one of the files goes before a look at it.

    Returns
    -------
    dict
        Source -> layout; a profile's own block stands in where no file opens.
    """
    known = Workspace(out).read_json(MEMORY)
    found = {}
    for source in order.rules:
        files, weighed = _files(order, scenes, source), _weighed(order, scenes, source)
        seen = _remembered(known.get(source), files)
        if seen is None or not _is_of(known.get(source), weighed):
            check_overviews(_first(order, scenes, source), source, order.rules[source])
            seen = _looked_at(files, weighed, seen)
        found[source] = seen or _assumed(order, source)
    return found


def are_remembered(order: Order, scenes: Sequence[Scene], out: Path) -> bool:
    """Whether `layouts_of` would look at no file."""
    known = Workspace(out).read_json(MEMORY)
    sources = {source: _files(order, scenes, source) for source in order.rules}
    return all(
        _remembered(known.get(one), files) and _is_of(known.get(one), _weighed(order, scenes, one))
        for one, files in sources.items()
        if files
    )


def keep_layouts(
    layouts: Mapping[str, Layout], order: Order, scenes: Sequence[Scene], out: Path
) -> None:
    """Remember what was seen of the files; what was only assumed is not."""
    kept = {}
    for source, layout in layouts.items():
        files = _files(order, scenes, source)
        if files and layout != _assumed(order, source):
            kept[source] = {
                "file": _mark(files[0]),
                "weighed": _marks(_weighed(order, scenes, source)),
                "block": list(layout.block),
                "itemsize": layout.itemsize,
                "stored_block_bytes": layout.stored_block_bytes,
            }
    if kept:
        write_whole(Workspace(out).work / MEMORY, json.dumps(kept, indent=1, sort_keys=True))


def _files(order: Order, scenes: Sequence[Scene], source: str) -> list[Asset]:
    """List the files of a source to look at: one band of its first scenes."""
    return _one_band(order, _first(order, scenes, source), source)


def _one_band(order: Order, scenes: Sequence[Scene], source: str) -> list[Asset]:
    """Return the file of one value band of each scene."""
    mask = order.rules[source].sensor.mask
    bands = sorted(order.bands()[source] - {mask.band if mask else ""})
    return [scene.assets[bands[0]] for scene in scenes if bands and bands[0] in scene.assets]


def _weighed(order: Order, scenes: Sequence[Scene], source: str) -> list[Asset]:
    """List files of a source, spread evenly over its scenes, whose stored bytes stand for all."""
    mine = [scene for scene in scenes if scene.source == source]
    count = min(SCENES_WEIGHED, len(mine))
    spread = [mine[(2 * n + 1) * len(mine) // (2 * count)] for n in range(count)]
    return _one_band(order, coarsened(spread, order.rules), source)


def _is_of(entry: object, weighed: Sequence[Asset]) -> bool:
    """Whether what is remembered is the mean of these files."""
    return isinstance(entry, dict) and entry.get("weighed") == _marks(weighed)


def _marks(assets: Sequence[Asset]) -> str:
    """Stand for some files without their addresses."""
    return hashlib.sha256(" ".join(map(_mark, assets)).encode()).hexdigest()[:16]


def _first(order: Order, scenes: Sequence[Scene], source: str) -> tuple[Scene, ...]:
    """Return the first scenes of a source, as they are read."""
    mine = [scene for scene in scenes if scene.source == source][:FILES_TRIED]
    return coarsened(mine, order.rules)


def _mark(asset: Asset) -> str:
    """Stand for a file without its address."""
    return hashlib.sha256(place_of(asset).encode()).hexdigest()[:16]


def _remembered(entry: object, files: Sequence[Asset]) -> Layout | None:
    """Return what is remembered of one of the files; None where it is of others, or broken."""
    if not isinstance(entry, dict) or entry.get("file") not in {_mark(asset) for asset in files}:
        return None
    try:
        rows, columns = (int(side) for side in entry["block"])
        return Layout((rows, columns), int(entry["itemsize"]), float(entry["stored_block_bytes"]))
    except (KeyError, TypeError, ValueError):
        return None


def _looked_at(
    files: Sequence[Asset], weighed: Sequence[Asset], before: Layout | None
) -> Layout | None:
    """Open one file after the other until one tells its blocks, and weigh those of several.

    What was remembered of the blocks (`before`) stays: tiles follow them.
    """
    layout = before or next((seen for seen in map(_seen, files) if seen is not None), None)
    if layout is None:
        return None
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        sizes = [one.stored_block_bytes for one in pool.map(_seen, weighed) if one is not None]
    return replace(layout, stored_block_bytes=fmean(sizes)) if sizes else layout


def _seen(asset: Asset) -> Layout | None:
    """Look at a file; None where it does not open."""
    try:
        return layout_of(asset)
    except SceneError:
        return None


def _assumed(order: Order, source: str) -> Layout:
    """Take the block that a profile expects."""
    side = order.rules[source].sensor.block_px
    return Layout((side, side), 2, side * side * 1.2)
