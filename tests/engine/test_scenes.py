"""When a run reads its lock, and when it searches again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog import SceneSet, read_lock
from landcover.catalog.settings import Source
from landcover.engine import scenes as rules
from landcover.engine.scenes import Asked, find_scenes, keep_lock, lock_holds
from landcover.engine.workspace import Workspace
from landcover.errors import InputError
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
    from landcover.zones.settings import ZoneGroup

    group = ZoneGroup.model_validate({"path": "https://example.org/z.geojson", "id": "id"})
    with pytest.raises(InputError, match=r"zones\.parks: is an address"):
        rules.refuse_addresses({"parks": group})


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
