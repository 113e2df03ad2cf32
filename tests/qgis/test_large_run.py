"""The project of a country as large as Okapi and its 3,409 mines, in a real QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Written

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_all_layers_are_there_and_valid(language: str, large_written: Written, qgis: Any) -> None:
    told = qgis.project(large_written.out / f"project.{language}.qgz")
    assert (told["read"], told["error"]) == (True, "")
    assert [one["name"] for one in told["layers"] if not one["valid"]] == []
    zones = next(one for one in told["layers"] if one["id"] == "landcover_zones")
    assert zones["features"] > 10_000
