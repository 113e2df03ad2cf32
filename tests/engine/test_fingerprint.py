"""What makes a tile again, and what does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog import SceneSet, read_lock, write_lock
from landcover.engine import fingerprint
from landcover.engine.fingerprint import Digests, changed_parts, digest
from landcover.model import Period

DAY = date(2020, 5, 1)

SIX_YEARS = Period(date(2015, 1, 1), date(2021, 1, 1))


@pytest.fixture
def scenes(build: Any) -> list[Any]:
    made = datetime(2021, 3, 4, 5, 6, 7, 890000, UTC)
    return [
        build.scene(DAY, "a", baseline="05.00", generated=made, cloud_percent=12.5),
        build.scene(date(2020, 5, 6), "b", cloud_percent=30),
        build.scene(date(2020, 5, 11), "c"),
    ]


@pytest.fixture
def zones(build: Any) -> list[Any]:
    return [build.zone("one", (10, 10), (90, 90)), build.zone("two", (50, 20), (200, 140))]


@pytest.fixture
def parts(build: Any, scenes: list[Any], zones: list[Any]) -> Callable[..., Any]:
    """Return ``parts(...)``: the hashes of the one tile, with something changed."""

    def make(products: Any = None, sources: Any = ({},), series: Any = None,
             scenes: Any = scenes, zones: Any = zones, **place: Any) -> dict[str, str]:  # fmt: skip
        brief = build.brief(build.order(products, sources, series), scenes, zones)
        return dict(build.task(brief, **place).parts)

    return make


def test_the_same_things_hash_alike_however_they_are_written(parts: Any) -> None:
    ints = ({"cloud_grown_m": 60, "clear_classes": [5, 4]},)
    floats = ({"cloud_grown_m": 60.0, "clear_classes": [4, 5]},)
    assert parts(sources=ints) == parts(sources=floats)
    assert parts({"composite": {}}) == parts({"composite": {"index": "ndvi", "min_clear": 1}})


def test_scenes_hash_alike_in_any_order_and_from_the_lock(
    parts: Any, scenes: list[Any], tmp_path: Path
) -> None:
    before = parts()
    shuffled = random.Random(3).sample(scenes, 3)
    assert parts(scenes=shuffled) == before
    write_lock(tmp_path / "scenes.json", SceneSet(tuple(scenes)))
    locked = read_lock(tmp_path / "scenes.json").scenes
    assert changed_parts(before, parts(scenes=locked)) == ()


def test_whole_numbers_and_fractions_of_one_value_hash_alike(
    parts: Any, scenes: list[Any], build: Any
) -> None:
    def with_asset(**numbers: Any) -> list[Any]:
        asset = build.asset("red", **numbers)
        return [replace(scenes[0], assets={**scenes[0].assets, "red": asset})]

    whole = parts(scenes=with_asset(nodata=0, scale=1, offset=0, clip=(0, 1)))
    assert parts(scenes=with_asset(nodata=0.0, scale=1.0, offset=0.0, clip=(0.0, 1.0))) == whole
    assert parts(scenes=with_asset(nodata=None, scale=1, offset=0, clip=(0, 1))) != whole
    assert parts(scenes=with_asset(nodata=0, scale=1, offset=-0.1, clip=(0, 1))) != whole


def test_a_zone_renamed_is_no_reason_and_a_zone_moved_is(
    parts: Any, zones: Any, build: Any
) -> None:
    before = parts()
    renamed = [replace(zones[0], name="Another", kept={"a": 1}, area_ha=2.0), zones[1]]
    assert parts(zones=renamed) == before
    moved = [build.zone("one", (10, 10), (90, 91)), zones[1]]
    assert changed_parts(before, parts(zones=moved)) == ("zones",)
    coded = [replace(zones[0], id="eins"), zones[1]]
    assert changed_parts(before, parts(zones=coded)) == ("zones",)
    assert parts(zones=zones[::-1]) == before


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "statistic": ("products", {"products": {"composite": {"statistic": ["mean"]}}}),
    "min_clear": ("products", {"products": {"composite": {"min_clear": 2}}}),
    "pictures": ("products", {"products": {"composite": {}, "pictures": {}}}),
    "clear": ("reading", {"sources": ({"clear_classes": [4]},)}),
    "grown": ("reading", {"sources": ({"cloud_grown_m": 61},)}),
    "series": ("series", {"series": {"every": "month"}}),
    "place": ("grid", {"row": 1}),
    "size": ("grid", {"shape": (255, 384)}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_setting_is_named(name: str, parts: Any) -> None:
    part, change = CHANGES[name]
    assert changed_parts(parts(), parts(**change)) == (part,)


SCENE_CHANGES: dict[str, dict[str, Any]] = {
    "baseline": {"baseline": "05.01"},
    "generated": {"generated": datetime(2022, 1, 1, tzinfo=UTC)},
    "cloud": {"cloud_percent": 12.6},
    "source": {"source": "other"},
    "crs": {"crs": "EPSG:32636"},
    "day": {"solar_day": date(2020, 5, 2)},
}


@pytest.mark.parametrize("name", SCENE_CHANGES)
def test_a_scene_that_changes_its_place_in_the_mosaic_is_another(
    name: str, parts: Any, scenes: list[Any]
) -> None:
    other = [replace(scenes[0], **SCENE_CHANGES[name]), *scenes[1:]]
    assert changed_parts(parts(), parts(scenes=other)) == ("scenes",)


def test_another_order_of_sources_makes_tiles_again(parts: Any) -> None:
    """The mosaic takes the source named first."""
    one, two = {"name": "one"}, {"name": "two"}
    assert changed_parts(parts(sources=(one, two)), parts(sources=(two, one))) == (
        "products", "series",
    )  # fmt: skip


def test_only_a_tile_s_own_scenes_and_zones_count(build: Any, scenes: Any, zones: Any) -> None:
    grid = build.grid.window(0, 0, (64, 64))
    digests = Digests(build.brief(build.order(), scenes, zones))
    fewer = Digests(build.brief(build.order(), scenes[:1], zones[:1]))
    assert digests.parts(grid, (0,), (0,)) == fewer.parts(grid, (0,), (0,))
    assert changed_parts(digests.parts(grid, (0,), (0,)), digests.parts(grid, (0, 1), (0,))) == (
        "scenes",
    )


def test_a_new_version_of_results_or_product_makes_tiles_again(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landcover.products import PRODUCTS

    before = parts()
    monkeypatch.setattr(fingerprint, "RESULTS_VERSION", fingerprint.RESULTS_VERSION + 1)
    assert changed_parts(before, parts()) == ("version",)
    newer = replace(PRODUCTS["composite"], version=PRODUCTS["composite"].version + 1)
    monkeypatch.setattr("landcover.products.PRODUCTS", {**PRODUCTS, "composite": newer})
    assert changed_parts(before, parts()) == ("products", "version")


@pytest.mark.parametrize(
    ("product", "changed", "learnt", "settled"),
    [
        ("disturbance", {"stable": {"index_at_least": 0.5}}, True, False),
        ("disturbance", {"min_ha": 0.5}, False, True),
        ("disturbance", {"patch_days": 30}, False, True),
        ("disturbance", {"trials": {"every_px": 30}}, True, True),
        ("trend", {"false_discovery": 0.01}, True, True),
    ],
)
def test_what_is_learnt_and_settled_again(
    build: Any, product: str, changed: dict[str, Any], learnt: bool, settled: bool
) -> None:
    """Of what stands, only that which a changed setting could change is made again."""
    orders = [build.order({product: keys}, period=SIX_YEARS) for keys in ({}, changed)]
    (work,), (other,) = (order.works for order in orders)
    context = orders[0].context
    for hashed, differs in (
        (fingerprint.learning_digest, learnt), (fingerprint.settling_digest, settled),
    ):  # fmt: skip
        assert (hashed(work, context) != hashed(other, context)) == differs


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [1.5]}) == digest({"b": [1.5], "a": 1}) != digest({"a": 1})


def test_a_part_that_is_new_or_gone_is_named() -> None:
    assert changed_parts({"a": "1", "b": "2"}, {"b": "2", "c": "3"}) == ("a", "c")
