"""Items from documents: a static catalog, an ItemCollection, a single item; local or remote.

It knows links between documents. It does not know which items a job wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from landcover.catalog.hrefs import resolve, safe_name
from landcover.catalog.scenes import Broken, Listed
from landcover.errors import CatalogError, InputError, LandcoverError, SceneError
from landcover.net import get_json, session
from landcover.settings import is_url

__all__ = ["is_geoparquet", "list_documents", "locate", "read_json", "roots_of"]

LARGEST_BYTES = 1024**3
"""Largest JSON file read (1 GiB): some 50,000 items."""
MOST_DOCUMENTS = 200_000
"""Catalogs and items walked before a catalog is taken for endless."""
CONNECTIONS = 8
"""Items fetched at a time; latency, not bandwidth, is what a static catalog costs."""

_ENTRANCES = ("catalog.json", "collection.json")


def is_geoparquet(catalog: str) -> bool:
    """Whether a path or an address names a parquet file."""
    return catalog.partition("?")[0].lower().endswith((".parquet", ".geoparquet"))


def locate(catalog: str) -> str:
    """Return the file or address where a catalog begins; a folder means its catalog.json.

    Raises
    ------
    InputError
        There is no such file.
    """
    if is_url(catalog):
        return catalog
    path = Path(catalog)
    if path.is_dir():
        found = [path / name for name in _ENTRANCES if (path / name).is_file()]
        if not found:
            raise InputError(
                catalog, "the folder holds no catalog.json", "Give the catalog's file."
            )
        path = found[0]
    if not path.is_file():
        raise InputError(catalog, "no such catalog", "Check the path.")
    return str(path.resolve())


def roots_of(catalog: str, allow_paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders that a catalog may name files in; none where it is remote."""
    if is_url(catalog):
        return ()
    return (Path(locate(catalog)).parent, *(path.resolve() for path in allow_paths))


def read_json(location: str) -> Any:
    """Read a JSON document from a file or an address.

    Raises
    ------
    LandcoverError
        It cannot be read, or is not JSON.
    """
    if is_url(location):
        return get_json(location)
    path = Path(location)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise CatalogError(location, "larger than 1 GiB", "Use stac-geoparquet instead.")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CatalogError(location, f"cannot be read: {error.strerror}", "Check it.") from None
    except (ValueError, RecursionError):
        raise CatalogError(location, "not JSON", "Give a STAC catalog.") from None


def list_documents(
    document: Mapping[str, Any], place: str, roots: Sequence[Path]
) -> Iterator[Listed | Broken]:
    """Yield the items of an ItemCollection, an item, or a catalog and all below it.

    A document below that cannot be read or is out of bounds is yielded as `Broken`.

    Raises
    ------
    CatalogError
        The document is none of these.
    """
    kind = document.get("type")
    if kind == "FeatureCollection":
        yield from _features(document, place)
    elif kind == "Feature":
        yield Listed(dict(document), place)
    elif kind in ("Catalog", "Collection"):
        yield from _walk(document, place, roots)
    else:
        raise CatalogError(place, f"of type {str(kind)[:40]!r}, not STAC", "Give a STAC catalog.")


def _features(document: Mapping[str, Any], place: str) -> Iterator[Listed | Broken]:
    features = document.get("features")
    if not isinstance(features, list):
        raise CatalogError(place, "an ItemCollection without features", "Give a STAC catalog.")
    for number, item in enumerate(features):
        if isinstance(item, dict):
            yield Listed(item, place)
        else:
            yield Broken(f"feature-{number}", "not an item")


def _walk(
    document: Mapping[str, Any], place: str, roots: Sequence[Path]
) -> Iterator[Listed | Broken]:
    """Walk a catalog's tree: its items first, then its children, each document once."""
    waiting, seen = [(document, place)], {place}
    while waiting:
        here, at = waiting.pop()
        items, broken = _below(here, at, roots, "item", seen)
        yield from broken
        yield from (_item(read) for read in _read_all(items))
        children, broken = _below(here, at, roots, "child", seen)
        yield from broken
        for child, found in _read_all(reversed(children)):
            if isinstance(found, Mapping) and found.get("type") in ("Catalog", "Collection"):
                waiting.append((found, child))
            else:
                yield Broken(_stem(child), _said(found, "not a catalog"))
        if len(seen) > MOST_DOCUMENTS:
            raise CatalogError(
                place, f"more than {MOST_DOCUMENTS:,} documents", "Name a part of it."
            )


def _below(
    document: Mapping[str, Any], place: str, roots: Sequence[Path], rel: str, seen: set[str]
) -> tuple[list[str], list[Broken]]:
    """List the documents that a catalog links to, and the links that may not be followed."""
    found, broken = [], []
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if not isinstance(link, dict) or link.get("rel") != rel:
            continue
        try:
            target = resolve(link.get("href"), place, roots)
        except SceneError as error:
            broken.append(Broken(_stem(str(link.get("href"))), error.what))
            continue
        if target not in seen:
            seen.add(target)
            found.append(target)
    return found, broken


def _read_all(places: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Read documents in order; remote ones several at a time. An error stands for its document."""
    listed = list(places)
    if not any(map(is_url, listed)):
        yield from ((place, _read(place)) for place in listed)
        return
    with session() as door, ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from zip(listed, pool.map(lambda place: _read(place, door), listed), strict=True)


def _read(place: str, door: Any = None) -> Any:
    try:
        return get_json(place, door=door) if is_url(place) else read_json(place)
    except LandcoverError as error:
        return error


def _item(read: tuple[str, Any]) -> Listed | Broken:
    place, found = read
    if isinstance(found, dict) and found.get("type") == "Feature":
        return Listed(found, place)
    return Broken(_stem(place), _said(found, "not an item"))


def _said(found: Any, otherwise: str) -> str:
    return found.what if isinstance(found, LandcoverError) else otherwise


def _stem(place: str) -> str:
    """Name a document by its file, for lists of failures."""
    return safe_name(place.replace("\\", "/").rstrip("/").rpartition("/")[2].removesuffix(".json"))
