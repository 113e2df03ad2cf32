"""Where a group's file lies, what it is by its content, and its sha256.

This module knows files and addresses. It does not know what is in them beyond their kind.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from landcover.errors import NetworkError, ZoneError
from landcover.settings import is_url

__all__ = ["HEAD_BYTES", "Kind", "LocalFile", "kind_of", "local", "sha256"]

Kind = Literal["csv", "xlsx", "zip", "GeoJSON", "GPKG", "shape", "FlatGeobuf", "xml", "MapInfo"]

HEAD_BYTES = 4096
"""How much of a file is looked at to tell what it is."""

XML_ROOTS = frozenset({"kml", "gpx", "FeatureCollection"})
"""KML, GPX and GML. A VRT, a WFS or WMS description would make GDAL open other files."""

JSON_TYPES = frozenset(
    {"FeatureCollection", "Feature", "Point", "MultiPoint", "LineString", "MultiLineString",
     "Polygon", "MultiPolygon", "GeometryCollection", "Topology"}
)  # fmt: skip

READABLE = "Give a GeoPackage, GeoJSON, Shapefile, KML, GPX, CSV or .xlsx file"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine, and the path or address that the job gave for it."""

    path: Path
    origin: str
    sha256: str


def local(origin: str, cache: Path, where: str) -> LocalFile:
    """Find the file of a path, or fetch the one of an address.

    Parameters
    ----------
    origin : str
        What the job says.
    cache : Path
        Folder for what is fetched.
    where : str
        The job's key, for errors.
    """
    if is_url(origin):
        return _brought(origin, cache, where)
    path = Path(origin)
    if not path.exists():
        raise ZoneError(where, f"there is no file {origin}", _like(path))
    if not path.is_file():
        raise ZoneError(where, f"{origin} is a folder", "Name the file in it")
    try:
        return LocalFile(path, origin, sha256(path))
    except OSError as error:
        what = f"{origin} cannot be read ({error.strerror})"
        raise ZoneError(where, what, "Check its permissions") from error


def _brought(url: str, cache: Path, where: str) -> LocalFile:
    """Fetch an address; addresses go away, and then the file may be had by other means."""
    try:
        return _fetched(url, cache)
    except NetworkError as error:
        remedy = error.remedy.rstrip(" .")
        remedy += "; or get the file by other means, and name its path here"
        raise NetworkError(f"{where}.path", f"{error.where}: {error.what}", remedy) from None


def _fetched(url: str, cache: Path) -> LocalFile:
    """Download an address into the cache; what is kept of it holds no secret."""
    from landcover.net import download

    got = download(url, cache)
    return LocalFile(Path(got.path), got.url, got.sha256)


def _like(path: Path) -> str:
    """Name a file with nearly that name, if there is one."""
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either; relative paths start at the job file"
    names = [sibling.name for sibling in path.parent.iterdir()]
    close = get_close_matches(path.name, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else "Relative paths start at the job file"


def sha256(path: Path) -> str:
    """Return the sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def kind_of(path: Path, where: str) -> Kind:
    """Tell what a file is by its content, never by its name alone.

    Only formats that hold their own data pass; nothing that points GDAL elsewhere does.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip():
        raise ZoneError(where, f"{path.name} is empty", READABLE)
    magic = _by_magic(head)
    if magic is not None:
        return _workbook_or_zip(path, where) if magic == "zip" else magic
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _checked_json(path, where)
    if start.startswith(b"<"):
        return _checked_xml(path, where)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ZoneError(where, f"{path.name} is not a format known here", _unknown(path))
    return "csv"


def _by_magic(head: bytes) -> Kind | None:
    """Tell binary formats by their first bytes."""
    if head.startswith(b"SQLite format 3\0"):
        return "GPKG"
    if head.startswith(b"\0\0\x27\x0a"):
        return "shape"
    if head.startswith(b"fgb\x03fgb"):
        return "FlatGeobuf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return "MapInfo" if head.lower().startswith((b"!table", b"version ")) else None


def _unknown(path: Path) -> str:
    """Say what to do with a file that is not known."""
    suffix = path.suffix.lower()
    if suffix == ".xls":
        return "Save the old Excel file as .xlsx or CSV"
    if suffix in {".dbf", ".shx", ".prj"}:
        return "Name the .shp file; the others are found beside it"
    return READABLE


def _workbook_or_zip(path: Path, where: str) -> Kind:
    """Tell a workbook from other archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise ZoneError(where, f"{path.name} is a damaged archive", "Copy it again") from error
    return "xlsx" if "xl/workbook.xml" in names else "zip"


def _checked_json(path: Path, where: str) -> Kind:
    """Let GeoJSON, TopoJSON and Esri JSON pass; other JSON can be a GDAL pipeline."""
    try:
        first = _first_json(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ZoneError(where, f"{path.name} is not JSON ({error})", "Export it again") from error
    known = isinstance(first, dict) and (
        first.get("type") in JSON_TYPES or ("features" in first and "type" not in first)
    )
    if not known:
        raise ZoneError(where, f"{path.name} is JSON but not GeoJSON", READABLE)
    return "GeoJSON"


def _first_json(text: str) -> object:
    """Return the document, or the first one where each line is one."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
    return json.loads(text.splitlines()[0].lstrip("\x1e"))


def _checked_xml(path: Path, where: str) -> Kind:
    """Let KML, GPX and GML pass when they declare no entities and point nowhere."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        events = iterparse(path, events=("start",), forbid_dtd=True)
        root = next(iter(events))[1].tag.rpartition("}")[2]
        for _, element in events:
            element.clear()
    except DefusedXmlException as error:
        what = f"{path.name} declares XML entities or a document type"
        raise ZoneError(where, what, "Export it again without them") from error
    except (ParseError, LookupError, ValueError) as error:
        what = f"{path.name} is damaged XML ({error})"
        raise ZoneError(where, what, "Export it again") from error
    if root not in XML_ROOTS:
        what = f"{path.name} is XML of the kind {root!r}, which is not read"
        raise ZoneError(where, what, f"{READABLE}, not one that names others")
    return "xml"
