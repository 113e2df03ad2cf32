"""What a few windows of a Sentinel-2 scene show of its DN: the floor of its dark ground.

What was fetched from afar is remembered beside the checkpoints. It knows scenes' files. It does
not know what should follow from what is seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import astuple, dataclass
from itertools import repeat

import numpy as np

from landcover.catalog.radiometry import BOA_OFFSET
from landcover.engine.workspace import Workspace
from landcover.errors import SceneError
from landcover.files import write_whole
from landcover.model import Asset, Scene
from landcover.raster.cache import BlockCache
from landcover.raster.sampling import sample_pixels
from landcover.settings import is_url

__all__ = [
    "BOA_OFFSET",
    "DARK",
    "ENOUGH_PX",
    "FEWEST_PX",
    "FLOOR_PERCENT",
    "GROUND",
    "MASK",
    "SCALE",
    "THREADS",
    "Sample",
    "asked_band",
    "mark",
    "samples_of",
]

SCALE = 1e-4
"""Reflectance a DN, without which the numbers below mean nothing (quantification value 10000)."""

FLOOR_PERCENT = 5.0
"""The floor is this percentile of dark ground: single bad pixels do not count."""

FEWEST_PX = 500
"""Pixels of dark ground below which a floor is none (px of 20 m: 20 ha)."""

ENOUGH_PX = 20_000
"""Pixels of dark ground at which no further window is read (px)."""

VEGETATION, WATER = 4, 6
"""Classes of Sen2Cor's scene classification (SCL)."""

GROUND = (4, 5, 6)
"""Classes that are clear ground."""

MASK = "scl"

DARK = {"red": VEGETATION, "blue": VEGETATION, "green": VEGETATION,
        "swir22": WATER, "swir16": WATER, "nir": WATER}  # fmt: skip
"""Bands to ask, best first, and the class that is dark in them."""

MEMORY = "offsets.json"
"""Where `.work` remembers what was seen of remote files."""

THREADS = 4
"""Scenes that are read at a time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a scene's pixels show, in DN: the floor of dark ground and the quartiles of all ground.

    Both are None where too little was seen.
    """

    band: str
    floor: float | None
    quartiles: tuple[float, float, float] | None


def asked_band(scene: Scene) -> str:
    """Name the band of a scene that can be asked, or nothing.

    It is one of Sentinel-2, has a scene classification, and its offset is one of the two.
    """
    if not scene.platform.startswith("sentinel-2") or MASK not in scene.assets:
        return ""
    band = next((one for one in DARK if one in scene.assets), "")
    if not band or scene.assets[band].scale != SCALE:
        return ""
    return band if scene.assets[band].offset in (0.0, BOA_OFFSET) else ""


def mark(asset: Asset) -> str:
    """Stand for a file without its address."""
    return hashlib.sha256(f"{asset.band} {asset.href}".encode()).hexdigest()[:16]


def _look(scene: Scene, memory: BlockCache | None = None) -> Sample | None:
    """Read a scene's sample; None where its files cannot be read: the run will tell of that."""
    band = asked_band(scene)
    value, mask = scene.assets[band], scene.assets[MASK]
    try:
        dn, classes = sample_pixels(value, mask, (DARK[band],), ENOUGH_PX, memory)
    except SceneError:
        return None
    dark, ground = dn[classes == DARK[band]], dn[np.isin(classes, GROUND)]
    floor = float(np.percentile(dark, FLOOR_PERCENT)) if dark.size >= FEWEST_PX else None
    if ground.size < FEWEST_PX:
        return Sample(band, floor, None)
    low, middle, high = (float(q) for q in np.percentile(ground, (25, 50, 75)))
    return Sample(band, floor, (low, middle, high))


def _remembered(entry: object) -> Sample | None:
    """Read back a sample; None where it is broken."""
    if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[0], str):
        return None
    band, floor, quartiles = entry
    try:
        three = None if quartiles is None else tuple(float(one) for one in quartiles)
        if three is not None and len(three) != 3:
            return None
        return Sample(band, None if floor is None else float(floor), three)
    except (TypeError, ValueError):
        return None


def samples_of(
    scenes: Sequence[Scene],
    workspace: Workspace | None,
    offline: bool,
    memory: BlockCache | None = None,
) -> dict[tuple[str, str], Sample]:
    """Look at scenes that can be asked, or remember what was seen of them; by (source, id).

    Scenes whose files cannot be read, or may not be, are missing: a run will tell of
    them. Only what was fetched is kept: a file on this machine is as quickly read again.
    `memory` holds windows for whoever looks at them next.
    """
    known = workspace.read_json(MEMORY) if workspace is not None else {}
    found: dict[tuple[str, str], Sample] = {}
    todo = []
    for scene in scenes:
        asset = scene.assets[asked_band(scene)]
        sample = _remembered(known.get(mark(asset))) if is_url(asset.href) else None
        if sample is not None:
            found[scene.source, scene.id] = sample
        elif not (offline and is_url(asset.href)):
            todo.append(scene)
    with ThreadPoolExecutor(THREADS) as threads:
        looks = threads.map(_look, todo, repeat(memory))
        seen = dict(zip(((s.source, s.id) for s in todo), looks, strict=True))
    fetched = {
        mark(scene.assets[sample.band]): list(astuple(sample))
        for scene in todo
        if (sample := seen[scene.source, scene.id]) and is_url(scene.assets[sample.band].href)
    }
    if fetched and workspace is not None:
        with suppress(OSError):  # a plan may be made where nothing can be written
            workspace.work.mkdir(parents=True, exist_ok=True)
            write_whole(workspace.work / MEMORY, json.dumps({**known, **fetched}) + "\n")
    return found | {key: sample for key, sample in seen.items() if sample is not None}
