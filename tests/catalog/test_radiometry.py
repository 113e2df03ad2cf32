"""The table of offsets: worked cases, and every recorded Earth Search item."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog.radiometry import (
    AFRICA,
    CDSE,
    EARTH_SEARCH,
    PLANETARY,
    RULES,
    Declared,
    baseline,
    declared,
    endpoint_of,
    evidence,
    numbers,
)
from landcover.errors import SceneError
from landcover.model import Band, Sensor

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


HOME = {
    EARTH_SEARCH: "https://earth-search.aws.element84.com/v1/collections/x/items/y",
    PLANETARY: "https://planetarycomputer.microsoft.com/api/stac/v1/collections/x/items/y",
    CDSE: "https://stac.dataspace.copernicus.eu/v1/collections/x/items/y",
    AFRICA: "https://explorer.digitalearth.africa/stac/collections/x/items/y",
}


@pytest.mark.parametrize(
    ("endpoint", "collection", "flag", "version", "offset", "expected", "reliable"),
    [
        # one id of a collection, three meanings: only Element 84 shifts pixels
        (PLANETARY, L2A, None, "04.00", None, -0.1, True),
        (PLANETARY, L2A, None, "05.11", None, -0.1, True),
        (PLANETARY, L2A, None, "02.12", None, 0.0, True),
        (CDSE, L2A, None, "05.12", -0.1, -0.1, True),
        (CDSE, L2A, None, "02.14", -0.1, 0.0, True),  # ESA's own files: the baseline tells
        (EARTH_SEARCH, L2A, None, "05.09", -0.1, 0.0, False),
        (EARTH_SEARCH, L2A, None, "02.14", -0.1, 0.0, True),
        (EARTH_SEARCH, C1, None, "05.10", -0.1, -0.1, True),
        (AFRICA, "s2_l2a", None, "05.09", None, 0.0, False),
        (AFRICA, "s2_l2a", None, "03.01", None, 0.0, True),
        (AFRICA, "s2_l2a", True, "05.09", None, 0.0, True),
        (AFRICA, "s2_l2a_c1", None, "05.10", -0.1, -0.1, True),
    ],
)
def test_each_endpoint(
    sentinel2: Sensor,
    endpoint: str,
    collection: str,
    flag: bool | None,
    version: str,
    offset: float | None,
    expected: float,
    reliable: bool,
) -> None:
    item = {
        "collection": collection,
        "links": [{"rel": "self", "href": HOME[endpoint]}],
        "properties": {
            "platform": "Sentinel-2A",
            "sentinel:boa_offset_applied": flag,
            "s2:processing_baseline": version,
        },
    }
    taken = numbers(item, Declared(offset=offset), sentinel2.bands["red"])
    assert endpoint_of(item) == endpoint
    assert (taken.offset, taken.reliable) == (expected, reliable)
    assert taken.reliable == ("unreliable" not in taken.reason)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B04.tif", EARTH_SEARCH),
        ("https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/B04.tif", PLANETARY),
        ("s3://eodata/Sentinel-2/B04.jp2", CDSE),
        ("s3://deafrica-sentinel-2/sentinel-s2-l2a-cogs/B04.tif", AFRICA),
        ("https://notblob.core.windows.net.example/B04.tif", ""),
        ("https://eodata.example/B04.jp2", ""),
        ("https://[", ""),
        ("./B04.tif", ""),
        (None, ""),
    ],
)
def test_an_item_without_links_is_known_by_its_files(href: object, expected: str) -> None:
    assert endpoint_of({"assets": {"red": {"href": href}}, "links": None}) == expected


def test_a_jpeg_2000_is_esas_own_whatever_the_flag_of_its_cog_says(sentinel2: Sensor) -> None:
    made = {"type": "image/jp2", "raster:bands": [{"scale": 1e-4, "offset": -0.1}]}
    for version, expected in (("05.09", -0.1), ("02.14", 0.0)):
        item = {
            "collection": L2A,
            "links": [{"rel": "self", "href": HOME[EARTH_SEARCH]}],
            "properties": {
                "earthsearch:boa_offset_applied": True,
                "s2:processing_baseline": version,
            },
        }
        assert numbers(item, declared(made), sentinel2.bands["red"]).offset == expected


def test_every_row_of_the_table_is_met() -> None:
    """A row that no item could meet, for another stands before it, would be a dead letter."""
    kinds = [
        {
            "collection": collection,
            "links": [{"rel": "self", "href": href}],
            "properties": {"s2:processing_baseline": version, "sentinel:boa_offset_applied": flag},
        }
        for collection in (C1, L2A, "mine")
        for href in (*HOME.values(), "")
        for version in ("03.01", "05.10", None)
        for flag in (True, False, None)
    ]
    found = [evidence(i, Declared(offset=offset)) for i in kinds for offset in (None, -0.1)]
    first = {next(n for n, rule in enumerate(RULES) if rule.applies(one)) for one in found}
    assert first == set(range(len(RULES)))


def test_the_rules_leave_other_sensors_and_other_bands_alone(sentinel2: Sensor) -> None:
    red = sentinel2.bands["red"]
    landsat = {"properties": {"platform": "landsat-9", "processing:version": "05.10"}}
    said = Declared(scale=2.75e-5, offset=-0.2)
    taken = numbers(landsat, said, red)
    assert (taken.scale, taken.offset) == (2.75e-5, -0.2)
    assert taken.reason == "scale and offset as declared"
    taken = numbers(landsat, Declared(), red)
    assert (taken.scale, taken.offset) == (red.scale, red.offset)
    assert taken.reason == "scale and offset of the sensor's profile: nothing declared"
    assert "else the profile's" in numbers(landsat, Declared(scale=1e-4), red).reason
    depth = Band("aot", "1", ("aot",), scale=0.001)
    water = {"properties": {"platform": "sentinel-2a", "s2:processing_baseline": "05.10"}}
    assert numbers(water, Declared(), depth).offset == 0


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (Declared(scale=1.0), "a scale of 1,"),
        (Declared(scale=1e-3, offset=-0.1), "a scale of 0.001"),
        (Declared(scale=1e-5, dtype="int16"), "a scale of 1e-05"),
        (Declared(scale=-1e-4), "a scale of -0.0001"),
        (Declared(scale=1e-4, offset=-1000.0), "an offset of -1000 reflectance"),
    ],
)
def test_numbers_that_no_reflectance_has_are_refused(
    sentinel2: Sensor, said: Declared, word: str
) -> None:
    with pytest.raises(SceneError, match=word):
        numbers({}, said, sentinel2.bands["red"])


@pytest.mark.parametrize(
    ("scale", "offset", "dtype"),
    [(1e-4, -0.1, "uint16"), (2.75e-5, -0.2, "uint16"), (1e-4, 0, "int16"), (1 / 255, 0, "uint8"),
     (1.0, 0.0, "float32")],
)  # fmt: skip
def test_numbers_of_real_sensors_are_taken(
    sentinel2: Sensor, scale: float, offset: float, dtype: str
) -> None:
    taken = numbers({"properties": {"platform": "x"}}, Declared(scale, offset, None, dtype),
                    sentinel2.bands["red"])  # fmt: skip
    assert (taken.scale, taken.offset) == (scale, offset)


def test_a_scale_of_zero_is_refused(sentinel2: Sensor) -> None:
    with pytest.raises(SceneError, match="a scale of 0"):
        numbers({}, Declared(scale=0), sentinel2.bands["red"])


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


def recorded(folder: Path, names: str = "*.json") -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob(names)):
        document = json.loads(path.read_text("utf-8"))
        found += document.get("features") or [document]
    return found


def test_every_recorded_flag_is_obeyed(shared: Path, sentinel2: Sensor) -> None:
    items = recorded(shared / "stac/items/earth-search-v1/sentinel-2-l2a")
    flagged = [i for i in items if i["properties"].get("earthsearch:boa_offset_applied") is True]
    mixed = recorded(shared / "stac/items/earth-search-v1/_mixed")
    flagged += [i for i in mixed if i["properties"].get("earthsearch:boa_offset_applied") is True]
    assert len(flagged) == 5
    for item in [*items, *flagged]:
        said = declared(item["assets"]["red"])
        taken = numbers(item, said, sentinel2.bands["red"])
        assert endpoint_of(item) == EARTH_SEARCH
        assert (taken.offset, taken.reliable) == (0, True), item[
            "id"
        ]  # flag true, or a baseline before 04.00
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


def test_every_recorded_item_of_the_planetary_computer_is_taken_by_its_baseline(
    shared: Path, sentinel2: Sensor
) -> None:
    folder = shared / "stac/items/planetary-computer/sentinel-2-l2a"
    items = [*recorded(folder), *recorded(folder, "*.geojson")]
    taken: dict[str, set[float]] = {}
    for item in items:
        said = declared(item["assets"]["B04"])
        assert (said.scale, said.offset, endpoint_of(item)) == (None, None, PLANETARY)
        one = numbers(item, said, sentinel2.bands["red"])
        taken.setdefault(item["properties"]["s2:processing_baseline"], set()).add(one.offset)
    assert taken == {"02.12": {0.0}, "04.00": {-0.1}, "05.11": {-0.1}}


def test_every_recorded_item_of_the_data_space_is_taken_as_esa_made_it(
    shared: Path, sentinel2: Sensor
) -> None:
    for item in recorded(shared / "stac/items/cdse/sentinel-2-l2a"):
        taken = numbers(item, declared(item["assets"]["B04_10m"]), sentinel2.bands["red"])
        assert (taken.scale, taken.offset, endpoint_of(item)) == (1e-4, -0.1, CDSE)


def test_the_recorded_copies_of_the_former_earth_search_are_taken_as_shifted(
    shared: Path, sentinel2: Sensor
) -> None:
    items = recorded(shared / "stac/items/earth-search-v0/sentinel-s2-l2a-cogs")
    assert [baseline(item) for item in items] == ["03.01", "05.09"]
    taken = [numbers(i, declared(i["assets"]["B04"]), sentinel2.bands["red"]) for i in items]
    assert [(one.offset, one.reliable) for one in taken] == [(0, True)] * 2
