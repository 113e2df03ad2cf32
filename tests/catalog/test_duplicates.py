"""Copies of one scene: which stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from affine import Affine
from shapely import box

from landcover.catalog import read_lock, write_lock
from landcover.catalog.duplicates import drop_duplicates
from landcover.catalog.items import to_scene
from landcover.catalog.scenes import Dropped, Listed
from landcover.model import Scene, Sensor

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def scene(item: Make, sentinel2: Sensor) -> Scene:
    return to_scene(Listed(item(), "https://a.example"), "first", sentinel2, ("red",), ())[0]


def test_the_source_named_first_keeps_a_scene_of_one_id(scene: Scene) -> None:
    later = replace(scene, source="second", generated=datetime(2030, 1, 1, tzinfo=UTC))
    kept, dropped, notes = drop_duplicates([later, scene], ["first", "second"])
    assert kept == [scene]
    reason = f"a copy of {scene.id} of source first, which stands first"
    assert dropped == (Dropped("second", "2024-01-10", scene.id, reason),)
    assert str(notes[0]).startswith("source second: 1 scenes are listed twice")


def test_the_newest_of_two_copies_stays(scene: Scene) -> None:
    newer = replace(
        scene,
        id="S2A_35NNA_20240110_1_L2A",
        generated=scene.generated and scene.generated + timedelta(days=1),
        time=scene.time + timedelta(milliseconds=1),
    )
    kept, dropped, _ = drop_duplicates([scene, newer], ["first"])
    assert kept == [newer]
    assert [(d.scene, d.reason) for d in dropped] == [
        (scene.id, f"a copy of {newer.id}, which was made later")
    ]


def test_the_highest_baseline_stays_before_the_newest(scene: Scene) -> None:
    """Both are of one datatake; an older processing would show through the newer one's clouds."""
    old = replace(scene, id="old", baseline="02.14", generated=datetime(2030, 1, 1, tzinfo=UTC))
    for both in ([scene, old], [old, scene]):
        kept, dropped, _ = drop_duplicates(both, ["first"])
        assert kept == [scene]
        reason = f"a copy of {scene.id}, whose baseline is higher (05.10; here 02.14)"
        assert [d.reason for d in dropped] == [reason]


def test_versions_that_are_no_baselines_are_compared_by_their_numbers(scene: Scene) -> None:
    made = [replace(scene, id=v, baseline=v, generated=None) for v in ("V0M2R4", "V1M1R1", "")]
    kept, dropped, _ = drop_duplicates(made, ["first"])
    assert [s.id for s in kept] == ["V1M1R1"]
    assert "(V1M1R1; here not told)" in dropped[0].reason


def test_data_strips_tell_copies_where_times_do_not(scene: Scene) -> None:
    """The Planetary Computer dates a square by its whole pass, Earth Search by its own second."""
    here = replace(scene, datastrip="20240110T082000")
    elsewhere = replace(
        here, id="b", source="second", time=here.time - timedelta(minutes=9), baseline="02.12"
    )
    assert drop_duplicates([elsewhere, here], ["first", "second"])[0] == [here]
    neighbour = replace(elsewhere, source="first", time=here.time, datastrip="20240110T081930")
    assert len(drop_duplicates([neighbour, here], ["first"])[0]) == 2
    untold = replace(neighbour, datastrip="")
    assert drop_duplicates([untold, here], ["first"])[0] == [here]


def test_an_older_copy_of_a_cloudy_scene_is_not_read(scene: Scene) -> None:
    """The older processing saw less cloud in the same pixels."""
    old = replace(scene, id="old", baseline="02.14", cloud_percent=60.0)
    kept, dropped, _ = drop_duplicates([old], ["first"], cloudy=[scene])
    assert (kept, [d.scene for d in dropped]) == ([], ["old"])
    # another source's limit is its own
    other = replace(scene, id="b", source="second")
    assert drop_duplicates([other], ["first", "second"], cloudy=[scene])[0] == [other]
    # and a cloudy copy that is worse says nothing
    assert drop_duplicates([scene], ["first"], cloudy=[old])[0] == [scene]


def test_the_source_named_first_keeps_a_scene_however_new_a_later_one_is(scene: Scene) -> None:
    """What stays here is what would win in the mosaic: one order of sources decides both."""
    one = replace(scene, source="late", baseline="02.14", generated=None, cloud_percent=None)
    for preference in (["late", "first"], ["first", "late"]):
        kept, dropped, _ = drop_duplicates([one, scene], preference)
        assert [s.source for s in kept] + [d.source for d in dropped] == preference


def test_of_one_id_in_one_source_the_better_copy_stays(scene: Scene) -> None:
    old = replace(scene, baseline="02.14", generated=datetime(2030, 1, 1, tzinfo=UTC))
    assert drop_duplicates([old, scene], ["first"])[0] == [scene]


def test_a_source_that_a_product_takes_alone_keeps_its_copies(scene: Scene) -> None:
    """Else that product would lack every scene that the first source has too."""
    copy = replace(scene, source="second")
    both, names = [scene, copy], ["first", "second"]
    assert drop_duplicates(both, names, [("first", "second")])[0] == [scene]
    alone = [("first", "second"), ("second",)]
    yielding = replace(copy, yields_to=("first",))
    assert drop_duplicates(both, names, alone)[0] == [scene, yielding]
    other = replace(copy, id="b")
    assert drop_duplicates([scene, other], names, alone)[0] == [
        scene, replace(other, yields_to=("first",))
    ]  # fmt: skip
    assert drop_duplicates([copy, other], names, alone)[0] == [copy]


def test_a_second_that_turns_does_not_part_two_copies(scene: Scene) -> None:
    one = replace(scene, time=datetime(2024, 1, 10, 8, 20, 44, 999500, tzinfo=UTC))
    two = replace(one, id="b", time=datetime(2024, 1, 10, 8, 20, 45, 400, tzinfo=UTC))
    assert len(drop_duplicates([one, two], ["first"])[0]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"grid_code": "MGRS-35NNB"},
        {"platform": "sentinel-2b"},
        {"sensor": "other"},
        {"time": datetime(2024, 1, 10, 8, 20, 16, tzinfo=UTC)},  # the next data strip
    ],
)
def test_other_scenes_are_not_copies(scene: Scene, change: dict[str, Any]) -> None:
    other = replace(scene, id="b", **change)
    assert len(drop_duplicates([scene, other], ["first"])[0]) == 2


def test_without_a_platform_nothing_is_a_copy(scene: Scene) -> None:
    one = replace(scene, platform="")
    assert len(drop_duplicates([one, replace(one, id="b")], ["first"])[0]) == 2


def test_without_a_square_the_plane_stands_for_it(scene: Scene) -> None:
    one = replace(scene, grid_code="")
    assert len(drop_duplicates([one, replace(one, id="b")], ["first"])[0]) == 1
    red = scene.assets["red"]
    moved = {"red": replace(red, transform=red.transform @ Affine.translation(1, 0))}
    assert len(drop_duplicates([one, replace(one, id="b", assets=moved)], ["first"])[0]) == 2


def test_scenes_come_out_sorted_whatever_their_order(scene: Scene) -> None:
    scenes = [
        replace(scene, id=name, time=scene.time + timedelta(hours=hours))
        for name, hours in [("c", 5), ("a", 5), ("b", 0)]
    ]
    scenes = [replace(one, platform="") for one in scenes]
    assert [s.id for s in drop_duplicates(scenes, ["first"])[0]] == ["b", "a", "c"]
    assert drop_duplicates(scenes[::-1], ["first"])[0] == drop_duplicates(scenes, ["first"])[0]


def test_the_recorded_search_lists_every_square_and_day_twice(
    shared: Path, seek: Make, collection_file: Make, tmp_path: Path
) -> None:
    """Of each pair baseline 05.00 stays, of which the flag says that its pixels are shifted."""
    folder = shared / "stac/items/earth-search-v1/sentinel-2-l2a"
    items = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("S2A*.json"))]
    assert len(items) == 6
    world = {"region": box(-180, -90, 180, 90), "period": ("2015-01-01", "2030-01-01")}
    found = seek(collection_file(items), **world)
    write_lock(tmp_path / "scenes.json", found)
    lock = json.loads((tmp_path / "scenes.json").read_text("utf-8"))
    assert [one["id"] for one in lock["features"]] == [
        "S2A_32UMU_20200302_1_L2A", "S2A_32TMT_20200302_1_L2A", "S2A_32UNU_20200305_1_L2A"
    ]  # fmt: skip
    for one in lock["features"]:
        assert one["properties"]["landcover:reason"].startswith("offset 0: boa_offset_applied")
        assert "offset" not in one["assets"]["red"]["raster:bands"][0]
    because = "whose baseline is higher (05.00; here 02.14)"
    assert [row[2:] for row in lock["landcover:dropped"]] == [
        [one.replace("_1_", "_0_"), f"a copy of {one}, {because}"]
        for one in (
            "S2A_32TMT_20200302_1_L2A", "S2A_32UMU_20200302_1_L2A", "S2A_32UNU_20200305_1_L2A"
        )
    ]  # fmt: skip
    assert read_lock(tmp_path / "scenes.json") == found
