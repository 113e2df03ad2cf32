"""What became of a lock's items: each way in which a catalog may come apart from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import box, mapping, shape

from landcover.catalog import Drift, find_drift, read_lock, search, write_lock
from landcover.catalog.changes import changes
from landcover.catalog.reasons import by_pixels
from landcover.catalog.settings import Source
from landcover.errors import CatalogError
from landcover.model import Period, Scene, Sensor

BANDS = frozenset({"red", "nir", "scl"})
ZONE = box(27.2, 0.7, 27.4, 0.9)
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))
Make = Callable[..., Any]
Item = dict[str, Any]


class Lock:
    """A lock on disk of one catalog or several, and the question what became of it."""

    def __init__(self, folder: Path, sensor: Sensor, catalogs: tuple[str, ...], **keys: Any):
        self.path = folder / "scenes.json"
        self.sources = [
            Source(name=f"s{n}", sensor="sentinel-2-l2a", catalog=catalog, **keys)
            for n, catalog in enumerate(catalogs)
        ]
        self.sensors = {one.name: sensor for one in self.sources}
        self.bands = {one.name: BANDS for one in self.sources}
        found = search(self.sources, self.sensors, self.bands, YEAR, ZONE)
        write_lock(self.path, found)

    def scenes(self) -> tuple[Scene, ...]:
        return read_lock(self.path).scenes

    def drift(self, period: Period = YEAR, region: Any = ZONE) -> Drift:
        lock = read_lock(self.path)
        dropped = [(one.source, one.scene) for one in lock.dropped]
        return find_drift(lock.scenes, self.sources, self.sensors, self.bands, period, region,
                          dropped=dropped)  # fmt: skip


@pytest.fixture
def lock(tmp_path: Path, sentinel2: Sensor) -> Make:
    """Return ``lock(catalog, ..., **keys)``: write a lock of what catalogs list now."""

    def make(*catalogs: Any, **keys: Any) -> Lock:
        return Lock(tmp_path, sentinel2, tuple(map(str, catalogs)), **keys)

    return make


@pytest.fixture
def three(item: Make) -> list[Item]:
    """Return three items of three days."""
    return [
        item(f"S2A_35NNA_202401{day}_0_L2A", f"2024-01-{day}T08:20:00Z") for day in (10, 20, 30)
    ]


def told(found: Drift) -> list[tuple[str, str]]:
    return [(one.kind, one.scene) for one in found.found]


def write_geoparquet(items: list[Item], path: Path) -> None:
    """Write stac-geoparquet by hand: properties as columns, geometry as WKB."""
    head = ("type", "stac_version", "id", "collection")
    sides = ("xmin", "ymin", "xmax", "ymax")
    rows = [
        {
            **{key: one[key] for key in head},
            "geometry": shapely.to_wkb(shape(one["geometry"])),
            "bbox": dict(zip(sides, one["bbox"], strict=True)),
            "assets": json.dumps(one["assets"]),
            **one["properties"],
        }
        for one in items
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


C1 = "sentinel-2-c1-l2a"


@pytest.fixture(params=["api", "file", "parquet", "static"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[list[Item]], str]:
    """Return ``served(items)``: list items in a catalog of one kind, anew at each call."""
    kind = request.param
    fake = request.getfixturevalue("api") if kind == "api" else None

    def serve(items: list[Item]) -> str:
        items = deepcopy(items)
        if fake is not None:
            fake.items = items
            return str(fake.url)
        if kind == "parquet":
            write_geoparquet(items, tmp_path / "items.parquet")
            return str(tmp_path / "items.parquet")
        if kind == "file":
            whole = {"type": "FeatureCollection", "features": items}
            (tmp_path / "items.json").write_text(json.dumps(whole), "utf-8")
            return str(tmp_path / "items.json")
        links = [{"rel": "item", "href": f"./{one['id']}.json"} for one in items]
        for one in items:
            (tmp_path / f"{one['id']}.json").write_text(json.dumps(one), "utf-8")
        root = {"type": "Catalog", "id": "c", "stac_version": "1.0.0", "links": links}
        (tmp_path / "catalog.json").write_text(json.dumps(root), "utf-8")
        return str(tmp_path / "catalog.json")

    return serve


def test_every_kind_of_catalog_tells_every_kind_of_drift(
    served: Make, lock: Make, three: list[Item], item: Make
) -> None:
    one = lock(served(three), collection=C1)
    assert one.drift() == Drift(3, 3, 0, ())
    first, second, _ = three
    second["assets"]["red"]["href"] = "https://data.example/moved/B04.tif"
    again = item("S2A_35NNA_20240110_1_L2A", "2024-01-10T08:20:00.124Z",
                 **{"s2:processing_baseline": "05.11"})  # fmt: skip
    fresh = item("S2A_35NNA_20240209_0_L2A", "2024-02-09T08:20:00Z")
    served([first, again, second, fresh])
    found = one.drift()
    assert (found.scenes, found.same, found.is_told) == (3, 0, True)
    assert [(r.kind, r.scene, r.day, r.source) for r in found.found] == [
        ("vanished", "S2A_35NNA_20240130_0_L2A", "2024-01-30", "s0"),
        ("changed", "S2A_35NNA_20240120_0_L2A", "2024-01-20", "s0"),
        ("reprocessed", "S2A_35NNA_20240110_0_L2A", "2024-01-10", "s0"),
        ("new", "S2A_35NNA_20240209_0_L2A", "2024-02-09", "s0"),
    ]
    assert [r.what for r in found.found] == [
        "it is no longer listed",
        "red: another address (B04.tif)",
        "S2A_35NNA_20240110_1_L2A is a later processing of it (baseline 05.11; here 05.10)",
        "the lock does not have it",
    ]
    assert found.found[2].means.startswith("a fresh run reads S2A_35NNA_20240110_1_L2A in its")


def alter(item: Item, field: str, value: Any) -> None:
    """Change a field of an item: "properties.x", or "red.raster:bands.offset" of an asset."""
    head, _, rest = field.partition(".")
    if head == "properties":
        item["properties"][rest] = value
        return
    asset = item["assets"][head]
    if rest.startswith("raster:bands."):
        asset["raster:bands"][0][rest.partition(".")[2]] = value
    else:
        asset[rest] = value


@pytest.mark.parametrize(
    ("field", "value", "kind", "what"),
    [
        ("red.href", "https://data.example/x/B4.tif", "changed", "red: another address (B4.tif)"),
        ("red.raster:bands.offset", 0.0, "changed", "red: offset 0 (was -0.1)"),
        ("red.raster:bands.scale", 0.0002, "changed", "red: scale 0.0002 (was 0.0001)"),
        ("red.raster:bands.nodata", 7, "changed", "red: nodata 7 (was 0)"),
        ("scl.raster:bands.data_type", "uint16", "changed", "scl: dtype uint16 (was uint8)"),
        ("nir.proj:shape", [10980, 9000], "changed", "nir: another plane of pixels"),
        ("properties.proj:epsg", 23035, "changed", "its CRS is EPSG:23035 (was EPSG:32635)"),
        ("properties.s2:processing_baseline", "05.11", "reprocessed",
         "its baseline is 05.11 (was 05.10)"),
        ("properties.s2:processing_baseline", "04.00", "changed",
         "its baseline is 04.00 (was 05.10)"),
        ("properties.s2:generation_time", "2025-03-01T00:00:00Z", "reprocessed",
         "it was made anew on 2025-03-01 00:00"),
        ("properties.datetime", "2024-01-11T08:20:00Z", "changed", "its day is 2024-01-11"),
        ("properties.earthsearch:boa_offset_applied", True, "changed",
         "its offset is told otherwise (offset 0: boa_offset_applied is true"),
        ("properties.eo:cloud_cover", 95.0, "changed",
         "its cloud cover is 95 percent (was 12.5)"),
    ],
)  # fmt: skip
def test_what_numbers_hang_on_is_compared(
    api: Any, lock: Make, item: Make, field: str, value: Any, kind: str, what: str
) -> None:
    api.items = [item(), item("B", "2024-03-01T08:20:00Z")]
    one = lock(api.url, collection=C1, max_cloud_percent=90)
    alter(api.items[0], field, value)
    found = one.drift()
    (row,) = found.found
    assert (row.kind, row.scene, found.same) == (kind, item()["id"], 1)
    assert what in row.what
    assert row.means


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("properties.updated", "2026-01-01T00:00:00Z"),
        ("properties.created", "2026-01-01T00:00:00Z"),
        ("properties.eo:cloud_cover", 13.0),
        ("properties.s2:generation_time", "2023-01-10T12:00:00Z"),
        ("properties.title", "another"),
        ("visual.href", "https://data.example/other.tif"),
        ("red.title", "Red"),
        ("red.href", "https://data.example/S2A_35NNA_20240110_0_L2A/B04.tif?sig=abc&se=2030"),
    ],
)
def test_what_no_number_hangs_on_is_no_drift(
    api: Any, lock: Make, item: Make, field: str, value: Any
) -> None:
    api.items = [item()]
    one = lock(api.url, collection=C1, max_cloud_percent=90)
    alter(api.items[0], field, value)
    assert one.drift() == Drift(1, 1, 0, ())


def test_a_link_to_a_file_is_no_other_file(
    api: Any, lock: Make, item: Make, tmp_path: Path
) -> None:
    """Whoever unpacks an archive may link its scenes into place."""
    api.items = [item()]
    (scene,) = lock(api.url, collection=C1).scenes()
    (tmp_path / "disk").mkdir()
    (tmp_path / "scenes").symlink_to(tmp_path / "disk")

    def lies_in(folder: str) -> Scene:
        red = replace(scene.assets["red"], href=str(tmp_path / folder / "B04.tif"))
        return replace(scene, assets={"red": red})

    assert list(changes(lies_in("scenes"), lies_in("disk"), {})) == []
    (change,) = changes(lies_in("scenes"), lies_in("other"), {})
    assert "another address" in change.what


def test_created_alone_is_no_time_of_processing(api: Any, lock: Make, item: Make) -> None:
    """Catalogs that are filled again give every item a new `created`."""
    api.items = [item(created="2024-01-11T00:00:00Z")]
    del api.items[0]["properties"]["s2:generation_time"]
    one = lock(api.url, collection=C1)
    api.items[0]["properties"]["created"] = "2026-01-01T00:00:00Z"
    assert told(one.drift()) == []


@pytest.mark.parametrize("names", [True, False])
def test_an_item_that_lies_elsewhere_now_is_found_and_not_called_vanished(
    api: Any, lock: Make, item: Make, names: bool
) -> None:
    """The search does not give it; by its id it is there, or, where ids do not help, it is not."""
    api.items = [item(), item("B", "2024-03-01T08:20:00Z"), item("C", "2024-03-09T08:20:00Z")]
    one, api.names = lock(api.url, collection=C1), names
    moved = (28.0, 0.5, 29.0, 1.5)
    api.items[0].update(geometry=mapping(box(*moved)), bbox=list(moved))
    api.items[0]["properties"]["datetime"] = "2023-06-01T08:20:00Z"
    api.items[:0] = [item(f"X{n}", "2023-05-01T08:20:00Z") for n in range(9)]
    (row,) = one.drift().found
    assert row.scene == item()["id"]
    if names:
        assert (row.kind, row.what) == ("changed", "its day is 2023-06-01")
    else:
        assert row.kind == "vanished"


def test_a_server_that_ignores_ids_is_asked_for_the_days(
    api: Any, lock: Make, three: list[Item]
) -> None:
    """The job's period became shorter; what lies outside is looked up, not called vanished."""
    api.items = three
    one, api.names = lock(api.url, collection=C1), False
    api.items = [*(dict(three[0], id=f"X{n}") for n in range(20)), *three]
    short = Period(date(2024, 1, 1), date(2024, 1, 15))
    kinds = [kind for kind, scene in told(one.drift(short)) if not scene.startswith("X")]
    assert kinds == []


def test_a_server_that_refuses_ids_is_asked_for_the_days(
    api: Any, lock: Make, three: list[Item]
) -> None:
    api.items = three
    one = lock(api.url, collection=C1)
    api.refuses_names = True
    api.items = three[1:]
    asked = len(api.asked)
    short = Period(date(2024, 1, 15), date(2025, 1, 1))
    assert told(one.drift(short)) == [("vanished", three[0]["id"])]
    bodies = api.asked[asked:]
    assert [body["ids"] for body in bodies if "ids" in body] == [[three[0]["id"]]]
    assert bodies[-1]["datetime"] == "2024-01-10T00:00:00Z/2024-01-10T23:59:59.999Z"


@pytest.mark.parametrize("fails", [[503] * 40, [404] * 40])
def test_a_catalog_that_does_not_answer_is_no_drift(
    api: Any, lock: Make, three: list[Item], fails: list[int]
) -> None:
    api.items = three
    one = lock(api.url, collection=C1)
    api.fails = fails
    with pytest.raises(CatalogError, match="source s0: the search failed") as raised:
        one.drift()
    assert raised.value.exit_code == 1


def test_nothing_is_listed_any_more(api: Any, lock: Make, three: list[Item]) -> None:
    api.items = three
    one = lock(api.url, collection=C1)
    api.items = []
    found = one.drift()
    assert told(found) == [("vanished", item["id"]) for item in three]
    assert found.same == 0


def test_a_document_that_cannot_be_read_leaves_it_open(
    lock: Make, three: list[Item], tmp_path: Path
) -> None:
    links = [{"rel": "item", "href": f"./{one['id']}.json"} for one in three]
    for one in three:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one), "utf-8")
    root = {"type": "Catalog", "id": "c", "stac_version": "1.0.0", "links": links}
    (tmp_path / "catalog.json").write_text(json.dumps(root), "utf-8")
    held = lock(tmp_path / "catalog.json")
    (tmp_path / f"{three[1]['id']}.json").write_text("{", "utf-8")
    found = held.drift()
    assert told(found) == [("unread", three[1]["id"])]
    assert "its document cannot be read (not JSON)" in found.found[0].what
    assert not found.is_told


def test_an_item_that_cannot_be_used_any_more(api: Any, lock: Make, three: list[Item]) -> None:
    api.items = three
    one = lock(api.url, collection=C1)
    del three[0]["assets"]["nir"]
    (row,) = one.drift().found
    assert (row.kind, row.means) == ("changed", "a fresh run reads without it")
    assert row.what == "it cannot be used any more (no asset for band 'nir')"


def test_a_later_processing_that_is_too_cloudy_takes_the_older_one_with_it(
    api: Any, lock: Make, item: Make
) -> None:
    api.items = [item(), item("B", "2024-03-01T08:20:00Z")]
    one = lock(api.url, collection=C1, max_cloud_percent=50)
    api.items.append(item("S2A_35NNA_20240110_1_L2A", **{"s2:processing_baseline": "05.11",
                                                        "eo:cloud_cover": 80.0}))  # fmt: skip
    (row,) = one.drift().found
    assert row.kind == "reprocessed"
    assert row.means.startswith("a fresh run reads neither")


def test_an_older_processing_that_comes_back_is_no_drift(api: Any, lock: Make, item: Make) -> None:
    api.items = [item()]
    one = lock(api.url, collection=C1)
    api.items.append(item("S2A_35NNA_20240110_9_L2A", **{"s2:processing_baseline": "02.14"}))
    assert one.drift() == Drift(1, 1, 0, ())


def test_a_reprocessed_item_whose_former_id_is_gone_is_told_once(
    api: Any, lock: Make, item: Make
) -> None:
    api.items = [item()]
    one = lock(api.url, collection=C1)
    api.items = [item("S2A_35NNA_20240110_1_L2A", **{"s2:processing_baseline": "05.11"})]
    (row,) = one.drift().found
    assert row.kind == "reprocessed"
    assert row.what.endswith("and it is no longer listed itself")


def test_a_copy_that_was_left_out_stands_for_one_that_vanished(
    api: Any, lock: Make, item: Make
) -> None:
    api.items = [item(), item("OLD", **{"s2:processing_baseline": "02.14"})]
    one = lock(api.url, collection=C1)
    assert [scene.id for scene in one.scenes()] == [item()["id"]]
    api.items = api.items[1:]
    (row,) = one.drift().found
    assert (row.kind, row.means) == ("vanished", "a fresh run reads its copy OLD of source s0")


def test_a_source_that_stands_first_gets_a_copy(
    lock: Make, collection_file: Make, item: Make
) -> None:
    other = item("B", "2024-03-01T08:20:00Z")
    first, second = collection_file([other], "a.json"), collection_file([item("OLD")], "b.json")
    one = lock(first, second)
    collection_file([other, item()], "a.json")
    (row,) = one.drift().found
    assert (row.kind, row.scene, row.source) == ("new", item()["id"], "s0")
    assert row.means == "a fresh run reads it in place of OLD, of which it is a copy"


def test_a_job_with_other_zones_is_not_drift(api: Any, lock: Make, three: list[Item]) -> None:
    api.items = three
    found = lock(api.url, collection=C1).drift(region=box(10, 10, 11, 11))
    assert found == Drift(3, 3, 3, ())


def test_what_a_run_would_not_choose_is_not_new(
    api: Any, lock: Make, three: list[Item], item: Make
) -> None:
    """A source may ask for the clearest few: one that is no longer among them is not wanted."""
    api.items = three
    one = lock(api.url, collection=C1)
    api.items = [*three, item("S2A_35NNA_20240209_0_L2A", "2024-02-09T08:20:00Z")]
    locked = one.scenes()
    found = find_drift(locked, one.sources, one.sensors, one.bands, YEAR, ZONE,
                       choose=lambda found: replace(found, scenes=found.scenes[1:3]))  # fmt: skip
    assert found == Drift(3, 3, 1, ())


DOUBT = {"earthsearch:boa_offset_applied": False}


def decided(held: Lock, offset: float) -> None:
    """Write into the lock what pixels decided, as a run does."""
    whole = read_lock(held.path)
    scenes = []
    for scene in whole.scenes:
        assets = {
            name: replace(one, offset=offset) if name != "scl" else one
            for name, one in scene.assets.items()
        }
        reason = by_pixels(offset, "dark ground", scene.reason)
        scenes.append(replace(scene, assets=assets, doubtful=False, reason=reason))
    write_lock(held.path, replace(whole, scenes=tuple(scenes)))


def doubtful_item(item: Make) -> Item:
    made: Item = item(**DOUBT)
    made["collection"] = "sentinel-2-l2a"
    return made


def test_what_pixels_decided_is_no_drift(api: Any, lock: Make, item: Make) -> None:
    api.items = [doubtful_item(item)]
    one = lock(api.url, collection="sentinel-2-l2a")
    assert [scene.doubtful for scene in one.scenes()] == [True]
    decided(one, 0.0)
    assert one.drift() == Drift(1, 1, 0, ())
    alter(api.items[0], "properties.earthsearch:boa_offset_applied", True)
    (row,) = one.drift().found
    assert row.kind == "changed"
    assert row.means == "its values stay as they are"
    decided(one, -0.1)
    assert "a fresh run takes its values otherwise" in one.drift().found[0].means
