"""What of a wider lock a job still wants, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from landcover.catalog import Count, Dropped, SceneSet, narrow
from landcover.catalog.narrowing import chosen_more_narrowly
from landcover.catalog.settings import Source
from landcover.model import Period

Make = Callable[..., Any]
C1 = "sentinel-2-c1-l2a"


@pytest.fixture
def found(item: Make, seek: Make, collection_file: Make) -> SceneSet:
    """Return five scenes at 27.5 E, 1 h 50 min ahead of Greenwich; one is too cloudy."""
    times = {
        "before": "2024-02-29T08:20:00Z",
        "night": "2024-02-29T22:20:00Z",  # 1 March there
        "cloudy": "2024-03-10T08:20:00Z",
        "spring": "2024-03-20T08:20:00Z",
        "late": "2024-03-31T22:20:00Z",  # 1 April there
        "dark": "2024-03-21T08:20:00Z",
    }
    clouds = {"cloudy": 60.0, "dark": 95.0}
    items = [
        item(name=name, when=when, **{"eo:cloud_cover": clouds.get(name, 5.0), "grid:code": name})
        for name, when in times.items()
    ]
    made = seek(collection_file(items), max_cloud_percent=80)
    assert isinstance(made, SceneSet)
    return made


def source(**keys: Any) -> Source:
    return Source(name="s0", sensor="sentinel-2-l2a", catalog="/c.json", **keys)


MARCH = Period(date(2024, 3, 1), date(2024, 4, 1))


def test_a_shorter_period_takes_its_solar_days(found: SceneSet) -> None:
    assert [s.id for s in found.scenes] == ["before", "night", "cloudy", "spring", "late"]
    some = narrow(found, [source()], MARCH)
    assert [s.id for s in some.scenes] == ["night", "cloudy", "spring"]
    assert some.notes[-1].where == "source s0"
    assert some.notes[-1].what == "2 of the lock's 5 scenes are left out: out of period"
    assert some.counts == (
        Count("s0", "2024-02", "out of period", 1),
        Count("s0", "2024-03", "cloudy", 1),
        Count("s0", "2024-03", "used", 3),
        Count("s0", "2024-04", "out of period", 1),
    )
    assert replace(some, scenes=found.scenes, notes=found.notes, counts=found.counts) == found


def test_it_gives_what_a_search_would(
    item: Make, seek: Make, collection_file: Make, found: SceneSet
) -> None:
    path = found.scenes[0].item_href
    again = seek(path, period=("2024-03-01", "2024-04-01"), max_cloud_percent=50)
    some = narrow(found, [source(max_cloud_percent=50)], MARCH)
    assert some.scenes == again.scenes
    assert some.counts == again.counts


def test_a_stricter_limit_of_cloud_and_another_collection_are_obeyed(found: SceneSet) -> None:
    clear = narrow(found, [source(max_cloud_percent=50)], MARCH)
    assert [s.id for s in clear.scenes] == ["night", "spring"]
    assert [note.what.rpartition(": ")[2] for note in clear.notes] == ["cloudy", "out of period"]
    assert Count("s0", "2024-03", "cloudy", 2) in clear.counts
    assert narrow(found, [source(collection="other")], MARCH).scenes == ()
    assert len(narrow(found, [source(collection=C1)], MARCH).scenes) == 3


def test_all_that_is_wanted_stays_as_it_is(found: SceneSet) -> None:
    assert found.period is not None
    assert narrow(found, [source(max_cloud_percent=80)], found.period) == found
    assert narrow(found, [], MARCH) == found  # of no source of the job: whoever reads it tells


@pytest.mark.parametrize(
    ("period", "best", "is_narrower"),
    [
        ("2019-03", {"per": "month", "count": 3}, False),
        ("2019-03", {"per": "month", "count": 4}, True),
        ("2019-q1", {"per": "month", "count": 1}, True),
        ("2019-q1", {"per": "half_year", "count": 2}, False),
        ("2019-h2", {"per": "quarter", "count": 3}, True),
        ("2019", {"per": "year", "count": 1}, False),
        ("2019", None, True),
    ],
)
def test_a_lock_that_holds_fewer_of_the_clearest(
    period: str, best: dict[str, Any] | None, is_narrower: bool
) -> None:
    source = Source.model_validate({"sensor": "sentinel-2-l2a", "catalog": "a.json", "best": best})
    reason = f"not among the clearest 3 of {period} in MGRS-35NPB: 20 % cloud, over all"
    copy = Dropped("sentinel-2-l2a", "2019-03-02", "b", "a copy of c, which was made later")
    chosen = Dropped("sentinel-2-l2a", "2019-03-01", "a", reason)
    assert not chosen_more_narrowly(SceneSet((), dropped=(copy,)), [source])
    notes = chosen_more_narrowly(SceneSet((), dropped=(chosen, copy)), [source])
    assert len(notes) == is_narrower
