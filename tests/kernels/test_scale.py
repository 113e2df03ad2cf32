"""DN to int16 by hand and by exact fractions; the mosaic's filling rules."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import scale
from landcover.kernels.indices import compute
from landcover.kernels.scale import Scaling
from landcover.model import MISSING

S2_OLD, S2_NEW = Scaling(0, 0.0001, 0.0), Scaling(0, 0.0001, -0.1)
LANDSAT = Scaling(0, 0.0000275, -0.2)
SCALINGS = (S2_OLD, S2_NEW, S2_NEW._replace(clip=(0.0, 1.0)), LANDSAT,
            LANDSAT._replace(clip=(-0.05, 0.9)), Scaling(None, 0.0001, 0.0),
            Scaling(255, 1 / 255, 0.0), Scaling(-9999, 0.0001, 0.0001))  # fmt: skip
DTYPES = (np.uint16, np.int16, np.uint8, np.int32, np.float32)


def exact(dn: float, scaling: Scaling) -> int:
    """Compute the same in fractions of decimal numbers."""
    if dn == scaling.nodata or not np.isfinite(dn):
        return MISSING
    value = (Fraction(dn) * Fraction(str(scaling.scale)) + Fraction(str(scaling.offset))) * 10_000
    low, high = scaling.clip or (-4, 4)
    value = min(max(value, Fraction(str(low)) * 10_000), Fraction(str(high)) * 10_000)
    return min(max(round(value), -32767), 32767)


def every(dtype: type[Any]) -> NDArray[Any]:
    """All values of a small type, or a good choice."""
    if dtype == np.float32:
        odd = [np.nan, np.inf, -np.inf, -9999.0, 0.5, 1e30, -1e30]
        return np.array([*odd, *range(-50, 20_000, 7)], np.float32)
    info = np.iinfo(dtype)
    return np.arange(max(info.min, -70_000), min(info.max, 70_000) + 1).astype(dtype)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_is_scaled_as_in_fractions(dtype: type[Any], scaling: Scaling) -> None:
    dn = every(dtype)
    got = scale.to_int16(dn, *scaling)
    sample = np.unique(np.r_[0 : min(300, dn.size), dn.size - 50 : dn.size, 0 : dn.size : 37])
    for i in sample:
        want = exact(float(dn[i]), scaling)
        assert abs(int(got[i]) - want) <= (0 if scaling.scale == 0.0001 else 1), dn[i]
        assert (got[i] == MISSING) == (want == MISSING)


def test_sentinel_2_across_its_baselines_by_hand() -> None:
    dn = np.array([[0, 1, 1000, 1001, 11000, 65535]], np.uint16)
    assert scale.to_int16(dn, *S2_OLD).tolist() == [[MISSING, 1, 1000, 1001, 11000, 32767]]
    assert scale.to_int16(dn, *S2_NEW).tolist() == [[MISSING, -999, 0, 1, 10000, 32767]]
    clipped = S2_NEW._replace(clip=(0.0, 1.0))
    assert scale.to_int16(dn, *clipped).tolist() == [[MISSING, 0, 0, 1, 10000, 10000]]


def test_landsat_rounds_half_to_even() -> None:
    # 0.275 * 20 = 5.5 -> 6; 0.275 * 60 = 16.5 -> 16; 0.275 * 100 = 27.5 -> 28; less 2000
    dn = np.array([20, 60, 100, 40000], np.uint16)
    assert scale.to_int16(dn, *LANDSAT).tolist() == [-1994, -1984, -1972, 9000]


def test_nothing_ever_wraps_and_nothing_becomes_missing() -> None:
    for dtype in DTYPES:
        dn = every(dtype)
        for scaling in (*SCALINGS, Scaling(None, 1.0, 0.0), Scaling(None, -5.0, 3.0)):
            got = scale.to_int16(dn, *scaling).astype(np.int64)
            missing = ~np.isfinite(dn.astype(np.float64)) | (dn == scaling.nodata)
            np.testing.assert_array_equal(got == MISSING, missing)
            rising = np.diff(got[~missing]) * np.sign(scaling.scale)
            steps = np.diff(dn[~missing].astype(np.float64))
            assert (rising[steps > 0] >= 0).all()


def test_nodata_that_the_type_cannot_hold_is_never_met() -> None:
    dn = np.array([0, 1, 65535], np.uint16)
    for nodata in (-1, 65536, 0.5, float("nan"), -9999, None):
        assert (scale.to_int16(dn, nodata, 0.0001, 0.0) != MISSING).all()


def test_the_first_clear_value_wins() -> None:
    out = np.full((1, 5), MISSING, np.int16)
    first = np.array([[10, 20, 0, 40, 50]], np.uint16)
    clear = np.array([[True, False, True, True, False]])
    assert scale.fill_clear(out, first, clear, *S2_OLD) == 2
    second = np.array([[1, 2, 3, 4, 0]], np.uint16)
    assert scale.fill_clear(out, second, np.ones((1, 5), np.bool_), *S2_OLD) == 2
    assert out.tolist() == [[10, 2, 3, 40, MISSING]]
    assert clear.tolist() == [[True, False, True, True, False]]


def test_several_bands_fill_alike() -> None:
    take = np.array([[True, True, True, False]])
    red, nir = np.array([[5, 0, 7, 8]], np.uint16), np.array([[1, 2, 0, 4]], np.uint16)
    scale.valid_dn(take, red, 0)
    scale.valid_dn(take, nir, 0)
    assert take.tolist() == [[True, False, False, False]]
    out = np.full((1, 4), 3, np.int16)
    assert scale.fill_where(out, red, take, *S2_OLD) == 1
    assert out.tolist() == [[5, 3, 3, 3]]


def test_valid_means_finite_and_not_nodata() -> None:
    for nodata, expected in ((-9999, [1, 0, 0, 0]), (None, [1, 1, 0, 0]), (np.nan, [1, 1, 0, 0])):
        take = np.ones(4, np.bool_)
        scale.valid_dn(take, np.array([0, -9999, np.nan, np.inf], np.float32), nodata)
        assert take.tolist() == [bool(n) for n in expected]


dns = st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535), st.booleans()),
               min_size=1, max_size=40)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(dns, st.sampled_from(SCALINGS), st.sampled_from(SCALINGS), st.sampled_from(DTYPES))
def test_the_fused_index_equals_the_long_way(
    pixels: list[tuple[int, int, bool]], first: Scaling, second: Scaling, dtype: type[Any]
) -> None:
    small = 255 if dtype == np.uint8 else 32_000
    a = np.array([[p[0] % small for p in pixels]]).astype(dtype)
    b = np.array([[p[1] % small for p in pixels]]).astype(dtype)
    take = np.array([[p[2] for p in pixels]])
    out = np.full(a.shape, 9.0, np.float32)
    bands = {"nir": scale.to_int16(a, *first), "red": scale.to_int16(b, *second)}
    taken = take & (bands["nir"] != MISSING) & (bands["red"] != MISSING)
    expected = np.where(taken, compute("ndvi", bands), np.float32(9))
    assert scale.fill_index(out, a, b, take, first, second) == taken.sum()
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(take, taken)


def test_the_fused_index_leaves_a_taken_zero_over_zero() -> None:
    out = np.full((1, 3), np.nan, np.float32)
    take = np.array([[True, True, True]])
    clipped = S2_NEW._replace(clip=(0.0, 1.0))
    nir, red = np.array([[900, 4000, 0]], np.uint16), np.array([[800, 2000, 9]], np.uint16)
    assert scale.fill_index(out, nir, red, take, clipped, clipped) == 2
    np.testing.assert_array_equal(out, [[np.nan, 0.5, np.nan]])
    assert take.tolist() == [[True, True, False]]


def test_windows_of_larger_arrays_fill_alike() -> None:
    chance = np.random.default_rng(2)
    dn = chance.integers(0, 9000, (30, 40)).astype(np.uint16)
    clear = chance.random((30, 40)) < 0.5
    out = np.full((50, 60), MISSING, np.int16)
    written = scale.fill_clear(out[3:18, 5:25], dn[4:19, 6:26], clear[1:16, 2:22], *S2_NEW)
    whole = np.full((15, 20), MISSING, np.int16)
    copies = dn[4:19, 6:26].copy(), clear[1:16, 2:22].copy()
    assert written == scale.fill_clear(whole, *copies, *S2_NEW)
    np.testing.assert_array_equal(out[3:18, 5:25], whole)
    assert (out != MISSING).sum() == written
    np.testing.assert_array_equal(
        scale.to_int16(dn[::2, ::3], *S2_NEW), scale.to_int16(dn, *S2_NEW)[::2, ::3]
    )


def test_bad_input_is_one_sentence() -> None:
    dn = np.ones((2, 2), np.uint16)
    with pytest.raises(InputError, match=r"arrays differ in shape: \(2, 2\), \(2, 2\), \(2, 3\)"):
        scale.fill_clear(np.ones((2, 2), np.int16), dn, np.ones((2, 3), np.bool_), *S2_OLD)
    with pytest.raises(InputError, match=r"the lower bound is above the upper\. Swap them\."):
        scale.to_int16(dn, 0, 0.0001, 0.0, (1.0, 0.0))


def test_empty_arrays_are_fine() -> None:
    assert scale.to_int16(np.empty((0, 4), np.uint16), *S2_NEW).shape == (0, 4)
