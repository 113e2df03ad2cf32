"""All kinds of catalogs, from files: what is found, what fails, what is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import box, shape

from landcover.catalog import Count, search
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, InputError, NoScenesError
from landcover.model import Period, Scene, Sensor

Item = dict[str, Any]
Make = Callable[..., Any]


def static_catalog(folder: Path, items: list[Item]) -> Path:
    """Write catalog.json > sentinel/collection.json > <id>/<id>.json, with links that loop."""
    loop = {"rel": "child", "href": "../catalog.json"}
    links = [{"rel": "item", "href": f"./{one['id']}/{one['id']}.json"} for one in items]
    child = {"rel": "child", "href": "./sentinel/collection.json"}
    documents: dict[str, Any] = {
        "catalog.json": {"type": "Catalog", "id": "c", "links": [child]},
        "sentinel/collection.json": {"type": "Collection", "id": "s", "links": [loop, *links]},
    }
    documents |= {f"sentinel/{one['id']}/{one['id']}.json": one for one in items}
    for name, document in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), "utf-8")
    return folder / "catalog.json"


def local(item: Item) -> Item:
    """Name the item's files beside it."""
    for asset in item["assets"].values():
        asset["href"] = "./" + asset["href"].rpartition("/")[2]
    return item


def test_an_item_collection_file(item: Make, seek: Make, collection_file: Make) -> None:
    items = [item(name="b", when="2024-02-02T08:00:00Z"), item(name="a")]
    found = seek(collection_file(items))
    assert [s.id for s in found.scenes] == ["a", "b"]
    assert all(set(s.assets) == {"red", "nir", "scl"} for s in found.scenes)
    assert found.counts == (Count("s0", "2024-01", "used", 1), Count("s0", "2024-02", "used", 1))


def test_a_static_catalog_is_walked_once_round(item: Make, seek: Make, tmp_path: Path) -> None:
    items = [local(item(name=name, **{"grid:code": name})) for name in ("b", "a")]
    path = static_catalog(tmp_path.resolve() / "cat", items)
    found = seek(path)
    assert [s.id for s in found.scenes] == ["a", "b"]
    assert found.scenes[0].assets["red"].href == str(path.parent / "sentinel" / "a" / "B04.tif")
    assert found.scenes[0].item_href == str(path.parent / "sentinel" / "a" / "a.json")
    assert seek(path.parent).scenes == found.scenes


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve ``tmp_path`` on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


def test_remote_catalogs_of_every_kind_give_the_same(
    item: Make, seek: Make, tmp_path: Path, collection_file: Make, served: str
) -> None:
    items = [local(item(name=f"S{n}", **{"grid:code": f"{n}"})) for n in range(20)]
    static_catalog(tmp_path / "cat", items)
    found = seek(f"{served}/cat/catalog.json")
    assert [s.id for s in found.scenes] == sorted(one["id"] for one in items)
    assert found.scenes[0].assets["red"].href == f"{served}/cat/sentinel/S0/B04.tif"
    collection_file(items, "all.json")
    assert len(seek(f"{served}/all.json").scenes) == 20
    write_parquet(tmp_path / "all.parquet", items)
    assert len(seek(f"{served}/all.parquet").scenes) == 20


def write_parquet(path: Path, items: list[Item], json_assets: bool = False) -> None:
    """Write stac-geoparquet by hand: properties as columns, geometry as WKB."""
    rows = []
    for one in items:
        west, south, east, north = one["bbox"]
        rows.append(
            {
                **{key: one[key] for key in ("type", "stac_version", "id", "collection")},
                "geometry": shapely.to_wkb(shape(one["geometry"])),
                "bbox": {"xmin": west, "ymin": south, "xmax": east, "ymax": north},
                "assets": json.dumps(one["assets"]) if json_assets else one["assets"],
                **one["properties"],
            }
        )
    table = pa.Table.from_pylist(rows)
    times = pa.array([row["datetime"] for row in rows]).cast(pa.timestamp("us", "UTC"))
    place = table.schema.get_field_index("datetime")
    pq.write_table(table.set_column(place, "datetime", times), path)


@pytest.mark.parametrize("json_assets", [False, True])
def test_stac_geoparquet_gives_the_scenes_of_its_json(
    item: Make, seek: Make, tmp_path: Path, collection_file: Make, json_assets: bool
) -> None:
    items = [item(name="a"), item(name="b", when="2024-02-02T08:00:00.5Z")]
    items[1]["assets"]["blue"] = items[1]["assets"]["red"]  # a null in the other row's struct
    del items[1]["properties"]["eo:cloud_cover"]
    write_parquet(tmp_path / "items.parquet", items, json_assets)
    expected = seek(collection_file(items)).scenes
    assert without_place(seek(tmp_path / "items.parquet").scenes) == without_place(expected)


def without_place(scenes: tuple[Scene, ...]) -> list[tuple[Any, ...]]:
    """Compare all but where the item stood."""
    keys = [name for name in Scene.__slots__ if name != "item_href"]
    return [tuple(getattr(scene, key) for key in keys) for scene in scenes]


def test_stac_geoparquet_as_rustac_writes_it(
    item: Make, seek: Make, tmp_path: Path, collection_file: Make
) -> None:
    rustac = pytest.importorskip("rustac", reason="rustac is not installed")
    import asyncio

    items = [item(name="a"), item(name="b", when="2024-02-02T08:00:00.5Z")]
    expected = seek(collection_file(items)).scenes

    async def write() -> None:
        await rustac.write(str(tmp_path / "r.parquet"), items)

    asyncio.run(write())
    assert without_place(seek(tmp_path / "r.parquet").scenes) == without_place(expected)


def test_each_bad_item_costs_itself_only(item: Make, seek: Make, collection_file: Make) -> None:
    def broken(name: str, change: Callable[[Item], Any]) -> Item:
        made = item(name=name)
        change(made)
        return made

    vrt = "<VRTDataset><SourceFilename>/etc/hostname</SourceFilename></VRTDataset>"
    items = [
        item(name="good"),
        broken("file", lambda i: i["assets"]["red"].update(href="file:///etc/passwd")),
        broken("climb", lambda i: i["assets"]["red"].update(href="../../x")),
        broken("vrt", lambda i: i["assets"]["red"].update(href=vrt)),
        broken("nonir", lambda i: i["assets"].pop("nir")),
        broken("noproj", lambda i: i["properties"].pop("proj:epsg")),
        broken("nowhen", lambda i: i["properties"].pop("datetime")),
        broken("../../evil", lambda i: None),
        {"type": "Feature", "id": "empty"},
        "not an item",
        {**item(name="noassets"), "assets": {}},
    ]
    found = seek(collection_file(items))
    assert [s.id for s in found.scenes] == ["good"]
    failures = {one.scene: (one.band, one.reason) for one in found.failures}
    assert failures["nonir"] == ("nir", "no asset for band 'nir'")
    assert failures["noproj"][1] == "no projection fields: CRS is missing"
    assert failures["vrt"][1].endswith("is not the name of a file")
    assert set(failures) == {
        *("file", "climb", "vrt", "nonir", "noproj", "nowhen", "evil", "empty"),
        *("feature-9", "noassets"),
    }
    assert sum(one.items for one in found.counts if one.fate == "failed") == 10


def test_links_out_of_a_local_catalog_are_failures(
    item: Make, seek: Make, tmp_path: Path, collection_file: Make
) -> None:
    path = static_catalog(tmp_path / "cat", [local(item(name="a"))])
    collection_file([item(name="secret")], "elsewhere.json")
    document = json.loads(path.read_text())
    document["links"] += [
        {"rel": "item", "href": "../elsewhere.json"},
        {"rel": "child", "href": "/etc/passwd"},
        {"rel": "item", "href": "./gone.json"},
    ]
    path.write_text(json.dumps(document))
    found = seek(path)
    assert [s.id for s in found.scenes] == ["a"]
    assert [one.scene for one in found.failures] == ["elsewhere", "gone", "passwd"]


def test_allow_paths_opens_another_folder(item: Make, seek: Make, tmp_path: Path) -> None:
    store = tmp_path.resolve() / "store"
    made = item(name="a")
    for asset in made["assets"].values():
        asset["href"] = str(store / "x.tif")
    path = static_catalog(tmp_path / "cat", [made])
    with pytest.raises(NoScenesError, match="lies outside the catalog's folder"):
        seek(path)
    assert seek(path, allow_paths=(store,)).scenes[0].assets["red"].href == str(store / "x.tif")


def test_a_later_source_fills_what_an_earlier_lacks(
    item: Make, seek: Make, collection_file: Make
) -> None:
    first = collection_file([item(name="a")], "one.json")
    second = collection_file(
        [item(name="a"), item(name="b", **{"grid:code": "MGRS-35NNB"})], "two.json"
    )
    found = seek(first, second)
    assert [(s.id, s.source) for s in found.scenes] == [("a", "s0"), ("b", "s1")]
    assert any("listed twice" in str(note) for note in found.notes)
    assert Count("s1", "2024-01", "duplicate", 1) in found.counts


def test_a_source_that_a_product_takes_alone_gives_all_its_scenes(
    item: Make, sentinel2: Sensor, collection_file: Make
) -> None:
    path = str(collection_file([item()]))
    sources = [Source(name=name, sensor="sentinel-2-l2a", catalog=path) for name in ("a", "b")]
    sensors, bands = dict.fromkeys("ab", sentinel2), dict.fromkeys("ab", frozenset({"red"}))
    year, region = Period(date(2024, 1, 1), date(2025, 1, 1)), box(27, 0, 28, 1)
    for pools, used in (([("a", "b")], ["a"]), ([("a", "b"), ("b",)], ["a", "b"])):
        found = search(sources, sensors, bands, year, region, pools)
        assert [s.source for s in found.scenes] == used


def test_items_are_counted_in_the_month_of_their_solar_day(
    item: Make, seek: Make, collection_file: Make
) -> None:
    """At 27.5 E the month begins at 22:10 UTC: counts and scenes are of one calendar."""
    night = "2024-01-31T22:20:00Z"
    items = [
        item(name="a", when=night),
        item(name="b", when=night, **{"s2:generation_time": "2023-01-01T00:00:00Z"}),
        item(name="c", when=night, **{"eo:cloud_cover": 95.0}),
        {**item(name="d", when=night), "assets": {}},
    ]
    found = seek(collection_file(items), max_cloud_percent=80)
    assert [f"{s.solar_day}" for s in found.scenes] == ["2024-02-01"]
    assert {(one.month, one.fate) for one in found.counts} == {
        ("2024-02", "used"), ("2024-02", "duplicate"), ("2024-02", "cloudy"), ("2024-02", "failed"),
    }  # fmt: skip
    assert found.period == Period(date(2024, 1, 1), date(2025, 1, 1))


def test_an_item_beyond_the_calendar_costs_itself_only(
    item: Make, seek: Make, collection_file: Make
) -> None:
    found = seek(collection_file([item(), item(name="b", when="9999-12-31T23:00:00Z")]))
    assert len(found.scenes) == 1
    assert Count("s0", "9999-12", "out of period", 1) in found.counts


def test_a_source_without_scenes_is_noted(item: Make, seek: Make, collection_file: Make) -> None:
    found = seek(collection_file([item()], "one.json"), collection_file([], "two.json"))
    assert [str(note) for note in found.notes] == ["source s1: no scene is used (0 items listed)."]


def test_an_unreliable_offset_is_noted(item: Make, seek: Make, collection_file: Make) -> None:
    made = {**item(**{"earthsearch:boa_offset_applied": False}), "collection": "sentinel-2-l2a"}
    found = seek(collection_file([made]))
    assert "unreliable" in found.scenes[0].reason
    assert "the offset of 1 scenes is unreliable" in str(found.notes[0])


def test_a_month_of_clouds_is_told_from_a_month_without_scenes(
    item: Make, seek: Make, collection_file: Make
) -> None:
    items = [
        item(name="a", when="2024-01-10T08:00:00Z"),
        item(name="b", when="2024-02-10T08:00:00Z", **{"eo:cloud_cover": 95.0}),
    ]
    found = seek(collection_file(items), max_cloud_percent=80)
    assert found.counts == (Count("s0", "2024-01", "used", 1), Count("s0", "2024-02", "cloudy", 1))


def test_shuffled_items_give_the_same(item: Make, seek: Make, collection_file: Make) -> None:
    items = [item(name=f"S{n}", when=f"2024-01-{n:02d}T08:00:00Z") for n in range(1, 20)]
    assert seek(collection_file(items)) == seek(collection_file(items[::-1]))


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("{", CatalogError, "not JSON"),
        ("[]", CatalogError, "not a STAC document"),
        ('{"type": "Topology"}', CatalogError, "of type 'Topology', not STAC"),
        ('{"type": "FeatureCollection"}', CatalogError, "without features"),
        ('{"type": "FeatureCollection", "features": []}', NoScenesError, "0 items listed"),
    ],
)
def test_what_is_no_catalog_is_told(
    seek: Make, tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(error, match=words):
        seek(path)


def test_a_missing_catalog_is_the_jobs_mistake(seek: Make, tmp_path: Path) -> None:
    for name in ("gone.json", "gone.parquet"):
        with pytest.raises(InputError, match="no such catalog"):
            seek(tmp_path / name)
    with pytest.raises(InputError, match=r"holds no catalog\.json"):
        seek(tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(CatalogError, match="cannot be read as parquet"):
        seek(tmp_path / "x.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "y.parquet")
    with pytest.raises(CatalogError, match="no column 'assets'"):
        seek(tmp_path / "y.parquet")


def test_an_unknown_band_is_the_jobs_mistake(seek: Make, collection_file: Make) -> None:
    with pytest.raises(InputError, match=r"has no band 'vv'\. It has coastal, "):
        seek(collection_file([]), bands=frozenset({"vv"}))


@pytest.mark.parametrize(
    ("field", "west", "dates"), [("be1", 5.06, 12), ("be2", 4.264, 19), ("es1", -4.872, 33)]
)
def test_the_real_fields_are_found_by_place(
    shared: Path, seek: Make, field: str, west: float, dates: int
) -> None:
    catalog = shared / "data/s2s1_openeo/catalog.json"
    south = {"be1": 51.2, "be2": 51.3, "es1": 41.7}[field]
    found = seek(
        catalog,
        region=box(west - 0.01, south, west + 0.01, south + 0.1),
        period=("2019-01-01", "2024-01-01"),
        collection="sentinel-2-l2a",
    )
    assert len(found.scenes) == dates
    assert all(f"_{field}_" in s.id for s in found.scenes)
    assert found.failures == ()
    assert {a.offset for s in found.scenes for a in s.assets.values()} == {0.0}
    assert all(s.id[-12:-4] == f"{s.solar_day:%Y%m%d}" for s in found.scenes)
    assert all(Path(a.href).is_file() for s in found.scenes for a in s.assets.values())


def test_other_sensors_items_are_no_failures(shared: Path, seek: Make) -> None:
    found = seek(
        shared / "data/s2s1_openeo/catalog.json",
        region=box(-20, 30, 30, 60),
        period=("2019-01-01", "2024-01-01"),
    )
    assert (len(found.scenes), found.failures) == (64, ())
    assert sum(one.items for one in found.counts if one.fate == "other sensor") == 337


def test_each_source_is_read_by_its_own_profile(
    item: Make, collection_file: Make, sentinel2: Sensor
) -> None:
    source = Source(name="a", sensor="sentinel-2-l2a", catalog=str(collection_file([item()])))
    found = search(
        (source,),
        {"a": sentinel2},
        {"a": frozenset({"red"})},
        Period(date(2024, 1, 1), date(2025, 1, 1)),
        box(27, 0, 28, 1),
    )
    assert list(found.scenes[0].assets) == ["red"]
