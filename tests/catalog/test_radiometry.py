"""The table of offsets: worked cases, and every recorded Earth Search item."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog.radiometry import Declared, baseline, declared, numbers
from landcover.model import Sensor

C1, L2A = "sentinel-2-c1-l2a", "sentinel-2-l2a"


@pytest.mark.parametrize(
    ("collection", "flag", "version", "offset", "expected", "reliable"),
    [
        # flag true: the pixels are shifted, whatever is declared
        (L2A, True, "05.00", -0.1, 0.0, True),
        (L2A, True, "02.14", 0.0, 0.0, True),
        (L2A, True, None, None, 0.0, True),
        # Collection 1: as ESA made them
        (C1, None, "05.10", -0.1, -0.1, True),
        ("s2_l2a_c1", None, "05.10", -0.1, -0.1, True),
        (C1, None, "05.10", None, -0.1, True),
        # flag false
        (L2A, False, "02.14", 0.0, 0.0, True),
        (L2A, False, "03.01", -0.1, 0.0, True),
        (L2A, False, "04.00", -0.1, -0.1, False),
        (L2A, False, "05.09", 0.0, 0.0, False),
        (L2A, False, None, -0.1, -0.1, False),
        # no flag: as declared, else by the baseline, else the profile
        ("mine", None, "05.10", 0.0, 0.0, True),
        ("mine", None, "02.14", -0.1, -0.1, True),
        (L2A, None, "04.00", None, -0.1, True),
        (L2A, None, "03.01", None, 0.0, True),
        ("mine", None, None, None, 0.0, True),
    ],
)
def test_each_rule(
    sentinel2: Sensor,
    collection: str,
    flag: bool | None,
    version: str | None,
    offset: float | None,
    expected: float,
    reliable: bool,
) -> None:
    properties = {"earthsearch:boa_offset_applied": flag, "s2:processing_baseline": version}
    item = {"collection": collection, "properties": properties}
    said = Declared(scale=0.0001, offset=offset)
    taken = numbers(item, said, sentinel2.bands["red"])
    assert (taken.scale, taken.offset, taken.reliable) == (0.0001, expected, reliable)
    assert taken.reason
    mask = numbers(item, said, sentinel2.bands["scl"])
    assert (mask.scale, mask.offset, mask.reason) == (1.0, 0.0, "")


def test_the_date_never_decides(sentinel2: Sensor) -> None:
    old = {"collection": L2A, "properties": {"datetime": "2017-01-01T00:00:00Z"}}
    new = {"collection": L2A, "properties": {"datetime": "2024-01-01T00:00:00Z"}}
    red = sentinel2.bands["red"]
    assert numbers(old, Declared(), red) == numbers(new, Declared(), red)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"properties": {"s2:processing_baseline": "05.10"}}, "05.10"),
        ({"properties": {"processing:version": "05.00"}}, "05.00"),
        ({"properties": {"s2:product_uri": "S2A_MSIL2A_x_N0214_R065_T32TMT_y.SAFE"}}, "02.14"),
        ({"id": "S2A_MSIL2A_20200703T103031_N0500_R108_T32TMT_2", "properties": {}}, "05.00"),
        ({"id": "S2_be1", "properties": {}}, ""),
        ({"properties": {"processing:version": "v2024.02.01"}}, ""),
    ],
)
def test_the_baseline_is_found(item: dict[str, Any], expected: str) -> None:
    assert baseline(item) == expected


def test_what_assets_declare_is_read_in_both_styles() -> None:
    old = {"raster:bands": [{"nodata": 0, "scale": 1e-4, "offset": -0.1, "data_type": "uint16"}]}
    new = {"nodata": 0, "data_type": "uint16", "raster:scale": 1e-4, "raster:offset": -0.1}
    bands = {"bands": [{"nodata": 0, "data_type": "uint16", "raster:scale": 1e-4}]}
    assert declared(old) == declared(new) == Declared(1e-4, -0.1, 0, "uint16")
    assert declared(bands) == Declared(1e-4, None, 0, "uint16")
    assert declared({}) == Declared()
    strange = {"raster:bands": [{"nodata": "nan", "scale": "inf", "offset": True}]}
    assert declared(strange) == Declared(nodata=math.nan)


def recorded(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        found += document.get("features") or [document]
    return found


def test_every_recorded_flag_is_obeyed(shared: Path, sentinel2: Sensor) -> None:
    items = recorded(shared / "stac/items/earth-search-v1/sentinel-2-l2a")
    flagged = [i for i in items if i["properties"].get("earthsearch:boa_offset_applied") is True]
    assert len(flagged) >= 4
    for item in items:
        said = declared(item["assets"]["red"])
        taken = numbers(item, said, sentinel2.bands["red"])
        assert taken.offset == 0, item["id"]  # flag true, or a baseline before 04.00
        if item in flagged:
            assert said.offset == -0.1, item["id"]


def test_every_recorded_collection_1_item_is_taken_as_declared(
    shared: Path, sentinel2: Sensor
) -> None:
    items = recorded(shared / "stac/items/earth-search-v1/sentinel-2-c1-l2a")
    assert len(items) == 10
    for item in items:
        taken = numbers(item, declared(item["assets"]["nir08"]), sentinel2.bands["nir08"])
        assert (taken.scale, taken.offset) == (1e-4, -0.1)
