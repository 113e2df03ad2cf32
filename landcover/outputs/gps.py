"""``patches.gpx`` and ``patches.kml``: disturbances for a field GPS and for Google Earth.

It knows the XML of both. It computes nothing. Texts are in the job's first language. Names from
outside are escaped for XML, and once more where Google Earth would take them for HTML. Sites are
not named: a list of mines to carry about can endanger who carries it.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from landcover.files import write_whole
from landcover.outputs.patch_parts import PART_COLUMNS
from landcover.outputs.qml import plain_xml
from landcover.outputs.vector_styles import OTHER_PATCH, PATCH_PALETTE
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from landcover.outputs.shown import Shown

__all__ = ["MOST_OUTLINES", "MOST_POINTS", "write_gps"]

MOST_POINTS = 2_000
"""Points of a GPX: of more, many a receiver keeps only the first ones."""

MOST_OUTLINES = 5_000
"""Outlines of a KML: under 10 MB, with which Google Earth is still swift."""

GPX = "http://www.topografix.com/GPX/1/1"
KML = "http://www.opengis.net/kml/2.2"
"""Names of the formats' own elements."""

DIGITS = 7
"""Digits of degrees: about 1 cm."""


@dataclass(frozen=True, slots=True)
class _Patch:
    """One disturbance as it is told."""

    id: str
    lon: float
    lat: float
    first: date | None
    kind: str
    lines: tuple[str, ...]
    figures: Mapping[str, str]
    shape: BaseGeometry


def write_gps(shown: Shown) -> tuple[Path, ...]:
    """Write patches as GPX and as KML.

    Returns
    -------
    tuple of Path
        None where the job did not ask for disturbances; former files are removed then.
    """
    paths = (shown.out / "patches.gpx", shown.out / "patches.kml")
    if shown.patches is None:
        for path in paths:
            path.unlink(missing_ok=True)
        return ()
    language = shown.about.languages[0]
    words = Words("vectors", language)
    title = words("gps_title", job=shown.about.title(language))
    for path, make, most in zip(paths, (_gpx, _kml), (MOST_POINTS, MOST_OUTLINES), strict=True):
        taken = shown.patches.nlargest(most, "area_ha", keep="first").sort_index()
        told = _counted(len(taken), len(shown.patches), words, shown.kept_back)
        patches = list(_patches(taken, _places(shown, words), words))
        write_whole(path, _document(make(title, f"{told} {words('gps_caveat')}", patches, words)))
    return paths


def _counted(taken: int, total: int, words: Words, kept_back: bool) -> str:
    """Say how many there are, and whether that is all: not those near sensitive sites."""
    if kept_back:
        some = _counted(taken, total, words, False) if taken else words("gps_none_here")
        return f"{some} {words('gps_kept_back')}"
    if taken == total:
        return words("gps_all", count=words.number(total, 0))
    return words("gps_some", count=words.number(taken, 0), total=words.number(total, 0))


def _places(shown: Shown, words: Words) -> dict[str, str]:
    """Say of zones where they are: not of those around sites, nor of sensitive ones."""
    zones = shown.zones
    plain = zones[zones["kind"].isin(["reserve", "outside", "region", "unit"])]
    if "sensitive" in plain:
        plain = plain[~plain["sensitive"].astype(bool)]
    return {str(row["zone_id"]): _where(row, words) for row in plain.to_dict("records")}


def _where(zone: Mapping[Any, Any], words: Words) -> str:
    """Say that something lies in a zone, or so far outside a reserve."""
    if zone["kind"] != "outside":
        return words("gps_zone", zone=zone["name"])
    near, far = (words.number(zone[name], 0) for name in ("from_m", "to_m"))
    return words("gps_outside", near=near, far=far, zone=zone["name"])


# --- what is told of each --------------------------------------------------------------------


def _patches(frame: gpd.GeoDataFrame, places: Mapping[str, str], words: Words) -> Iterator[_Patch]:
    """Tell of each patch."""
    for row, shape in zip(frame.to_dict("records"), frame.geometry, strict=True):
        first = _day(row.get("first_date"))
        kind, confidence = str(row.get("kind") or ""), str(row.get("confidence") or "")
        yield _Patch(
            str(row["patch_id"]),
            float(row["lon"]),
            float(row["lat"]),
            first,
            kind,
            tuple(_lines(row, kind, confidence, places, words)),
            _figures(row, first, kind, confidence),
            shape,
        )


def _day(cell: Any) -> date | None:
    """Return a day; None where there is none."""
    found = None if cell is None or cell != cell else cell.date()
    return found if isinstance(found, date) else None


def _lines(
    row: Mapping[Any, Any], kind: str, confidence: str, places: Mapping[str, str], words: Words
) -> Iterator[str]:
    """Say what it is, when, how large and where."""
    yield words("gps_kind", kind=_named("patch_", kind, words),
                confidence=_named("confidence_", confidence, words))  # fmt: skip
    first, before = _day(row.get("first_date")), _day(row.get("last_clear_date"))
    if first and before:
        yield words("gps_days", first=words.day(first), before=words.day(before))
    elif first:
        yield words("gps_first", first=words.day(first))
    if (last := _day(row.get("last_date"))) and last != first:
        yield words("gps_grown", last=words.day(last))
    yield words("gps_area", area=words.number(row.get("area_ha"), 2))
    parts = {name: row.get(f"{name}_ha") for name in ("confirmed", "provisional", "low")}
    if all(_is_told(part) for part in parts.values()):
        yield words("gps_parts", **{name: words.number(ha, 2) for name, ha in parts.items()})
    if _is_told(early := row.get("perhaps_before_watch_ha")) and early:
        yield words("gps_early", area=words.number(early, 2))
    if where := places.get(str(row.get("zone_id"))):
        yield where


def _is_told(figure: Any) -> bool:
    """Whether there is a number."""
    return figure is not None and figure == figure


def _named(start: str, key: str, words: Words) -> str:
    """Name a kind or confidence; one that is not known as it is."""
    return words(start + key) if words.has(start + key) else key


def _figures(
    row: Mapping[Any, Any], first: date | None, kind: str, confidence: str
) -> dict[str, str]:
    """Give what a program would read, under the columns' names."""
    known = {"patch_id": str(row["patch_id"]), "kind": kind, "confidence": confidence}
    known |= {"first_date": str(first)} if first else {}
    numbers = {name: row.get(name) for name in ("area_ha", *PART_COLUMNS, "drop")}
    held = {name: f"{value:.6g}" for name, value in numbers.items() if _is_told(value)}
    return known | held


# --- documents -------------------------------------------------------------------------------


def _document(root: Element) -> bytes:
    """Write a document."""
    indent(root, " ")
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _text(parent: Element, name: str, text: str) -> None:
    """Write a text of its own element."""
    SubElement(parent, name).text = plain_xml(text)


def _gpx(title: str, about: str, patches: Sequence[_Patch], words: Words) -> Element:
    """Make waypoints (GPX 1.1): a place within each patch."""
    root = Element("gpx", xmlns=GPX, version="1.1", creator="landcover")
    meta = SubElement(root, "metadata")
    _text(meta, "name", title)
    _text(meta, "desc", about)
    for patch in patches:
        place = {"lat": f"{patch.lat:.{DIGITS}f}", "lon": f"{patch.lon:.{DIGITS}f}"}
        point = SubElement(root, "wpt", place)
        if patch.first:
            _text(point, "time", f"{patch.first}T00:00:00Z")
        _text(point, "name", patch.id)
        _text(point, "desc", "; ".join(patch.lines))
        _text(point, "sym", "Flag, Red")
        _text(point, "type", _named("patch_", patch.kind, words))
    return root


def _kml(title: str, about: str, patches: Sequence[_Patch], words: Words) -> Element:
    """Make placemarks (KML 2.2): outlines in folders by kind, and the places of all."""
    root = Element("kml", xmlns=KML)
    document = SubElement(root, "Document")
    _text(document, "name", title)
    _text(document, "description", html.escape(about))
    kinds = sorted({patch.kind for patch in patches})
    for number, kind in enumerate(kinds):
        _kml_style(document, number, kind)
    for number, kind in enumerate(kinds):
        folder = SubElement(document, "Folder")
        _text(folder, "name", _named("patch_", kind, words))
        for patch in patches:
            if patch.kind == kind:
                _outline(_placemark(folder, patch, number), patch, words)
    folder = SubElement(document, "Folder")  # seen from afar, where an outline is not
    _text(folder, "name", words("gps_places"))
    for patch in patches:
        _point(_placemark(folder, patch, kinds.index(patch.kind)), patch)
    return root


def _kml_style(parent: Element, number: int, kind: str) -> None:
    """Colour a kind as maps do; KML writes alpha, blue, green, red."""
    colour = PATCH_PALETTE.get(kind, OTHER_PATCH)
    bgr = colour[5:7] + colour[3:5] + colour[1:3]
    style = SubElement(parent, "Style", id=f"kind-{number}")
    icon = SubElement(style, "IconStyle")
    _text(icon, "color", f"ff{bgr}")
    _text(icon, "scale", "0.6")
    line = SubElement(style, "LineStyle")
    _text(line, "color", f"ff{bgr}")
    _text(line, "width", "2")
    _text(SubElement(style, "PolyStyle"), "color", f"80{bgr}")


def _placemark(parent: Element, patch: _Patch, number: int) -> Element:
    """Write one patch, all but its shape and figures."""
    mark = SubElement(parent, "Placemark")
    _text(mark, "name", patch.id)
    _text(mark, "description", "<br>".join(html.escape(line) for line in patch.lines))
    if patch.first:
        _text(SubElement(mark, "TimeStamp"), "when", str(patch.first))
    _text(mark, "styleUrl", f"#kind-{number}")
    return mark


def _outline(mark: Element, patch: _Patch, words: Words) -> None:
    """Give a placemark its outline: polygons alone, for QGIS draws no mixture with a point."""
    data = SubElement(mark, "ExtendedData")
    titles = Words("fields", words.language)
    for name, value in patch.figures.items():
        held = SubElement(data, "Data", name=name)
        _text(held, "displayName", titles(name))
        _text(held, "value", value)
    shapes = SubElement(mark, "MultiGeometry")
    for part in getattr(patch.shape, "geoms", (patch.shape,)):
        _polygon(shapes, part)


def _point(mark: Element, patch: _Patch) -> None:
    """Give a placemark a place within its patch."""
    point = SubElement(mark, "Point")
    _text(point, "coordinates", f"{patch.lon:.{DIGITS}f},{patch.lat:.{DIGITS}f}")


def _polygon(parent: Element, polygon: Any) -> None:
    """Write a polygon and its holes."""
    held = SubElement(parent, "Polygon")
    for name, ring in (
        ("outerBoundaryIs", polygon.exterior),
        *(("innerBoundaryIs", hole) for hole in polygon.interiors),
    ):
        places = " ".join(f"{x:.{DIGITS}f},{y:.{DIGITS}f}" for x, y in ring.coords)
        _text(SubElement(SubElement(held, name), "LinearRing"), "coordinates", places)
