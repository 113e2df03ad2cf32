"""``zones.gpkg``, ``patches.gpkg``, ``context.gpkg`` as people open them: figures, names, styles.

It joins layers that a run left with figures of its tables and with styles. It computes nothing.
A style is there in each language of the job; that of the first is the default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from landcover.errors import InputError
from landcover.outputs.context_layers import symbol_of
from landcover.outputs.field_meanings import field_meanings
from landcover.outputs.geopackage import (
    GeoLayer,
    NamedStyle,
    columns_as_written,
    write_geopackage,
)
from landcover.outputs.qml import qml_text
from landcover.outputs.vector_styles import (
    context_style,
    field_titles,
    patch_style,
    site_style,
    zone_style,
)
from landcover.outputs.zone_figures import zone_figures
from landcover.outputs.zone_layers import zone_columns

if TYPE_CHECKING:
    import geopandas as gpd

    from landcover.outputs.shown import Shown

__all__ = ["LANGUAGES", "styled", "with_figures", "write_vectors"]

LANGUAGES = {"en": "English", "fr": "Français"}
"""What the list of a layer's styles calls them."""


def write_vectors(shown: Shown) -> tuple[Path, ...]:
    """Write zones with their figures, patches and context, each with styles inside.

    It goes before all that read `shown.zones`. Written twice it writes the same bytes.

    Returns
    -------
    tuple of Path
        ``zones.gpkg``, and ``patches.gpkg`` and ``context.gpkg`` where the run has them.

    Raises
    ------
    InputError
        The run is of a version that left no polygons.
    """
    if not (shown.out / "zones.gpkg").is_file():
        what = "the run left no polygons of its zones (zones.gpkg)"
        remedy = "Run the job again; what it has finished stays"
        raise InputError(str(shown.out), what, remedy)
    written = [_write_zones(shown)]
    if (shown.out / "patches.gpkg").is_file():
        written.append(_write_patches(shown))
    if (shown.out / "context.gpkg").is_file():
        written.append(_write_context(shown))
    return tuple(written)


def styled(
    name: str,
    frame: gpd.GeoDataFrame,
    geometry_type: str,
    style: Callable[[gpd.GeoDataFrame, str], Element],
    languages: Sequence[str],
) -> GeoLayer:
    """Make a layer with a style and names of fields in each language, the first's the default."""
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    named = [NamedStyle(LANGUAGES[one], qml_text(style(frame, one))) for one in languages]
    first = languages[0]
    titles, meanings = field_titles(columns, first, name), field_meanings(name, columns, first)
    return GeoLayer(name, frame, geometry_type, tuple(named), titles, meanings)


def with_figures(zones: gpd.GeoDataFrame, shown: Shown) -> gpd.GeoDataFrame:
    """Join to zones the figures of the tables; figures that they have already are made anew."""
    table = shown.tables["zones"]
    own = [name for name in zone_columns([str(name) for name in table]) if name in zones]
    figures = zone_figures(shown.tables).reindex(zones["zone_id"])
    names = columns_as_written([*own, *(str(name) for name in figures)])[len(own) :]
    figures = figures.set_axis(names, axis=1).set_axis(zones.index, axis=0)
    return zones[[*own, zones.geometry.name]].join(figures)


def _write_zones(shown: Shown) -> Path:
    """Write zones and sites."""
    path, languages = shown.out / "zones.gpkg", shown.about.languages
    zones, sites = with_figures(_read(path, "zones"), shown), _read(path, "sites")
    layer = partial(styled, languages=languages)
    write_geopackage(
        path,
        (
            layer("zones", zones, "MultiPolygon", zone_style),
            layer("sites", sites, "Point", site_style),
        ),
    )
    return path


def _write_patches(shown: Shown) -> Path:
    """Write patches, in the plane of the rasters."""
    path = shown.out / "patches.gpkg"
    frame = _read(path, "patches")
    layer = styled("patches", frame, "MultiPolygon", patch_style, shown.about.languages)
    write_geopackage(path, (layer,))
    return path


def _write_context(shown: Shown) -> Path:
    """Write what is drawn round the zones."""
    import pyogrio

    path, layers = shown.out / "context.gpkg", list[GeoLayer]()
    for name, shapes in pyogrio.list_layers(path):
        if shapes:
            frame = _read(path, str(name))
            style = partial(_context_style, shape=symbol_of(shapes))
            layers.append(styled(str(name), frame, str(shapes), style, shown.about.languages))
    write_geopackage(path, layers)
    return path


def _context_style(layer: gpd.GeoDataFrame, language: str, shape: str) -> Element:
    """Make the style of a layer of context, all of one kind."""
    kind = str(layer["kind"].iloc[0]) if len(layer) else "other"
    return context_style(layer, kind, shape, language)


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    """Read a layer as it is."""
    import geopandas as gpd

    return gpd.read_file(path, layer=layer, engine="pyogrio")
