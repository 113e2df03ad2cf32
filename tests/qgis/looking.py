"""Opens layers and projects in a real QGIS, and writes what it saw as JSON.

A program for the system's Python, which has QGIS and nothing of ours:
``python3 looking.py ANSWER.json {layers|project} [--png FOLDER] SOURCE...``
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsLayerTree,
    QgsLayerTreeModel,
    QgsLayoutExporter,
    QgsLayoutItemMap,
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize, QSizeF  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor, QImage  # type: ignore[import-not-found]

SIDE_PX = 400
"""Side of a rendered picture."""

PAGES = 12
"""Pages of an atlas that are looked at."""

VECTORS = (".gpkg", ".geojson", ".gpx", ".kml", ".parquet")


def legend_of(layer: Any) -> list[str]:
    """Return what a layer's legend says, entry by entry."""
    tree = QgsLayerTree()
    node = tree.addLayer(layer)
    model = QgsLayerTreeModel(tree)  # its entries die with it
    return [entry.data(0) or "" for entry in model.layerLegendNodes(node)]


def colours_in(image: Any) -> int:
    """Count the colours of a picture, looking at every third pixel."""
    across, down = range(0, image.width(), 3), range(0, image.height(), 3)
    return len({image.pixel(x, y) for x in across for y in down})


def render(layers: list[Any], extent: Any, crs: Any, png: Path | None) -> dict[str, Any]:
    """Draw layers on white; say how many colours came out, and what went wrong."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(crs)
    settings.setExtent(extent)
    settings.setOutputSize(QSize(SIDE_PX, SIDE_PX))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()  # an event loop would wait for ever where there is no layer to draw
    image = job.renderedImage()
    if png is not None:
        image.save(str(png))
    return {"colours": colours_in(image), "errors": [one.message for one in job.errors()]}


def raster(layer: Any) -> dict[str, Any]:
    """Say how a raster is drawn."""
    renderer, provider = layer.renderer(), layer.dataProvider()
    told: dict[str, Any] = {
        "kind": "raster",
        "renderer": renderer.type(),
        "bands": layer.bandCount(),
        "band": renderer.usesBands()[0],
        "band_name": layer.bandName(renderer.usesBands()[0]),
        "nodata": provider.sourceNoDataValue(1) if provider.sourceHasNoDataValue(1) else None,
        "pyramids": provider.hasPyramids(),
    }
    if hasattr(renderer, "classes"):
        told["classes"] = [(one.value, one.label, one.color.name()) for one in renderer.classes()]
    if renderer.type() == "singlebandpseudocolor":
        items = renderer.shader().rasterShaderFunction().colorRampItemList()
        told["ramp"] = [(one.value, one.label, one.color.name()) for one in items]
    hidden = renderer.rasterTransparency()
    if hidden is not None:
        told["hidden"] = [one.min for one in hidden.transparentSingleValuePixelList()]
    return told


def rules_told(renderer: Any) -> list[dict[str, Any]]:
    """Say which rules draw shapes, heading by heading, and in which scales."""
    if renderer is None or renderer.type() != "RuleRenderer":
        return []
    return [
        {
            "label": rule.label(),
            "filter": rule.filterExpression(),
            "drawn": rule.symbol() is not None,
            "scales": [rule.maximumScale(), rule.minimumScale()],
            "right": rule.filter() is None or not rule.filter().hasParserError(),
        }
        for rule in renderer.rootRule().descendants()
    ]


def label_rules_told(labels: Any) -> list[dict[str, Any]]:
    """Say what is written where, and in which scales."""
    if labels.type() != "rule-based":
        return []
    return [
        {
            "filter": rule.filterExpression(),
            "text": rule.settings().fieldName,
            "scales": [rule.maximumScale(), rule.minimumScale()],
            "right": not rule.settings().getLabelExpression().hasParserError(),
        }
        for rule in labels.rootRule().descendants()
    ]


def words_told(layer: Any) -> dict[str, dict[str, str]]:
    """Say by column what its values are called in a table."""
    found = {}
    for place, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(place)
        if setup.type() == "ValueMap":
            held = setup.config()["map"]
            found[field.name()] = {value: name for one in held for name, value in one.items()}
    return found


def vector(layer: Any) -> dict[str, Any]:
    """Say how shapes are drawn and labelled, and what their columns are called."""
    labels = layer.labeling()
    settings = labels.settings() if labels else None
    return {
        "kind": "vector",
        "renderer": layer.renderer().type() if layer.renderer() else "",
        "features": layer.featureCount(),
        "fields": {field.name(): field.alias() for field in layer.fields()},
        "words": words_told(layer),
        "labels": settings.fieldName if settings and layer.labelsEnabled() else "",
        "labels_by_scale": bool(settings and settings.scaleVisibility),
        "display": layer.displayExpression(),
        "rules": rules_told(layer.renderer()),
        "label_rules": [] if labels is None else label_rules_told(labels),
    }


def layer_told(layer: Any, png: Path | None) -> dict[str, Any]:
    """Say all of a layer: whether it opened, how it is drawn, how many colours that gives."""
    told = {
        "id": layer.id(),
        "name": layer.name(),
        "valid": layer.isValid(),
        "source": layer.source(),
        "error": "" if layer.isValid() else layer.error().summary(),  # of none, it would crash
    }
    if layer.isValid():
        told |= raster(layer) if isinstance(layer, QgsRasterLayer) else vector(layer)
        told |= {"crs": layer.crs().authid(), "crs_known": layer.crs().isValid()}
        told |= {"legend": legend_of(layer), "spatial": layer.isSpatial()}
        extent = layer.extent()
        extent.grow(max(extent.width(), extent.height(), 1e-4) * 0.05)
        told |= render([layer], extent, layer.crs(), png)
    return told


def opened(source: str) -> Any:
    """Open a layer; of a file with several, `|layername=` names one."""
    path = source.split("|")[0]
    if path.endswith(VECTORS):
        layer = QgsVectorLayer(source, Path(path).stem, "ogr")
        layer.loadDefaultStyle()
        return layer
    return QgsRasterLayer(source, Path(path).stem)


def node_told(node: Any, model: Any) -> dict[str, Any]:
    """Say what stands in the tree of layers, with the legend as the tree words it."""
    told = {
        "name": node.name(),
        "visible": node.isVisible(),
        "checked": node.itemVisibilityChecked(),
    }
    if QgsLayerTree.isLayer(node):
        layer = node.layer()
        words = [entry.data(0) or "" for entry in model.layerLegendNodes(node)]
        return told | {"layer": node.layerId(), "there": layer is not None, "legend": words}
    return told | {"children": [node_told(child, model) for child in node.children()]}


def page_told(layout: Any, number: int) -> dict[str, Any]:
    """Turn to a page of an atlas; say its name, its file's, its title and what its maps show."""
    atlas = layout.atlas()
    atlas.seekTo(number)
    maps = [item for item in layout.items() if isinstance(item, QgsLayoutItemMap)]
    shown = {}
    for item in maps:
        settings = item.mapSettings(item.extent(), QSizeF(100, 100), 96, True)
        shown[item.id()] = [layer.name() for layer in settings.layers()]
    extents = {item.id(): item.extent().toString(1) for item in maps}
    title = next((one.currentText() for one in layout.items() if one.id() == "title"), "")
    told = {"name": atlas.nameForPage(number), "file": atlas.currentFilename()}
    return told | {"title": title, "maps": shown, "extents": extents}


def layout_told(layout: Any, folder: Path | None) -> dict[str, Any]:
    """Say what is on a print layout, draw its first page, and list the pages of its atlas."""
    atlas = layout.atlas()
    told: dict[str, Any] = {
        "name": layout.name(),
        "items": sorted({type(item).__name__ for item in layout.items()}),
        "texts": [item.text() for item in layout.items() if hasattr(item, "currentText")],
        "pages": layout.pageCollection().pageCount(),
        "atlas": atlas.enabled(),
    }
    if atlas.enabled():
        atlas.updateFeatures()
        atlas.beginRender()
        atlas.first()
        covered = atlas.coverageLayer()
        told |= {"atlas_count": atlas.count(), "atlas_layer": covered.name() if covered else ""}
        told |= {"atlas_pages": [page_told(layout, n) for n in range(min(atlas.count(), PAGES))]}
        atlas.first()
    if folder is not None:
        path = folder / f"layout_{layout.name()}.png".replace("/", "_")
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 96
        done = QgsLayoutExporter(layout).exportToImage(str(path), settings)
        pages = sorted(folder.glob(f"{path.stem.replace('[', '[[]')}*.png"))
        told |= {"exported": done == QgsLayoutExporter.Success}
        told |= {"colours": [colours_in(QImage(str(page))) for page in pages]}
    return told


def themes_told(project: Any, folder: Path | None) -> dict[str, Any]:
    """Say which layers each map theme shows, and draw it over the opening view."""
    told, themes = {}, project.mapThemeCollection()
    for name in themes.mapThemes():
        layers = themes.mapThemeVisibleLayers(name)
        png = folder / f"theme_{name}.png".replace("/", "_") if folder else None
        extent = project.viewSettings().defaultViewExtent()
        seen = render(layers, extent, project.crs(), png)
        told[name] = {"layers": [layer.name() for layer in layers], **seen}
    return told


def project_told(path: str, folder: Path | None) -> dict[str, Any]:
    """Open a project, and say all of it."""
    project = QgsProject.instance()
    read = project.read(path)
    layers = project.mapLayers().values()
    view = project.viewSettings().defaultViewExtent()
    root = project.layerTreeRoot()
    model = QgsLayerTreeModel(root)
    layouts = [one for one in project.layoutManager().layouts() if isinstance(one, QgsPrintLayout)]
    absolute, _ = project.readBoolEntry("Paths", "/Absolute")
    return {
        "read": read,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "crs_known": project.crs().isValid(),
        "view": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
        "absolute_paths": absolute,
        "version": project.lastSaveVersion().text(),
        "tree": [node_told(node, model) for node in root.children()],
        "layers": [
            layer_told(layer, folder / f"{layer.id()}.png" if folder else None)
            for layer in layers
            if isinstance(layer, QgsMapLayer)
        ],
        "themes": themes_told(project, folder),
        "bookmarks": [one.name() for one in project.bookmarkManager().bookmarks()],
        "layouts": [layout_told(layout, folder) for layout in layouts],
    }


def glance(path: str) -> dict[str, Any]:
    """Open a project, and say which layers opened; nothing is drawn."""
    project = QgsProject.instance()
    read = project.read(path)
    layers = [one for one in project.mapLayers().values() if isinstance(one, QgsMapLayer)]
    return {
        "read": read,
        "error": project.error(),
        "valid": {one.id(): one.isValid() for one in layers},
        "features": {
            one.id(): one.featureCount() for one in layers if isinstance(one, QgsVectorLayer)
        },
    }


def main() -> None:
    """Look at what is named, and write the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("answer", type=Path)
    parser.add_argument("what", choices=("glance", "layers", "project"))
    parser.add_argument("--png", type=Path)
    parser.add_argument("sources", nargs="+")
    asked = parser.parse_args()
    application = QgsApplication([], False)
    application.initQgis()
    said: list[str] = []
    application.messageLog().messageReceived.connect(
        lambda text, tag, _: said.append(f"{tag}: {text}")
    )
    if asked.what == "glance":
        found: Any = glance(asked.sources[0])
    elif asked.what == "project":
        found = project_told(asked.sources[0], asked.png)
    else:
        pngs = [asked.png / f"{n}.png" if asked.png else None for n in range(len(asked.sources))]
        found = [layer_told(opened(one), png) for one, png in zip(asked.sources, pngs, strict=True)]
    asked.answer.write_text(json.dumps({"found": found, "said": said}), "utf-8")
    sys.stdout.flush()
    os._exit(0)  # taking QGIS down in order may crash, and nothing is left to lose


main()
