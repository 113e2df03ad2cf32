"""Bilinear: four pixels by hand, missing ones left out."""

from __future__ import annotations

import numpy as np
import pytest

from landcover.kernels.sampling import bilinear, bilinear_values

VALUES = np.array([[100, 200, 7], [300, -32768, 9]], np.int16)


def at(first: int, down: int, right: int) -> int:
    """Weigh around one place, in quarters of a pixel."""
    places = [np.array([[n]], kind) for n, kind in ((first, "i4"), (down, "u2"), (right, "u2"))]
    return int(bilinear(VALUES, *places, 4, -32768)[0, 0])


@pytest.mark.parametrize(
    ("first", "down", "right", "value"),
    [
        (0, 0, 0, 100),
        (0, 0, 1, 125),
        (0, 2, 0, 200),
        (0, 2, 2, 200),  # (100 + 200 + 300) / 3: the fourth is missing
        (1, 1, 3, 46),  # (3 * 200 + 9 * 7 + 3 * 9) / 15
        (4, 0, 0, -32768),
        (-1, 2, 2, -32768),
        (5, 0, 0, 9),  # the last pixel, where no other is needed
    ],
)
def test_by_hand(first: int, down: int, right: int, value: int) -> None:
    assert at(first, down, right) == value


def test_half_to_even() -> None:
    values = np.array([[1, 2], [2, 3]], np.int16)
    place = np.zeros((1, 1))
    half = place.astype("u2") + 2
    assert bilinear(values, place.astype("i4"), place.astype("u2"), half, 4, -32768)[0, 0] == 2


def test_floats_are_weighed_as_integers_are() -> None:
    floats = np.where(VALUES == -32768, np.nan, VALUES).astype(np.float32)
    for first, down, right in [(0, 0, 1), (0, 2, 2), (1, 1, 3), (4, 0, 0), (-1, 2, 2), (5, 0, 0)]:
        places = [np.array([[n]], k) for n, k in ((first, "i4"), (down, "u2"), (right, "u2"))]
        found = float(bilinear_values(floats, *places, 4)[0, 0])
        whole = at(first, down, right)
        assert np.isnan(found) if whole == -32768 else abs(found - whole) <= 0.5
