"""Keys of `grid`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from landcover.raster.settings import GridSettings


def test_defaults() -> None:
    grid = GridSettings()
    assert (grid.crs, grid.resolution_m, grid.resampling, grid.tile_px) == (
        "auto",
        None,
        "nearest",
        None,
    )


@pytest.mark.parametrize(
    "keys",
    [
        {"resolution_m": 0},
        {"resolution_m": 0.01},
        {"resolution_m": 1e6},
        {"resolution_m": "10"},
        {"resampling": "cubic"},
        {"tile_px": 0},
        {"tile_px": 256.0},
        {"crs": ""},
        {"crs": 32635},
    ],
)
def test_limits(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GridSettings.model_validate(keys)
