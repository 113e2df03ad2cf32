"""Every predicate, checked on this side, and fast enough for thousands of sites."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from landcover.catalog.choosing import Region, fate, scene_fate
from landcover.catalog.items import to_scene
from landcover.catalog.scenes import Listed
from landcover.catalog.settings import Source
from landcover.errors import SceneError
from landcover.model import Period, Sensor

Make = Callable[..., dict[str, Any]]
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))
ZONE = Region(box(27.2, 0.7, 27.4, 0.9))


def source(**keys: Any) -> Source:
    return Source(sensor="sentinel-2-l2a", catalog="https://a.example", **keys)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2023-12-31T22:09:59Z", "out of period"),
        ("2023-12-31T22:10:00Z", "used"),
        ("2024-01-01T00:00:00Z", "used"),  # the catalog keeps the day only
        ("2024-12-31T00:00:00Z", "used"),
        ("2024-12-31T22:09:59Z", "used"),
        ("2024-12-31T22:10:00Z", "out of period"),
        ("2025-01-01T00:00:00Z", "out of period"),
        ("2025-01-01T00:09:59+02:00", "used"),
        ("1990-01-01T08:00:00Z", "out of period"),
    ],
)
def test_the_period_is_half_open_in_solar_days(item: Make, when: str, expected: str) -> None:
    """At 27.5 E the sun is 1 h 50 min ahead of Greenwich."""
    assert fate(item(when=when), source(), YEAR, ZONE) == expected


@pytest.mark.parametrize(
    ("west", "when", "expected"),
    [
        (28.0, "2023-12-31T22:05:59Z", "out of period"),  # 28.5 E: 1 h 54 min
        (28.0, "2023-12-31T22:06:00Z", "used"),
        (28.0, "2024-12-31T23:30:00Z", "out of period"),
        (179.0, "2023-12-31T12:01:59Z", "out of period"),  # 179.5 E: 11 h 58 min
        (179.0, "2023-12-31T12:02:00Z", "used"),
        (179.0, "2024-12-31T22:20:00Z", "out of period"),
        (-180.0, "2024-01-01T10:00:00Z", "out of period"),  # 179.5 W: 11 h 58 min behind
        (-180.0, "2024-01-01T11:58:00Z", "used"),
        (-180.0, "2025-01-01T10:00:00Z", "used"),
        (-180.0, "2025-01-01T11:58:00Z", "out of period"),
    ],
)
def test_a_scene_is_chosen_by_the_day_that_it_is_dated_by(
    item: Make, sentinel2: Sensor, west: float, when: str, expected: str
) -> None:
    made = item(when=when, bounds=(west, 0.5, west + 1, 1.5))
    region = Region(box(west + 0.2, 0.7, west + 0.4, 0.9))
    assert fate(made, source(), YEAR, region) == expected
    scene, _ = to_scene(Listed(made, "https://a.example"), "s2", sentinel2, ("red",), ())
    assert YEAR.holds(scene.solar_day) == (expected == "used")
    assert scene_fate(scene, source(), YEAR) == expected


def test_an_item_without_a_place_fails_in_the_period_only(item: Make) -> None:
    nowhere = {"geometry": None, "bbox": None}
    assert fate({**item(when="2019-01-01T08:00:00Z"), **nowhere}, source(), YEAR, ZONE) == (
        "out of period"
    )
    with pytest.raises(SceneError, match="geometry"):
        fate({**item(), **nowhere}, source(), YEAR, ZONE)


@pytest.mark.parametrize(
    ("cloud", "most", "expected"),
    [
        (80, 80, "used"),
        (80.001, 80, "cloudy"),
        (None, 10, "used"),
        ("much", 10, "used"),
        (100, None, "used"),
        (0, 0, "used"),
    ],
)
def test_what_is_not_known_of_clouds_is_not_held_against_an_item(
    item: Make, cloud: Any, most: float | None, expected: str
) -> None:
    made = item(**{"eo:cloud_cover": cloud})
    assert fate(made, source(max_cloud_percent=most), YEAR, ZONE) == expected
    del made["properties"]["eo:cloud_cover"]
    assert fate(made, source(max_cloud_percent=most), YEAR, ZONE) == "used"


def test_the_outline_counts_and_not_the_bounds(item: Make) -> None:
    made = item()
    triangle = shapely.Polygon([(27, 0.5), (28, 1.5), (28, 0.5)])
    made["geometry"] = shapely.geometry.mapping(triangle)
    corner = Region(box(27.0, 1.4, 27.1, 1.5))
    assert fate(made, source(), YEAR, corner) == "out of region"
    made["geometry"] = None
    assert fate(made, source(), YEAR, corner) == "used"


def test_an_outline_that_crosses_itself_is_mended(item: Make) -> None:
    made = item()
    ring = [[27, 0.5], [28, 1.5], [28, 0.5], [27, 1.5], [27, 0.5]]
    made["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    assert fate(made, source(), YEAR, Region(box(27.9, 0.9, 28, 1))) == "used"


def test_bounds_across_the_antimeridian(item: Make) -> None:
    made = item(bounds=(179.0, -17, 180, -16))
    made |= {"bbox": [179.2, -17.3, -179.7, -16.2], "geometry": None}
    assert fate(made, source(), YEAR, Region(box(-179.9, -17, -179.8, -16.5))) == "used"
    assert fate(made, source(), YEAR, Region(box(0, -17, 1, -16.5))) == "out of region"


def test_another_collection_is_another_sensor(item: Make) -> None:
    assert fate(item(), source(collection="sentinel-1-grd"), YEAR, ZONE) == "other collection"
    assert fate(item(), source(collection="sentinel-2-c1-l2a"), YEAR, ZONE) == "used"


@pytest.mark.parametrize("geometry", [{"type": "Polygon"}, "x", {"type": "Blob", "coordinates": 1}])
def test_a_broken_outline_is_that_scenes_failure(item: Make, geometry: Any) -> None:
    made = item()
    made["geometry"] = geometry
    with pytest.raises(SceneError, match="geometry"):
        fate(made, source(), YEAR, ZONE)


def test_700_scenes_over_2400_sites_take_seconds_not_minutes(item: Make) -> None:
    rng = np.random.default_rng(1)
    centres = shapely.points(rng.uniform((27, -5), (31, 4), (2400, 2)))
    region = Region(shapely.union_all(shapely.buffer(centres, 0.05, quad_segs=32)))
    items = [
        item(bounds=(west, south, west + 1, south + 1))
        for west, south in rng.uniform((24, -8), (34, 7), (700, 2))
    ]
    start = time.perf_counter()
    fates = [fate(one, source(), YEAR, region) for one in items]
    assert time.perf_counter() - start < 3
    assert {"used", "out of region"} == set(fates)
