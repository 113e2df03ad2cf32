"""Items from a STAC API: which windows of time and which boxes are asked for.

It knows how to cut a search. `paging` asks, and the answer is not trusted: `choosing` checks
every item again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from landcover.catalog.choosing import Region, around
from landcover.catalog.endpoints import WINDOW_MONTHS, endpoint
from landcover.catalog.paging import Search, followed
from landcover.catalog.scenes import Broken, Listed
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, InputError, NetworkError
from landcover.model import Period, Scene
from landcover.net import session
from landcover.net.hosts import host_of

__all__ = ["boxes", "is_api", "list_api", "look_up", "windows"]

REFUSALS = frozenset({400, 404, 405, 422, 501})
"""States of a server that will not be asked for ids."""

CELL_DEG = 1.0
"""Side of the cells by which a scattered region is split; about one Sentinel-2 square."""
MOST_BOXES = 8
"""More searches than this cost more than the items they save."""
WORTH_SPLITTING = 0.5
"""Boxes are used when they cover less than this share of the whole bounds."""


def is_api(document: Mapping[str, Any]) -> bool:
    """Whether a landing page offers a search."""
    return _search_link(document) is not None


def _search_link(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (href, method) of the search, POST where offered; None where there is none."""
    links = document.get("links")
    found = {
        str(link.get("method", "GET")).upper(): str(link["href"])
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("rel") == "search" and link.get("href")
    }
    return next(((found[way], way) for way in ("POST", "GET") if way in found), None)


def list_api(
    source: Source, document: Mapping[str, Any], period: Period, region: Region
) -> Iterator[Listed | Broken]:
    """Yield the items that an API offers for a period and a region, each once.

    Parameters
    ----------
    source : Source
    document : mapping
        The landing page of `source.catalog`.
    period : Period
    region : Region

    Raises
    ------
    CatalogError
        It does not answer, or its pages do not end.
    """
    known, seen = endpoint(source.catalog), set[tuple[str, str]]()
    with session() as door, _telling(source):
        search = _search(source, document, door)
        for window in windows(period, known.window_months):
            for box in boxes(region):
                yield from _new_items(search.features(window, box), source.catalog, seen)


def look_up(
    source: Source, document: Mapping[str, Any], scenes: Sequence[Scene]
) -> Iterator[Listed | Broken]:
    """Yield what an API lists of some scenes, and maybe others: by their ids, else by their days.

    Parameters
    ----------
    source : Source
    document : mapping
        The landing page of `source.catalog`.
    scenes : sequence of Scene
        As they were once listed.

    Raises
    ------
    CatalogError
        It does not answer, or its pages do not end.
    """
    missing, seen = {scene.id: scene for scene in scenes}, set[tuple[str, str]]()

    def met(features: Iterable[Any]) -> Iterator[Listed | Broken]:
        for found in _new_items(features, source.catalog, seen):
            if isinstance(found, Listed):
                missing.pop(str(found.item.get("id")), None)
            yield found

    with session() as door, _telling(source):
        search = _search(source, document, door)
        names, size = list(missing), search.page_items
        for first in range(0, len(names), size):
            try:
                yield from met(search.named(names[first : first + size]))
            except NetworkError as error:
                if error.state not in REFUSALS:
                    raise
        for window, box in _places(missing.values()):
            yield from met(search.features(window, box))


def _places(scenes: Iterable[Scene]) -> list[tuple[Period, tuple[float, float, float, float]]]:
    """Return for each month of some scenes its days (UTC) and their bounds (degrees)."""
    months: dict[str, list[Scene]] = {}
    for scene in scenes:
        months.setdefault(f"{scene.time:%Y-%m}", []).append(scene)
    found = []
    for month in months.values():
        days = sorted(scene.time.date() for scene in month)
        edges = np.array([scene.footprint for scene in month])
        west, south = edges[:, :2].min(axis=0).tolist()
        east, north = edges[:, 2:].max(axis=0).tolist()
        found.append((Period(days[0], days[-1] + timedelta(days=1)), (west, south, east, north)))
    return found


def _search(source: Source, document: Mapping[str, Any], door: Any) -> Search:
    """Make the search of a source's collection."""
    href, method = _search_link(document) or ("", "GET")
    where = f"source {source.name}"
    if source.collection is None:
        raise InputError(
            where,
            "a STAC API holds many collections, and the job names none",
            "Add its collection.",
        )
    known, start = endpoint(source.catalog), followed(where, source.catalog, href)
    return Search(where, start, method, source.collection, known.page_items, known.wait_s, door)


@contextmanager
def _telling(source: Source) -> Iterator[None]:
    """Say of which source a search failed."""
    try:
        yield
    except NetworkError as error:
        raise CatalogError(
            f"source {source.name}",
            f"the search failed: {error.what}",
            error.remedy or "Try again later.",
        ) from None


def _new_items(
    features: Iterable[Any], catalog: str, seen: set[tuple[str, str]]
) -> Iterator[Listed | Broken]:
    """Yield the items that no earlier page gave."""
    for item in features:
        if not isinstance(item, dict):
            yield Broken("feature", "not an item")
            continue
        key = (str(item.get("collection")), str(item.get("id")))
        if key not in seen:
            seen.add(key)
            yield Listed(item, _own_address(item, catalog))


def _own_address(item: dict[str, Any], catalog: str) -> str:
    """Return the address that an item's relative hrefs start from: its own, on the same host."""
    links = item.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self":
            own = str(link.get("href"))
            if host_of(own) and urlsplit(own).netloc == urlsplit(catalog).netloc:
                return own
    return catalog


def windows(period: Period, months: int = WINDOW_MONTHS) -> list[Period]:
    """Cut a period into windows of UTC days, at New Year and every so many months from there.

    Servers answer a window's scenes in reasonable time, and a failed one is small. Servers think
    in UTC and a period is one of solar days, so the first window begins a day early and the last
    ends a day late.

    Parameters
    ----------
    period : Period
        Half-open solar days.
    months : int
        A divisor of 12.

    Examples
    --------
    >>> for window in windows(Period(date(2020, 7, 1), date(2021, 2, 1)), 3):
    ...     print(window.start, window.end)
    2020-06-30 2020-10-01
    2020-10-01 2021-01-01
    2021-01-01 2021-02-02
    """
    years = range(period.start.year, period.end.year + 1)
    starts = [date(year, month, 1) for year in years for month in range(1, 13, months)]
    asked = around(period)
    cuts = [day for day in starts if period.start < day < period.end]
    return [Period(a, b) for a, b in pairwise((asked.start, *cuts, asked.end))]


def boxes(region: Region) -> list[tuple[float, float, float, float]]:
    """Return the bounds to search: one box, or a few where the region is scattered.

    Parts are gathered into cells of one degree, and touching cells into boxes.
    """
    whole = tuple(float(n) for n in region.geometry.bounds)
    west, south, east, north = whole
    columns, rows = int((east - west) // CELL_DEG) + 1, int((north - south) // CELL_DEG) + 1
    if columns * rows <= 2 or columns * rows > 1_000_000:
        return [(west, south, east, north)]
    cells = np.zeros((rows, columns), dtype=bool)
    for part in region.parts:
        left, low, right, high = part.bounds
        cells[
            int((low - south) // CELL_DEG) : int((high - south) // CELL_DEG) + 1,
            int((left - west) // CELL_DEG) : int((right - west) // CELL_DEG) + 1,
        ] = True
    from scipy import ndimage  # loaded only where zones are scattered: it takes a while

    labels, count = ndimage.label(cells, structure=np.ones((3, 3)))
    owners = [_label_of(part, labels, west, south) for part in region.parts]
    found = [
        _bounds_of([part for part, owner in zip(region.parts, owners, strict=True) if owner == n])
        for n in range(1, count + 1)
    ]
    area = sum((right - left) * (high - low) for left, low, right, high in found)
    if count > MOST_BOXES or area > WORTH_SPLITTING * (east - west) * (north - south):
        return [(west, south, east, north)]
    return found


def _label_of(part: Any, labels: np.ndarray[Any, Any], west: float, south: float) -> int:
    left, low, _, _ = part.bounds
    return int(labels[int((low - south) // CELL_DEG), int((left - west) // CELL_DEG)])


def _bounds_of(parts: list[Any]) -> tuple[float, float, float, float]:
    """Return the bounds of several geometries."""
    edges = np.array([part.bounds for part in parts])
    left, low = edges[:, :2].min(axis=0)
    right, high = edges[:, 2:].max(axis=0)
    return (float(left), float(low), float(right), float(high))
