"""Parts of disturbances: hectares by class of confidence, and by year of first sight.

It knows lists of breaks. It does not know shapes, zones or files.

A pixel counts once in its patch, by its first break there: that break's day says in which year it
was first seen disturbed, and its class how sure that is. So the parts of a patch add up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.breaks import CONFIRMED, LOW, PROVISIONAL
from landcover.kernels.patches import Broken, once
from landcover.outputs.sheets import Cell, Table

__all__ = ["PART_COLUMNS", "YEAR_COLUMNS", "Parts", "parts_of", "patch_years"]

SQUARE_METRES_PER_HECTARE: Final = 10_000.0
"""By definition."""

SURE: Final = (CONFIRMED, PROVISIONAL, LOW)
"""Classes of confidence, in the order of their columns."""

PART_COLUMNS: Final = ("confirmed_ha", "provisional_ha", "low_ha", "perhaps_before_watch_ha")
"""Columns of ``patches.csv`` that tell of parts."""

YEAR_COLUMNS: Final = ("patch_id", "year", "disturbed_ha", *PART_COLUMNS)
"""Columns of ``patch_years.csv``."""

EPOCH: Final = date(1970, 1, 1)


class Parts(NamedTuple):
    """Hectares of patches that are numbered from 0 on; float64.

    `of_patch` (P, 4) has the columns of `PART_COLUMNS`; `of_year` (N, 5) has the disturbed
    hectares before these. Its rows are of the patches `patch` (N,) and the years `year` (N,).
    """

    of_patch: NDArray[np.float64]
    patch: NDArray[np.int64]
    year: NDArray[np.int64]
    of_year: NDArray[np.float64]


def _hectares(broken: Broken, watch_start: date) -> NDArray[np.float64]:
    """Return for each break the hectares that it adds to `PART_COLUMNS`: (N, 4)."""
    sure = broken.confidence.clip(LOW, CONFIRMED)
    early = broken.before < (watch_start - EPOCH).days
    chosen = np.stack([*(sure == one for one in SURE), early], axis=1)
    return np.where(chosen, broken.area_m2[:, None] / SQUARE_METRES_PER_HECTARE, 0.0)


def _sums(values: NDArray[np.float64], place: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Add up the rows of `values` (N, K) that have the same place: (n, K)."""
    columns = [np.bincount(place, column, minlength=n) for column in values.T]
    return np.stack(columns, axis=1)


def parts_of(broken: Broken, label: NDArray[np.int64], watch_start: date) -> Parts:
    """Sum up the parts of each patch.

    Parameters
    ----------
    broken : Broken
    label : int64 (N,)
        The patch of each break, from `landcover.kernels.patches.connect`.
    watch_start : date
        First day on which breaks were looked for.

    Returns
    -------
    Parts
        `perhaps_before_watch_ha` is the ground whose last clear look before its break lies
        before `watch_start`: its loss may have come before the watch. Years are those in which
        a pixel was first seen disturbed, in the order of patches and years.
    """
    own = once(broken.row, broken.column, label)
    first, patch = broken.take(own), label[own]
    hectares = _hectares(first, watch_start)
    years = first.day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + EPOCH.year
    keys, place = np.unique(np.stack([patch, years], axis=1), axis=0, return_inverse=True)
    whole = (first.area_m2 / SQUARE_METRES_PER_HECTARE)[:, None]
    patches = int(label.max()) + 1 if len(label) else 0
    return Parts(
        _sums(hectares, patch, patches),
        keys[:, 0],
        keys[:, 1],
        _sums(np.concatenate([whole, hectares], axis=1), place.ravel(), len(keys)),
    )


def patch_years(parts: Parts, order: NDArray[np.int64], names: Sequence[Cell]) -> Table:
    """Make ``patch_years.csv``: one row a patch and year in which some of it was first seen.

    Parameters
    ----------
    parts : Parts
    order : int64 (P,)
        Numbers of patches in the order in which they are listed.
    names : sequence
        Their ids, in that order.

    Returns
    -------
    Table
        The rows of a patch add up to its row of ``patches.csv``. Those of a year add up to the
        year's row of ``disturbance_area.csv`` for a zone that holds the patches whole, except
        for pixels that broke again in the same year as part of another patch, or in a later one
        as part of the same.
    """
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rows = np.lexsort((parts.year, rank[parts.patch]))
    return Table(
        YEAR_COLUMNS,
        (
            (names[int(rank[parts.patch[k]])], int(parts.year[k]), *parts.of_year[k].tolist())
            for k in rows.tolist()
        ),
    )
