"""The lock: what is written comes back equal, in the same bytes, without secrets."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pystac
import pytest
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landcover.catalog import Count, Dropped, SceneSet, read_lock, write_lock
from landcover.errors import DiskFullError, InputError
from landcover.model import Asset, Failure, Note, Period, Scene

Make = Callable[..., Any]

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=20)
times = st.datetimes(
    min_value=datetime(1972, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
names = st.text("abcXYZ0189_-", min_size=1, max_size=12)
hrefs = st.one_of(
    names.map(lambda n: f"/data/é {n}/B04.tif"), names.map(lambda n: f"https://a.example/{n}.tif")
)


@st.composite
def assets(draw: st.DrawFn, band: str) -> Asset:
    a, e = draw(st.floats(0.1, 1e5)), draw(st.floats(-1e5, -0.1))
    clip = draw(st.none() | st.tuples(finite, finite))
    return Asset(
        band=band,
        href=draw(hrefs),
        transform=Affine(a, 0.0, draw(finite), 0.0, e, draw(finite)),
        shape=draw(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7))),
        dtype=draw(st.sampled_from(["uint8", "uint16", "int16", "float32"])),
        nodata=draw(st.none() | finite | st.sampled_from([math.nan, math.inf, -math.inf])),
        scale=draw(finite.filter(bool)),
        offset=draw(finite),
        clip=clip,
        driver=draw(st.sampled_from(["GTiff", "JP2OpenJPEG"])),
        key=draw(words),
    )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    bands = draw(st.sets(st.sampled_from(["red", "nir", "scl", "swir16"]), min_size=1))
    degrees = st.floats(-180, 180)
    outline = {"type": "Point", "coordinates": [draw(degrees), draw(degrees)]}
    return Scene(
        id=draw(names.map(lambda text: f"S{text}")),
        source=draw(names),
        sensor=draw(names),
        time=draw(times),
        solar_day=draw(st.dates(date(1972, 1, 1), date(2100, 1, 1))),
        crs=draw(st.sampled_from(["EPSG:32635", "OGC:CRS84", 'PROJCRS["x:y",BASEGEOGCRS["é"]]'])),
        footprint=draw(st.tuples(degrees, degrees, degrees, degrees)),
        assets={band: draw(assets(band)) for band in bands},
        geometry=draw(st.sampled_from(["", json.dumps(outline, separators=(",", ":"))])),
        collection=draw(words),
        platform=draw(words),
        grid_code=draw(words),
        baseline=draw(words),
        generated=draw(st.none() | times),
        cloud_percent=draw(st.none() | st.floats(0, 100)),
        reason=draw(words),
        orbit=draw(words),
        item_href=draw(st.just("") | hrefs),
        datastrip=draw(words),
        yields_to=tuple(draw(st.lists(names, max_size=2))),
        doubtful=draw(st.booleans()),
    )


counts = st.builds(Count, names, st.just("2024-01"), st.just("used"), st.integers(1, 10**6))
periods = st.builds(Period, st.dates(), st.dates())
sets = st.builds(
    lambda found, *rest: SceneSet(tuple(sorted(found, key=lambda s: (s.time, s.id))), *rest),
    st.lists(scenes(), max_size=4, unique_by=lambda s: (s.time, s.id)),
    st.lists(st.builds(Failure, names, names, names, names, names), max_size=3).map(tuple),
    st.lists(st.builds(Note, names, names, names), max_size=3).map(tuple),
    st.lists(counts, max_size=3).map(tuple),
    st.none() | periods,
    st.lists(st.builds(Dropped, names, names, names, names), max_size=3).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(found=sets)
def test_what_is_written_comes_back_equal(tmp_path: Path, found: SceneSet) -> None:
    path = tmp_path / "scenes.json"
    write_lock(path, found)
    assert read_lock(path) == found
    first = path.read_bytes()
    write_lock(path, replace(found, scenes=found.scenes[::-1]))
    assert path.read_bytes() == first


@pytest.fixture
def found(item: Make, seek: Make, collection_file: Make) -> SceneSet:
    items = [item(name=f"S{n}", when=f"2024-01-{n + 1:02d}T08:20:00Z") for n in range(9, -1, -1)]
    result = seek(collection_file(items))
    assert isinstance(result, SceneSet)
    return result


def test_it_is_an_item_collection_that_stac_tools_read(found: SceneSet, tmp_path: Path) -> None:
    path = tmp_path / "new" / "scenes.json"
    write_lock(path, found)
    collection = pystac.ItemCollection.from_file(str(path))
    assert [one.id for one in collection] == [s.id for s in found.scenes]
    first = next(iter(collection))
    assert first.properties["landcover:reason"] == found.scenes[0].reason
    assert first.assets["red"].extra_fields["raster:bands"][0]["offset"] == -0.1
    assert first.assets["red"].href == found.scenes[0].assets["red"].href


def test_an_item_takes_less_than_2_kb(shared: Path, seek: Make, tmp_path: Path) -> None:
    found = seek(
        shared / "stac/items/earth-search-v1/sentinel-2-c1-l2a/item-collection.json",
        region=shapely.box(-180, -90, 180, 90),
        period=("2015-01-01", "2030-01-01"),
    )
    path = tmp_path / "scenes.json"
    write_lock(path, found)
    lines = path.read_bytes().splitlines()
    items = [line for line in lines if line.startswith(b'{"type":"Feature",')]
    assert len(items) == 10
    assert max(map(len, items)) < 2000


def test_no_signature_gets_into_it(found: SceneSet, tmp_path: Path) -> None:
    scene = found.scenes[0]
    red = replace(scene.assets["red"], href="https://a.example/x.tif?sv=1&sig=SECRET")
    failure = Failure("x", "s", "red", "", "https://a.example/x.tif?sig=SECRET failed")
    signed = replace(
        scene, assets={"red": red}, item_href="https://u:SECRET@a.example/i?token=SECRET"
    )
    path = tmp_path / "scenes.json"
    write_lock(path, SceneSet((signed,), (failure,)))
    assert "SECRET" not in path.read_text("utf-8")
    assert read_lock(path).scenes[0].assets["red"].href == "https://a.example/x.tif"


def test_a_failed_write_leaves_the_old_lock(
    found: SceneSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scenes.json"
    write_lock(path, found)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("landcover.files.os.fsync", fail)
    with pytest.raises(DiskFullError, match="the disk is full"):
        write_lock(path, SceneSet(()))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if ".part" in p.name] == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"type":"FeatureCollection","features":[]}', '{"landcover:lock":99}'],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenes.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"not a lock of this version\. Delete it"):
        read_lock(path)


def test_a_missing_lock_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such lock"):
        read_lock(tmp_path / "scenes.json")


def red(item: dict[str, Any]) -> dict[str, Any]:
    asset: dict[str, Any] = item["assets"]["red"]
    return asset


def test_a_relative_path_is_taken_from_the_folder_of_the_lock(
    found: SceneSet, tmp_path: Path
) -> None:
    path = tmp_path / "scenes.json"
    write_lock(path, found)
    document = json.loads(path.read_text("utf-8"))
    red(document["features"][0]).update(href="scenes/s2/x.tif")
    path.write_text(json.dumps(document), "utf-8")
    hrefs = {scene.assets["red"].href for scene in read_lock(path).scenes if "red" in scene.assets}
    assert str(tmp_path.resolve() / "scenes" / "s2" / "x.tif") in hrefs


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda i: red(i).update(href="scenes/../../x.tif"), "is not the whole path of a file"),
        (lambda i: red(i).update(href="/vsicurl/http://a.example/x.tif"), "is a GDAL virtual path"),
        (lambda i: red(i).update(href="file:///etc/hostname"), "is neither an https address nor"),
        (lambda i: red(i).update(href="<VRTDataset/>"), "is not the name of a file"),
        (lambda i: red(i).update(href="../../x.tif"), "is not the whole path of a file"),
        (lambda i: red(i).update(href=7), "is not as a run writes it"),
        (lambda i: red(i).pop("href"), "is not as a run writes it"),
        (lambda i: red(i).update({"proj:shape": ["a", "b"]}), "is not two counts of pixels"),
        (lambda i: red(i).update({"proj:shape": [0, 5]}), "is not two counts of pixels"),
        (lambda i: red(i).update({"proj:transform": ["a", 0, 0, 0, 1, 0]}), "is not as a run"),
        (lambda i: red(i)["raster:bands"][0].update(scale="x"), "should be 2 finite numbers"),
        (lambda i: red(i)["raster:bands"][0].update(scale=0), "the scale of red is 0"),
        (lambda i: red(i)["raster:bands"][0].update(offset=True), "should be 2 finite numbers"),
        (lambda i: red(i)["raster:bands"][0].update(data_type="complex64"), "which is not read"),
        (lambda i: red(i).update({"landcover:driver": "VRT"}), "which is not read"),
        (lambda i: red(i).update({"landcover:clip": ["a", 1]}), "clip of red"),
        (lambda i: i.update(id="../../evil"), "is not safe in a file name"),
        (lambda i: i.update(bbox=["a", 1, 2, 3]), "bbox should be 4 finite numbers"),
        (lambda i: i["properties"].update(datetime="2024-01-01T00:00:00"), "its time has no zone"),
        (lambda i: i["properties"].update(datetime="nonsense"), "is not as a run writes it"),
        (lambda i: i["properties"].update({"landcover:solar_day": 5}), "is not as a run writes it"),
        (lambda i: i.update(id="S1"), "is listed twice"),
    ],
)
def test_an_item_that_no_run_writes_is_refused_and_named(
    found: SceneSet, tmp_path: Path, change: Callable[[dict[str, Any]], Any], what: str
) -> None:
    path = tmp_path / "scenes.json"
    write_lock(path, found)
    document = json.loads(path.read_text("utf-8"))
    change(document["features"][0])
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError) as raised:
        read_lock(path)
    assert what in raised.value.what
    assert raised.value.what.startswith("item ")
    assert raised.value.exit_code == 2
    assert "\n" not in str(raised.value)
