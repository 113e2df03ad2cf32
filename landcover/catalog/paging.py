"""One search of a STAC API, page by page to its end; asked for less where the server fails.

It knows requests, next links and their quirks. It does not know what a job wants of the items.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from pystac import Link
from pystac_client.item_search import ItemSearch
from pystac_client.stac_api_io import StacApiIO

from landcover.errors import CatalogError, NetworkError
from landcover.model import Period
from landcover.net import get_json, redact
from landcover.net.hosts import host_of, is_inside
from landcover.settings import is_url

__all__ = ["Search", "followed", "spell"]

MOST_PAGES = 2_000
"""Of one window's search: some 200,000 items, more than any job needs."""

MOST_BARREN = 3
"""Pages in a row that may bring nothing new (count): a last page may be empty, one repeated."""

LEAST_ITEMS = 10
"""Page below which a server's failures are not laid to its size (items)."""

LEAST_DAYS = 7
"""Window below which they are not laid to its length (days)."""

MOST_STRIKES = 8
"""Failures in a row until a server is given up; one that cost a long wait counts twice."""

SLOW = frozenset({408, 504})
"""States of a search that took too long: 408 stands for this side's patience too."""

TOO_LARGE = frozenset({413, 500, 502})
"""States of an answer that grew too large: Earth Search's 6 MB end as 500 or 502."""

_TELL = "Tell its operators"

Box = tuple[float, float, float, float]
Body = dict[str, Any]


@dataclass(slots=True)
class Search:
    """Searches of one collection of an API; what it fails at is remembered from one to the next.

    Parameters
    ----------
    where : str
        What messages begin with.
    href : str
        Address of the search.
    method : str
        POST or GET.
    collection : str
    page_items : int
        Items asked for on a page.
    wait_s : float, seconds
        How long an answer may let wait.
    door : requests.Session
    most_days : int, days
        The longest window that is asked for at once.
    strikes : int
        Failures since the last answer.
    """

    where: str
    href: str
    method: str
    collection: str
    page_items: int
    wait_s: float
    door: Any
    most_days: int = 366 + 2
    strikes: int = 0

    def features(self, window: Period, box: Box) -> Iterator[Any]:
        """Yield what a server gives for UTC days and bounds (degrees); some of it twice, maybe.

        Where it fails for size or time, it is asked for smaller pages or for less time at once.

        Raises
        ------
        NetworkError
            It fails all the same, or refuses.
        CatalogError
            Its pages do not end, or are none.
        """
        parts = _halves(window) if window.days > self.most_days else ()
        if not parts:
            try:
                yield from self._pages(window, box)
            except NetworkError as error:
                parts = self._smaller(error.state, window)
                if not parts:
                    raise
        for part in parts:
            yield from self.features(part, box)

    def _smaller(self, state: int, window: Period) -> tuple[Period, ...]:
        """Return the windows to ask for after a failure; none where less would not help."""
        self.strikes += 2 if state in SLOW else 1
        if state not in SLOW | TOO_LARGE or self.strikes > MOST_STRIKES:
            return ()
        halves = _halves(window)
        if state in SLOW and halves:
            self.most_days = max(part.days for part in halves)
            return halves
        if self.page_items > LEAST_ITEMS:
            self.page_items = max(LEAST_ITEMS, self.page_items // 2)
            return (window,)
        return halves

    def named(self, ids: Sequence[str]) -> Iterator[Any]:
        """Yield what a server gives for some ids; some servers do not look at them.

        Raises
        ------
        NetworkError
            It fails, or refuses to be asked so.
        CatalogError
            Its pages do not end, or are none.
        """
        # more than was asked for is an answer to another question, which may not end
        yield from islice(self._found(ids=list(ids)), 2 * len(ids))

    def _pages(self, window: Period, box: Box) -> Iterator[Any]:
        """Yield the features of a window."""
        yield from self._found(bbox=box, datetime=spell(window))

    def _found(self, **asked: Any) -> Iterator[Any]:
        """Yield the features of all pages; stop a server whose pages do not end."""
        search = ItemSearch(
            self.href,
            method=self.method,
            stac_io=_Transport(self),
            limit=self.page_items,
            collections=[self.collection],
            **asked,
        )
        ids, barren = set[str](), 0
        for page in search.pages_as_dicts():
            if barren > MOST_BARREN:
                raise self._endless()
            features, self.strikes = page["features"], 0
            fresh = {str(one.get("id")) for one in features if isinstance(one, dict)} - ids
            ids |= fresh
            barren = 0 if fresh else barren + 1
            yield from features

    def _page(self, page: Any) -> Body:
        """Return a page of which pystac-client may read features and links."""
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            raise CatalogError(
                self.where, "the answer is not a page of STAC items", "Check the catalog's address"
            )
        links = page.get("links")
        following = [
            {"href": "", **link}
            for link in (links if isinstance(links, list) else ())
            if isinstance(link, dict) and link.get("rel") == "next"
        ]
        return {**page, "links": following}

    def _endless(self) -> CatalogError:
        return CatalogError(self.where, "the catalog's pages do not end", "Tell its operators")


class _Transport(StacApiIO):
    """pystac-client's transport: our session, retries and checks; no way to local files.

    Parameters
    ----------
    search : Search
        Whose pages it fetches.
    """

    def __init__(self, search: Search) -> None:
        super().__init__(max_retries=None)
        self._search = search
        self._asked = set[str]()
        self._last: Body = {}

    def read_json(self, source: Any, *args: Any, **kwargs: Any) -> Body:
        """Fetch the first page, or the next one that holds anything.

        pystac-client ends at a page without items; a server may send one and go on after it.
        """
        del args
        page = self._read(source, kwargs.get("method"), kwargs.get("parameters"))
        for _ in range(MOST_BARREN):
            if page["features"] or not page["links"]:
                return page
            page = self._read(Link.from_dict(page["links"][0]), None, None)
        if page["links"] and not page["features"]:
            raise self._search._endless()
        return page

    def _read(self, source: Any, method: str | None, given: Body | None) -> Body:
        """Fetch the page that an address or a link leads to.

        A link's body is laid over the last one, whatever its `merge` says: servers leave out of
        it what they ignored or take for granted, and what was asked must go on being asked.
        """
        url = str(source)
        if isinstance(source, Link):
            link = source.to_dict()
            url = followed(self._search.where, self._search.href, str(link.get("href")))
            method = str(link.get("method", "GET")).upper()
            given = link.get("body") if method == "POST" else None
        asked = given if isinstance(given, dict) else {}
        if method == "POST":
            self._last = {**self._last, **asked}
            return self._fetch(url, self._last)
        query = f"{'&' if '?' in url else '?'}{urlencode(asked)}" if asked else ""
        return self._fetch(url + query, None)

    def _fetch(self, url: str, body: Body | None) -> Body:
        """Fetch a page that was not fetched before, and see that it is one."""
        key = json.dumps([url, body], sort_keys=True)
        if key in self._asked or len(self._asked) >= MOST_PAGES:
            raise self._search._endless()
        self._asked.add(key)
        page = get_json(url, door=self._search.door, body=body, wait_s=self._search.wait_s)
        return self._search._page(page)


def _halves(window: Period) -> tuple[Period, ...]:
    """Cut a window in two; a short one is not cut."""
    if window.days <= LEAST_DAYS:
        return ()
    middle = window.start + timedelta(days=window.days // 2)
    return replace(window, end=middle), replace(window, start=middle)


def followed(where: str, place: str, href: str) -> str:
    """Return the address that a link of an API leads to.

    Servers behind a gateway often call themselves http; they are asked by https all the same.

    Parameters
    ----------
    where : str
        What a message begins with.
    place : str
        Address of the document that holds the link.
    href : str
        As it stands in the link.

    Raises
    ------
    CatalogError
        It leaves http(s), or leads to this machine from elsewhere.
    """
    try:
        url = urljoin(place, href)
    except ValueError:
        url = ""
    host, own = host_of(url), host_of(place)
    if not is_url(url) or not host:
        what = f"a link leads to {redact(href)[:80]!r}, which is not an http address"
        raise CatalogError(where, what, _TELL)
    if is_inside(host) and not is_inside(own):
        raise CatalogError(where, "a link leads to this machine, or its network", _TELL)
    here, there = urlsplit(place), urlsplit(url)
    if here.scheme == "https" and there.scheme == "http":
        if host != own:
            raise CatalogError(where, "a link leads from https to http", _TELL)
        return there._replace(scheme="https", netloc=here.netloc).geturl()
    return url


def spell(window: Period) -> str:
    """Spell UTC days [start, end) as a STAC interval, which is closed at both ends.

    Examples
    --------
    >>> spell(Period(date(2020, 7, 1), date(2021, 1, 1)))
    '2020-07-01T00:00:00Z/2020-12-31T23:59:59.999Z'
    """
    return f"{_instant(window.start)}Z/{_instant(window.end, -1)}Z"


def _instant(day: date, milliseconds: int = 0) -> str:
    """Spell midnight, or so many milliseconds after it."""
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    time = (midnight + timedelta(milliseconds=milliseconds)).replace(tzinfo=None)
    return time.isoformat(timespec="milliseconds" if milliseconds else "seconds")
