"""When a run reads its lock, and when it searches again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog import SceneSet, read_lock, write_lock
from landcover.catalog.settings import Source
from landcover.engine import scenes as rules
from landcover.engine.scenes import Asked, find_scenes, keep_lock, lock_holds
from landcover.engine.workspace import Workspace
from landcover.errors import InputError, NoScenesError
from landcover.model import Period

YEAR = Period(date(2020, 1, 1), date(2021, 1, 1))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "out")
    made.prepare()
    return made


@pytest.fixture
def asked(build: Any) -> Callable[..., Asked]:
    """Return ``asked(...)``: a search with something changed."""

    def make(products: Any = None, source: Any = None, zones: Any = None, sensor: Any = None,
             **order: Any) -> Asked:  # fmt: skip
        told = source or {}
        made = Source.model_validate({"sensor": "sentinel-2-l2a", "catalog": "/c.json", **told})
        laid = zones or [build.zone("a", (10, 10), (90, 90))]
        profiles = {made.name: sensor or build.sensor}
        return Asked((made,), profiles, build.order(products, (told,), **order), laid)

    return make


@pytest.fixture
def found(build: Any) -> SceneSet:
    scenes = (build.scene(date(2020, 5, 1)), build.scene(date(2020, 6, 1)))
    return SceneSet(scenes, period=YEAR)


def kept(asked: Asked, found: SceneSet, workspace: Workspace) -> Asked:
    keep_lock(asked, found, workspace, locked=False)
    return asked


def no_search(self: Asked) -> SceneSet:
    raise AssertionError("the lock was to be read")


def test_a_lock_that_answers_the_search_is_read(
    asked: Any, found: SceneSet, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(asked(), found, workspace)
    monkeypatch.setattr(Asked, "search", no_search)
    assert find_scenes(asked(), workspace, fresh=False, locked=False) == found
    assert find_scenes(asked(), workspace, False, False, offline=True) == found


def other_clip(build: Any) -> Any:
    red = replace(build.sensor.bands["red"], clip=(0.0, 1.0))
    return replace(build.sensor, bands={**build.sensor.bands, "red": red})


def test_what_does_not_change_the_scenes_keeps_the_lock(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    assert lock_holds(asked(source={"clear_classes": [4], "cloud_grown_m": 0}), workspace)
    assert lock_holds(asked({"composite": {"min_clear": 3, "every": "month"}}), workspace)
    zones = [build.zone("renamed", (10, 10), (90, 90))]
    assert lock_holds(asked(zones=zones), workspace)


def test_what_changes_the_scenes_asks_again(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    period = Period(date(2020, 1, 1), date(2021, 1, 2))
    for changed in (
        asked({"composite": {"index": ["ndvi", "nbr"]}}),
        asked(source={"catalog": "/d.json"}),
        asked(source={"max_cloud_percent": 50}),
        asked(period=period),
        asked(zones=[build.zone("a", (10, 10), (90, 91))]),
        asked(sensor=other_clip(build)),
    ):
        assert not lock_holds(changed, workspace)


def test_a_profile_s_other_bands_do_not_matter(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    blue = replace(build.sensor.bands["blue"], scale=1.0)
    sensor = replace(build.sensor, bands={**build.sensor.bands, "blue": blue})
    assert lock_holds(asked(sensor=sensor), workspace)


def test_a_lock_that_was_edited_or_lost_asks_again(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    workspace.lock_file.write_bytes(workspace.lock_file.read_bytes() + b"\n")
    assert not lock_holds(asked(), workspace)
    workspace.lock_file.unlink()
    assert not lock_holds(asked(), workspace)


def test_fresh_searches_whatever_there_is(
    asked: Any, found: SceneSet, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(asked(), found, workspace)
    newer = SceneSet(found.scenes[:1])
    monkeypatch.setattr(Asked, "search", lambda self: newer)
    assert find_scenes(asked(), workspace, fresh=True, locked=False) == newer


def test_locked_reads_the_lock_though_the_job_changed(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(asked(), found, workspace)
    monkeypatch.setattr(Asked, "search", no_search)
    wider = asked(zones=[build.zone("a", (10, 10), (300, 200))])
    assert find_scenes(wider, workspace, fresh=False, locked=True) == found


def test_a_locked_run_of_a_wider_zone_does_not_pass_its_lock_off_as_the_wider_zone_s(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    """Else the next plain run would take the old zone's scenes for all there are."""
    kept(asked(), found, workspace)
    wider = asked(zones=[build.zone("a", (10, 10), (300, 200))])
    before = workspace.lock_file.read_bytes()
    keep_lock(wider, found, workspace, locked=True)
    assert workspace.lock_file.read_bytes() == before
    assert not lock_holds(wider, workspace)
    assert lock_holds(asked(), workspace)


def test_locked_without_a_lock_or_with_one_that_lacks_a_band_is_refused(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    with pytest.raises(InputError, match="there is no lock to read"):
        find_scenes(asked(), workspace, fresh=False, locked=True)
    kept(asked(), found, workspace)
    more = asked({"composite": {"index": ["nbr"]}})
    with pytest.raises(InputError, match="lacks swir22 for S2_2020-05-01"):
        find_scenes(more, workspace, fresh=False, locked=True)
    renamed = asked(source={"name": "other"})
    with pytest.raises(InputError, match="lacks the source for"):
        find_scenes(renamed, workspace, fresh=False, locked=True)


def test_locked_gives_only_the_scenes_of_the_job_s_period(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    before = workspace.lock_file.read_bytes()
    may = asked(period=Period(date(2020, 5, 1), date(2020, 6, 1)))
    some = find_scenes(may, workspace, fresh=False, locked=True)
    assert some.scenes == found.scenes[:1]
    assert [note.what for note in some.notes] == [
        "1 of the lock's 2 scenes are left out: out of period"
    ]
    assert workspace.lock_file.read_bytes() == before


def test_the_period_of_a_lock_is_one_of_solar_days(
    asked: Any, build: Any, workspace: Workspace
) -> None:
    """22:20 UTC on 30 April is 1 May at 28.5 E."""
    night = datetime(2020, 4, 30, 22, 20, tzinfo=UTC)
    scenes = (build.scene(date(2020, 5, 1), time=night), build.scene(date(2020, 5, 6)))
    found = SceneSet(scenes, period=YEAR)
    kept(asked(), found, workspace)
    may = asked(period=Period(date(2020, 5, 1), date(2020, 6, 1)))
    assert find_scenes(may, workspace, False, True) == found
    april = asked(period=Period(date(2020, 4, 1), date(2020, 5, 1)))
    with pytest.raises(NoScenesError, match=r"none of its 2 scenes is wanted \(2 of the lock's 2"):
        find_scenes(april, workspace, False, True)


def test_locked_obeys_a_stricter_limit_of_cloud(
    asked: Any, build: Any, workspace: Workspace
) -> None:
    scenes = tuple(build.scene(date(2020, 5, n + 1), cloud_percent=10.0 * n) for n in range(3))
    kept(asked(), SceneSet(scenes, period=YEAR), workspace)
    clear = asked(source={"max_cloud_percent": 10})
    assert find_scenes(clear, workspace, False, True).scenes == scenes[:2]


def test_a_scene_that_is_left_out_may_lack_bands(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    bare = build.scene(date(2020, 7, 1), bands=("red",))
    kept(asked(), replace(found, scenes=(*found.scenes, bare)), workspace)
    with pytest.raises(InputError, match="lacks nir, scl for S2_2020-07-01"):
        find_scenes(asked(), workspace, False, True)
    june = asked(period=Period(date(2020, 5, 1), date(2020, 7, 1)))
    assert find_scenes(june, workspace, False, True).scenes == found.scenes


@pytest.mark.parametrize(
    "period",
    [
        Period(date(2019, 12, 31), date(2020, 6, 1)),
        Period(date(2020, 5, 1), date(2021, 1, 2)),
        Period(date(2022, 1, 1), date(2023, 1, 1)),
    ],
)
def test_a_period_beyond_the_lock_s_is_refused(
    asked: Any, found: SceneSet, workspace: Workspace, period: Period
) -> None:
    """What was never looked for would look like cloud."""
    kept(asked(), found, workspace)
    with pytest.raises(InputError, match="searched for 2020-01-01 to 2020-12-31, and the job asks"):
        find_scenes(asked(period=period), workspace, fresh=False, locked=True)


def test_a_lock_that_does_not_tell_its_period_is_read_with_a_note(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), replace(found, period=None), workspace)
    read = find_scenes(asked(), workspace, fresh=False, locked=True)
    assert read.scenes == found.scenes
    assert [str(note) for note in read.notes] == [
        "scenes.json: it does not say for which period it was searched. Days on which it lists "
        "no scene may have had some."
    ]


def test_the_order_of_sources_and_what_is_used_together_ask_again(
    build: Any, found: SceneSet, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(names: str, alone: str | None = None) -> Asked:
        told = [{"name": name, "catalog": f"/{name}.json"} for name in names]
        products = {"composite": {"source": alone} if alone else {}}
        order = build.order(products, told, {"index": ["ndvi"]})
        sources = [Source.model_validate({"sensor": "sentinel-2-l2a", **one}) for one in told]
        profiles = dict.fromkeys(names, build.sensor)
        return Asked(sources, profiles, order, [build.zone("a", (10, 10), (90, 90))])

    kept(search("ab"), found, workspace)
    assert lock_holds(search("ab"), workspace)
    assert not lock_holds(search("ba"), workspace)
    assert not lock_holds(search("ab", alone="b"), workspace)
    given: list[Any] = []
    monkeypatch.setattr(rules, "search", lambda *told: given.append(told))
    search("ba", alone="a").search()
    assert given[0][-1] == [("a",), ("b", "a")]


def test_offline_refuses_catalogs_and_files_on_the_network(
    asked: Any, build: Any, workspace: Workspace
) -> None:
    away = asked(source={"catalog": "https://example.org/c"})
    with pytest.raises(InputError, match="--offline refuses the network"):
        find_scenes(away, workspace, False, False, offline=True)
    red = build.asset("red", "https://example.org/red.tif")
    scene = build.scene(date(2020, 5, 1))
    remote = SceneSet((replace(scene, assets={**scene.assets, "red": red}),))
    kept(asked(), remote, workspace)
    # they may all have been read by now: the tiles that are still to be made tell
    assert find_scenes(asked(), workspace, False, False, offline=True) == remote
    with pytest.raises(InputError, match="its files lie on the network, are still to be read"):
        rules.refuse_remote(remote.scenes)
    rules.refuse_remote((scene,))


def test_zones_at_an_address_are_refused_offline() -> None:
    from landcover.zones.settings import ContextLayer, ZoneGroup

    group = ZoneGroup.model_validate({"path": "https://example.org/z.geojson", "id": "id"})
    with pytest.raises(InputError, match=r"zones\.parks: is an address"):
        rules.refuse_addresses({"zones.parks": group})
    layer = ContextLayer.model_validate({"path": "https://example.org/rivers.gpkg"})
    with pytest.raises(InputError, match=r"context\[1\]: is an address"):
        rules.refuse_addresses({"context[1]": layer})


def test_the_lock_keeps_counts_and_failures_for_the_next_run(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    from landcover.catalog.scenes import Count
    from landcover.model import Failure

    rich = replace(
        found,
        counts=(Count("sentinel-2-l2a", "2020-05", "cloudy", 3),),
        failures=(Failure("x", "sentinel-2-l2a", "", "", "no projection"),),
    )
    kept(asked(), rich, workspace)
    assert read_lock(workspace.lock_file) == rich


# --- locks that were edited --------------------------------------------------------------------


def moved(scene: Any, href: str) -> SceneSet:
    assets = {name: replace(one, href=href) for name, one in scene.assets.items()}
    return SceneSet((replace(scene, assets=assets),), period=YEAR)


@pytest.mark.parametrize(
    ("catalog", "href", "what"),
    [
        ("/data/c.json", "/etc/hostname", "lies outside the catalog's folder and allow_paths"),
        ("/data/c.json", "/data/../etc/hostname", "lies outside the catalog's folder"),
        ("https://stac.example/v1", "/etc/hostname", "lies on this machine, and the source's"),
        ("https://stac.example/v1", "http://127.0.0.1/x.tif", "names this machine"),
        ("https://stac.example/v1", "http://a.example/x.tif", "is not https"),
        ("https://earth-search.aws.element84.com/v1", "https://evil.example/x.tif",
         "lies at a host that its catalog is not known to use"),
    ],
)  # fmt: skip
def test_locked_reads_no_file_that_the_source_could_not_have_named(
    asked: Any, build: Any, workspace: Workspace, catalog: str, href: str, what: str
) -> None:
    search, scene = asked(source={"catalog": catalog}), build.scene(date(2020, 5, 1))
    kept(search, moved(replace(scene, collection="sentinel-2-c1-l2a"), href), workspace)
    with pytest.raises(InputError, match=what) as raised:
        find_scenes(search, workspace, fresh=False, locked=True)
    assert "item S2_2020-05-01" in str(raised.value)


def test_locked_reads_what_allow_paths_allows(
    asked: Any, build: Any, workspace: Workspace, tmp_path: Path
) -> None:
    """The catalog itself need not be there any more."""
    source = {"catalog": "/gone/c.json", "allow_paths": (tmp_path / "files",)}
    lock = moved(build.scene(date(2020, 5, 1)), str(tmp_path / "files" / "a" / "B04.tif"))
    kept(asked(source=source), lock, workspace)
    assert find_scenes(asked(source=source), workspace, False, locked=True).scenes == lock.scenes


def test_locked_tells_a_profile_that_takes_numbers_otherwise(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    assert find_scenes(asked(), workspace, False, True).notes == ()
    read = find_scenes(asked(sensor=other_clip(build)), workspace, False, True)
    assert read.scenes == found.scenes
    assert [str(one) for one in read.notes] == [
        "source sentinel-2-l2a: its profile takes red otherwise than when the lock was made. The "
        "lock's scale, offset, nodata and clip hold; run without --locked for the new ones."
    ]
    fewer = asked({"composite": {"index": ["red"]}})
    assert find_scenes(fewer, workspace, False, True).notes == ()


def test_locked_says_that_a_lock_was_changed(
    asked: Any, found: SceneSet, workspace: Workspace
) -> None:
    """Fewer dates than there were would look like cloud."""
    kept(asked(), found, workspace)
    write_lock(workspace.lock_file, replace(found, scenes=found.scenes[:1]))
    read = find_scenes(asked(), workspace, False, True)
    assert read.scenes == found.scenes[:1]
    assert [str(one) for one in read.notes] == [
        "scenes.json: it was changed, or put in place of another, since a run wrote it here. It is "
        "read as it is now."
    ]


def test_locked_refuses_a_lock_of_another_sensor(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace
) -> None:
    kept(asked(), found, workspace)
    other = replace(build.sensor, name="mine")
    with pytest.raises(InputError, match=r"is of sensor .* and source .* is of mine"):
        find_scenes(asked(sensor=other), workspace, False, True)


@pytest.mark.parametrize("change", [{"platforms": {"S2A": "sentinel-2a"}}, {"orbits_apart": True}])
def test_what_a_profile_says_of_items_asks_again(
    asked: Any, build: Any, found: SceneSet, workspace: Workspace, change: dict[str, Any]
) -> None:
    kept(asked(), found, workspace)
    assert not lock_holds(asked(sensor=replace(build.sensor, **change)), workspace)
