"""One group's file into features: its shapes, ids, names and the columns it keeps.

This module knows what a group asks of a file. It does not know rings or controls.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from landcover.errors import ZoneError
from landcover.model import InputFile, Note
from landcover.zones.archives import unpacked
from landcover.zones.columns import LATITUDES, LONGITUDES, found, id_text, required, typed
from landcover.zones.coordinates import decimal_comma, degrees, number
from landcover.zones.ellipsoid import area_ha
from landcover.zones.features import Feature, Value, listed
from landcover.zones.files import Kind, LocalFile, kind_of, local, sha256
from landcover.zones.latest import latest
from landcover.zones.positions import Ledger, check_width, fault, unlikely
from landcover.zones.repair import repaired
from landcover.zones.settings import ContextLayer, ZoneGroup
from landcover.zones.tables import Table, read_csv, read_xlsx
from landcover.zones.vector import chosen, crs_of, read_vector, to_degrees

__all__ = ["Reading", "fulfilling", "in_degrees", "inputs_of", "placed", "read"]

GEOGRAPHIC = "EPSG:4326"
SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one group's file gave."""

    features: tuple[Feature, ...]
    notes: tuple[Note, ...]
    inputs: tuple[InputFile, ...]


@dataclass(frozen=True, slots=True)
class _Records:
    """Rows of a table or of a vector file, alike: geometry may still be None."""

    word: str
    numbers: tuple[int, ...]
    geometry: Sequence[BaseGeometry | None]
    cells: Mapping[str, Sequence[Value]]
    unreadable: Mapping[int, str]
    notes: tuple[Note, ...]
    columns: tuple[str, ...]

    def row(self, place: int) -> str:
        """Name a row as a person would look it up: "row 7", "feature 7"."""
        return f"{self.word} {self.numbers[place]}"


def read(group: str, settings: ZoneGroup, cache: Path) -> Reading:
    """Read the file of a group.

    Parameters
    ----------
    group : str
        The job's key under `zones`.
    settings : ZoneGroup
        With a `path`.
    cache : Path
        Folder for what is fetched.
    """
    where = f"zones.{group}"
    file = local(str(settings.path), cache, where)
    kind = kind_of(file.path, where)
    data = file.path
    if kind == "zip":
        data = unpacked(file.path, cache / file.sha256[:16], where)
        kind = kind_of(data, where)
    records = _records(data, kind, settings, where)
    features, notes = _features(records, settings, group, where)
    inputs = inputs_of(file, f"zones.{group}", settings, records.columns)
    return Reading(features, (*records.notes, *notes), inputs)


def placed(group: str, settings: ZoneGroup) -> Reading:
    """Make the one zone of a group that names a place in the job itself."""
    feature = Feature("at", group, group, Point(settings.at or ()), {})
    return Reading((feature,), (), ())


def _records(path: Path, kind: Kind, settings: ZoneGroup, where: str) -> _Records:
    """Read rows, whatever the format."""
    if kind == "csv":
        return _from_table(read_csv(path, where), settings, where)
    if kind == "xlsx":
        return _from_table(read_xlsx(path, settings.layer, where), settings, where)
    return _from_vector(path, settings, where, in_memory=kind == "xml")


def _wanted(settings: ZoneGroup) -> dict[str, str]:
    """Return the columns a job names, each with its key."""
    named = dict.fromkeys(settings.keep, "keep") | dict.fromkeys(settings.latest, "latest")
    named |= {settings.name: "name"} if settings.name else {}
    return named | ({settings.id: "id"} if settings.id else {})


def _from_vector(path: Path, settings: ZoneGroup, where: str, *, in_memory: bool) -> _Records:
    """Read a vector file, and bring it to degrees."""
    vector = read_vector(
        path, settings.layer, _wanted(settings), settings.where, where, in_memory=in_memory
    )
    geometry, notes = in_degrees(vector.geometry, vector.crs, settings.crs, where)
    return _Records(
        "feature",
        vector.fids,
        list(geometry),
        {name: vector.column(name) for name in vector.columns},
        {},
        (*(Note(where, remark) for remark in vector.remarks), *notes),
        vector.columns,
    )


def in_degrees(
    geometry: NDArray[np.object_], of_file: str | None, of_job: str | None, where: str
) -> tuple[NDArray[np.object_], list[Note]]:
    """Bring geometry to degrees from the CRS that job or file states."""
    if of_job is not None:
        stated = crs_of(of_job, where)
        differs = of_file is not None and crs_of(of_file, where) != stated
        what = f"the file states another CRS ({str(of_file)[:40]}) than the job ({of_job})"
        notes = [Note(where, f"{what}, which was used")] if differs else []
        return to_degrees(geometry, stated), notes
    if of_file is not None:
        crs = crs_of(of_file, where)
        return (geometry if crs == GEOGRAPHIC else to_degrees(geometry, crs)), []
    bounds = shapely.bounds(geometry)
    _refuse_metres(bounds[:, 0], bounds[:, 1], where)
    return geometry, [Note(where, "the file states no CRS; its coordinates were read as degrees")]


def _refuse_metres(x: NDArray[np.float64], y: NDArray[np.float64], where: str) -> None:
    """Refuse coordinates without a CRS that cannot be degrees."""
    filled = np.isfinite(x) & np.isfinite(y)
    beyond = filled & ((np.abs(x) > 360) | (np.abs(y) > 360))
    if beyond.any() and beyond.sum() * 2 > filled.sum():
        first = np.flatnonzero(beyond)[0]
        what = f"coordinates such as {x[first]:.10g}, {y[first]:.10g} are not degrees"
        raise ZoneError(where, what, "Say their CRS, such as `crs: EPSG:32735`")


def _from_table(table: Table, settings: ZoneGroup, where: str) -> _Records:
    """Read a table: its coordinates, and the columns a job names."""
    for name, key in _wanted(settings).items():
        required(table.columns, name, key, where)
    lon = _coordinate(table, settings.lon, LONGITUDES, "lon", where)
    lat = _coordinate(table, settings.lat, LATITUDES, "lat", where)
    if settings.where is not None:
        table = table.taken(fulfilling(table, settings.where, where))
    x, y, unreadable = _pairs(table, lon, lat, settings.crs, where)
    points = np.asarray(shapely.points(x, y))
    points[~np.isfinite(x + y)] = None
    if settings.crs is not None:
        points = to_degrees(points, crs_of(settings.crs, where))
    else:
        _refuse_metres(x, y, where)
    kept = {n: table.column(n) for n in _wanted(settings)}
    valued = (*settings.keep, *settings.latest)
    kept |= {name: typed(table.column(name)) for name in valued if name != settings.id}
    return _Records(
        "row",
        table.numbers,
        list(points),
        kept,
        unreadable,
        tuple(Note(where, remark) for remark in table.remarks),
        (*kept, lon, lat),
    )


def _coordinate(table: Table, named: str | None, usual: Sequence[str], key: str, where: str) -> str:
    """Find the column of a coordinate: the job's, or the one with a usual name."""
    if named is not None:
        return required(table.columns, named, key, where)
    guess = found(table.columns, usual)
    if guess is None:
        kind = "longitudes" if key == "lon" else "latitudes"
        columns = ", ".join(table.columns)
        remedy = f"Name it with `lon:` and `lat:`; the columns are {columns}"
        raise ZoneError(f"{where}.{key}", f"no column looks like {kind}", remedy)
    return guess


def fulfilling(table: Table, condition: str, where: str) -> list[int]:
    """Return the places of rows that fulfil a condition, in the grammar of vector files."""
    columns = {name: typed(table.column(name)) for name in table.columns}
    rows = [
        {
            "type": "Feature",
            "id": place,
            "properties": {name: cells[place] for name, cells in columns.items()},
            "geometry": None,
        }
        for place in range(len(table.rows))
    ]
    document = json.dumps({"type": "FeatureCollection", "features": rows}).encode()
    places = chosen(document, condition, where, table.columns)
    if not places:
        what = f"no row fulfils {condition!r}"
        raise ZoneError(f"{where}.where", what, "Loosen the condition")
    return places


def _pairs(
    table: Table, lon: str, lat: str, crs: str | None, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, str]]:
    """Read two columns of coordinates; NaN and a reason where a cell cannot be."""
    angles = crs is None or crs_of(crs, where).is_geographic
    x = np.full(len(table.rows), np.nan)
    y = np.full(len(table.rows), np.nan)
    unreadable: dict[int, str] = {}
    comma = decimal_comma(table.column(lon)) or decimal_comma(table.column(lat))
    for place, (east, north) in enumerate(zip(table.column(lon), table.column(lat), strict=True)):
        if not id_text(east) or not id_text(north):
            continue
        try:
            x[place] = degrees(east, "lon") if angles else number(east, comma_is_decimal=comma)
            y[place] = degrees(north, "lat") if angles else number(north, comma_is_decimal=comma)
        except ValueError as error:
            unreadable[place], x[place] = str(error), np.nan
    return x, y, unreadable


def _features(
    records: _Records, settings: ZoneGroup, group: str, where: str
) -> tuple[tuple[Feature, ...], list[Note]]:
    """Make features of all rows that have a place, and say what was wrong with others."""
    ledger, notes, total = Ledger(where), _numbered(settings, where), len(records.numbers)
    places = _usable(records, ledger)
    ledger.refuse_if_all(total)
    if settings.latest:
        cells = [records.cells[name] for name in settings.latest]
        ids = [id_text(records.cells[str(settings.id)][place]) for place in places]
        taken = latest(ids, [[column[p] for p in places] for column in cells], where)
        notes.extend(_only_latest(len(taken), len(places), settings, where))
        places = [places[one] for one in taken]
    features = []
    for place in places:
        whole, note = _whole(_named(records, place, settings, group), where)
        notes.extend(note)
        features.append(whole)
    _refuse_ids(features, settings, where)
    odd = [] if settings.near else unlikely(features, where)  # what is far is left out anyway
    return tuple(features), [*notes, *ledger.notes(total), *odd]


def _usable(records: _Records, ledger: Ledger) -> list[int]:
    """Return the places of rows that lie somewhere; write down what is wrong with others."""
    places = []
    for place, geometry in enumerate(records.geometry):
        reason = "have coordinates that cannot be read" if place in records.unreadable else ""
        reason = reason or fault(geometry)
        if reason:
            told, row = records.unreadable.get(place), records.row(place)
            ledger.add(reason, f"{row} ({told})" if told else row)
        else:
            places.append(place)
    return places


def _only_latest(taken: int, total: int, settings: ZoneGroup, where: str) -> list[Note]:
    """Say how many rows were earlier ones."""
    if taken == total:
        return []
    columns = ", ".join(settings.latest)
    what = f"{total:,} rows are of {taken:,} zones; the latest of each was taken, by {columns}"
    return [Note(where, what)]


def _numbered(settings: ZoneGroup, where: str) -> list[Note]:
    """Say where ids were made up."""
    if settings.id is not None:
        return []
    what = "no `id` column is named, so rows are numbered: results of a changed file will not match"
    return [Note(where, what, "Name a column with lasting ids")]


def _named(records: _Records, place: int, settings: ZoneGroup, group: str) -> Feature:
    """Read shape, id, name and kept columns of a row that lies somewhere."""
    identity = id_text(records.cells[settings.id][place]) if settings.id else f"{group}-{place + 1}"
    name = id_text(records.cells[settings.name][place]) if settings.name else ""
    kept = {column: records.cells[column][place] for column in settings.keep}
    shape = records.geometry[place] or Point()
    number = records.numbers[place]
    return Feature(records.row(place), identity, name or identity, shape, kept, number)


def _whole(feature: Feature, where: str) -> tuple[Feature, list[Note]]:
    """Repair a feature's geometry, and say what that changed."""
    place = f"{where}, {feature.row} (id {feature.id!r})"
    check_width(feature.geometry, place)
    shape, reason = repaired(feature.geometry)
    if not reason:
        return replace(feature, geometry=shape), []
    before = area_ha(feature.geometry) if feature.has_area else 0.0
    after = area_ha(shape) if shapely.get_dimensions(shape) == 2 else 0.0
    what = (
        f"its geometry was repaired ({reason}); its area went from {before:.2f} to {after:.2f} ha"
    )
    return replace(feature, geometry=shape), [Note(place, what, "Check it on the map")]


def _refuse_ids(features: Sequence[Feature], settings: ZoneGroup, where: str) -> None:
    """Refuse ids that are missing or given twice."""
    missing = [feature.row for feature in features if not feature.id]
    if missing:
        remedy = "Fill them in, or leave `id` out so that rows are numbered"
        what = f"the column {settings.id!r} is empty in {listed(missing)}"
        raise ZoneError(f"{where}.id", what, remedy)
    count = Counter(feature.id for feature in features)
    rows: dict[str, list[str]] = {}
    for feature in features:
        if count[feature.id] > 1:
            rows.setdefault(feature.id, []).append(feature.row)
    if rows:
        told = listed([f"{identity!r} ({', '.join(at[:4])})" for identity, at in rows.items()])
        remedy = "Make them unique, or name another column as `id`"
        raise ZoneError(f"{where}.id", f"the same id stands in several rows: {told}", remedy)


def inputs_of(
    file: LocalFile, role: str, settings: ZoneGroup | ContextLayer, columns: Sequence[str]
) -> tuple[InputFile, ...]:
    """List the file, and what belongs to it beside it."""
    parts = [file.path]
    if file.path.suffix.lower() == ".shp":
        siblings = sorted(file.path.parent.iterdir())
        same = [part for part in siblings if part.stem.casefold() == file.path.stem.casefold()]
        parts += [p for p in same if p.suffix.lower() in SHAPEFILE_PARTS and p != file.path]
    return tuple(
        InputFile(
            path=str(part),
            origin=file.origin if part == file.path else str(part),
            sha256=file.sha256 if part == file.path else sha256(part),
            role=role,
            licence=settings.licence or "",
            columns=tuple(dict.fromkeys(columns)),
            layer=settings.layer or "",
            where=settings.where or "",
            credit=settings.credit or "",
            may_copy=settings.copy_,
        )
        for part in parts
    )
