"""A STAC API on loopback, with the faults that real ones have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from landcover.catalog.api import boxes, windows
from landcover.catalog.choosing import Region, with_collection
from landcover.catalog.endpoints import endpoint
from landcover.catalog.paging import spell
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, InputError, NoScenesError
from landcover.model import Period

Make = Callable[..., Any]
C1 = "sentinel-2-c1-l2a"


@pytest.fixture
def seven(item: Make) -> list[dict[str, Any]]:
    return [item(name=f"S{n}", when=f"2024-0{n}-10T08:20:00Z") for n in range(1, 8)]


def test_all_pages_are_read(api: Any, seven: Any, seek: Make) -> None:
    api.items = seven
    found = seek(api.url, collection=C1)
    assert [s.id for s in found.scenes] == ["S1", "S2", "S3", "S4", "S5", "S6", "S7"]
    assert len(api.asked) == 4
    body = api.asked[0]
    assert body["limit"] == 100
    assert body["collections"] == [C1]
    assert body["datetime"] == "2023-12-31T00:00:00Z/2025-01-01T23:59:59.999Z"
    assert not {"query", "filter"} & set(body)
    assert {one.fate for one in found.counts} == {"used"}
    assert sum(one.items for one in found.counts) == 7


def test_a_trailing_empty_page_is_normal(api: Any, seven: Any, seek: Make) -> None:
    api.items, api.trailing_empty_page, api.page = seven[:4], True, 2
    assert len(seek(api.url, collection=C1).scenes) == 4
    assert len(api.asked) == 3


def test_a_server_that_ignores_what_it_is_asked_costs_time_not_truth(
    api: Any, seven: Any, item: Make, seek: Make
) -> None:
    strangers = [
        item(name="far", bounds=(10, 0, 11, 1)),
        item(name="old", when="2019-01-01T08:00:00Z"),
        item(name="cloudy", **{"eo:cloud_cover": 99.0}),
        {**item(name="radar"), "collection": "sentinel-1-grd"},
    ]
    api.items, api.obeys = strangers + seven, False
    found = seek(api.url, collection=C1, max_cloud_percent=80)
    assert len(found.scenes) == 7
    fates = {one.fate: one.items for one in found.counts if one.fate != "used"}
    assert fates == {"out of region": 1, "out of period": 1, "cloudy": 1, "other collection": 1}
    assert found.failures == ()


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_busy_server_is_asked_again(api: Any, seven: Any, seek: Make, status: int) -> None:
    api.items, api.fails = seven, [status, status]
    assert len(seek(api.url, collection=C1).scenes) == 7


@pytest.mark.parametrize("fails", [[503] * 20, [400]])
def test_a_server_that_stays_down_is_told(
    api: Any, seven: Any, seek: Make, fails: list[int]
) -> None:
    api.items, api.fails = seven, fails
    with pytest.raises(CatalogError, match="source s0: the search failed: ") as caught:
        seek(api.url, collection=C1)
    assert caught.value.exit_code == 1


def test_pages_that_do_not_end_are_noticed(api: Any, seven: Any, seek: Make) -> None:
    api.items, api.endless = seven, True
    with pytest.raises(CatalogError, match="pages do not end"):
        seek(api.url, collection=C1)


@pytest.mark.parametrize(
    "href", ["file:///etc/hostname", "file:/etc/hostname", "ftp://127.0.0.1/x"]
)
def test_a_next_link_to_a_local_file_is_refused(
    api: Any, seven: Any, seek: Make, href: str
) -> None:
    api.items, api.next_href = seven, href
    with pytest.raises(CatalogError, match="not an http address"):
        seek(api.url, collection=C1)


def test_an_item_that_two_searches_give_is_listed_once(api: Any, item: Make, seek: Make) -> None:
    wide = item(bounds=(20, -10, 40, 10))
    api.items, api.page = [wide], 100
    region = shapely.union_all([box(21, -9, 21.1, -8.9), box(38, 8, 38.1, 8.1)])
    found = seek(api.url, collection=C1, region=region, period=("2022-06-01", "2025-01-01"))
    assert len(found.scenes) == 1
    assert len(api.asked) == 6  # three years, two boxes
    assert [one.items for one in found.counts] == [1]


def test_a_feature_that_is_no_item_is_a_failure(api: Any, item: Make, seek: Make) -> None:
    api.items, api.obeys = [item(name="a"), "junk", None], False
    found = seek(api.url, collection=C1)
    assert [s.id for s in found.scenes] == ["a"]
    assert [one.reason for one in found.failures] == ["not an item", "not an item"]


def test_relative_hrefs_start_from_the_items_own_address(api: Any, item: Make, seek: Make) -> None:
    made = item(name="a")
    for asset in made["assets"].values():
        asset["href"] = "../x.tif"
    made["links"] = [{"rel": "self", "href": f"{api.url}/collections/c/items/a"}]
    api.items = [made]
    assert seek(api.url, collection=C1).scenes[0].assets["red"].href == (
        f"{api.url}/collections/c/x.tif"
    )


def test_a_catalog_of_many_collections_wants_one_named(api: Any, seek: Make) -> None:
    with pytest.raises(InputError, match=r"source s0: .* names none\. Add its collection\."):
        seek(api.url)


def test_earth_search_knows_its_collection() -> None:
    known = endpoint("https://earth-search.aws.element84.com/v1/")
    assert (known.page_items, known.collections["sentinel-2-l2a"]) == (100, C1)
    assert endpoint("https://stac.example").page_items == 100
    source = Source(sensor="sentinel-2-l2a", catalog=known.address)
    assert with_collection(source).collection == C1
    named = Source(sensor="sentinel-2-l2a", catalog=known.address, collection="sentinel-2-l2a")
    assert with_collection(named) == named
    elsewhere = Source(sensor="sentinel-2-l2a", catalog="https://stac.example")
    assert with_collection(elsewhere) == elsewhere


def test_nothing_found_says_where_all_items_went(api: Any, item: Make, seek: Make) -> None:
    api.obeys = False
    api.items = [item(name="a", **{"eo:cloud_cover": 99.0}), item(name="b", bounds=(0, 0, 1, 1))]
    with pytest.raises(NoScenesError) as caught:
        seek(api.url, collection=C1, max_cloud_percent=50)
    text = str(caught.value)
    assert "no scene from 2024-01-01 to 2024-12-31 meets the zones" in text
    assert "s0: 2 items listed, 1 cloudy, 1 out of region" in text
    assert caught.value.exit_code == 1


def test_an_api_that_is_gone_is_told(seek: Make) -> None:
    with pytest.raises(Exception, match="no connection"):
        seek("http://127.0.0.1:9/stac", collection=C1)


def spelt(start: str, end: str, months: int = 12) -> list[str]:
    period = Period(date.fromisoformat(start), date.fromisoformat(end))
    return [spell(window) for window in windows(period, months)]


def test_windows_cover_the_period_once_and_a_day_more_at_both_ends() -> None:
    """Solar days begin and end up to half a day before or after those of UTC."""
    assert spelt("2024-03-01", "2024-03-02") == ["2024-02-29T00:00:00Z/2024-03-02T23:59:59.999Z"]
    assert spelt("2022-01-01", "2024-01-01") == [
        "2021-12-31T00:00:00Z/2022-12-31T23:59:59.999Z",
        "2023-01-01T00:00:00Z/2024-01-01T23:59:59.999Z",
    ]
    assert spelt("2023-11-15", "2024-04-01", 3) == [
        "2023-11-14T00:00:00Z/2023-12-31T23:59:59.999Z",
        "2024-01-01T00:00:00Z/2024-04-01T23:59:59.999Z",
    ]
    assert spelt("0001-01-01", "0001-02-01")[0].startswith("0001-01-01T")
    assert spelt("9999-12-01", "9999-12-31")[0].endswith("9999-12-30T23:59:59.999Z")


@given(
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.integers(1, 4000),
    st.sampled_from([1, 2, 3, 4, 6, 12]),
)
def test_windows_touch_and_do_not_overlap(start: date, days: int, months: int) -> None:
    found = windows(Period(start, start + timedelta(days)), months)
    assert found[0].start == start - timedelta(1)
    assert found[-1].end == start + timedelta(days + 1)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(0 < one.days <= 31 * months + 2 for one in found)


def test_what_a_server_adds_for_solar_days_is_chosen_on_this_side(
    api: Any, item: Make, seek: Make
) -> None:
    """At 179.5 E the sun is 11 h 58 min ahead of Greenwich: 20:00 is the next morning."""
    east = (179.0, -17.0, 180.0, -16.0)
    times = ["2023-12-31T11:00", "2023-12-31T20:00", "2024-12-31T11:00", "2024-12-31T20:00"]
    api.items = [item(name=f"S{n}", when=f"{t}:00Z", bounds=east) for n, t in enumerate(times)]
    found = seek(api.url, collection=C1, region=box(179.2, -16.6, 179.4, -16.4))
    assert [(s.id, str(s.solar_day)) for s in found.scenes] == [
        ("S1", "2024-01-01"),
        ("S2", "2024-12-31"),
    ]
    assert [(one.month, one.fate, one.items) for one in found.counts] == [
        ("2023-12", "out of period", 1),
        ("2024-01", "used", 1),
        ("2024-12", "used", 1),
        ("2025-01", "out of period", 1),
    ]


def test_a_compact_region_is_one_box_and_a_scattered_one_a_few() -> None:
    near = [box(27 + n / 10, 1, 27.05 + n / 10, 1.1) for n in range(10)]
    assert boxes(Region(shapely.union_all(near))) == [(27.0, 1.0, 27.95, 1.1)]
    far = [box(27, -5, 27.1, -4.9), box(31, 4, 31.1, 4.1), box(31.2, 4.2, 31.3, 4.3)]
    assert sorted(boxes(Region(shapely.union_all(far)))) == [
        (27.0, -5.0, 27.1, -4.9),
        (31.0, 4.0, 31.3, 4.3),
    ]
    everywhere = [box(x, y, x + 0.1, y + 0.1) for x in range(0, 30, 3) for y in range(0, 30, 3)]
    assert boxes(Region(shapely.union_all(everywhere))) == [(0.0, 0.0, 27.1, 27.1)]
