"""Values in a band's own unit: worked by hand, and the edges of what is believable."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.errors import InputError
from landcover.kernels.values import ENCODINGS, blank_outside, dn_limits, fill_values, to_values


def test_an_index_in_a_file_is_scaled_and_its_fill_is_missing() -> None:
    found = to_values(np.array([-3000, -2000, 0, 7123, 10000], np.int16), -3000, 0.0001, 0.0)
    np.testing.assert_allclose(found, [np.nan, -0.2, 0, 0.7123, 1], rtol=1e-7)


def test_amplitudes_become_power() -> None:
    """20 * log10(DN) - 83 decibels are a power of DN ** 2 * 10 ** -8.3."""
    dn = np.array([0, 1, 500, 5000], np.uint16)
    found = to_values(dn, 0, 1.0, -83.0, "amplitude_db")
    np.testing.assert_allclose(found[1:], dn[1:].astype(float) ** 2 * 10**-8.3, rtol=1e-6)
    assert np.isnan(found[0])


def test_decibels_become_power() -> None:
    found = to_values(np.array([-9999, -100, 0, 100], np.int16), -9999, 0.1, 0.0, "db")
    np.testing.assert_allclose(found, [np.nan, 0.1, 1, 10], rtol=1e-6)


def test_nan_and_infinity_are_missing_whatever_nodata_is() -> None:
    dn = np.array([np.nan, np.inf, -32768, 0.25], np.float32)
    np.testing.assert_array_equal(to_values(dn, -32768, 1, 0), [np.nan, np.nan, np.nan, 0.25])


def test_only_what_is_taken_is_written_and_counted() -> None:
    out = np.full((2, 2), np.nan, np.float32)
    take = np.array([[True, False], [True, True]])
    dn = np.array([[1, 2], [-1, 4]], np.int16)
    assert fill_values(out, dn, take, -1, 0.5, 1.0) == 2
    np.testing.assert_array_equal(out, [[1.5, np.nan], [np.nan, 3.0]])
    assert fill_values(out[:, ::2], dn[:, ::2], take[:, ::2], -1, 1, 0) == 1  # not contiguous


@given(st.integers(-2000, 10000))
def test_limits_in_decimal_numbers_are_exact(dn: int) -> None:
    low, high = dn_limits(0.0001, 0.0, (dn / 10000, 1.5))
    assert low == dn
    assert high == 15000


def test_limits_of_falling_scales_and_decibels() -> None:
    assert dn_limits(-1.0, 0.0, (-2.0, 3.0)) == (-3.0, 2.0)
    assert dn_limits(0.1, 0.0, (0.1, 10.0), "db") == pytest.approx((-100.0, 100.0))
    low, high = dn_limits(1.0, -83.0, (0.0, 10**-8.3), "amplitude_db")
    assert (low, high) == (0.0, pytest.approx(1.0))
    assert dn_limits(0.1, 0.0, (0.0, 10.0), "db")[0] == -math.inf
    assert ENCODINGS == ("linear", "db", "amplitude_db")


def test_what_lies_beyond_becomes_nodata_and_is_counted_where_it_matters() -> None:
    dn = np.array([[10001, 10000], [-32768, 10736]], np.int16)
    take = np.array([[True, True], [True, False]])
    assert blank_outside(dn, take, -32768, (-10000.0, 10000.0)) == 1
    np.testing.assert_array_equal(dn, [[-32768, 10000], [-32768, -32768]])


def test_floats_beyond_become_nan() -> None:
    dn = np.array([0.5, -0.5, np.nan], np.float32)
    assert blank_outside(dn, np.ones(3, bool), None, (0.0, 1.0)) == 1
    np.testing.assert_array_equal(dn, np.array([0.5, np.nan, np.nan], np.float32))


def test_integers_need_a_number_to_write() -> None:
    with pytest.raises(InputError, match="needs a nodata number"):
        blank_outside(np.ones(2, np.uint8), np.ones(2, bool), None, (0.0, 1.0))


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="differ in shape"):
        fill_values(np.zeros(3, np.float32), np.zeros(2, np.int16), np.ones(2, bool), None, 1, 0)
