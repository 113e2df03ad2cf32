"""Vector files: layers, fields, coordinate systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import Point, Polygon, box

from landcover.errors import ZoneError
from landcover.zones.features import ZoneSet

SQUARE = box(28, 1, 28.1, 1.1)


def _write(path: Path, geometry: list[Any], driver: str, **options: Any) -> Path:
    fields: list[NDArray[Any]] = [np.array([float(n) for n in range(len(geometry))])]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(geometry, dtype=object)),
        fields,
        ["WDPAID"],
        driver=driver,
        geometry_type=options.pop("geometry_type", "Polygon"),
        **{"crs": "EPSG:4326", **options},
    )
    return path


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("z.gpkg", "GPKG"),
        ("z.shp", "ESRI Shapefile"),
        ("z.fgb", "FlatGeobuf"),
        ("z.geojson", "GeoJSON"),
        ("z.tab", "MapInfo File"),
    ],
)
def test_any_format_gives_the_same_zone(
    tmp_path: Path, one: Callable[..., ZoneSet], name: str, driver: str
) -> None:
    (zone,) = one(_write(tmp_path / name, [SQUARE], driver), group="reserves", id="WDPAID").zones
    assert (zone.id, zone.kind, zone.group) == ("0", "reserve", "reserves")
    assert zone.geometry.normalize().equals_exact(SQUARE.normalize(), 1e-6)
    assert zone.geometry.exterior.is_ccw


def test_content_decides_not_the_name(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.gpkg", [SQUARE], "GPKG")
    assert len(one(path.rename(tmp_path / "z.bin"), id="WDPAID").zones) == 1


def test_a_shapefile_brings_all_its_parts(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.shp", [SQUARE], "ESRI Shapefile")
    inputs = one(path, id="WDPAID", licence="CC BY 4.0").inputs
    assert {Path(part.path).suffix for part in inputs} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert {part.role for part in inputs} == {"zones.sites"}
    assert {part.licence for part in inputs} == {"CC BY 4.0"}
    assert inputs[0].columns == ("WDPAID",)


def test_a_shapefile_without_shx_is_refused(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.shp", [SQUARE], "ESRI Shapefile")
    path.with_suffix(".shx").unlink()
    with pytest.raises(ZoneError, match=r"z\.shp cannot be read .*\.shx"):
        one(path, id="WDPAID")


def test_several_layers_need_a_choice(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.gpkg", [SQUARE], "GPKG", layer="parks")
    _write(path, [box(29, 1, 29.1, 1.1)], "GPKG", layer="roads", append=True)
    with pytest.raises(ZoneError, match=r"has 2 layers\. Say `layer:`, one of parks, roads"):
        one(path, id="WDPAID")
    assert one(path, id="WDPAID", layer="roads").zones[0].geometry.bounds[0] == 29
    with pytest.raises(ZoneError, match=r"no layer 'park'\. Did you mean 'parks'"):
        one(path, id="WDPAID", layer="park")


@pytest.mark.parametrize("name", ["z.gpkg", "z.shp", "z.geojson", "z.fgb"])
def test_a_condition_picks_features(tmp_path: Path, one: Callable[..., ZoneSet], name: str) -> None:
    driver = {"z.gpkg": "GPKG", "z.shp": "ESRI Shapefile", "z.geojson": "GeoJSON"}
    shapes = [box(28 + n, 1, 28.1 + n, 1.1) for n in range(3)]
    path = _write(tmp_path / name, shapes, driver.get(name, "FlatGeobuf"))
    zones = one(path, where="WDPAID >= 1").zones
    assert sorted(zone.geometry.bounds[0] for zone in zones) == [29, 30]
    with pytest.raises(ZoneError, match=r"zones\.sites\.where: no feature of .* fulfils"):
        one(path, where="WDPAID > 9")
    with pytest.raises(ZoneError, match=r"zones\.sites\.where: the condition .*Columns are WDPAID"):
        one(path, where="NAME = 'x'")


def test_an_unknown_column_is_refused(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.gpkg", [SQUARE], "GPKG")
    with pytest.raises(
        ZoneError, match=r"zones\.sites\.id: no column 'wdpaid'\. Did you mean 'WDPAID'"
    ):
        one(path, id="wdpaid")
    with pytest.raises(ZoneError, match=r"zones\.sites\.keep: no column 'iucn'"):
        one(path, keep=["iucn"])


def test_another_crs_is_brought_to_degrees(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    plane = box(400_000, 100_000, 500_000, 200_000)
    path = _write(tmp_path / "z.gpkg", [plane], "GPKG", crs="EPSG:32635")
    (zone,) = one(path, id="WDPAID").zones
    east, north = Transformer.from_crs(32635, 4326, always_xy=True).transform(500_000, 200_000)
    assert zone.geometry.bounds[2:] == pytest.approx((east, north), abs=1e-3)
    # UTM's scale is 0.9996 on its meridian and 0.99974 at 100 km: areas on the ground are larger.
    assert zone.area_ha == pytest.approx(1e6 / 0.99965**2, rel=1e-4)


def test_a_file_without_crs_is_read_as_degrees_and_said(
    tmp_path: Path, one: Callable[..., ZoneSet]
) -> None:
    path = _write(tmp_path / "z.shp", [SQUARE], "ESRI Shapefile")
    path.with_suffix(".prj").unlink()
    result = one(path, id="WDPAID")
    assert "states no CRS" in str(result.notes[0])
    assert result.zones[0].geometry.bounds == pytest.approx(SQUARE.bounds)


def test_metres_without_crs_are_refused(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.shp", [box(4e5, 1e5, 5e5, 2e5)], "ESRI Shapefile", crs="EPSG:32635")
    path.with_suffix(".prj").unlink()
    with pytest.raises(ZoneError, match=r"400000, 100000 are not degrees\. Say their CRS"):
        one(path, id="WDPAID")
    assert one(path, id="WDPAID", crs="EPSG:32635").zones[0].area_ha > 9e5


def test_the_jobs_crs_wins_and_is_said(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "z.gpkg", [box(4e5, 1e5, 5e5, 2e5)], "GPKG", crs="EPSG:32636")
    result = one(path, id="WDPAID", crs="EPSG:32635")
    assert "another CRS (EPSG:32636) than the job (EPSG:32635)" in str(result.notes[0])
    assert 26 < result.zones[0].geometry.bounds[0] < 27


@pytest.mark.parametrize("crs", ["EPSG:99999", "UTM 35 south", ""])
def test_an_unknown_crs_is_refused(tmp_path: Path, one: Callable[..., ZoneSet], crs: str) -> None:
    path = _write(tmp_path / "z.gpkg", [SQUARE], "GPKG")
    with pytest.raises(
        ZoneError, match=r"zones\.sites\.crs: unknown CRS .* Write an EPSG code"
    ) as caught:
        one(path, crs=crs)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("named", [{}, {"id": "WDPAID", "name": "NAME"}])
def test_an_empty_file_is_refused(
    tmp_path: Path, one: Callable[..., ZoneSet], named: dict[str, str]
) -> None:
    path = tmp_path / "z.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ZoneError, match=r"z\.geojson holds no features") as caught:
        one(path, **named)
    assert caught.value.exit_code == 2


def test_a_layer_without_geometry_is_refused(tmp_path: Path, one: Callable[..., ZoneSet]) -> None:
    path = tmp_path / "z.dbf"
    _write(tmp_path / "z.shp", [SQUARE], "ESRI Shapefile")
    with pytest.raises(ZoneError, match=r"Name the \.shp file"):
        one(path)


def test_heights_are_dropped(geojson: Callable[..., Path], one: Callable[..., ZoneSet]) -> None:
    tall = Polygon([(28, 1, 900), (28.1, 1, 900), (28.1, 1.1, 900)])
    (zone,) = one(geojson((tall, {}))).zones
    assert not zone.geometry.has_z


def test_only_kept_columns_go_anywhere(
    geojson: Callable[..., Path], one: Callable[..., ZoneSet]
) -> None:
    secret = {"id": "a", "phone": "0991", "mineral": "Or", "workers": 12, "open": True, "x": None}
    result = one(geojson((SQUARE, secret)), id="id", keep=["mineral", "workers", "open", "x"])
    (zone,) = result.zones
    assert zone.kept == {"mineral": "Or", "workers": 12, "open": True, "x": None}
    assert "phone" not in repr(result)
    assert set(result.inputs[0].columns) == {"id", "mineral", "workers", "open", "x"}


def test_a_feature_of_a_point_layer_without_shape_is_said(
    geojson: Callable[..., Path], ringed: Callable[..., ZoneSet]
) -> None:
    result = ringed(geojson((None, {"id": "a"}), (Point(28, 1), {"id": "b"})), id="id")
    assert [zone.parent for zone in result.zones] == ["b"]
    assert "1 of 2 have no coordinates and are left out: feature 0" in str(result.notes[0])
