"""Copies of one scene: which stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from landcover.catalog.duplicates import drop_duplicates
from landcover.catalog.items import to_scene
from landcover.catalog.scenes import Listed
from landcover.model import Scene, Sensor

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def scene(item: Make, sentinel2: Sensor) -> Scene:
    return to_scene(Listed(item(), "https://a.example"), "first", sentinel2, ("red",), ())[0]


def test_the_source_named_first_keeps_a_scene_of_one_id(scene: Scene) -> None:
    later = replace(scene, source="second", generated=datetime(2030, 1, 1, tzinfo=UTC))
    kept, dropped, notes = drop_duplicates([later, scene], ["first", "second"])
    assert (kept, dropped) == ([scene], [later])
    assert str(notes[0]).startswith("source second: 1 scenes are listed twice")


def test_the_newest_of_two_copies_stays(scene: Scene) -> None:
    newer = replace(
        scene,
        id="S2A_35NNA_20240110_1_L2A",
        generated=scene.generated and scene.generated + timedelta(days=1),
        time=scene.time + timedelta(milliseconds=1),
    )
    kept, dropped, _ = drop_duplicates([scene, newer], ["first"])
    assert (kept, dropped) == ([newer], [scene])


def test_the_source_named_first_keeps_a_scene_however_new_a_later_one_is(scene: Scene) -> None:
    """What stays here is what would win in the mosaic: one order of sources decides both."""
    one = replace(scene, source="late", baseline="02.14", generated=None, cloud_percent=None)
    for preference in (["late", "first"], ["first", "late"]):
        kept, dropped, _ = drop_duplicates([one, scene], preference)
        assert [s.source for s in (*kept, *dropped)] == preference


def test_of_one_id_in_one_source_the_better_copy_stays(scene: Scene) -> None:
    old = replace(scene, baseline="02.14", generated=datetime(2030, 1, 1, tzinfo=UTC))
    assert drop_duplicates([old, scene], ["first"])[0] == [scene]


def test_a_source_that_a_product_takes_alone_keeps_its_copies(scene: Scene) -> None:
    """Else that product would lack every scene that the first source has too."""
    copy = replace(scene, source="second")
    both, names = [scene, copy], ["first", "second"]
    assert drop_duplicates(both, names, [("first", "second")])[0] == [scene]
    alone = [("first", "second"), ("second",)]
    assert drop_duplicates(both, names, alone)[0] == both
    assert drop_duplicates([scene, replace(copy, id="b")], names, alone)[1] == []
    assert drop_duplicates([copy, replace(copy, id="b")], names, alone)[0] == [copy]


def test_a_second_that_turns_does_not_part_two_copies(scene: Scene) -> None:
    one = replace(scene, time=datetime(2024, 1, 10, 8, 20, 44, 999500, tzinfo=UTC))
    two = replace(one, id="b", time=datetime(2024, 1, 10, 8, 20, 45, 400, tzinfo=UTC))
    assert len(drop_duplicates([one, two], ["first"])[0]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"baseline": "02.14"},  # a reprocessed copy: the mosaic decides
        {"grid_code": "MGRS-35NNB"},
        {"platform": "sentinel-2b"},
        {"sensor": "other"},
        {"time": datetime(2024, 1, 10, 8, 20, 16, tzinfo=UTC)},  # the next data strip
    ],
)
def test_other_scenes_are_not_copies(scene: Scene, change: dict[str, Any]) -> None:
    other = replace(scene, id="b", **change)
    assert len(drop_duplicates([scene, other], ["first"])[0]) == 2


@pytest.mark.parametrize("field", ["grid_code", "platform"])
def test_without_square_or_platform_nothing_is_a_copy(scene: Scene, field: str) -> None:
    one = replace(scene, **{field: ""})
    assert len(drop_duplicates([one, replace(one, id="b")], ["first"])[0]) == 2


def test_scenes_come_out_sorted_whatever_their_order(scene: Scene) -> None:
    scenes = [
        replace(scene, id=name, time=scene.time + timedelta(hours=hours))
        for name, hours in [("c", 5), ("a", 5), ("b", 0)]
    ]
    scenes = [replace(one, grid_code="") for one in scenes]
    assert [s.id for s in drop_duplicates(scenes, ["first"])[0]] == ["b", "a", "c"]
    assert drop_duplicates(scenes[::-1], ["first"])[0] == drop_duplicates(scenes, ["first"])[0]
