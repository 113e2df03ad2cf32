"""Shapes as GeoParquet: the same as in the GeoPackages, with types."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from landcover.files import sha256_of
from landcover.outputs.geoparquet import write_geoparquet
from landcover.outputs.shown import Shown
from landcover.outputs.vectors import write_vectors
from tests.outputs.test_vectors import HOSTILE, patches, shown_in


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    made = shown_in(tmp_path, found=patches())
    write_vectors(made)
    return made


def test_zones_have_their_figures_and_shapes(shown: Shown) -> None:
    zones, _ = write_geoparquet(shown)
    found = gpd.read_parquet(zones)
    assert list(found.columns) == list(shown.zones.columns)
    assert found["name"].tolist()[0] == HOSTILE
    assert found["disturbed_2022_ha"].tolist()[:2] == [7.5, 0.0]
    assert shapely.equals_exact(found.geometry.to_numpy(), shown.zones.geometry.to_numpy()).all()


def test_columns_have_types_whatever_they_hold(shown: Shown) -> None:
    zones, found = write_geoparquet(shown)
    types = {field.name: field.type for field in pq.read_schema(found)}
    assert types["first_date"] == pa.date32()
    assert types["last_clear_date"] == pa.date32()  # empty in all rows
    assert types["zone_ids"] == pa.string()
    assert types["pixels"] == pa.int64()
    assert pq.read_schema(zones).field("sensitive").type == pa.bool_()


def test_readers_are_told_where_each_shape_lies(shown: Shown) -> None:
    _, found = write_geoparquet(shown)
    told = json.loads(pq.read_metadata(found).metadata[b"geo"])
    assert (told["version"], told["primary_column"]) == ("1.1.0", "geometry")
    column = told["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4326}
    near = gpd.read_parquet(found, bbox=(0, 0, 1, 1))
    assert len(near) == 0


def test_the_same_content_is_the_same_file(shown: Shown) -> None:
    before = [sha256_of(path) for path in write_geoparquet(shown)]
    assert [sha256_of(path) for path in write_geoparquet(shown)] == before


def test_no_patch_is_an_empty_file_and_no_disturbance_none(tmp_path: Path) -> None:
    empty = shown_in(tmp_path / "a", ("en",), patches(0))
    assert pq.read_metadata(write_geoparquet(empty)[1]).num_rows == 0
    without = shown_in(tmp_path / "b", ("en",))
    (tmp_path / "b" / "patches.parquet").write_bytes(b"former")
    assert [path.name for path in write_geoparquet(without)] == ["zones.parquet"]
    assert not (tmp_path / "b" / "patches.parquet").exists()
