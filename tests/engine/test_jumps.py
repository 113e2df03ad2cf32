"""The jump between scenes of one ground: which pairs are asked, what they say, what follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from shapely import box

from landcover import sensors
from landcover.catalog import SceneSet, search
from landcover.catalog.duplicates import drop_duplicates
from landcover.catalog.settings import Source
from landcover.engine import asking, jumps, looks
from landcover.engine.asking import Examiner, group_of
from landcover.engine.deciding import ask_pixels
from landcover.engine.jumps import Jump, contradictions, judged
from landcover.engine.looks import Look, Pair, bands_of, looks_of
from landcover.engine.samples import Sample
from landcover.engine.workspace import Workspace
from landcover.errors import OffsetError
from landcover.model import Period, Scene
from landcover.synthetic import Weather, Writing, broken, country
from landcover.synthetic.overpass import passes, reprocessed
from landcover.synthetic.scenes import write_passes

SENSOR = sensors.load("sentinel-2-l2a")
CLEAR = Weather(clouds=0, residual=0, swath_edge=0, speckle=0, bright_called_cloud=0)
DAYS = (date(2022, 1, 5), date(2022, 1, 15), date(2022, 2, 4), date(2022, 2, 14))
"""Two days of baseline 03.01, whose DN carry nothing, and two of 04.00, whose DN carry 1000."""

OPEN = (1500.0, 1800.0, 2100.0, 2500.0, 2800.0, 3100.0)
"""Quartiles of dry savanna in red and in the infrared (DN): nothing is dark."""


def lifted(by: float, infrared: float | None = None) -> tuple[float, ...]:
    """Return the same savanna, brighter by so much in red and in the infrared."""
    return tuple(
        one + (by if n < 3 or infrared is None else infrared) for n, one in enumerate(OPEN)
    )


@pytest.fixture
def scene(build: Any) -> Callable[..., Scene]:
    """Return ``scene(name, day, offset, ...)``: one of Sentinel-2 of a square."""

    def make(name: str, day: int, offset: float, **told: Any) -> Scene:
        told = {"grid_code": "MGRS-35NNA", **told}
        first: Scene = build.scene(
            date(2022, 1, 1), name, bands=("red", "nir", "scl"), platform="sentinel-2a", **told
        )
        when = datetime(2022, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)
        assets = {
            key: one if key == "scl" else replace(one, offset=offset)
            for key, one in first.assets.items()
        }
        return replace(first, time=when, solar_day=when.date(), assets=assets)

    return make


@pytest.fixture
def two(scene: Any) -> Callable[..., Jump]:
    """Return ``two(declared, look, ...)``: the verdict on two scenes."""

    def make(
        declared: tuple[float, float], look: Look | None, copies: bool = False, told: Any = None
    ) -> Jump:
        one = scene("old", 0, declared[0], baseline="03.01")
        other = scene("new", 0 if copies else 10, declared[1], baseline="04.00")
        groups = group_of(one), group_of(other)
        assert groups[0] is not None
        assert groups[1] is not None
        pair = Pair(one, other, copies)
        return judged(pair, (groups[0], groups[1]), look, told or (None, None))

    return make


def look(there: tuple[float, ...], floors: Any = (None, None), bands: int = 2) -> Look:
    return Look(("red", "nir")[:bands], floors, (OPEN[: 3 * bands], there[: 3 * bands]))


# --- verdicts by hand -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "dn", "verdict", "jump", "wrong"),
    [
        ((0.0, -0.1), 1000.0, "borne out", 0.0, []),
        ((0.0, -0.1), 1299.0, "borne out", 299.0, []),
        ((0.0, -0.1), 1300.0, "cannot tell", 300.0, []),
        ((0.0, 0.0), 699.0, "cannot tell", 699.0, []),
        ((0.0, 0.0), 701.0, "denied", 701.0, ["new"]),
        ((0.0, 0.0), 1000.0, "denied", 1000.0, ["new"]),
        ((0.0, 0.0), -1000.0, "denied", -1000.0, ["old"]),
        ((-0.1, -0.1), 1000.0, "denied", 1000.0, ["old"]),
        ((0.0, -0.1), 0.0, "denied", -1000.0, []),  # either is as the other: who is wrong?
        ((-0.1, 0.0), 1000.0, "denied", 2000.0, ["old", "new"]),
        ((0.0, 0.0), 1300.0, "cannot tell", 1300.0, []),
        ((0.0, 0.0), 3000.0, "cannot tell", 3000.0, []),
    ],
)
def test_verdicts(
    two: Any, declared: Any, dn: float, verdict: str, jump: float, wrong: Any
) -> None:
    for copies in (True, False):
        made = two(declared, look(lifted(dn), bands=1 if copies else 2), copies)
        assert (made.verdict, [one.id for one in made.wrong]) == (verdict, wrong)
        assert made.jump == pytest.approx(jump)


def test_a_floor_tells_who_is_wrong(two: Any) -> None:
    """Both have, or lack, the offset: the floor of one decides, its own or that of its group."""
    same = look(lifted(0.0), floors=(300.0, 300.0))
    assert [one.id for one in two((0.0, -0.1), same).wrong] == ["new"]
    high = look(lifted(0.0), floors=(1200.0, 1200.0))
    assert [one.id for one in two((0.0, -0.1), high).wrong] == ["old"]
    silent = look(lifted(0.0))
    assert [one.id for one in two((0.0, -0.1), silent, told=(0.0, None)).wrong] == ["new"]
    assert [one.id for one in two((0.0, -0.1), silent, told=(None, -0.1)).wrong] == ["old"]


@pytest.mark.parametrize(
    ("red", "infrared"),
    [
        (1000.0, 400.0),  # haze: it lifts what is visible
        (-1000.0, 800.0),  # leaves come: red is darker, the infrared brighter
        (1000.0, -600.0),  # a field is ploughed
    ],
)
def test_haze_and_seasons_are_no_denial(two: Any, red: float, infrared: float) -> None:
    for declared in ((0.0, 0.0), (0.0, -0.1)):
        shift = 1000.0 if declared[1] else 0.0
        made = two(declared, look(lifted(red + shift, infrared + shift)))
        assert made.verdict == "cannot tell"


def test_neighbours_in_one_band_only_deny_nothing(two: Any) -> None:
    """With red alone the seasons of real fields jump by DN 1000; with copies there are none."""
    alone = look(lifted(1000.0), bands=1)
    assert two((0.0, 0.0), alone).verdict == "cannot tell"
    assert two((0.0, 0.0), alone, copies=True).verdict == "denied"
    assert two((0.0, -0.1), alone).verdict == "borne out"


def test_floors_that_bear_both_out_are_believed_before_a_neighbour(two: Any) -> None:
    rain = look(lifted(0.0), floors=(300.0, 1200.0))
    assert two((0.0, -0.1), rain).verdict == "cannot tell"


def test_nothing_seen_is_nothing_told(two: Any) -> None:
    for none in (None, Look(("red",), (None, None), None)):
        made = two((0.0, 0.0), none)
        assert (made.verdict, made.jump) == ("cannot tell", None)
        assert str(made).endswith("no common clear ground, cannot tell")


def test_what_a_jump_says(two: Any) -> None:
    assert str(two((0.0, 0.0), look(lifted(1003.0)))) == (
        "baseline 03.01 (offset 0) and baseline 04.00 (offset 0), square MGRS-35NNA: scenes old "
        "and new, 10 days apart: jump of +1003 DN, denied"
    )


@pytest.mark.parametrize(
    ("verdicts", "against"),
    [
        ("nd nd", 1), ("nd", 0), ("nd nb", 0), ("nd n?", 0), ("cd", 1), ("cd cb", 1), ("cb nd", 0),
        ("c? nd nd", 1), ("c? nd", 0), ("nb nb", 0),
    ],
)  # fmt: skip
def test_what_is_a_contradiction(two: Any, verdicts: str, against: int) -> None:
    """One pair of copies (c) that denies (d) is; of neighbours (n) all, and two at least."""
    shown = {"d": look(lifted(1000.0)), "b": look(OPEN), "?": None}
    made = [two((0.0, 0.0), shown[word[1]], copies=word[0] == "c") for word in verdicts.split()]
    assert len(contradictions(made)) == against


# --- which pairs ----------------------------------------------------------------------------------


def asked(monkeypatch: pytest.MonkeyPatch, kept: Any, spare: Any = (), **seen: Look) -> list[Any]:
    """Return the pairs that are looked at: ids, and whether they are copies."""
    met: list[Any] = []

    def see(pairs: Any, *_: object) -> dict[tuple[str, ...], Look]:
        met.extend((pair.one.id, pair.other.id, pair.are_copies) for pair in pairs)
        return {pair.key: seen[pair.other.id] for pair in pairs if pair.other.id in seen}

    monkeypatch.setattr(asking, "looks_of", see)
    jumps.jumps(kept, spare, Examiner(), ())
    return met


def test_near_and_clear_neighbours_that_share_no_day(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [scene(name, day, 0.0, baseline="03.01", cloud_percent=cloud)
           for name, day, cloud in (("far", -70, 0.0), ("a", 0, 1.0), ("b", 5, 2.0))]  # fmt: skip
    new = [scene(name, day, -0.1, baseline="04.00", cloud_percent=cloud)
           for name, day, cloud in (("x", 10, 90.0), ("y", 15, 3.0), ("z", 20, 4.0))]  # fmt: skip
    assert asked(monkeypatch, [*old, *new]) == [("b", "y", False), ("a", "z", False)]
    beside = [replace(one, id=f"{one.id}2", grid_code="MGRS-35NNB") for one in (*old, *new)]
    both = asked(monkeypatch, [*old, *new, *beside])
    assert [one[:2] for one in both] == [("b", "y"), ("a", "z")]  # not twice under one haze
    assert asked(monkeypatch, [*old, *(replace(one, doubtful=True) for one in new)]) == []
    assert asked(monkeypatch, [*old, *(replace(one, source="other") for one in new)]) == []
    assert asked(monkeypatch, [*old, *(replace(one, grid_code="MGRS-35NNB") for one in new)]) == []
    assert asked(monkeypatch, [*old, *(replace(one, crs="EPSG:32636") for one in new)]) == []


def test_copies_come_first_and_neighbours_where_they_cannot_tell(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy may lie in another collection; it is the same moment."""
    kept = [scene("new", 0, -0.1, source="a", baseline="05.00"),
            scene("old", 9, 0.0, source="a", baseline="02.14")]  # fmt: skip
    spare = [scene("copy", 0, 0.0, source="a", baseline="02.14")]
    assert asked(monkeypatch, kept, spare) == [("copy", "new", True), ("old", "new", False)]
    seen = asked(monkeypatch, kept, spare, new=look(lifted(1000.0), bands=1))
    assert seen == [("copy", "new", True)]
    elsewhere = [replace(spare[0], source="b")]
    assert asked(monkeypatch, kept[:1], elsewhere) == [("new", "copy", True)]
    assert asked(monkeypatch, kept[:1], [replace(spare[0], doubtful=True)]) == []
    assert asked(monkeypatch, kept[:1], [replace(spare[0], platform="landsat-9")]) == []


def test_the_count_is_bounded_and_changes_of_offset_come_first(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [scene(f"s{n}", n, 0.0, baseline=f"02.{n:02d}") for n in range(40)]
    kept.append(scene("last", 40, -0.1, baseline="04.00"))
    met = asked(monkeypatch, kept)
    assert len(met) == jumps.MOST_PAIRS
    assert met[0] == ("s39", "last", False)


def test_bands(scene: Any) -> None:
    """Red and infrared for neighbours; red for copies; none where planes differ."""
    one, other = scene("a", 0, 0.0), scene("b", 5, -0.1)
    assert bands_of(Pair(one, other, False)) == ("red", "nir")
    assert bands_of(Pair(one, other, True)) == ("red",)
    red = other.assets["red"]
    moved = replace(red, transform=red.transform.translation(20, 0) @ red.transform)
    for change in (
        replace(other, crs="EPSG:32636"),
        replace(other, assets={**other.assets, "red": moved}),
        replace(other, assets={"red": red}),
    ):
        assert bands_of(Pair(one, change, False)) == ()
    odd = replace(other.assets["nir"], offset=0.0)
    assert bands_of(Pair(one, replace(other, assets={**other.assets, "nir": odd}), False)) == (
        "red",
    )


def test_what_was_fetched_is_remembered(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "out")
    near, far = scene("near", 0, 0.0), scene("far", 5, -0.1)
    href = "https://data.example/B04.tif"
    far = replace(far, assets={**far.assets, "red": replace(far.assets["red"], href=href)})
    pair, shown = Pair(near, far, False), look(lifted(1000.0), (None, 1200.0))
    assert looks_of([pair], workspace, True) == {}
    monkeypatch.setattr(looks, "_look", lambda *_: shown)
    assert looks_of([pair], workspace, False) == {pair.key: shown}
    monkeypatch.setattr(looks, "_look", lambda *_: None)
    assert looks_of([pair], workspace, True) == {pair.key: shown}
    memory = workspace.work / "jumps.json"
    assert href not in memory.read_text("utf-8")
    (key,) = json.loads(memory.read_text("utf-8"))
    short = [["red"], [None, None], [[1.0], [2.0]]]
    for entry in ("red", None, [["red"], [1.0, "high"], None], short, [["red"], 3, None]):
        memory.write_text(json.dumps({key: entry}), "utf-8")
        assert looks_of([pair], workspace, True) == {}
    memory.write_text(json.dumps({key: [["red"], [None, 1.0], None]}), "utf-8")
    silent = Look(("red",), (None, 1.0), None)
    assert looks_of([pair], workspace, True) == {pair.key: silent}


# --- what follows ---------------------------------------------------------------------------------


def found_of(scenes: list[Scene]) -> SceneSet:
    """Return what a search gives of scenes: copies dropped, and spare."""
    kept, dropped, notes = drop_duplicates(scenes, ["a", "b"])
    out = {(one.source, one.scene) for one in dropped}
    spare = tuple(one for one in scenes if (one.source, one.id) in out)
    return SceneSet(tuple(kept), (), notes, (), None, dropped, spare=spare)


def decide(found: SceneSet, *trusted: str) -> SceneSet:
    sources = [
        Source(name=one, sensor="sentinel-2-l2a", catalog="/c.json",
               offset="trust" if one in trusted else "check")
        for one in "ab"
    ]  # fmt: skip
    return ask_pixels(found, sources, dict.fromkeys("ab", SENSOR))


def shown(monkeypatch: pytest.MonkeyPatch, seen: Look, **samples: Sample) -> None:
    """Let every pair show one look, and scenes their samples."""
    monkeypatch.setattr(asking, "looks_of", lambda pairs, *_: {one.key: seen for one in pairs})
    monkeypatch.setattr(
        asking, "samples_of",
        lambda scenes, *_: {(s.source, s.id): samples[s.id] for s in scenes if s.id in samples},
    )  # fmt: skip


def test_a_copy_that_nobody_reads_ends_no_run(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is right, by its floor: the other collection's error is told, no more."""
    best = scene("best", 0, -0.1, source="a", baseline="05.00")
    copy = scene("copy", 0, 0.0, source="b", baseline="05.00")
    shown(monkeypatch, look(OPEN, (1200.0, 1200.0), bands=1))
    found = decide(found_of([best, copy]))
    assert found.scenes == (best,)
    assert "that of copy (baseline 05.00) is wrong" in found.notes[-1].what
    assert found.notes[-1].where == "source b"
    shown(monkeypatch, look(OPEN, (300.0, 300.0), bands=1))
    with pytest.raises(OffsetError, match=r"that of best \(baseline 05.00\) is wrong"):
        decide(found_of([best, copy]))
    shown(monkeypatch, look(OPEN, bands=1))
    with pytest.raises(OffsetError, match=r"source a and b: .* one of them is wrong"):
        decide(found_of([best, copy]))
    assert "offset: trust" in str(decide(found_of([best, copy]), "a").notes[-1])


def test_a_floor_of_its_group_tells_who_is_wrong(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [scene(name, day, 0.0, source="a", baseline="03.01") for day, name in enumerate("pq")]
    new = [scene(name, day, -0.1, source="a", baseline="04.00")
           for day, name in enumerate("rs", 20)]  # fmt: skip
    sure = Sample("red", 300.0, None)
    shown(monkeypatch, look(OPEN), p=sure, q=sure)
    with pytest.raises(OffsetError, match=r"that of r \(baseline 04.00\) is wrong") as raised:
        decide(found_of([*old, *new]))
    assert "jumps by 1000 DN" in str(raised.value)
    found = decide(found_of([*old, *new]), "a")
    told = {one.id: one.reason for one in found.scenes}
    assert "denied by the jump between scenes q and r" in told["r"] == told["s"]
    assert told["p"] == old[0].reason


def test_a_doubtful_scene_is_decided_by_its_copy(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its floor cannot tell; its older copy, of which nobody doubts, shows the same ground."""
    best = scene("best", 0, -0.1, source="a", doubtful=True, baseline="05.00", reason="unsure")
    copy = scene("copy", 0, 0.0, source="a", baseline="02.14")
    for there, offset in ((0.0, 0.0), (-1000.0, -0.1)):
        shown(monkeypatch, look(lifted(there), bands=1), best=Sample("red", None, None))
        (one,) = decide(found_of([best, copy])).scenes
        assert (one.id, one.assets["red"].offset, one.assets["nir"].offset) == (
            "best", offset, offset)  # fmt: skip
        assert "decided by its pixels (compared with its copy copy)" in one.reason
    shown(monkeypatch, look(lifted(500.0), bands=1))
    assert [one.id for one in decide(found_of([best, copy])).scenes] == ["copy"]


# --- the made-up country --------------------------------------------------------------------------


class Land:
    """Scenes of the made-up country, and what pixels say of them."""

    def __init__(self, folder: Path, days: Any, weather: Weather, copies: bool) -> None:
        self.folder = folder
        land = country(160, weather=weather)
        found = passes(land, tuple(days))
        if copies:
            found += tuple(reprocessed(one) for one in found if one.baseline < "04.00")
        write_passes(land, folder, found, Writing(128, bands=("red", "nir")))

    def without_dark_ground(self) -> Land:
        """Let no pixel be called vegetation or water: there is no floor."""
        for path in self.folder.glob("*/SCL.tif"):
            with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
                classes = file.read(1)
                classes[np.isin(classes, (4, 6))] = 5
                file.write(classes, 1)
        return self

    def hazy(self, *names: str) -> Land:
        """Lift red by DN 1000 and the infrared by 500, and let it be called clear."""
        for name in names:
            for band, dn in (("B04", 1000), ("B08", 500)):
                (path,) = self.folder.glob(f"*{name}*/{band}.tif")
                with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
                    file.write(file.read(1) + np.uint16(dn), 1)
        return self

    def declare(self, name: str, offset: float) -> Land:
        """Let scenes declare an offset, whatever their pixels have."""
        for path in self.folder.glob(f"*{name}*"):
            broken.wrong_offset(path, offset)
        return self

    def asked(self, offset: Any = "check") -> SceneSet:
        catalog = str(self.folder / "catalog.json")
        source = Source(name="s2", sensor="sentinel-2-l2a", catalog=catalog, offset=offset)
        bands, years = frozenset({"red", "nir", "scl"}), Period(date(2021, 1, 1), date(2023, 1, 1))
        everywhere = box(-180, -90, 180, 90)
        found = search([source], {"s2": SENSOR}, {"s2": bands}, years, everywhere)
        return ask_pixels(found, [source], {"s2": SENSOR})

    def jumps(self) -> tuple[Jump, ...]:
        found, examiner = self.asked("trust"), Examiner()
        return jumps.jumps(found.scenes, found.spare, examiner, examiner.answers(found.scenes))


@pytest.fixture
def land(tmp_path: Path) -> Callable[..., Land]:
    """Return ``land(days, weather, copies)``."""

    def make(days: Any = DAYS, weather: Weather = CLEAR, copies: bool = False) -> Land:
        return Land(tmp_path / "scenes", days, weather, copies)

    return make


@pytest.mark.parametrize(("name", "wrong"), [("202202", 0.0), ("202201", -0.1)])
def test_without_dark_ground_neighbours_deny(land: Any, name: str, wrong: float) -> None:
    """No floor tells; two pairs across the change of baseline do."""
    made = land().without_dark_ground()
    assert len(made.asked().scenes) == 4
    assert {one.verdict for one in made.jumps()} == {"borne out"}
    made.declare(name, wrong)
    with pytest.raises(OffsetError, match="source s2: the declared offsets cannot both") as raised:
        made.asked()
    said = str(raised.value)
    assert "baseline 03.01" in said
    assert "baseline 04.00" in said
    assert "square MGRS-35N" in said
    assert f"_{name}" in said.partition("that of ")[2]
    assert "set offset: trust to take them as declared" in said
    found = made.asked("trust")
    assert "They are taken as declared: offset: trust" in str(found.notes[-1])
    assert len([one for one in found.scenes if "denied by the jump" in one.reason]) == 2


def test_one_pair_of_neighbours_is_not_enough(land: Any) -> None:
    made = land(DAYS[1:3]).without_dark_ground().declare("202202", 0.0)
    assert len(made.asked().scenes) == 2
    assert [one.verdict for one in made.jumps()] == ["denied"]


def test_one_pair_of_copies_is(land: Any) -> None:
    made = land(DAYS[:1], copies=True).without_dark_ground()
    (jump,) = made.jumps()
    assert (jump.verdict, jump.pair.are_copies) == ("borne out", True)
    assert jump.jump == pytest.approx(0, abs=5)
    made.declare("R0500", 0.0)
    with pytest.raises(OffsetError, match="copies of one acquisition, since the same ground jumps"):
        made.asked()


@pytest.mark.parametrize("names", [("20220204",), ("20220204", "20220214"), ("20220105",)])
def test_haze_is_no_false_alarm(land: Any, names: tuple[str, ...]) -> None:
    made = land().without_dark_ground().hazy(*names)
    assert len(made.asked().scenes) == 4
    assert "denied" not in {one.verdict for one in made.jumps()}


def test_clouds_tell_nothing(land: Any) -> None:
    cloudy = Weather(clouds=1.0, spread=0, residual=0, swath_edge=0, speckle=0)
    made = land(weather=cloudy).declare("202202", 0.0)
    assert len(made.asked().scenes) == 4
    assert {one.jump for one in made.jumps()} == {None}


def test_a_year_of_usual_weather_is_no_false_alarm(land: Any) -> None:
    """With clouds, residual haze and seasons; with and without dark ground; with copies."""
    days = [date(2021, 9, 2) + timedelta(days=10 * n) for n in range(30)]
    made = land(days, Weather(), copies=True)
    for _ in range(2):
        found = made.jumps()
        assert "denied" not in {one.verdict for one in found}
        assert "borne out" in {one.verdict for one in found}
        made.without_dark_ground()


def test_real_fields_are_no_false_alarm() -> None:
    """Real scenes of three places, all alike, told apart at every date as if a baseline changed."""
    shared = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "s2s1_openeo"
    catalog = shared / "sentinel-2-l2a" / "collection.json"
    if not catalog.exists():
        pytest.skip(f"{catalog.name} of s2s1_openeo is not beside the repository")
    source = Source(name="s2", sensor="sentinel-2-l2a", catalog=str(catalog))
    bands, years = frozenset({"red", "nir", "scl"}), Period(date(2017, 1, 1), date(2026, 1, 1))
    everywhere = box(-180, -90, 180, 90)
    found = search([source], {"s2": SENSOR}, {"s2": bands}, years, everywhere).scenes
    examiner, verdicts = Examiner(), set[str]()
    for day in sorted({one.solar_day for one in found})[1:]:
        kept = [
            replace(one, platform="sentinel-2a", baseline="04" if one.solar_day >= day else "03")
            for one in found
        ]
        made = jumps.jumps(kept, (), examiner, ())
        verdicts |= {one.verdict for one in made}
        assert contradictions(made) == []
    assert "borne out" in verdicts
