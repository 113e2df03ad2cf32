"""The spectral indices against spyndex 0.12.0: 26 of them on 24 reflectances, 0/0 among them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.kernels.indices import INDICES, compute, compute_reflectance

LETTERS = {"B": "blue", "G": "green", "R": "red", "RE1": "rededge1", "RE2": "rededge2",
           "RE3": "rededge3", "N": "nir", "N2": "nir08", "S1": "swir16",
           "S2": "swir22"}  # fmt: skip


@pytest.fixture(scope="module")
def reference(shared: Path) -> Mapping[str, Any]:
    path = shared / "reference" / "indices" / "spectral_indices.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_table_is_the_references(reference: Mapping[str, Any]) -> None:
    assert {name.lower() for name in reference["values"]} == set(INDICES)
    assert len(INDICES) == 26


@pytest.mark.parametrize("name", INDICES)
def test_an_index_is_the_references(name: str, reference: Mapping[str, Any]) -> None:
    bands = {LETTERS[key]: np.array(values) for key, values in reference["bands"].items()}
    values = {key.lower(): values for key, values in reference["values"].items()}
    expected = np.array(values[name], np.float64)  # null becomes NaN: where it is 0/0
    assert len(expected) == 24
    got = compute_reflectance(name, bands)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", INDICES)
def test_what_a_run_computes_is_the_references_too(name: str, reference: Mapping[str, Any]) -> None:
    """Runs compute in single precision from reflectance in steps of 0.0001: these 24, exactly.

    Steps that the reference's five decimals do not have are left out.
    """
    exact = {LETTERS[key]: np.array(values) * 1e4 for key, values in reference["bands"].items()}
    held = {band: np.rint(values).astype(np.int16) for band, values in exact.items()}
    got = compute(name, {band: values[np.newaxis] for band, values in held.items()})[0]
    known = compute_reflectance(name, {band: values / 1e4 for band, values in held.items()})
    np.testing.assert_allclose(got, known, rtol=3e-7, atol=1e-7)
    values = {key.lower(): values for key, values in reference["values"].items()}
    expected = np.array(values[name], np.float64)
    whole = np.all([np.abs(v - held[band]) < 1e-6 for band, v in exact.items()], axis=0)
    assert whole[:3].all(), "0, 0.0001 and 1 are whole steps: the edges at 0/0 are among these"
    np.testing.assert_allclose(got[whole], expected[whole], rtol=3e-7, atol=1e-7)
