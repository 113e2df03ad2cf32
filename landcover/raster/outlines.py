"""The outlines of groups of pixels, along the pixels' own edges.

It knows a lattice of pixels and polygons in its CRS. It does not know what the groups mean.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.raster.area import Lattice

__all__ = ["outlines"]

Integers = NDArray[np.int64]


def _runs(label: Integers, row: Integers, column: Integers) -> tuple[Integers, Integers]:
    """Return where runs of neighbouring pixels of one row and group start, and where they end."""
    begins = np.ones(len(label), np.bool_)
    begins[1:] = (np.diff(label) != 0) | (np.diff(row) != 0) | (np.diff(column) > 1)
    start = np.flatnonzero(begins)
    return start, np.append(start[1:], len(label))


def outlines(
    lattice: Lattice, row: Integers, column: Integers, label: Integers
) -> NDArray[np.object_]:
    """Draw the outline of each group of pixels.

    Parameters
    ----------
    lattice : Lattice
    row, column : int64 (N,), px
        Absolute pixels of the lattice, in any order; one that comes twice is there once.
    label : int64 (N,)
        Group of each pixel: 0, 1, ... with none left out.

    Returns
    -------
    polygons and multipolygons (P,), CRS units
        Exactly the pixels, holes and all; parts that touch at corners alone are parts of one
        multipolygon. Without points within straight sides, in a form that depends on the pixels
        alone.
    """
    if not len(label):
        return np.empty(0, np.object_)
    order = np.lexsort((column, row, label))
    label, row, column = label[order], row[order], column[order]
    start, end = _runs(label, row, column)
    west = lattice.x(column[start].astype(np.float64))
    east = lattice.x((column[end - 1] + 1).astype(np.float64))
    north = lattice.y(row[start].astype(np.float64))
    south = lattice.y((row[start] + 1).astype(np.float64))
    boxes = shapely.box(west, south, east, north)
    cuts = np.searchsorted(label[start], np.arange(label[-1] + 2))
    joined = np.empty(len(cuts) - 1, np.object_)
    for number, (first, last) in enumerate(pairwise(cuts.tolist())):
        joined[number] = boxes[first] if last - first == 1 else shapely.union_all(boxes[first:last])
    eased: Any = shapely.normalize(shapely.simplify(joined, 0.0))
    return np.asarray(eased, np.object_)
