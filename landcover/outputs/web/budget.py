"""What the pictures of a map may take: how finely they are drawn, and which have no room.

They share pixels evenly; where they would take too much even when drawn coarsely, the least told
of are left out, of a series its earliest periods first. The page says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from landcover.outputs.web.overlays import Overlay, Picture, at_most

__all__ = ["ALL_BYTES", "LEAST_PX", "MOST_PX", "draw", "that_fit"]

MOST_PX = 2048
"""No overlay is asked for wider or higher than this."""

ALL_PX = 24_000_000
"""Pixels of all overlays of amounts and pictures together: they share them evenly."""

LEAST_PX = 400
"""However many overlays share, each gets so many a side: 10 km of a reserve at 25 m."""

ALL_BYTES = 11_000_000
"""Bytes of all overlays together, before they are written as text (4 letters for 3 bytes)."""

SAFE = 0.93
"""Sides are cut by so much more than the bytes ask for: packed pixels do not shrink evenly."""

WORKERS = 2
"""Threads that read, warp and pack."""

Drawn = dict[str, tuple[Picture, ...]]


def _rank(overlay: Overlay) -> tuple[bool, bool, bool]:
    """Order overlays by what is left out last: what few pixels tell, then photographs."""
    return not overlay.named, not overlay.by_presence, overlay.band.scale is not None


def _latest(overlay: Overlay, count: int) -> Overlay:
    """Keep the latest periods of an overlay, and what is drawn of them."""
    gone = max(0, len(overlay.styles) - count)
    return replace(
        overlay,
        styles=overlay.styles[gone:],
        pictures=overlay.pictures[gone:],
        left_out=overlay.left_out + gone,
    )


def _with_room(overlays: Sequence[Overlay]) -> tuple[Overlay, ...]:
    """Leave out what would have fewer pixels than a picture needs."""
    room, found = ALL_PX // LEAST_PX**2, {}
    for one in sorted(overlays, key=_rank):
        if not one.by_presence:
            kept = _latest(one, room)
            room -= len(kept.styles)
            found[one.key] = kept
    return tuple(found.get(one.key, one) for one in overlays)


def _painted(overlays: Sequence[Overlay], side_px: int) -> Drawn:
    """Draw overlays with so many pixels a side: key -> pictures."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return {
            one.key: tuple(pool.map(partial(at_most, band=one.band, most_px=side_px), one.styles))
            for one in overlays
        }


def _size(drawn: Drawn) -> int:
    """Sum the bytes of pictures."""
    return sum(len(one.data) for pictures in drawn.values() for one in pictures)


def _dense(overlays: Sequence[Overlay], most_bytes: int) -> Drawn:
    """Draw overlays of amounts and pictures as finely as fits, or with as few pixels as may be."""
    count = sum(len(one.styles) for one in overlays)
    side = min(MOST_PX, max(LEAST_PX, int(math.sqrt(ALL_PX / max(count, 1)))))
    while True:
        drawn = _painted(overlays, side)
        size = _size(drawn)
        if size <= most_bytes or side <= LEAST_PX:
            return drawn
        widest = max(max(one.shape) for pictures in drawn.values() for one in pictures)
        share = math.sqrt(max(most_bytes, 0) / size) * SAFE
        side = max(LEAST_PX, int(min(side, widest) * share))


def that_fit(overlays: Sequence[Overlay], most_bytes: int) -> tuple[Overlay, ...]:
    """Leave out drawn pictures, the least told of and the earliest first, until all fit."""
    left, kept = most_bytes, {}
    for one in sorted(overlays, key=_rank):
        count = 0
        for picture in reversed(one.pictures):
            if len(picture.data) > left:
                left = 0  # what is told of less has no room either
                break
            left -= len(picture.data)
            count += 1
        kept[one.key] = _latest(one, count)
    return tuple(kept[one.key] for one in overlays)


def draw(overlays: Sequence[Overlay]) -> tuple[Overlay, ...]:
    """Draw overlays as finely as fits.

    Parameters
    ----------
    overlays : sequence of Overlay
        Not yet drawn.

    Returns
    -------
    tuple of Overlay
        All of them; those without room have no pictures.
    """
    planned = _with_room(overlays)
    rare = _painted([one for one in planned if one.by_presence], MOST_PX)
    dense = _dense([one for one in planned if not one.by_presence], ALL_BYTES - _size(rare))
    drawn = [replace(one, pictures=(rare | dense)[one.key]) for one in planned]
    return that_fit(drawn, ALL_BYTES)
