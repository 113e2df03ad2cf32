"""Items from a STAC API, page by page.

It knows how to ask: by bounds, by windows of time, by pages. It does not trust the answer:
`choosing` checks every item again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np
from pystac_client.exceptions import APIError
from pystac_client.item_search import ItemSearch
from pystac_client.stac_api_io import StacApiIO

from landcover.catalog.choosing import Region, around
from landcover.catalog.endpoints import endpoint
from landcover.catalog.scenes import Broken, Listed
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, InputError, NetworkError
from landcover.model import Period
from landcover.net import redact, session
from landcover.settings import is_url

__all__ = ["boxes", "is_api", "list_api", "windows"]

MOST_PAGES = 2_000
"""Of one year's search: some 200,000 items, more than any job needs."""

CELL_DEG = 1.0
"""Side of the cells by which a scattered region is split; about one Sentinel-2 square."""
MOST_BOXES = 8
"""More searches than this cost more than the items they save."""
WORTH_SPLITTING = 0.5
"""Boxes are used when they cover less than this share of the whole bounds."""


class _ApiIO(StacApiIO):
    """pystac-client's transport over our session, without its way to local files."""

    def __init__(self) -> None:
        super().__init__(max_retries=None)
        self.session = session()

    def request(self, href: str, *args: Any, **kwargs: Any) -> str:
        """Send a request; a next link may not lead out of http(s)."""
        if not is_url(href):
            raise APIError(f"a link leads to {href[:80]!r}, which is not an http address")
        return str(super().request(href, *args, **kwargs))


def is_api(document: Mapping[str, Any]) -> bool:
    """Whether a landing page offers a search."""
    return bool(_search_link(document))


def _search_link(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return (href, method) of the search, POST where offered; empty where there is none."""
    links = document.get("links")
    found = {
        str(link.get("method", "GET")).upper(): str(link["href"])
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("rel") == "search" and link.get("href")
    }
    for method in ("POST", "GET"):
        if method in found:
            return found[method], method
    return ()  # type: ignore[return-value]


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
    href, method = _search_link(document)
    if source.collection is None:
        raise InputError(
            f"source {source.name}",
            "a STAC API holds many collections, and the job names none",
            "Add its collection.",
        )
    transport, seen = _ApiIO(), set[tuple[str, str]]()
    for window in windows(period):
        for box in boxes(region):
            search = ItemSearch(
                urljoin(source.catalog, href),
                method=method,
                stac_io=transport,
                limit=endpoint(source.catalog).page_items,
                collections=[source.collection],
                bbox=box,
                datetime=window,
            )
            yield from _pages(search, source, seen)


def _pages(
    search: ItemSearch, source: Source, seen: set[tuple[str, str]]
) -> Iterator[Listed | Broken]:
    """Yield the new items of one search; stop a server whose pages repeat."""
    here: set[str] = set()
    where = f"source {source.name}"
    try:
        for number, page in enumerate(search.pages_as_dicts()):
            ids = {str(item.get("id")) for item in page["features"] if isinstance(item, dict)}
            if (ids and ids <= here) or number > MOST_PAGES:
                raise CatalogError(where, "the catalog's pages do not end", "Tell its operators.")
            here |= ids
            yield from _new_items(page, source.catalog, seen)
    except (APIError, NetworkError) as error:
        text = redact(str(error)).strip().splitlines() or ["no answer"]
        raise CatalogError(
            where, f"the search failed: {text[0][:200]}", "Try again later."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CatalogError(
            where, "the answer is not a page of STAC items", "Check the catalog's address."
        ) from None


def _new_items(
    page: Mapping[str, Any], catalog: str, seen: set[tuple[str, str]]
) -> Iterator[Listed | Broken]:
    """Yield the page's items that no earlier search gave."""
    for item in page["features"]:
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
            if is_url(own) and urlsplit(own).netloc == urlsplit(catalog).netloc:
                return own
    return catalog


def windows(period: Period) -> list[str]:
    """Cut a period at New Year into STAC intervals, closed at both ends.

    Servers answer a year of scenes in reasonable time, and a failed window is small. Servers
    think in UTC and a period is one of solar days, so the first window begins a day early and
    the last ends a day late.

    Examples
    --------
    >>> for window in windows(Period(date(2020, 7, 1), date(2021, 2, 1))):
    ...     print(window)
    2020-06-30T00:00:00Z/2020-12-31T23:59:59.999Z
    2021-01-01T00:00:00Z/2021-02-01T23:59:59.999Z
    """
    cuts = [date(year, 1, 1) for year in range(period.start.year + 1, period.end.year + 1)]
    asked = around(period)
    days = [asked.start, *(day for day in cuts if day < period.end), asked.end]
    return [f"{_instant(a)}Z/{_instant(b, -1)}Z" for a, b in pairwise(days)]


def _instant(day: date, milliseconds: int = 0) -> str:
    """Spell midnight, or so many milliseconds after it."""
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    time = (midnight + timedelta(milliseconds=milliseconds)).replace(tzinfo=None)
    return time.isoformat(timespec="milliseconds" if milliseconds else "seconds")


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
