"""Breaks as layers: as a tile keeps them, and as they stand in `disturbance.tif` in the end.

It knows the planes of layers. It does not know how breaks are found, nor zones or files.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    "plane_of",
    "settled",
]

FOUND: Final = "disturbance_found"
"""Layer that a tile keeps, with the planes of `FOUND_PLANES`."""

FOUND_PLANES: Final = ("kind", "looks used", "breaks", "last judged look", "in no scene")
"""The last look as days since 1970-01-01, 0 where none: uint16 holds them to 2149. The last plane
is 1 where no scene has the pixel, neither clear nor cloudy."""

LOOKS: Final = "disturbance_looks"
"""Layer that a tile keeps, as `Breaks.judged`: a plane a year of monitoring, bit m set where a look
in month m was judged and could have begun a break."""

BREAK_PLANES: Final = (
    "day", "before", "kind", "confidence", "magnitude", "drop", "recovered_12", "recovered_24",
)  # fmt: skip
"""Planes of a layer of breaks, each as `Breaks` has it; NaN where there is no break."""

_FIELDS: Final = {name: "kinds" if name == "kind" else name for name in BREAK_PLANES}
"""The field of `Breaks` that each plane is of."""


def break_layer(number: int) -> str:
    """Name the layer that keeps the first (0), second, ... break of each pixel."""
    return f"disturbance_break_{number + 1}"


def plane_of(one: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
    """Return the plane of a layer of breaks that is called so."""
    plane: npt.NDArray[np.float32] = one[BREAK_PLANES.index(name)]
    return plane


class Found(NamedTuple):
    """What a tile keeps of its breaks: planes (Y, X), and a stack (P, Y, X) a break.

    `breaks` are float32, with the planes of `BREAK_PLANES`; a pixel's breaks are in order, and
    none is after an empty one. `unimaged` is True where no scene has the pixel.
    """

    kind: npt.NDArray[np.uint8]
    used: npt.NDArray[np.uint16]
    number: npt.NDArray[np.uint16]
    last: npt.NDArray[np.uint16]
    breaks: tuple[npt.NDArray[np.float32], ...]
    unimaged: npt.NDArray[np.bool_]

    def days(self) -> npt.NDArray[np.int32]:
        """Return the days of all breaks, int32 (B, Y, X); -1 where none."""
        import numpy as np

        days = np.stack([plane_of(one, "day") for one in self.breaks])
        return np.where(np.isnan(days), np.float32(-1), days).astype(np.int32)

    def cut(self, rows: slice, columns: slice) -> Found:
        """Return a part of the plane."""
        part = (rows, columns)
        breaks = tuple(one[:, *part] for one in self.breaks)
        used, number, last = (one[part] for one in (self.used, self.number, self.last))
        return Found(self.kind[part], used, number, last, breaks, self.unimaged[part])


def as_layers(
    breaks: Breaks,
    inside: npt.NDArray[np.bool_],
    unimaged: npt.NDArray[np.bool_] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Write breaks as layers that a tile keeps.

    Parameters
    ----------
    breaks : Breaks
    inside : bool (Y, X)
        Pixels outside are left empty.
    unimaged : bool (Y, X), optional
        Pixels that no scene has; left out, none is.

    Returns
    -------
    dict of arrays (P, Y, X)
    """
    import numpy as np

    last = np.maximum(breaks.last, 0)
    nowhere = np.zeros(inside.shape, np.bool_) if unimaged is None else unimaged
    told: list[npt.NDArray[Any]] = [breaks.kind, breaks.used, breaks.count, last, nowhere]
    pixel = np.stack(told).astype(np.uint16)
    pixel[:, ~inside] = 0
    judged = np.where(inside, breaks.judged, np.uint16(0))
    made: dict[str, npt.NDArray[Any]] = {FOUND: pixel, LOOKS: judged}
    for number in range(len(breaks.day)):
        there = (breaks.day[number] >= 0) & inside
        made[break_layer(number)] = _planes(breaks, number, there)
    return made


def _planes(breaks: Breaks, number: int, there: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Make the planes of one break; few pixels have any, so only those are written."""
    import numpy as np

    nothing = np.float32(np.nan)
    shape = (len(BREAK_PLANES), *there.shape)
    if not there.any():
        return np.broadcast_to(nothing, shape)
    planes = np.full(shape, nothing)
    for plane, field in zip(planes, _FIELDS.values(), strict=True):
        plane[there] = getattr(breaks, field)[number][there]
    return planes


def found_of(layers: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]) -> Found:
    """Read what `as_layers` wrote; a layer that is empty throughout may be left out."""
    import numpy as np

    from landcover.kernels.breaks import BREAKS_KEPT

    pixel = layers.get(FOUND, np.zeros((len(FOUND_PLANES), *shape), np.uint16))
    nothing = np.broadcast_to(np.float32(np.nan), (len(BREAK_PLANES), *shape))
    stacks = [layers.get(break_layer(number), nothing) for number in range(BREAKS_KEPT)]
    kind, used, number, last, nowhere = pixel
    return Found(kind.astype(np.uint8), used, number, last, tuple(stacks), nowhere > 0)


def _moved_up(
    breaks: npt.NDArray[np.float32], stays: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Leave out breaks (B, P, N) that do not stay (B, N); later ones take their places."""
    import numpy as np

    left = np.where(stays[:, np.newaxis], breaks, np.float32(np.nan))
    order = np.argsort(~stays, axis=0, kind="stable")
    return np.take_along_axis(left, order[:, np.newaxis], axis=0)


def settled(found: Found, near_days: int, least_px: int, seen_from: int) -> Found:
    """Leave out breaks of patches that are too small to map; later ones move up.

    A pixel has the kind of the break that then stands first. One that has lost all its breaks
    has none worth mapping: it is stable, if it was watched to the end, and if it had no more breaks
    than are kept: of the size of others nothing is known. Exact where `found`
    reaches `landcover.kernels.patches.reach_px` beyond what is kept of it.

    Parameters
    ----------
    found : Found
    near_days : int, days
    least_px : int, px
        The minimum mapping unit.
    seen_from : int, days since 1970-01-01
        A pixel whose last judged look is of an earlier day was not watched to the end.

    Returns
    -------
    Found
    """
    import numpy as np

    from landcover.kernels.breaks import STABLE, UNSEEN
    from landcover.kernels.patches import large

    days = found.days()
    kept = large(days, near_days, least_px)
    lost = (days >= 0) & ~kept
    if not lost.any():
        return found
    y, x = np.nonzero(lost.any(axis=0))
    breaks = np.stack(found.breaks)
    moved = _moved_up(breaks[:, :, y, x], kept[:, y, x])
    breaks[:, :, y, x] = moved
    kind, number = found.kind.copy(), found.number.copy()
    first = plane_of(moved[0], "kind")
    emptied = np.isnan(first)
    number[y, x] -= lost[:, y, x].sum(axis=0).astype(number.dtype)
    known = (found.last[y, x] >= seen_from) & (number[y, x] == 0)
    without = np.where(known, np.float32(STABLE), np.float32(UNSEEN))
    kind[y, x] = np.where(emptied, without, first).astype(np.uint8)
    return Found(kind, found.used, number, found.last, tuple(breaks), found.unimaged)


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
        `disturbance`: float32 (7, Y, X): date of the first break (decimal year; 0 none; NaN where
        nobody can tell: history too short or unstable, or no break and not watched to the end),
        magnitude, confidence, looks used, drop, last clear date before, breaks.
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
        y, x = np.nonzero(~np.isnan(plane_of(planes, "day")))
        told = dict(zip(BREAK_PLANES, planes[:, y, x], strict=True))
        parts.append(
            Broken(
                y + row,
                x + column,
                told["day"].astype(np.int32),
                told["before"].astype(np.int32),
                told["kind"].astype(np.uint8),
                told["confidence"].astype(np.uint8),
                told["drop"],
                told["recovered_12"],
                told["recovered_24"],
                area_m2[y, x],
            )
        )
    return Broken.join(parts)
