"""What to do where a tile takes too much memory because settling it sees far around it.

It knows what settling takes. It does not know how large tiles are chosen.
"""

from __future__ import annotations

from landcover.engine.brief import Brief
from landcover.engine.memory import settle_bytes

__all__ = ["nearer"]

_MOST = 0.5
"""Share of a tile's peak (no unit) from which on settling alone is to blame for it."""


def nearer(brief: Brief, side: int, peak: int) -> str:
    """Say which key makes settling see so far that a tile takes too much.

    Parameters
    ----------
    brief : Brief
    side : int, px
        Side of the smallest tile. Less than half of it looked at around it is not to blame.
    peak : int, bytes
        What such a tile takes.

    Returns
    -------
    str
        The remedy; empty where settling does not take most of it.
    """
    height, width = brief.grid.shape
    shape = (min(side, height), min(side, width))
    for work in brief.works:
        settle = work.product.settle
        if settle is None or not settle.halo_key:
            continue
        halo = settle.halo_px(work.settings, brief.context, brief.grid)
        if 2 * halo < side:
            continue
        if settle_bytes([work], brief.context, brief.grid, shape) > _MOST * peak:
            key = f"products.{work.name}.{settle.halo_key}"
            return f"lower {key}, for which {halo:,} pixels around each tile are looked at"
    return ""
