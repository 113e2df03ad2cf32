"""Rectangles of a file, and the blocks under them.

It knows rows and columns. It reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.kernels.narrow import any_in_cells

__all__ = ["Blocks", "Rect", "fill_value", "runs", "wanted_blocks"]


@dataclass(frozen=True, slots=True)
class Rect:
    """Rows [row, row + height) and columns [column, column + width) of a file; may reach out."""

    row: int
    column: int
    height: int
    width: int

    def clipped(self, shape: tuple[int, int]) -> Rect:
        """Keep the part that lies within a raster of `shape`."""
        top, left = max(self.row, 0), max(self.column, 0)
        bottom = min(self.row + self.height, shape[0])
        right = min(self.column + self.width, shape[1])
        return Rect(top, left, max(bottom - top, 0), max(right - left, 0))

    def inner(self, margin: int) -> Rect:
        """Return what lies at least `margin` pixels from its edge; perhaps nothing."""
        height, width = max(self.height - 2 * margin, 0), max(self.width - 2 * margin, 0)
        return Rect(self.row + margin, self.column + margin, height, width)

    def holds(self, other: Rect) -> bool:
        """Whether another rectangle lies wholly in this one."""
        down, right = other.row - self.row, other.column - self.column
        return (
            min(down, right) >= 0
            and down + other.height <= self.height
            and right + other.width <= self.width
        )

    def within(self, other: Rect) -> tuple[slice, slice]:
        """Return where this rectangle lies in an array that covers `other`."""
        row, column = self.row - other.row, self.column - other.column
        return slice(row, row + self.height), slice(column, column + self.width)

    @property
    def empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.height <= 0 or self.width <= 0


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks that a rectangle touches: first block row and column, and how many."""

    top: int
    left: int
    rows: int
    columns: int
    size: tuple[int, int]

    @classmethod
    def under(cls, rect: Rect, size: tuple[int, int]) -> Blocks:
        """Return the blocks under a rectangle that lies within its file."""
        top, left = rect.row // size[0], rect.column // size[1]
        bottom = (rect.row + rect.height - 1) // size[0]
        right = (rect.column + rect.width - 1) // size[1]
        return cls(top, left, bottom - top + 1, right - left + 1, size)

    def part(self, row: int, column: int, height: int, width: int, rect: Rect) -> Rect:
        """Return the pixels of `rect` under some of the blocks."""
        top = max((self.top + row) * self.size[0], rect.row)
        left = max((self.left + column) * self.size[1], rect.column)
        bottom = min((self.top + row + height) * self.size[0], rect.row + rect.height)
        right = min((self.left + column + width) * self.size[1], rect.column + rect.width)
        return Rect(top, left, bottom - top, right - left)


def wanted_blocks(
    blocks: Blocks, rect: Rect, wanted: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_]:
    """Tell which blocks hold a wanted pixel; `wanted` covers `rect`."""
    if wanted is None:
        return np.ones((blocks.rows, blocks.columns), bool)
    edges = (
        _edges(blocks.top, blocks.rows, blocks.size[0], rect.row, rect.height),
        _edges(blocks.left, blocks.columns, blocks.size[1], rect.column, rect.width),
    )
    return any_in_cells(wanted, *edges)


def _edges(first: int, count: int, size: int, start: int, length: int) -> list[int]:
    """Return where blocks begin along one axis, and where the last ends, inside a rectangle."""
    inner = [(first + number) * size - start for number in range(1, count)]
    return [0, *inner, length]


def runs(needed: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (row, column, rows, columns) of blocks to read together."""
    if needed.all():
        yield (0, 0, *needed.shape)
        return
    for row, line in enumerate(needed):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            yield (row, int(start), 1, int(end - start))


def fill_value(dtype: np.dtype[Any], fill: float) -> Any:
    """Return `fill` in a file's type; 0 where the type cannot hold it (NaN in integers)."""
    if dtype.kind == "f":
        return dtype.type(fill)
    info = np.iinfo(dtype)
    holds = float(fill).is_integer() and info.min <= fill <= info.max
    return dtype.type(int(fill) if holds else 0)
