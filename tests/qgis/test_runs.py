"""What whole runs leave, in QGIS: the demonstration's, and those of real scenes.

Every raster, GeoPackage and project, opened where the run left it and, the projects, in a folder
that was moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from shapely import box
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline
from landcover.outputs.opening import open_shown
from landcover.showing import about_of, show
from landcover.synthetic import write_demo

pytestmark = pytest.mark.slow  # whole runs, and QGIS draws every layer of them

MOVED = "Résultats déplacés, été & co"

SCENES: Mapping[str, Mapping[str, Any]] = {
    # 1 km of MODIS in its own sinusoidal plane; five months are too short a history everywhere
    "gabon": {
        "source": {"sensor": "modis-13a2", "catalog": "modis_gabon/catalog.json"},
        "zone": (8, -3, 11, 0.2),
        "period": ("2025-01-01", "2025-07-01"),
        "products": {
            "composite": {"index": ["ndvi"], "every": "quarter"},
            "climatology": {},
            "disturbance": {"history": ["2025-01-01", "2025-04-01"]},
        },
    },
    "belgium": {
        "source": {
            "sensor": "sentinel-2-l2a",
            "catalog": "s2s1_openeo/catalog.json",
            "collection": "sentinel-2-l2a",
        },
        "zone": None,
        "period": ("2023-04-02", "2023-05-01"),
        "products": {"composite": {"index": ["ndvi"], "every": "year"}},
    },
}
"""Real scenes of `shared`, by place."""


def left_by(path: Path) -> tuple[jobs.Job, Path]:
    """Run a job, and show it whole; return it and its folder, moved afterwards."""
    job, out = jobs.load(path), path.parent / "out"
    assert pipeline.run(job, out, report=False).exit_code == 0
    show(job, out)
    return job, out.rename(path.parent / MOVED)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[jobs.Job, Path]:
    """Return the demonstration, as it runs for everybody."""
    return left_by(write_demo(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module", params=SCENES)
def real(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[jobs.Job, Path]:
    """Return a run over real scenes."""
    told, data = SCENES[request.param], shared / "data"
    folder = tmp_path_factory.mktemp(request.param)
    zone = told["zone"] or bounds_of(data / "s2s1_openeo")
    outline = {"type": "Feature", "properties": {"id": "z1"}, "geometry": mapping(box(*zone))}
    content = {"type": "FeatureCollection", "features": [outline]}
    (folder / "z.geojson").write_text(json.dumps(content), "utf-8")
    source = {**told["source"], "catalog": str(data / told["source"]["catalog"])}
    job = {
        "schema": 1, "name": request.param,
        "title": {"en": f"Real scenes of {request.param}", "fr": f"Images de {request.param}"},
        "zones": {"units": {"path": "z.geojson", "id": "id"}},
        "sources": [{**source, "allow_paths": [str(data)]}],
        "period": dict(zip(("start", "end"), told["period"], strict=True)),
        "products": told["products"],
        "report": {"languages": ["fr", "en"]}, "run": {"memory": "2GB", "workers": 1},
    }  # fmt: skip
    path = folder / "job.yaml"
    path.write_text(json.dumps(job), "utf-8")
    return left_by(path)


def bounds_of(folder: Path) -> tuple[float, float, float, float]:
    """Return what the items of a catalogue cover between them, in degrees, less its edge."""
    paths = sorted(folder.glob("sentinel-2-l2a/*/*.json"))
    boxes = [json.loads(path.read_text("utf-8"))["bbox"] for path in paths]
    west, south, east, north = boxes[0]
    wide, high = (east - west) / 20, (north - south) / 20
    return west + wide, south + high, east - wide, north - high


def is_plain(path: Path, band: int, hidden: Iterable[float]) -> bool:
    """Whether there is nothing to tell apart in a band: one value, or none, is drawn."""
    with rasterio.open(path) as file:
        values = file.read(band, masked=True).compressed()
    return len(np.setdiff1d(values[np.isfinite(values)], list(hidden))) < 2


def wrong(layer: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a layer."""
    name = layer["name"]
    if not layer["valid"]:
        yield f"{name}: {layer['error']}"
    elif layer["spatial"] and layer.get("features") != 0:  # of nothing, there is nothing to draw
        if not layer["crs_known"]:
            yield f"{name}: no CRS"
        if layer["errors"]:
            yield f"{name}: {layer['errors']}"
        if layer["kind"] == "raster" and layer["renderer"] == "singlebandgray":
            yield f"{name}: drawn in greys"
        path = Path(layer["source"].split("|")[0])
        hidden = layer.get("hidden", ())
        one = layer["kind"] == "raster" and is_plain(path, layer["band"], hidden)
        if layer["colours"] < 2 and not one:
            yield f"{name}: of one colour"


def check_files(qgis: Any, job: jobs.Job, out: Path) -> None:
    """Open every raster and GeoPackage of a run."""
    shown = open_shown(out, about_of(job))
    sources = [str(style.facts.path) for style in shown.styles]
    sources.append(f"{out / 'zones.gpkg'}|layername=zones")
    if shown.patches is not None:
        sources.append(f"{out / 'patches.gpkg'}|layername=patches")
    layers = qgis.layers(*sources)
    assert [one for layer in layers for one in wrong(layer)] == []
    rows = [layer["features"] for layer in layers if layer["kind"] == "vector"]
    frames = [shown.zones] if shown.patches is None else [shown.zones, shown.patches]
    assert rows == [len(frame) for frame in frames]


def leaves(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Give the layers of a tree of layers."""
    for node in nodes:
        if "children" in node:
            yield from leaves(node["children"])
        else:
            yield node


def check_project(qgis: Any, job: jobs.Job, out: Path, language: str, png: Path) -> None:
    """Open a project in a folder that was moved; see all of it."""
    told = qgis.project(out / f"project.{language}.qgz", png=png)
    assert told["read"]
    assert told["error"] == ""
    assert told["crs_known"]
    assert told["title"] == job.title[language]
    assert not told["absolute_paths"]
    assert [one for layer in told["layers"] for one in wrong(layer)] == []
    files = {
        Path(layer["source"].split("|")[0]).parent for layer in told["layers"] if layer["spatial"]
    }
    assert files <= {out, out / "rasters"}
    drawn = list(leaves(told["tree"]))
    assert len(drawn) > 1
    assert all(node["there"] for node in drawn)
    rasters = {layer["id"] for layer in told["layers"] if layer["kind"] == "raster"}
    assert any(node["visible"] for node in drawn if node["layer"] in rasters)  # at once
    assert told["themes"]
    assert [
        name for name, one in told["themes"].items() if one["errors"] or not one["layers"]
    ] == []
    assert told["layouts"]
    for layout in told["layouts"]:
        assert layout["exported"], layout["name"]
        assert min(layout["colours"]) > 10, layout["name"]
        assert not layout["atlas"] or layout["atlas_count"] > 0, layout["name"]


Run = tuple[jobs.Job, Path]


def test_the_demo_s_files_open(demo: Run, qgis: Any) -> None:
    check_files(qgis, *demo)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_demo_s_projects_open(demo: Run, qgis: Any, language: str, tmp_path: Path) -> None:
    check_project(qgis, *demo, language, tmp_path)


def test_files_of_real_scenes_open(real: Run, qgis: Any) -> None:
    check_files(qgis, *real)


def test_projects_of_real_scenes_open(real: Run, qgis: Any, tmp_path: Path) -> None:
    check_project(qgis, *real, "fr", tmp_path)
