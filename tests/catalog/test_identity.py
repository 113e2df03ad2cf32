"""Who took an item, when it was made, and of what: in the words of many catalogs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from landcover.catalog.identity import datastrip, generated, grid_code, platform, version


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"grid:code": "MGRS-35NNA"}, "MGRS-35NNA"),
        ({"grid:code": "MGRS-5CNL"}, "MGRS-05CNL"),
        ({"s2:mgrs_tile": "06VVN"}, "MGRS-06VVN"),
        ({"s2:mgrs_tile": "T35NNA"}, "MGRS-35NNA"),
        ({"mgrs:utm_zone": 5, "mgrs:latitude_band": "C", "mgrs:grid_square": "NL"}, "MGRS-05CNL"),
        (
            {
                "sentinel:utm_zone": 35,
                "sentinel:latitude_band": "Q",
                "sentinel:grid_square": "KG",
            },
            "MGRS-35QKG",
        ),
        ({"mgrs:utm_zone": 35, "mgrs:latitude_band": "Q"}, ""),
        ({"grid:code": "WRS2-033032"}, "WRS2-033032"),
        ({"landsat:wrs_path": "089", "landsat:wrs_row": "090"}, "WRS2-089090"),
        ({"modis:horizontal-tile": 21, "modis:vertical-tile": 0}, "MODIS-h21v00"),
        ({}, ""),
    ],
)
def test_squares(properties: dict[str, Any], expected: str) -> None:
    assert grid_code(properties) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"properties": {"platform": "Sentinel-2B"}}, "sentinel-2b"),
        ({"id": "x", "properties": {"platform": ""}}, ""),
        ({"id": "x", "properties": {"platform": 7}}, ""),
    ],
)
def test_platforms(item: dict[str, Any], expected: str) -> None:
    assert platform(item) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"s2:datastrip_id": "S2A_OPER_MSI_L2A_DS_S2RP_20230618T173704_S20200302T102554_N05.00"},
            "20200302T102554",
        ),
        (
            {"eopf:datastrip_id": "S2A_OPER_MSI_L2A_DS_MPS__20200302T140838_S20200302T102554"},
            "20200302T102554",
        ),
        ({"s2:datastrip_id": "strip"}, ""),
        ({}, ""),
    ],
)
def test_data_strips_are_the_same_in_every_processing(
    properties: dict[str, Any], expected: str
) -> None:
    assert datastrip(properties) == expected


def test_when_it_was_made_is_not_when_its_item_was() -> None:
    both = {"created": "2024-01-01T00:00:00Z", "processing:datetime": "2023-06-13T21:27:00Z"}
    assert generated(both) == datetime(2023, 6, 13, 21, 27, tzinfo=UTC)
    assert generated({"created": "2024-01-01T00:00:00Z"}) == datetime(2024, 1, 1, tzinfo=UTC)
    assert generated({}) is None


def test_versions_other_than_baselines() -> None:
    assert version({"properties": {"processing:version": "V1M1R1"}}) == "V1M1R1"
    assert version({"properties": {"s2:processing_baseline": "05.00"}}) == "05.00"
    assert version({"properties": {}}) == ""
