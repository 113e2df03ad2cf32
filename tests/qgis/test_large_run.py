"""The project of a country as large as Okapi and its 3,409 mines, in a real QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Written

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_all_layers_are_there_and_valid(language: str, large_written: Written, qgis: Any) -> None:
    told = qgis.glance(large_written.out / f"project.{language}.qgz")
    assert (told["read"], told["error"]) == (True, "")
    assert len(told["valid"]) > 50
    assert [name for name, valid in told["valid"].items() if not valid] == []
    assert told["features"]["landcover_zones"] > 10_000
