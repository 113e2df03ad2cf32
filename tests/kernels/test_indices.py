"""The indices by hand, their traps, and the table against itself."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import formula, indices
from landcover.kernels.indices import BANDS, INDICES, compute, compute_reflectance
from landcover.model import MISSING

UNBOUNDED = {"evi", "ireci", "cire"}


def reflectances(size: int, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    chance = np.random.default_rng(seed)
    return {band: chance.choice([0.0, 1.0, *chance.random(30)], size) for band in BANDS}


def to_dn(bands: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.int16]]:
    return {band: np.round(values * 10_000).astype(np.int16) for band, values in bands.items()}


FOREST = (0.02, 0.04, 0.03, 0.08, 0.25, 0.32, 0.35, 0.36, 0.15, 0.06)
BARE = (0.08, 0.12, 0.17, 0.20, 0.23, 0.26, 0.28, 0.30, 0.38, 0.32)
"""Reflectances of a dense canopy and of dry lateritic soil, in the order of `BANDS`: textbook
spectra, rounded."""


@pytest.mark.parametrize("name", [name for name in INDICES if INDICES[name].loss != "unclear"])
def test_an_index_goes_where_its_row_says_as_forest_goes(name: str) -> None:
    bands = {b: np.array(pair) for b, *pair in zip(BANDS, FOREST, BARE, strict=True)}
    forest, bare = compute_reflectance(name, bands)
    assert (bare < forest) == (INDICES[name].loss == "falls")
    assert abs(bare - forest) > 0.1


@pytest.mark.parametrize("name", [*INDICES, *BANDS])
def test_int16_bands_give_the_same_in_single_precision(name: str) -> None:
    dn = to_dn(reflectances(3000))
    exact = compute_reflectance(name, {band: values / 10_000 for band, values in dn.items()})
    got = compute(name, {band: values.reshape(10, 20, 15) for band, values in dn.items()})
    assert got.dtype == np.float32
    assert got.shape == (10, 20, 15)
    np.testing.assert_allclose(got.ravel(), exact, rtol=3e-7, atol=1e-12)


@pytest.mark.parametrize("name", [*INDICES, *BANDS])
def test_a_missing_band_is_never_a_number(name: str) -> None:
    index = indices.lookup(name)
    for band in index.bands:
        dn = to_dn(reflectances(50, seed=3))
        dn[band][::2] = MISSING
        assert np.isnan(compute(name, dn)[::2]).all()
        real = reflectances(50, seed=3)
        real[band][::2] = np.nan
        assert np.isnan(compute_reflectance(name, real)[::2]).all()


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(sorted(INDICES)), st.lists(st.integers(-32768, 32767), min_size=10, max_size=10)
)
def test_never_infinite_whatever_the_numbers(name: str, values: list[int]) -> None:
    bands = {band: np.array([v], np.int16) for band, v in zip(BANDS, values, strict=True)}
    assert not np.isinf(compute(name, bands)).any()


@pytest.mark.parametrize("name", INDICES)
def test_the_stated_range_holds_for_reflectances(name: str) -> None:
    low, high = INDICES[name].valid_range
    values = compute_reflectance(name, reflectances(20_000, seed=1))
    values = values[np.isfinite(values)]
    if name not in UNBOUNDED:
        assert low - 1e-12 <= values.min()
        assert values.max() <= high + 1e-12
    assert low < high


def test_division_by_zero_is_no_value() -> None:
    def at(name: str, **bands: float) -> float:
        return float(compute_reflectance(name, {k: np.array([v]) for k, v in bands.items()})[0])

    assert np.isnan(at("ndvi", nir=0.0, red=0.0))
    assert np.isnan(at("ndvi", nir=0.1, red=-0.1))
    assert np.isnan(at("cire", nir=0.3, rededge1=0.0))
    # x / (y / 0) would quietly be 0
    assert np.isnan(at("ireci", rededge3=0.3, red=0.1, rededge1=0.2, rededge2=0.0))
    both = np.array([1000, 0, 0], np.int16), np.array([-1000, 0, 5], np.int16)
    np.testing.assert_array_equal(
        compute("ndvi", {"nir": both[0], "red": both[1]}), np.float32([np.nan, np.nan, -1])
    )


def test_worked_by_hand() -> None:
    bands = {"nir": np.array([0.4]), "red": np.array([0.1]), "blue": np.array([0.05])}
    assert compute_reflectance("ndvi", bands)[0] == pytest.approx(0.6)
    assert compute_reflectance("evi", bands)[0] == pytest.approx(
        2.5 * 0.3 / (0.4 + 0.6 - 0.375 + 1)
    )
    assert compute_reflectance("kndvi", bands)[0] == pytest.approx(np.tanh(0.36))
    assert compute_reflectance("nirv", bands)[0] == pytest.approx(0.24)
    assert compute("red", {"red": np.array([1234], np.int16)})[0] == np.float32(0.1234)


@pytest.mark.parametrize("index", INDICES.values(), ids=lambda index: index.name)
def test_each_row_is_whole(index: indices.Index) -> None:
    assert index.name == index.name.lower()
    assert set(index.bands) <= set(BANDS)
    assert len(set(index.bands)) == len(index.bands)
    assert set(formula.names(index.formula)) == {*index.bands, *index.constants}
    assert re.match(r"doi:10\.\d{4,9}/\S+$|https://|.*\(\d{4}\)", index.source)
    assert index.title


@pytest.mark.parametrize("index", INDICES.values(), ids=lambda index: index.name)
def test_the_formula_read_by_python_is_what_is_computed(index: indices.Index) -> None:
    chance = np.random.default_rng(5)
    for _ in range(20):
        bands = {band: float(chance.uniform(0.01, 0.9)) for band in index.bands}
        names = {"sqrt": np.sqrt, "tanh": np.tanh, **index.constants, **bands}
        expected = eval(index.formula, {"__builtins__": {}}, names)
        got = compute_reflectance(index.name, {k: np.array([v]) for k, v in bands.items()})
        np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_large_arrays_are_computed_in_parts_alike() -> None:
    dn = to_dn(reflectances(200_001, seed=8))
    whole = compute("evi", dn)
    cut = 70_001
    head = compute("evi", {band: values[:cut] for band, values in dn.items()})
    assert head.tobytes() == whole[:cut].tobytes()
    window = {
        band: values[:200_000].reshape(400, 500)[10:90:2, 7:300] for band, values in dn.items()
    }
    np.testing.assert_array_equal(
        compute("ndmi", window), compute("ndmi", dn)[:200_000].reshape(400, 500)[10:90:2, 7:300]
    )


def test_bad_calls_are_one_sentence() -> None:
    one, two = np.ones((1, 1), np.int16), np.ones((1, 2), np.int16)
    with pytest.raises(
        InputError, match=r"index 'NDVI ': no such index or band\. Did you mean 'ndvi'\?"
    ):
        compute("NDVI ", {})
    with pytest.raises(InputError, match=r"Choose from ndvi, evi"):
        compute("zzzzzz", {})
    with pytest.raises(InputError, match="index 'ndvi': band 'red' is missing"):
        compute("ndvi", {"nir": one})
    with pytest.raises(InputError, match=r"its bands differ in shape: \(1, 1\), \(1, 2\)"):
        compute("ndvi", {"nir": one, "red": two})


def test_the_table_is_read_without_numba() -> None:
    code = "import sys, landcover.kernels.indices; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
