"""Keys of `report` and `share`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from landcover.outputs.settings import ReportSettings, Rounded, ShareSettings


def test_defaults() -> None:
    assert ReportSettings().languages == ("en",)
    assert ShareSettings().positions is None


def test_positions() -> None:
    assert ShareSettings.model_validate({"positions": "withheld"}).positions == "withheld"
    rounded = ShareSettings.model_validate({"positions": {"grid_km": 5}}).positions
    assert rounded == Rounded(grid_km=5.0)


@pytest.mark.parametrize("languages", [[], ["de"], ["en", "en"], "en"])
def test_wrong_languages(languages: Any) -> None:
    with pytest.raises(ValidationError):
        ReportSettings.model_validate({"languages": languages})


@pytest.mark.parametrize("positions", ["rough", {"grid_km": 0.99}, {"grid": 5}, 5])
def test_wrong_positions(positions: Any) -> None:
    with pytest.raises(ValidationError):
        ShareSettings.model_validate({"positions": positions})
