"""The clearest looks of a period: choices worked by hand, and the same whatever the order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box, union_all
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover.catalog import keep_clearest, read_lock, write_lock
from landcover.catalog.clearest import rank, square_of
from landcover.catalog.scenes import Choice, Count, SceneSet
from landcover.catalog.settings import Best, Source
from landcover.model import Scene

ZONES = box(27.2, 0.7, 27.4, 0.9)
MONTH = Best(per="month", count=2)


def seen(
    name: str,
    day: date,
    cloud: float | None,
    ground: BaseGeometry | None = None,
    square: str = "MGRS-35NNA",
    **told: Any,
) -> Scene:
    """Make a scene by what a choice looks at."""
    shape = ground if ground is not None else box(27.0, 0.5, 28.0, 1.5)
    fields: dict[str, Any] = {
        "source": "s2",
        "time": datetime(day.year, day.month, day.day, 8, tzinfo=UTC),
        "solar_day": day,
        "crs": "EPSG:32635",
        "assets": {},
        "geometry": json.dumps(mapping(shape)),
        "footprint": tuple(shape.bounds),
        **told,
    }
    return Scene(name, sensor="made-up", cloud_percent=cloud, grid_code=square, **fields)


def ids(scenes: Any) -> list[str]:
    return [one.id for one in scenes]


JAN = [date(2024, 1, day) for day in range(1, 32)]


def test_the_clearest_two_of_each_month() -> None:
    scenes = [
        seen("a", JAN[0], 40.0), seen("b", JAN[5], 5.0), seen("c", JAN[10], 90.0),
        seen("d", JAN[20], 20.0), seen("e", date(2024, 2, 3), 99.0),
    ]  # fmt: skip
    made = rank(scenes, MONTH, ZONES)
    assert ids(made.kept) == ["b", "d", "e"]
    where = "not among the clearest 2 of 2024-01 in MGRS-35NNA"
    assert [(one.scene, one.day, one.reason) for one in made.dropped] == [
        ("a", "2024-01-01", f"{where}: 40 % cloud, over 100 % of the zones there"),
        ("c", "2024-01-11", f"{where}: 90 % cloud, over 100 % of the zones there"),
    ]
    first, second = made.choices
    assert first == Choice(
        "s2", "MGRS-35NNA", "2024-01", 1.0, 4, 2, 4, 2, 4,
        pytest.approx(0.6 + 0.95 + 0.1 + 0.8), pytest.approx(0.95 + 0.8),
    )  # fmt: skip
    assert (second.period, second.looks, second.looks_taken) == ("2024-02", 1, 1)


def test_a_clear_sliver_does_not_win_a_place() -> None:
    """It sees a sixteenth of the zones: 0.06 of clear ground, against 0.4 and 0.3."""
    sliver = box(27.0, 0.5, 27.2125, 1.5)
    scenes = [
        seen("sliver", JAN[0], 0.0, sliver), seen("half", JAN[5], 60.0), seen("c", JAN[9], 70.0)
    ]  # fmt: skip
    made = rank(scenes, MONTH, ZONES)
    assert ids(made.kept) == ["half", "c"]
    assert made.dropped[0].reason.endswith(": 0 % cloud, over 6 % of the zones there")


def test_two_strips_of_a_day_are_one_look() -> None:
    """Together they cover all zones: 0.8 x 0.25 + 0.4 x 0.75 = 0.5 of them is clear."""
    west, east = box(27.0, 0.5, 27.25, 1.5), box(27.25, 0.5, 28.0, 1.5)
    strips = [seen("w", JAN[3], 20.0, west), seen("e", JAN[3], 60.0, east)]
    other = [seen("x", JAN[8], 55.0), seen("y", JAN[12], 45.0)]
    made = rank([*strips, *other], MONTH, ZONES)
    assert ids(made.kept) == ["e", "w", "y"]
    (choice,) = made.choices
    assert (choice.looks, choice.looks_taken) == (3, 2)
    assert (choice.scenes, choice.scenes_taken) == (4, 3)
    assert choice.clear == pytest.approx(0.5 + 0.45 + 0.55, abs=0.02)


def test_both_sides_of_a_swaths_edge_are_seen() -> None:
    """Three places: the clearer orbit sees 60 % of the zones, and would take all by itself.

    First 0.6 x 0.9 = 0.54 (a). Then b, the other orbit: its 40 % alone are worth
    0.8 x (0.3 + 0.1 / 1.9) = 0.28 + ..., more than c: 0.9 x 0.6 / 1.9 = 0.28. Then c again.
    """
    first, second = box(27.0, 0.5, 27.32, 1.5), box(27.30, 0.5, 28.0, 1.5)
    scenes = [
        seen("a", JAN[0], 10.0, first), seen("c", JAN[5], 10.0, first),
        seen("d", JAN[10], 10.0, first), seen("b", JAN[2], 20.0, second),
        seen("e", JAN[7], 20.0, second),
    ]  # fmt: skip
    assert ids(rank(scenes, Best(per="month", count=1), ZONES).kept) == ["a"]
    assert ids(rank(scenes, MONTH, ZONES).kept) == ["a", "b"]
    assert ids(rank(scenes, Best(per="month", count=3), ZONES).kept) == ["a", "b", "c"]
    assert ids(rank(scenes, Best(per="month", count=4), ZONES).kept) == ["a", "b", "c", "e"]


def test_zones_are_weighed_by_their_ground() -> None:
    """Ten specks between two zones: what sees the larger zone goes first, whatever the specks."""
    large, small = box(27.2, 0.7, 27.3, 0.8), box(27.6, 0.7, 27.65, 0.75)
    specks = [box(27.4 + n / 100, 0.7, 27.4001 + n / 100, 0.7001) for n in range(10)]
    region = union_all([large, small, *specks])
    west, east = box(27.0, 0.5, 27.35, 1.5), box(27.35, 0.5, 28.0, 1.5)
    scenes = [seen("e", JAN[0], 0.0, east), seen("w", JAN[1], 0.0, west)]
    made = rank(scenes, Best(per="month", count=1), region)
    assert ids(made.kept) == ["w"]
    (told,) = made.dropped
    share = float(told.reason.split("over ")[1].split(" ")[0])
    assert share == pytest.approx(100 * 0.0025 / (0.01 + 0.0025), abs=2)  # points, to 1 or 2 %
    dots = rank(scenes, Best(per="month", count=1), union_all(specks))
    assert ids(dots.kept) == ["e"]


def test_each_square_has_its_own_places() -> None:
    scenes = [
        seen(f"{square}{day}", JAN[day], 10.0 + day, square=square)
        for square in ("MGRS-35NNA", "MGRS-35NPA")
        for day in range(3)
    ]
    made = rank(scenes, Best(per="month", count=1), ZONES)
    assert ids(made.kept) == ["MGRS-35NNA0", "MGRS-35NPA0"]


def test_cloud_that_is_not_told_counts_as_half() -> None:
    scenes = [seen("a", JAN[0], None), seen("b", JAN[1], 49.0), seen("c", JAN[2], 51.0)]
    assert ids(rank(scenes, Best(per="month", count=1), ZONES).kept) == ["b"]
    made = rank(scenes, MONTH, ZONES)
    assert ids(made.kept) == ["a", "b"]
    none = rank(scenes[:1], MONTH, ZONES)
    assert (none.choices[0].told, none.choices[0].clear) == (0, 0.5)


def test_of_equals_the_earliest_then_by_id() -> None:
    scenes = [seen("b", JAN[4], 10.0), seen("c", JAN[2], 10.0), seen("a", JAN[4], 10.0)]
    made = rank(scenes, Best(per="month", count=1), ZONES)
    assert ids(made.kept) == ["c"]
    # outlines that differ by the rounding of their degrees are equal
    wider = box(27.0, 0.5, 28.0, 1.5 + 1e-9)
    scenes = [seen("late", JAN[9], 10.0, wider), seen("early", JAN[1], 10.0)]
    assert ids(rank(scenes, Best(per="month", count=1), ZONES).kept) == ["early"]


@pytest.mark.parametrize(
    ("per", "names"),
    [("quarter", ["2023-q4", "2024-q1"]), ("half_year", ["2023-h2", "2024-h1"]),
     ("year", ["2023", "2024"]), ("month", ["2023-12", "2024-01", "2024-03"])],
)  # fmt: skip
def test_periods_are_the_calendars(per: Any, names: list[str]) -> None:
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 3, 31)]
    scenes = [seen(str(day), day, 10.0) for day in days]
    made = rank(scenes, Best(per=per, count=1), ZONES)
    assert [one.period for one in made.choices] == names


@pytest.mark.parametrize(
    ("name", "square"),
    [("S2A_35NNA_20240110_0_L2A", "MGRS-35NNA"), ("S2A_5CNL_20240110_0_L2A", "MGRS-05CNL"),
     ("S2B_MSIL2A_20200606T083559_R064_T35NQB_20201005T1", "MGRS-35NQB"),
     ("LC08_L2SP_174060_20240101_02_T1", "WRS2-174060"),
     ("MOD13Q1.A2020001.h20v08.061.2020326093018", "MODIS-h20v08"),
     ("1f7b1e5c-7a", "cell 27 1")],
)  # fmt: skip
def test_the_square_of_an_item_that_does_not_say(name: str, square: str) -> None:
    assert square_of(seen(name, JAN[0], 1.0, square="")) == square
    assert square_of(seen(name, JAN[0], 1.0)) == "MGRS-35NNA"
    orbit = seen(name, JAN[0], 1.0, square="", orbit="51 descending")
    assert square_of(orbit) == f"{square} orbit 51 descending"


clouds = st.one_of(st.none(), st.floats(0, 100, width=16))
outlines = st.sampled_from(
    [None, box(27.0, 0.5, 27.3, 1.5), box(27.3, 0.5, 28.0, 1.5), box(27.9, 0.5, 28.0, 0.6)]
)
some = st.lists(
    st.tuples(st.integers(0, 70), clouds, outlines, st.sampled_from(["A", "B"])), max_size=14
)


@given(some, st.sampled_from(["month", "quarter", "year"]), st.integers(1, 3), st.randoms())
def test_the_choice_is_the_same_whatever_the_order(
    drawn: list[Any], per: Any, count: int, chance: Any
) -> None:
    scenes = [
        seen(f"{number:02d}", date(2024, 1, 1) + timedelta(days=day), cloud, ground, square)
        for number, (day, cloud, ground, square) in enumerate(drawn)
    ]
    best = Best(per=per, count=count)
    made = rank(scenes, best, ZONES)
    shuffled = list(scenes)
    chance.shuffle(shuffled)
    assert rank(shuffled, best, ZONES) == made
    # nothing is lost, no period has more looks than asked for, and to choose again changes nothing
    assert sorted(ids(made.kept) + [one.scene for one in made.dropped]) == sorted(ids(scenes))
    looks: dict[Any, set[date]] = {}
    for one in made.kept:
        looks.setdefault((one.grid_code, _start(one.solar_day, per)), set()).add(one.solar_day)
    assert all(1 <= len(days) <= count for days in looks.values())
    assert rank(made.kept, best, ZONES).kept == made.kept


def _start(day: date, per: str) -> tuple[int, int]:
    """Tell periods apart in another way than the code does."""
    return day.year, {"month": day.month, "quarter": (day.month + 2) // 3, "year": 0}[per]


def test_a_set_of_scenes_tells_what_was_left_out(tmp_path: Path) -> None:
    """Sources that do not ask are left alone; the lock gives back what was chosen."""
    mine = [seen(name, JAN[n], 10.0 * n) for n, name in enumerate("abc")]
    others = [replace(one, source="other") for one in mine]
    counts = (Count("other", "2024-01", "used", 3), Count("s2", "2024-01", "used", 3))
    found = SceneSet((*mine, *others), counts=counts)
    sources = [
        Source(name="s2", sensor="made-up", catalog="/a.json", best=MONTH),
        Source(name="other", sensor="made-up", catalog="/a.json"),
    ]
    kept = keep_clearest(found, sources, ZONES)
    assert [(one.source, one.id) for one in kept.scenes if one.source == "s2"] == [
        ("s2", "a"), ("s2", "b")
    ]  # fmt: skip
    assert len([one for one in kept.scenes if one.source == "other"]) == 3
    assert kept.counts == (
        Count("other", "2024-01", "used", 3),
        Count("s2", "2024-01", "less clear", 1),
        Count("s2", "2024-01", "used", 2),
    )
    assert str(kept.notes[0]) == (
        "source s2: 1 of 3 scenes are left out: not among the clearest 2 a month of their grid "
        "square. scenes.json lists each with its reason."
    )
    write_lock(tmp_path / "scenes.json", replace(kept, scenes=()))
    again = read_lock(tmp_path / "scenes.json")
    assert (again.choices, again.dropped, again.counts) == (kept.choices, kept.dropped, kept.counts)
    assert keep_clearest(found, [sources[1]], ZONES) == found


def test_a_search_of_a_catalog(
    item: Callable[..., Any], collection_file: Callable[..., Path], seek: Callable[..., Any]
) -> None:
    """Copies are dropped before looks are counted: the second of each day takes no place."""
    items = []
    for n in range(4):
        name, when = f"S2A_35NNA_2024011{n}", f"2024-01-1{n}T08:20:00Z"
        items += [
            item(f"{name}_{copy}_L2A", when, **{"eo:cloud_cover": 20.0 * n + copy})
            for copy in (0, 1)
        ]
    path = collection_file(items)
    found = seek(path)
    source = Source(name="s0", sensor="sentinel-2-l2a", catalog=str(path), best=MONTH)
    kept = keep_clearest(found, [source], ZONES)
    assert len(found.scenes) == 4
    assert ids(kept.scenes) == ids(found.scenes)[:2]
    assert {one.fate: one.items for one in kept.counts} == {
        "used": 2, "duplicate": 4, "less clear": 2
    }  # fmt: skip
