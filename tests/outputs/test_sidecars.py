"""Sidecars: beside each raster, the same bytes each time, safe in XML; rasters untouched."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from landcover.model import Legend
from landcover.outputs.shown import KEPT_BACK
from landcover.outputs.sidecars import write_sidecars
from landcover.products.disturbance_layers import KIND_LEGEND

KIND = "disturbance_kind.tif"


def hashes(folder: Path, pattern: str) -> dict[str, str]:
    """Return the SHA-256 of files by name."""
    found = sorted(folder.glob(pattern))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def beside(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a copy of the run with its sidecars."""
    shown = finished.shown(finished.copy(tmp_path_factory.mktemp("beside") / "out"))
    write_sidecars(shown)
    return shown


def test_each_raster_has_its_style(beside: Any) -> None:
    rasters = beside.out / "rasters"
    assert {path.stem for path in rasters.glob("*.qml")} == {p.stem for p in rasters.glob("*.tif")}
    assert [path.name for path in rasters.glob("*.aux.xml")] == [f"{KIND}.aux.xml"]
    for style in beside.styles:
        root = ET.parse(style.facts.path.with_suffix(".qml")).getroot()
        renderer = root.find("pipe/rasterrenderer")
        assert renderer is not None
        wanted = {type(None): "multibandcolor", Legend: "paletted"}
        kind = wanted.get(type(style.bands[0].scale), "singlebandpseudocolor")
        assert renderer.get("type") == kind


def test_rasters_stay_as_they_are_and_are_valid(finished: Any, beside: Any) -> None:
    assert hashes(beside.out / "rasters", "*.tif") == hashes(finished.out / "rasters", "*.tif")
    for path in (beside.out / "rasters").glob("*.tif"):
        valid, errors, _ = cog_validate(path, strict=True)
        assert valid, (path.name, errors)


def test_again_they_are_the_same_bytes_and_named(beside: Any) -> None:
    rasters = beside.out / "rasters"
    before = hashes(rasters, "*.qml") | hashes(rasters, "*.aux.xml")
    written = write_sidecars(beside)
    assert {path.name for path in written} == set(before)
    assert hashes(rasters, "*.qml") | hashes(rasters, "*.aux.xml") == before
    text = "".join(path.read_text("utf-8") for path in written)
    assert str(beside.out) not in text


def test_gdal_reads_colours_of_the_classes_alone(beside: Any) -> None:
    with rasterio.open(beside.out / "rasters" / KIND) as file:
        palette, meaning = file.colormap(1), file.tags(ns="")
        assert file.descriptions[0].startswith("kind of disturbance")
    classes = {one.value: (*bytes.fromhex(one.palette[1:]), 255) for one in KIND_LEGEND.classes}
    assert {value: palette[value] for value in classes} == classes
    assert max(palette) == max(classes)  # 255 without the sidecar
    assert "stable" in meaning["CLASSES_EN"]


def test_names_are_in_the_first_language(finished: Any, tmp_path: Path) -> None:
    job = finished.path.read_text("utf-8").replace('"en",\n   "fr"', '"fr",\n   "en"')
    other = finished.path.with_name("fr.yaml")
    other.write_text(job, "utf-8")
    out = finished.copy(tmp_path / "out")
    shown = type(finished)(other, out).shown()
    assert shown.about.languages[0] == "fr"
    write_sidecars(shown)
    for name in ("disturbance_kind.qml", f"{KIND}.aux.xml"):
        assert "en régénération" in (out / "rasters" / name).read_text("utf-8")


def _counts(beside: Any, out: Path, *, kept_back: bool) -> list[str | None]:
    """Return the pixels of each row of a run of which nothing was watched but one pixel."""
    (out / "rasters").mkdir(parents=True)
    source = beside.out / "rasters" / KIND
    with rasterio.open(source) as file:
        profile, values, tags = file.profile, np.zeros_like(file.read()), file.tags()
    values[0, 0, 0] = KIND_LEGEND.classes[1].value if kept_back else 0
    with rasterio.open(out / "rasters" / KIND, "w", **profile) as file:
        file.write(values)
        file.update_tags(**tags)
    (out / "scenes.json").write_bytes((beside.out / "scenes.json").read_bytes())
    run = json.loads((beside.out / "run.json").read_text("utf-8"))
    (out / "run.json").write_text(json.dumps(run | {KEPT_BACK: kept_back}), "utf-8")
    (out / "tables").mkdir()
    from landcover.outputs.opening import open_shown

    write_sidecars(open_shown(out, beside.about))
    rows = ET.parse(out / "rasters" / f"{KIND}.aux.xml").getroot().findall(".//Row")
    return [[cell.text for cell in row][1] for row in rows]


def test_a_raster_of_nothing_has_a_row_a_class(beside: Any, tmp_path: Path) -> None:
    """A run of which nothing was watched: each class is there, and covers nothing."""
    counts = _counts(beside, tmp_path / "out", kept_back=False)
    assert counts == ["0"] * len(KIND_LEGEND.classes)


def test_where_ground_is_kept_back_no_class_is_said_to_cover_nothing(
    beside: Any, tmp_path: Path
) -> None:
    assert _counts(beside, tmp_path / "out", kept_back=True) == ["1"]
