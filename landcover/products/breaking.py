"""Breaks as layers: as a tile keeps them, and as they stand in `disturbance.tif` in the end.

It knows the planes of layers. It does not know how breaks are found, nor zones or files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.breaks import Breaks
    from landcover.kernels.patches import Broken

__all__ = [
    "BREAK_PLANES",
    "FOUND",
    "LOOKS",
    "Found",
    "as_layers",
    "break_layer",
    "broken_of",
    "final_layers",
    "found_of",
    "looks_of",
    "settled",
]

FOUND: Final = "disturbance_found"
"""Layer that a tile keeps: kind, looks used, breaks counted."""

LOOKS: Final = "disturbance_looks"
"""Layer that a tile keeps: a plane a year of monitoring, bit m set where it was seen in month m."""

BREAK_PLANES: Final = (
    "day", "before", "confidence", "magnitude", "drop", "recovered_12", "recovered_24",
)  # fmt: skip
"""Planes of a layer of breaks, each as `Breaks` has it; NaN where there is no break."""


def break_layer(number: int) -> str:
    """Name the layer that keeps the first (0), second, ... break of each pixel."""
    return f"disturbance_break_{number + 1}"


class Found(NamedTuple):
    """What a tile keeps of its breaks: planes (Y, X), and a stack (P, Y, X) a break.

    `breaks` are float32, with the planes of `BREAK_PLANES`; a pixel's breaks are in order, and
    none is after an empty one.
    """

    kind: npt.NDArray[np.uint8]
    used: npt.NDArray[np.uint16]
    number: npt.NDArray[np.uint16]
    breaks: tuple[npt.NDArray[np.float32], ...]

    def days(self) -> npt.NDArray[np.int32]:
        """Return the days of all breaks, int32 (B, Y, X); -1 where none."""
        import numpy as np

        days = np.stack([one[0] for one in self.breaks])
        return np.where(np.isnan(days), np.float32(-1), days).astype(np.int32)

    def cut(self, rows: slice, columns: slice) -> Found:
        """Return a part of the plane."""
        part = (rows, columns)
        breaks = tuple(one[:, *part] for one in self.breaks)
        return Found(self.kind[part], self.used[part], self.number[part], breaks)


def as_layers(breaks: Breaks, inside: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    """Write breaks as layers that a tile keeps.

    Parameters
    ----------
    breaks : Breaks
    inside : bool (Y, X)
        Pixels outside are left empty.

    Returns
    -------
    dict of arrays (P, Y, X)
    """
    import numpy as np

    pixel = np.stack([breaks.kind, breaks.used, breaks.count]).astype(np.uint16)
    pixel[:, ~inside] = 0
    made: dict[str, npt.NDArray[Any]] = {FOUND: pixel}
    for number in range(len(breaks.day)):
        planes = np.stack(
            [getattr(breaks, name)[number].astype(np.float32) for name in BREAK_PLANES]
        )
        planes[:, ~((breaks.day[number] >= 0) & inside)] = np.nan
        made[break_layer(number)] = planes
    return made


def found_of(layers: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]) -> Found:
    """Read what `as_layers` wrote; a layer that is empty throughout may be left out."""
    import numpy as np

    from landcover.kernels.breaks import BREAKS_KEPT

    pixel = layers.get(FOUND, np.zeros((3, *shape), np.uint16))
    nothing = np.broadcast_to(np.float32(np.nan), (len(BREAK_PLANES), *shape))
    stacks = [layers.get(break_layer(number), nothing) for number in range(BREAKS_KEPT)]
    return Found(pixel[0].astype(np.uint8), pixel[1], pixel[2], tuple(stacks))


def looks_of(
    values: npt.NDArray[np.float32], dates: Sequence[date], first: date, years: range
) -> npt.NDArray[np.uint16]:
    """Mark the months of monitoring in which a pixel was seen.

    Parameters
    ----------
    values : float32 (T, Y, X)
        NaN where not seen.
    dates : sequence of T dates
    first : date
        First day of monitoring; earlier looks are left out.
    years : range
        Calendar years of monitoring.

    Returns
    -------
    uint16 (years, Y, X)
        Bit m is set where there was a look in month m (0 is January) of that year.
    """
    import numpy as np

    planes = np.zeros((len(years), *values.shape[1:]), np.uint16)
    for plane, day in zip(values, dates, strict=True):
        if day >= first and day.year in years:
            bit = np.uint16(1 << day.month - 1)
            planes[day.year - years.start] |= np.isfinite(plane) * bit
    return planes


def settled(found: Found, near_days: int, least_px: int) -> Found:
    """Leave out breaks of patches that are too small to map; later ones move up.

    A pixel that has lost all its breaks was watched and has none worth mapping: it is stable. Exact
    where `found` reaches `landcover.kernels.patches.reach_px` beyond what is kept of it.

    Parameters
    ----------
    found : Found
    near_days : int, days
    least_px : int, px
        The minimum mapping unit.

    Returns
    -------
    Found
    """
    import numpy as np

    from landcover.kernels.breaks import STABLE
    from landcover.kernels.patches import large

    days = found.days()
    kept = large(days, near_days, least_px)
    lost = (days >= 0) & ~kept
    if not lost.any():
        return found
    order = np.argsort(~kept, axis=0, kind="stable")
    breaks = np.stack(found.breaks)
    breaks = np.where(kept[:, np.newaxis], breaks, np.float32(np.nan))
    breaks = np.take_along_axis(breaks, order[:, np.newaxis], axis=0)
    emptied = lost.any(axis=0) & ~kept.any(axis=0)
    kind = np.where(emptied, np.uint8(STABLE), found.kind)
    number = np.where(emptied, 0, found.number - lost.sum(axis=0).astype(np.uint16))
    return Found(kind, found.used, number.astype(np.uint16), tuple(breaks))


def _decimal_years(days: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn days since 1970-01-01 into decimal years, as `kernels.dates.decimal_year` does."""
    import numpy as np

    there = ~np.isnan(days)
    out = np.full(days.shape, np.nan, np.float32)
    day = days[there].astype("int64").astype("datetime64[D]")
    year = day.astype("datetime64[Y]")
    length = (year + 1).astype("datetime64[D]") - year.astype("datetime64[D]")
    share = (day - year.astype("datetime64[D]")) / length
    out[there] = year.astype(np.int64) + 1970 + share
    return out


def final_layers(found: Found) -> dict[str, npt.NDArray[Any]]:
    """Make the planes of `disturbance.tif` and `disturbance_kind.tif`.

    Returns
    -------
    dict
        `disturbance`: float32 (7, Y, X): date of the first break (decimal year; 0 none, NaN not
        observable), magnitude, confidence, looks used, drop, last clear date before, breaks.
        `disturbance_kind`: uint8 (1, Y, X).
    """
    import numpy as np

    from landcover.kernels.breaks import SHORT, STABLE, UNSTABLE

    watched = (found.kind >= STABLE) & (found.kind < SHORT)
    judged = watched | (found.kind == SHORT) | (found.kind == UNSTABLE)
    first = dict(zip(BREAK_PLANES, found.breaks[0], strict=True))
    nan = np.float32(np.nan)
    date_ = np.where(np.isnan(first["day"]), np.float32(0), _decimal_years(first["day"]))
    sure = np.where(np.isnan(first["confidence"]), np.float32(0), first["confidence"])
    planes = np.stack(
        [
            np.where(watched, date_, nan),
            first["magnitude"],
            np.where(watched, sure, nan),
            np.where(judged, found.used.astype(np.float32), nan),
            first["drop"],
            _decimal_years(np.where(first["before"] >= 0, first["before"], nan)),
            np.where(watched, found.number.astype(np.float32), nan),
        ]
    )
    return {"disturbance": planes, "disturbance_kind": found.kind[np.newaxis]}


def broken_of(found: Found, area_m2: npt.NDArray[np.float64], row: int, column: int) -> Broken:
    """List the breaks of a tile.

    Parameters
    ----------
    found : Found
    area_m2 : float64 (Y, X), m2
        True ground area of each pixel.
    row, column : int, px
        The tile's corner on the lattice that rows and columns are counted on.

    Returns
    -------
    Broken
        By row, column and day.
    """
    import numpy as np

    from landcover.kernels.patches import Broken

    parts = []
    for planes in found.breaks:
        y, x = np.nonzero(~np.isnan(planes[0]))
        day, before, confidence, _, drop, half, whole = planes[:, y, x]
        parts.append(
            Broken(
                y + row,
                x + column,
                day.astype(np.int32),
                before.astype(np.int32),
                found.kind[y, x],
                confidence.astype(np.uint8),
                drop,
                half,
                whole,
                area_m2[y, x],
            )
        )
    return Broken.join(parts)
