"""Small countries that several tests share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from landcover.synthetic import Country, Writing, country, write

DAYS = (date(2021, 12, 20), date(2022, 1, 24), date(2022, 1, 25), date(2022, 3, 6))
"""Two days before and two from the change of baseline on 25 January 2022."""


@pytest.fixture(scope="session")
def land() -> Country:
    """Return a country of 128 x 128 pixels."""
    return country(128)


@pytest.fixture(scope="session")
def scenes(land: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of its scenes, all bands; tests only read it."""
    folder = tmp_path_factory.mktemp("country") / "scenes"
    write(land, folder, DAYS, writing=Writing(block_px=64))
    return folder
