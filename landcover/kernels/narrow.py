"""Whether a mask, or a cell of it, holds anything at all.

Each stops as soon as it knows: mostly it looks at a few pixels of millions. Masks are True = keep.
Nothing here knows of clouds, files or scenes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["any_in_cells", "any_in_windows", "any_true", "warm"]

_STRIDE = 4096
"""Pixels looked at together: a loop that cannot stop early is vectorised."""


@njit(nogil=True, cache=True)
def _any_in_line(line):  # type: ignore[no-untyped-def]
    for start in range(0, line.size, _STRIDE):
        found = False
        for x in range(start, min(start + _STRIDE, line.size)):
            found |= line[x]
        if found:
            return True
    return False


@njit(nogil=True, cache=True)
def _any_in_windows(mask, tops, bottoms, lefts, rights, out):  # type: ignore[no-untyped-def]
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            for y in range(tops[r], bottoms[r]):
                if _any_in_line(mask[y, lefts[c] : rights[c]]):
                    out[r, c] = True
                    break


def any_true(mask: NDArray[np.bool_]) -> bool:
    """Tell whether any pixel is True; mostly without looking at all of them.

    Parameters
    ----------
    mask : bool (Y, X), C-contiguous
    """
    return bool(_any_in_line(mask.reshape(-1)))


def any_in_cells(
    mask: NDArray[np.bool_], rows: Sequence[int], columns: Sequence[int]
) -> NDArray[np.bool_]:
    """Tell which cells of a mask hold a True pixel.

    Parameters
    ----------
    mask : bool (Y, X)
    rows, columns : sequence of int, px
        Edges of the cells, ascending: cell (r, c) is rows[r] to rows[r + 1], not included,
        and so for columns.

    Returns
    -------
    bool (R, C)
        One fewer than the edges along each axis.

    Examples
    --------
    >>> any_in_cells(np.array([[False, True, False]]), (0, 1), (0, 2, 3))
    array([[ True, False]])
    """
    across, along = np.array(rows, np.int64), np.array(columns, np.int64)
    return any_in_windows(mask, (across[:-1], across[1:]), (along[:-1], along[1:]))


def any_in_windows(
    mask: NDArray[np.bool_],
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    columns: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Tell which windows of a mask hold a True pixel; they may overlap.

    Parameters
    ----------
    mask : bool (Y, X)
    rows, columns : (starts, stops), int64 (R,) and (C,), px
        Window (r, c) is rows[0][r] to rows[1][r], not included, and so for columns; all lie
        within the mask. One that stops where it starts, or before, is empty.

    Returns
    -------
    bool (R, C)
    """
    out = np.zeros((len(rows[0]), len(columns[0])), np.bool_)
    _any_in_windows(mask, *rows, *columns, out)
    return out


def warm() -> None:
    """Compile or load this module's kernels."""
    mask = np.ones((2, 2), np.bool_)
    any_true(mask)
    any_in_cells(mask, (0, 2), (0, 2))
