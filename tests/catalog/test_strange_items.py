"""Whatever stands in an item, it costs that item at most: no other error gets out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landcover.catalog.documents import list_documents
from landcover.catalog.items import to_scene
from landcover.catalog.lock import read_lock, write_lock
from landcover.catalog.scenes import Broken, Listed
from landcover.errors import CatalogError, NoScenesError, SceneError
from landcover.model import Scene, Sensor

Item = dict[str, Any]
Make = Callable[..., Any]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "../..",
            "file:///x",
            "nan",
            "EPSG:32635",
            10**400,
            2**70,
            "",
            "https://[x",
            "//[x",
            "https://127.1/x.tif",
            "\ud800",
            "s3://eodata/\ud800",
            "other",
            "+init=/etc/hostname",
            -9999,
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the path of everything inside a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list | tuple):
        inner = list(enumerate(value))
    return [path, *(place for key, below in inner for place in places(below, (*path, key)))]


def put(item: Item, path: tuple[Any, ...], value: Any) -> None:
    """Replace what stands at a path."""
    at: Any = item
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400
)
@given(data=st.data())
def test_one_strange_value_costs_one_item(
    data: st.DataObject, item: Make, seek: Make, collection_file: Make
) -> None:
    made = json.loads(json.dumps(item()))
    made["links"] = [{"rel": "self", "href": "https://stac.example/i"}]
    path = data.draw(st.sampled_from([p for p in places(made) if p]))
    put(made, path, data.draw(json_values))
    file = collection_file([made, item(name="good", **{"grid:code": "other"})])
    found = seek(file)
    assert "good" in [s.id for s in found.scenes]
    for scene in found.scenes:
        assert all(np.dtype(asset.dtype) for asset in scene.assets.values())
    lock = file.with_name("scenes.json")
    write_lock(lock, found)
    assert read_lock(lock).scenes == found.scenes


@settings(deadline=None)
@given(json_values)
def test_a_strange_document_is_no_catalog(document: Any) -> None:
    if not isinstance(document, dict):
        return
    for kind in ("FeatureCollection", "Feature", "Catalog", "Collection", "?"):
        try:
            found = list(list_documents({**document, "type": kind}, "/data/c.json", ()))
        except CatalogError:
            continue
        assert all(isinstance(one, Listed | Broken) for one in found)


def test_every_recorded_item_is_read_or_refused(shared: Path, sentinel2: Sensor) -> None:
    """Print endpoint × collection × verdict for the Sentinel-2 profile."""
    verdicts: dict[tuple[str, str, str], int] = {}
    for path in sorted((shared / "stac/items").rglob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if not isinstance(document, dict) or document.get("type") not in (
            "Feature",
            "FeatureCollection",
        ):
            continue
        for item in document.get("features", [document]):
            verdict = judged(item, sentinel2)
            key = (
                path.relative_to(shared / "stac/items").parts[0],
                str(item.get("collection")),
                verdict,
            )
            verdicts[key] = verdicts.get(key, 0) + 1
    lines = (f"{key[0]:<22} {key[1]:<28} {n:>3}  {key[2]}" for key, n in sorted(verdicts.items()))
    sys.stdout.write("\n".join(lines) + "\n")
    read = {key[:2]: n for key, n in verdicts.items() if key[2] == "read"}
    assert read["earth-search-v1", "sentinel-2-c1-l2a"] == 10
    assert read["earth-search-v1", "sentinel-2-l2a"] >= 7
    assert read["planetary-computer", "sentinel-2-l2a"] >= 3
    assert not any(key[1].startswith(("sentinel-1", "cop-dem", "landsat")) for key in read)


def judged(item: Item, sensor: Sensor) -> str:
    place = "https://stac.example/item.json"
    try:
        scene, _ = to_scene(Listed(deepcopy(item), place), "s", sensor, ("red", "nir", "scl"), ())
    except SceneError as error:
        return error.what
    assert isinstance(scene, Scene)
    return "read"


def test_only_strange_items_is_no_scene(seek: Make, collection_file: Make) -> None:
    with pytest.raises(NoScenesError, match="2 items listed, 2 failed; the first failure is"):
        seek(collection_file([{}, {"id": 1, "properties": {}}]))
