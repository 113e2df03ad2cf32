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

from landcover.catalog.choosing import Region, fate
from landcover.catalog.settings import Source
from landcover.errors import SceneError
from landcover.model import Period

Make = Callable[..., dict[str, Any]]
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))
ZONE = Region(box(27.2, 0.7, 27.4, 0.9))


def source(**keys: Any) -> Source:
    return Source(sensor="sentinel-2-l2a", catalog="https://a.example", **keys)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024-01-01T00:00:00Z", "used"),
        ("2023-12-31T23:59:59.999Z", "out of period"),
        ("2024-12-31T23:59:59.999999Z", "used"),
        ("2025-01-01T00:00:00Z", "out of period"),
        ("2025-01-01T01:00:00+02:00", "used"),
    ],
)
def test_the_period_is_half_open(item: Make, when: str, expected: str) -> None:
    assert fate(item(when=when), source(), YEAR, ZONE) == expected


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
