"""Rasters that readers may see: cut where public zones end, and where squares hide something.

This module knows which rasters are cut how. It does not know how one is cut.

Pixels beyond all zones are empty, so the edge of a raster draws the rings that made it: it is cut
along public zones even where nothing is hidden.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from landcover.files import write_whole
from landcover.model import Grid
from landcover.outputs.sharing.extent import is_of_all, on_plane
from landcover.outputs.sharing.secrets import Secrets
from landcover.raster.cutting import Cut, cut_raster
from landcover.raster.facts import facts_of

if TYPE_CHECKING:
    from landcover.outputs.shown import Shown
    from landcover.outputs.style import RasterStyle

__all__ = ["FOLDER", "cut_styles"]

FOLDER = Path(".work", "readers")
"""Where cut rasters are kept, under a run's folder."""

LIST = "cut.json"
"""Of what each cut raster was made."""

AVERAGED = frozenset({"composite", "climatology", "pictures", "trend"})
"""Products whose overviews are means of pixels; those of others are pixels."""

THREADS = 2
"""Rasters that are cut at the same time, one a core of a small machine: most of the time goes into
packing pixels, beside which others work."""

SEASONS = "_season"
"""How rasters of a month of the year end: between December and January there is no June."""


def cut_styles(shown: Shown, grid: Grid, secrets: Secrets) -> tuple[RasterStyle, ...]:
    """Return the rasters of a run with cut ones in place of its own.

    They are made where there are none, or none of the same raster and secrets. A run without
    public zones has none, nor one on a plane of its own: its middle is that of all zones.
    """
    if secrets.ground.is_empty or not is_of_all(shown.grid.crs):
        return ()
    taken = on_plane(secrets.holes, grid.crs)
    cut = Cut(grid, on_plane(secrets.ground, grid.crs), taken)
    folder = shown.out / FOLDER
    former = _former(folder / LIST)
    made = {style.facts.path.name: _mark(style.facts.path, shown, cut) for style in shown.styles}
    lacking = [
        style
        for style in shown.styles
        if former.get(name := style.facts.path.name) != made[name] or not (folder / name).is_file()
    ]
    if lacking:
        _ = cut.blocks  # found here: what burns shapes into pixels may not be called by several
    with ThreadPoolExecutor(THREADS) as pool:  # what packs pixels lets others work beside it
        deque(pool.map(partial(_cut, folder=folder, cut=cut, secrets=secrets), lacking), maxlen=0)
    write_whole(folder / LIST, json.dumps(made, indent=1, sort_keys=True) + "\n")
    return tuple(
        replace(style, facts=facts_of(folder / style.facts.path.name)) for style in shown.styles
    )


def _cut(style: RasterStyle, folder: Path, cut: Cut, secrets: Secrets) -> None:
    """Cut one raster."""
    facts = style.facts
    means = style.product in AVERAGED and not facts.name.endswith(SEASONS)
    tags = {
        name: text
        for name, text in facts.tags.items()
        if not any(word in text for word in secrets.words)
    }
    overviews = "average" if means else "nearest"
    cut_raster(facts.path, folder / facts.path.name, cut, folder, tags=tags, overviews=overviews)


def _mark(path: Path, shown: Shown, cut: Cut) -> str:
    """Tell a raster and what is cut of it from all others."""
    own = shown.run.get("rasters", {}).get(path.name, {}).get("sha256") or path.stat().st_mtime_ns
    digest = hashlib.sha256(f"{own} {cut.grid}".encode())
    for shape in (cut.kept, cut.taken):
        digest.update(shapely.to_wkb(shape))
    return digest.hexdigest()


def _former(path: Path) -> Mapping[str, str]:
    """Read of what the rasters there were made."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
