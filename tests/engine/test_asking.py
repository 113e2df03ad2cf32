"""What pixels say of declared offsets: made-up scenes of both kinds, told rightly and wrongly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import box

from landcover import sensors
from landcover.catalog import Count, Dropped, SceneSet, read_lock, search, write_lock
from landcover.catalog.duplicates import drop_duplicates
from landcover.catalog.reasons import first_reason
from landcover.catalog.settings import Source
from landcover.engine import asking, samples
from landcover.engine.asking import answers, told_by
from landcover.engine.deciding import ask_pixels
from landcover.engine.samples import Sample, asked_band
from landcover.engine.workspace import Workspace
from landcover.errors import NoScenesError, OffsetError
from landcover.model import Period, Scene
from landcover.synthetic import Writing, broken, country, write
from landcover.synthetic.land import Weather

SENSOR = sensors.load("sentinel-2-l2a")
CLEAR = Weather(clouds=0, residual=0, swath_edge=0, speckle=0, bright_called_cloud=0)
CLOUDY = Weather(clouds=1.0, spread=0, residual=0, swath_edge=0, speckle=0)
BEFORE, SINCE = date(2021, 12, 20), date(2022, 3, 6)
"""A day of baseline 03.01, whose DN carry nothing, and one of 04.00, whose DN carry 1000."""


def test_scenes_that_should_be_alike_and_are_not_are_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither is the group refused, for one of them may be hazy, nor is it passed over."""
    found = SceneSet((), (), ())
    mixed = asking.Answer("s2", "c", "05.10", -0.1, 9, False, (-0.1, 0.0), (1190.0, 210.0))
    assert (mixed.is_mixed, mixed.is_contradiction) == (True, False)
    monkeypatch.setattr(asking.Examiner, "answers", lambda *_: (mixed,))
    (note,) = ask_pixels(found, [], {}).notes
    assert "1 have it, 1 have not" in note.what
    for told in ((-0.1, None), (None, None)):
        assert not replace(mixed, told=told).is_mixed
    assert not replace(mixed, doubtful=True).is_mixed


class World:
    """A folder of scenes of one day each, that may be told wrongly, and searches of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = folder / "catalog.json"

    def scene(self, day: date) -> Path:
        return next(self.folder.glob(f"*_{day:%Y%m%d}T*_L2A"))

    def source(self, **keys: Any) -> Source:
        return Source(name="s2", sensor="sentinel-2-l2a", catalog=str(self.catalog), **keys)

    def search(self, bands: frozenset[str] = frozenset({"red", "nir", "scl"})) -> SceneSet:
        year = Period(date(2021, 1, 1), date(2023, 1, 1))
        everywhere = box(-180, -90, 180, 90)
        return search([self.source()], {"s2": SENSOR}, {"s2": bands}, year, everywhere)

    def asked(self, offset: str = "check") -> SceneSet:
        return ask_pixels(self.search(), [self.source(offset=offset)], {"s2": SENSOR})


Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return ``make(weather, days)``: write scenes of a small country."""

    def written(weather: Weather = CLEAR, days: tuple[date, ...] = (BEFORE, SINCE)) -> World:
        land = country(160, weather=weather)
        write(land, tmp_path / "scenes", days, writing=Writing(64, bands=("red", "nir")))
        return World(tmp_path / "scenes")

    return written


def offsets(found: SceneSet) -> dict[date, float]:
    return {one.solar_day: one.assets["red"].offset for one in found.scenes}


@pytest.mark.parametrize("bands", [{"red", "scl"}, {"red", "nir", "scl"}])
def test_true_declarations_are_borne_out(make: Make, bands: set[str]) -> None:
    made = answers(make().search(frozenset(bands)).scenes)
    assert [(one.baseline, one.offset, one.told) for one in made] == [
        ("03.01", 0.0, (0.0,)),
        ("04.00", -0.1, (-0.1,)),
    ]
    assert not any(one.is_contradiction for one in made)
    before, since = (one.floors[0] for one in made)
    assert before < 400
    assert 1000 <= since < 1400


def test_what_is_borne_out_stays_as_it_is(make: Make) -> None:
    world = make()
    assert world.asked() == world.search()


@pytest.mark.parametrize(("day", "wrong"), [(SINCE, 0.0), (BEFORE, -0.1)])
def test_a_false_declaration_ends_the_run(make: Make, day: date, wrong: float) -> None:
    """Not applied, dense forest of NDVI 0.86 has 0.59; applied twice, it has more than there is."""
    world = make()
    broken.wrong_offset(world.scene(day), wrong)
    with pytest.raises(OffsetError, match="source s2: pixels deny the declared offset") as raised:
        world.asked()
    assert "set offset: trust to take it as declared" in str(raised.value)
    assert raised.value.exit_code == 1
    found = world.asked("trust")
    assert offsets(found)[day] == wrong
    assert "It is taken as declared: offset: trust" in str(found.notes[-1])


def test_a_doubtful_scene_is_decided_by_its_pixels(make: Make, tmp_path: Path) -> None:
    """Both say the same of themselves; one is shifted, the other is not."""
    world = make()
    for day in (BEFORE, SINCE):
        broken.doubtful(world.scene(day))
    assert all(one.doubtful for one in world.search().scenes)
    found = world.asked()
    assert offsets(found) == {BEFORE: 0.0, SINCE: -0.1}
    for one in found.scenes:
        assert not one.doubtful
        assert one.assets["nir"].offset == one.assets["red"].offset
        assert one.assets["scl"].offset == 0
        assert one.reason.startswith(f"offset {one.assets['red'].offset:g}: decided by its pixels")
        assert "boa_offset_applied is false" in one.reason
    write_lock(tmp_path / "scenes.json", found)
    assert read_lock(tmp_path / "scenes.json") == found


def test_a_doubtful_scene_that_cannot_tell_is_left_out(make: Make) -> None:
    """All is cloud: no ground is seen."""
    world = make(CLOUDY)
    broken.doubtful(world.scene(SINCE))
    found = world.asked()
    assert list(offsets(found)) == [BEFORE]
    (out,) = found.dropped
    assert (out.source, out.day) == ("s2", "2022-03-06")
    assert out.reason.endswith("its pixels cannot tell")
    assert "1 of 1 scenes whose offset is doubtful are left out" in str(found.notes[-1])
    assert Count("s2", "2022-03", "doubtful", 1) in found.counts
    assert not [one for one in found.counts if one.month == "2022-03" and one.fate == "used"]
    trusted = world.asked("trust")
    assert offsets(trusted) == {BEFORE: 0.0, SINCE: -0.1}
    assert trusted.scenes[1].reason.endswith(
        "its pixels cannot tell; taken so all the same, since the job says offset: trust"
    )


def test_nothing_but_doubt_is_no_scenes(make: Make) -> None:
    world = make(CLOUDY, (SINCE,))
    broken.doubtful(world.scene(SINCE))
    with pytest.raises(NoScenesError, match="of 1 scenes it is not known"):
        world.asked()


def test_clouds_tell_nothing_of_sound_scenes(make: Make) -> None:
    """Undecided is an answer, and no contradiction."""
    world = make(CLOUDY)
    broken.wrong_offset(world.scene(SINCE), 0.0)
    assert offsets(world.asked()) == {BEFORE: 0.0, SINCE: 0.0}
    assert [one.told for one in answers(world.search().scenes)] == [(None,), (None,)]


def test_a_scene_that_cannot_be_read_is_the_runs_matter(make: Make) -> None:
    world = make()
    broken.without_file(world.scene(SINCE), "red")
    assert len(world.asked().scenes) == 2


# --- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floor", "offset"),
    [(0.0, 0.0), (799.9, 0.0), (800.0, None), (999.9, None), (1000.0, -0.1), (1999.9, -0.1),
     (2000.0, None), (None, None)],
)  # fmt: skip
def test_floors(floor: float | None, offset: float | None) -> None:
    assert told_by(Sample("red", floor, None)) == offset


@pytest.fixture
def scene(build: Any) -> Callable[..., Scene]:
    """Return ``scene(name, day, offset, ...)``: one of Sentinel-2 of a square."""

    def make(name: str, day: int, offset: float, **told: Any) -> Scene:
        first: Scene = build.scene(date(2022, 1, 1), name, platform="sentinel-2a", **told)
        time = datetime(2022, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)
        red = replace(first.assets["red"], offset=offset)
        assets = {**first.assets, "red": red}
        return replace(first, time=time, grid_code="MGRS-35NNA", assets=assets)

    return make


def seen(monkeypatch: pytest.MonkeyPatch, **shown: Sample) -> None:
    """Let scenes show what a test says."""

    def look(scenes: Any, *_: object) -> dict[tuple[str, str], Sample]:
        return {(s.source, s.id): shown[s.id] for s in scenes if s.id in shown}

    monkeypatch.setattr(asking, "samples_of", look)


def test_a_jump_across_a_change_of_baseline_tells_what_a_floor_cannot(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Savanna in the dry season: floors of 850 tell nothing, a jump of 1000 does."""
    old, new = scene("old", 0, 0.0, baseline="03.01"), scene("new", 30, 0.0, baseline="04.00")
    both = {"old": Sample("red", 700.0, (900.0, 1200.0, 1500.0))}
    seen(monkeypatch, **both, new=Sample("red", None, (1880.0, 2210.0, 2530.0)))
    made = {one.baseline: one for one in answers([old, new])}
    assert (made["03.01"].told, made["04.00"].told) == ((0.0,), (-0.1,))
    assert made["04.00"].is_contradiction
    for moved in (
        scene("new", 90, 0.0, baseline="04.00"),  # another season
        replace(new, grid_code="MGRS-35NNB"),
    ):
        made = {one.baseline: one for one in answers([old, moved])}
        assert made["04.00"].told == (None,)
    seen(monkeypatch, **both, new=Sample("red", None, (1380.0, 1710.0, 2030.0)))
    assert answers([old, new])[1].told == (None,)  # half way


def test_one_scene_that_has_the_offset_is_enough_against_a_contradiction(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Haze over a whole scene can lift its floor."""
    two = [scene("a", 0, 0.0), scene("b", 5, 0.0)]
    seen(monkeypatch, a=Sample("red", 1100.0, None), b=Sample("red", 300.0, None))
    (made,) = answers(two)
    assert (made.agree, made.deny, made.is_contradiction) == (1, 1, False)
    assert str(made) == (
        "its scenes: offset 0 in 2 scenes; of 2 asked 1 have it, 1 have not, 0 cannot tell "
        "(floors: DN 300, 1100)"
    )


def test_the_clearest_of_a_group_are_asked(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {name: Sample("red", 300.0, None) for name in "abcd"}
    seen(monkeypatch, **shown)
    many = [
        scene(name, day, 0.0, cloud_percent=cloud)
        for day, (name, cloud) in enumerate([("a", 90.0), ("b", None), ("c", 5.0), ("d", 7.0)])
    ]
    assert [one.id for one in asking._chosen(many, doubtful=False)] == ["c", "d"]
    assert len(asking._chosen(many, doubtful=True)) == 4
    assert answers(many)[0].scenes == 4


@pytest.mark.parametrize("change", [{"platform": "landsat-9"}, {"platform": ""}, {"assets": {}}])
def test_other_scenes_are_not_asked(scene: Any, change: dict[str, Any]) -> None:
    assert asked_band(scene("a", 0, 0.0)) == "red"
    assert asked_band(scene("a", 0, -0.05)) == ""
    other = replace(scene("a", 0, 0.0), **change)
    assert asked_band(other) == ""
    assert answers([other]) == ()


def test_what_was_fetched_is_remembered(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "out")
    far = scene("far", 0, -0.1)
    href = "https://data.example/B04.tif"
    far = replace(far, assets={**far.assets, "red": replace(far.assets["red"], href=href)})
    shown = Sample("red", 1100.0, (1200.0, 1300.0, 1400.0))
    monkeypatch.setattr(samples, "_look", lambda *_: shown)
    assert samples.samples_of([far], workspace, False) == {(far.source, "far"): shown}
    monkeypatch.setattr(samples, "_look", lambda *_: None)
    assert samples.samples_of([far], workspace, True) == {(far.source, "far"): shown}
    assert answers([far], workspace, offline=True)[0].told == (-0.1,)
    memory = workspace.work / "offsets.json"
    assert href not in memory.read_text("utf-8")
    for entry in (["red", "high", None], ["red", 1.0, [1, 2]], [3, None, None], "red", None):
        known = json.loads(memory.read_text("utf-8"))
        memory.write_text(json.dumps(dict.fromkeys(known, entry)), "utf-8")
        assert samples.samples_of([far], workspace, True) == {}


# --- copies of what is left out ----------------------------------------------------------------

TELLS, SILENT = Sample("red", 300.0, None), Sample("red", None, None)


def found_of(scenes: list[Scene], names: str = "ab", pools: Any = ()) -> SceneSet:
    """Return what a search gives of scenes: copies dropped, and spare."""
    kept, dropped, notes = drop_duplicates(scenes, list(names), pools)
    out = {(one.source, one.scene) for one in dropped}
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in scenes:
        fate = "duplicate" if (one.source, one.id) in out else "used"
        counts[one.source, f"{one.solar_day:%Y-%m}", fate] += 1
    listed = tuple(sorted(Count(*key, items) for key, items in counts.items()))
    spare = tuple(one for one in scenes if (one.source, one.id) in out)
    return SceneSet(tuple(kept), (), notes, listed, None, dropped, spare=spare)


def decide(found: SceneSet, names: str = "ab", pools: Any = (), **keys: Any) -> SceneSet:
    sources = [
        Source(name=one, sensor="sentinel-2-l2a", catalog="/c.json", **keys) for one in names
    ]
    return ask_pixels(found, sources, dict.fromkeys(names, SENSOR), pools=pools)


def fates(found: SceneSet) -> dict[tuple[str, str], int]:
    totals: Counter[tuple[str, str]] = Counter()
    for one in found.counts:
        totals[one.source, one.fate] += one.items
    return dict(totals)


def test_a_copy_comes_back_where_its_better_one_is_left_out(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = scene("best", 0, -0.1, source="a", doubtful=True, baseline="05.00", reason="unsure")
    copy = scene("copy", 0, 0.0, source="b", baseline="02.14")
    other = scene("other", 5, 0.0, source="a", baseline="02.14")
    seen(monkeypatch, best=SILENT, copy=TELLS, other=TELLS)
    before = found_of([best, copy, other])
    assert [one.id for one in before.scenes] == ["best", "other"]
    found = decide(before)
    assert [one.id for one in found.scenes] == ["copy", "other"]
    assert [(one.scene, one.reason) for one in found.dropped] == [
        ("best", "unsure; its pixels cannot tell; its copy copy of source b is read instead")
    ]
    assert fates(found) == {("a", "used"): 1, ("a", "doubtful"): 1, ("b", "used"): 1}
    seen(monkeypatch, best=TELLS, copy=TELLS, other=TELLS)
    assert [one.id for one in decide(before).scenes] == ["best", "other"]


def test_of_several_copies_the_next_best_comes_back_and_is_asked_itself(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No acquisition is lost while one of its copies can be read, and none is read twice."""
    first = scene("first", 0, -0.1, source="a", doubtful=True, baseline="05.00", reason="unsure")
    second = scene("second", 0, -0.1, source="a", doubtful=True, baseline="04.00", reason="unsure")
    third = scene("third", 0, 0.0, source="a", baseline="02.14")
    last = scene("last", 0, 0.0, source="b", baseline="02.14")
    seen(monkeypatch, first=SILENT, second=SILENT, third=TELLS, last=TELLS)
    found = decide(found_of([first, second, third, last]))
    assert [one.id for one in found.scenes] == ["third"]
    assert {one.scene: one.reason for one in found.dropped} == {
        "first": "unsure; its pixels cannot tell; its copy third of source a is read instead",
        "second": "unsure; its pixels cannot tell; its copy third of source a is read instead",
        "last": "a copy of third of source a, which stands first",
    }
    assert fates(found) == {("a", "used"): 1, ("a", "doubtful"): 2, ("b", "duplicate"): 1}
    seen(monkeypatch, first=SILENT, second=TELLS, third=TELLS, last=TELLS)
    found = decide(found_of([first, second, third, last]))
    assert [(one.id, one.assets["red"].offset) for one in found.scenes] == [("second", 0.0)]
    assert {one.scene for one in found.dropped} == {"first", "third", "last"}


def test_each_scene_is_asked_once(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []

    def look(scenes: Any, *_: object) -> dict[tuple[str, str], Sample]:
        asked_for.extend(one.id for one in scenes)
        return {}

    monkeypatch.setattr(asking, "samples_of", look)
    best = scene("best", 0, -0.1, source="a", doubtful=True, baseline="05.00")
    copy = scene("copy", 0, 0.0, source="b", baseline="02.14")
    decide(found_of([best, copy]))
    assert sorted(asked_for) == ["best", "copy"]


def test_a_copy_that_one_pool_reads_yields_no_more(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = scene("best", 0, -0.1, source="a", doubtful=True, baseline="05.00")
    copy = scene("copy", 0, 0.0, source="b", baseline="02.14")
    seen(monkeypatch, best=SILENT, copy=TELLS)
    pools = [("a", "b"), ("b",)]
    before = found_of([best, copy], pools=pools)
    assert {one.id: one.yields_to for one in before.scenes} == {"best": (), "copy": ("a",)}
    found = decide(before, pools=pools)
    assert {one.id: one.yields_to for one in found.scenes} == {"copy": ()}


def test_what_else_is_dropped_stays_listed(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    best = scene("best", 0, -0.1, source="a", doubtful=True, baseline="05.00")
    other = scene("other", 5, 0.0, source="a", baseline="02.14")
    row = Dropped("a", "2022-01-03", "elsewhere", "for another reason")
    seen(monkeypatch, best=SILENT, other=TELLS)
    found = decide(replace(found_of([best, other]), dropped=(row,)))
    assert row in found.dropped
    assert len(found.dropped) == 2


# --- trust ----------------------------------------------------------------------------------------


def test_trust_against_the_pixels_is_told_of_each_scene(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        replace(scene(name, day, -0.1, source="a", cloud_percent=cloud, reason="as declared"))
        for day, (name, cloud) in enumerate([("x", 1.0), ("y", 2.0), ("z", 90.0)])
    ]
    seen(monkeypatch, **dict.fromkeys("xyz", TELLS))
    found = decide(found_of(many, "a"), "a", offset="trust")
    reasons = {one.id: one.reason for one in found.scenes}
    end = "taken so all the same, since the job says offset: trust"
    assert reasons == {
        "x": f"as declared; denied by its pixels, whose offset is 0; {end}",
        "y": f"as declared; denied by its pixels, whose offset is 0; {end}",
        "z": "as declared; denied by the pixels of 2 of 2 scenes like it that were asked; " + end,
    }
    assert {one.assets["red"].offset for one in found.scenes} == {-0.1}
    assert {first_reason(one) for one in reasons.values()} == {"as declared"}
    with pytest.raises(OffsetError):
        decide(found_of(many, "a"), "a")


def test_files_of_this_machine_leave_no_memory(make: Make, tmp_path: Path) -> None:
    world, workspace = make(), Workspace(tmp_path / "out")
    answers(world.search().scenes, workspace)
    assert not workspace.out.exists()


def test_without_a_visible_band_water_is_asked(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves are bright in the infrared: there they tell nothing."""
    one = build.scene(date(2022, 1, 1), bands=("nir", "swir22", "scl"), platform="sentinel-2a")
    assert asked_band(one) == "swir22"
    dn = np.repeat([1050.0, 2600.0], [1000, 3000])
    classes = np.repeat(np.array([6, 4], np.uint8), [1000, 3000])
    monkeypatch.setattr(samples, "sample_pixels", lambda *_: (dn, classes))
    assert samples._look(one) == Sample("swir22", 1050.0, (2212.5, 2600.0, 2600.0))
    monkeypatch.setattr(samples, "sample_pixels", lambda *_: (dn[-3400:], classes[-3400:]))
    assert samples._look(one) == Sample("swir22", None, (2600.0, 2600.0, 2600.0))
    monkeypatch.setattr(samples, "sample_pixels", lambda *_: (dn[:9], classes[:9]))
    assert samples._look(one) == Sample("swir22", None, None)
