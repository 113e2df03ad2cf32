"""Every raster of a run, dragged into QGIS: valid, in its colours, its classes by name."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import rasterio
from PIL import Image

from landcover.model import Legend
from landcover.outputs.qgis.renderers import NOTHING, items_of
from landcover.outputs.sidecars import write_sidecars
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.products.disturbance_layers import KIND_LEGEND

KIND = "disturbance_kind"
CLASSES = [(one.value, one.names["en"], one.palette) for one in KIND_LEGEND.classes]


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a run whose rasters have their sidecars, in a folder with a hard name."""
    out = finished.copy(tmp_path_factory.mktemp("beside") / "Résultats de l’été & co")
    found = finished.shown(out)
    write_sidecars(found)
    return found


def expected(style: RasterStyle) -> dict[str, Any]:
    """Return what QGIS must say of a raster, by its style."""
    band: BandStyle = style.bands[0]
    if band.scale is None:
        return {"renderer": "multibandcolor"}
    if isinstance(band.scale, Legend):
        classes = [[one.value, one.names["en"], one.palette] for one in band.scale.classes]
        return {"renderer": "paletted", "band": band.band, "classes": classes}
    ramp: Ramp = band.scale
    stops = [[value, label, colour] for value, colour, label in items_of(ramp, "en", every=True)]
    pale = [[value, band.nothing["en"], NOTHING] for value in band.hidden]
    told = {"renderer": "singlebandpseudocolor", "band": band.band, "ramp": [*pale, *stops]}
    return told | {"hidden": []}


def states(shown: Any, folder: Path) -> dict[str, Path]:
    """Lay out rasters that have lost what stood beside them."""
    kind, slope = (shown.out / "rasters" / f"{name}.tif" for name in (KIND, "ndvi_trend"))
    found = {}
    for name, source in (("no qml", kind), ("nothing", kind), ("misnamed", slope)):
        (folder / name).mkdir()
        found[name] = Path(shutil.copy(source, folder / name))
    shutil.copy(kind.with_name(f"{kind.name}.aux.xml"), folder / "no qml")
    shutil.copy(slope.with_suffix(".qml"), folder / "misnamed" / f"{slope.name}.qml")
    return found


@pytest.fixture(scope="module")
def looked(shown: Any, qgis: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what QGIS says of every raster by its name, and of those that lost something."""
    lost = states(shown, tmp_path_factory.mktemp("lost"))
    whole = {style.facts.name: style.facts.path for style in shown.styles}
    asked = whole | lost
    found = qgis.layers(*asked.values(), png=shown.out / "png")
    for number, layer in enumerate(found):
        layer["png"] = shown.out / "png" / f"{number}.png"
    return dict(zip(asked, found, strict=True))


def test_each_raster_opens_in_its_colours(shown: Any, looked: Any) -> None:
    for style in shown.styles:
        name, wanted = style.facts.name, expected(style)
        layer = looked[name]
        assert layer["valid"], name
        assert layer["crs"] == shown.grid.crs, name
        assert {key: layer[key] for key in wanted} == wanted, name
        assert layer["colours"] > 1, name
        assert layer["errors"] == [], name
    kinds = {layer["renderer"] for layer in looked.values()}
    assert kinds >= {"paletted", "singlebandpseudocolor", "multibandcolor"}


def test_a_class_raster_has_its_names_and_no_more(looked: Any) -> None:
    header, *names = looked[KIND]["legend"]
    assert header.startswith("Band 1: kind of disturbance")
    assert names == [name for _, name, _ in CLASSES]


def test_a_ramp_says_what_each_of_its_colours_is(shown: Any, looked: Any) -> None:
    assert [label for label in looked["disturbance"]["legend"][1:] if label] == [
        "no break found", "Jul–Sep 2022", "Oct–Dec 2022", "Jan–Mar 2023", "Apr–Jun 2023",
        "Jul–Sep 2023", "Oct–Dec 2023",
    ]  # fmt: skip
    slopes = [label for label in looked["ndvi_trend"]["legend"][1:] if label]
    assert slopes == [
        "\u22120.0500", "\u22120.0333", "\u22120.0250", "\u22120.0167", "0.0000", "0.0167",
        "0.0250", "0.0333", "0.0500",
    ]  # fmt: skip
    for name, layer in looked.items():
        if name in {style.facts.name for style in shown.styles}:
            assert all(layer["legend"]), name  # no square is without a word


def test_without_qml_the_names_still_stand(looked: Any) -> None:
    layer = looked["no qml"]
    assert layer["renderer"] == "paletted"
    assert layer["classes"][0][0] == 0  # no value of the raster: GDAL names by place, from 0 on
    assert [tuple(one) for one in layer["classes"][1:]] == CLASSES


def test_without_all_sidecars_the_colours_still_stand(looked: Any) -> None:
    layer = looked["nothing"]
    assert layer["renderer"] == "paletted"
    palette = {value: colour for value, _, colour in layer["classes"]}
    assert {value: palette[value] for value, _, _ in CLASSES} == {v: c for v, _, c in CLASSES}


def test_a_qml_of_another_name_is_not_read(looked: Any) -> None:
    """What is looked at tells a style that was read from one that was not."""
    assert looked["ndvi_trend"]["renderer"] == "singlebandpseudocolor"
    assert looked["misnamed"]["renderer"] in ("singlebandgray", "multibandcolor")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read the table of attributes out of a raster's ``.aux.xml``."""
    table = ET.parse(path).getroot().find(".//GDALRasterAttributeTable")
    assert table is not None
    names = [str(one.findtext("Name")) for one in table.findall("FieldDefn")]
    return [
        dict(zip(names, [cell.text or "" for cell in row], strict=True))
        for row in table.findall("Row")
    ]


def test_qgis_counts_each_class_as_we_do(shown: Any, tmp_path: Path, qgis: Any) -> None:
    path = shown.out / "rasters" / f"{KIND}.tif"
    qgis.run(
        "native:rasterlayeruniquevaluesreport",
        INPUT=path, BAND=1, OUTPUT_TABLE=tmp_path / "found.csv",
    )  # fmt: skip
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        theirs = {int(float(row["value"])): row for row in csv.DictReader(file)}
    ours = {int(row["Value"]): row for row in rows_of(path.with_name(f"{path.name}.aux.xml"))}
    assert set(ours) == {value for value, _, _ in CLASSES} >= set(theirs)
    assert {v: int(row["Count"]) for v, row in ours.items()} == {
        v: int(theirs[v]["count"]) if v in theirs else 0 for v in ours
    }
    for value, row in theirs.items():  # theirs are hectares of the plane: UTM's scale is 0.08 %
        assert float(ours[value]["Hectares"]) == pytest.approx(float(row["m2"]) / 1e4, rel=1e-3)


def test_the_table_of_attributes_agrees_with_the_tables_of_the_run(shown: Any) -> None:
    """The two regions share all of the country, and every disturbance lies within."""
    path = shown.out / "rasters" / f"{KIND}.tif.aux.xml"
    ours = {row["Class"]: float(row["Hectares"]) for row in rows_of(path)}
    kinds = pd.DataFrame(shown.table("disturbance_kinds"))
    regions = kinds[kinds["kind"] == "region"]
    assert regions["abrupt_ha"].sum() > 0.5
    for name in ("abrupt", "gradual", "recovering"):
        assert ours[name] == pytest.approx(regions[f"{name}_ha"].sum(), abs=1e-4), name


def test_ground_without_a_break_is_told_from_ground_that_could_not_be_judged(
    shown: Any, looked: Any
) -> None:
    """Where no break was found there is a date of 0, drawn pale; where none could be, nothing."""
    with rasterio.open(shown.out / "rasters" / "disturbance.tif") as file:
        dates = file.read(1)
    judged = np.isfinite(dates)
    assert 0 < (dates[judged] > 0).mean() < 0.2
    assert 0.5 < judged.mean() < 1
    drawn = np.asarray(Image.open(looked["disturbance"]["png"]).convert("RGB"))
    pale = (drawn == [0xF3, 0xEF, 0xE2]).all(axis=2).mean()
    white = (drawn == 255).all(axis=2).mean()
    seen = dates.size / (1.1 * max(dates.shape)) ** 2  # the rest is the margin around the raster
    assert pale == pytest.approx(seen * (dates == 0).mean(), abs=0.02)
    assert white == pytest.approx(1 - seen * judged.mean(), abs=0.02)
