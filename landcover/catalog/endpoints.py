"""STAC APIs as data: how each is asked, what it must not be asked, and where its files lie.

An address that is not listed is asked in the plainest way. It knows addresses. It asks nothing.

Collections, bounds and times are all that is asked of a server, and all of it is checked again
on this side. The cloud cover is judged here only: Earth Search honours ``query`` but silently
ignores ``filter``, Digital Earth Africa refuses ``query``, and any server's
``eo:cloud_cover < x`` drops items that have none. And a month without scenes could not be told
from a cloudy one. No server's count is believed: some tell none, others change it between pages.

References
----------
Conformance classes, landing pages and answers recorded in 2025 and 2026; the sources of
stac-server, stac-fastapi-pgstac and datacube-explorer; and the issues that are named below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from landcover.net.hosts import host_of

__all__ = [
    "ENDPOINTS",
    "VERDICTS",
    "Endpoint",
    "document",
    "endpoint",
    "has_jp2",
    "hosts_of",
    "is_among",
    "verdict",
]

WINDOW_MONTHS = 12
"""A search is cut at New Year unless its endpoint wants it smaller (months)."""

WAIT_S = 60.0
"""How long an answer may let wait for its first byte, and between two (s)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one API is asked, and what is known of its answers.

    `page_items` is the page that it bears and `window_months` the time (a divisor of 12) that
    one search may cover; both are made smaller on the way where it fails all the same.
    `honours` lists the extensions that have an effect: query, filter, sortby. `counts` says
    what its counts are worth, `assets` how its files are opened, `hosts` where they may lie
    (patterns; none: anywhere), `jp2` whether they may be JPEG 2000, and `collections` gives the
    collection of a sensor where a job names none.
    """

    name: str
    address: str
    page_items: int = 100
    window_months: int = WINDOW_MONTHS
    wait_s: float = WAIT_S
    honours: frozenset[str] = frozenset()
    counts: str = "not known"
    assets: str = "as they are"
    jp2: bool = False
    hosts: tuple[str, ...] = ()
    collections: Mapping[str, str] = field(default_factory=dict)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        name="Earth Search",
        address="https://earth-search.aws.element84.com/v1",
        # it claims 10,000, but beyond some 260 items the answer outgrows its 6 MB and is a 500
        # (earth-search issues 17 and 60); the last page may be empty (recorded)
        page_items=100,
        # `filter` is answered with 200 and has no effect (recorded 2025-07-31)
        honours=frozenset({"query", "sortby"}),
        counts="matched and returned; matched changes between pages",
        assets="anonymous https; s3 buckets whose reader pays are refused",
        hosts=(
            "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
            "sentinel-cogs.s3.us-west-2.amazonaws.com",
            "copernicus-dem-30m.s3.eu-central-1.amazonaws.com",
        ),
        collections={
            "sentinel-2-l2a": "sentinel-2-c1-l2a",
            "cop-dem-glo-30": "cop-dem-glo-30",
        },
    ),
    Endpoint(
        name="Planetary Computer",
        address="https://planetarycomputer.microsoft.com/api/stac/v1",
        # it gives 250 and allows 1000; but searches that take more than 30 s end with a 504,
        # at times most of them (PlanetaryComputer issues 240, 427, 442, 476, 498)
        page_items=100,
        window_months=3,
        honours=frozenset({"query", "filter", "sortby"}),
        counts="none, or returned alone",
        assets="a token of the container, which landcover fetches and renews",
        hosts=("*.blob.core.windows.net",),
        collections={
            "sentinel-2-l2a": "sentinel-2-l2a",
            "sentinel-1-rtc": "sentinel-1-rtc",
            "landsat-c2-l2": "landsat-c2-l2",
            "modis-13q1": "modis-13Q1-061",
            "modis-13a1": "modis-13A1-061",
            "esa-worldcover": "esa-worldcover",
            "io-lulc-annual": "io-lulc-annual-v02",
            "cop-dem-glo-30": "cop-dem-glo-30",
        },
    ),
    Endpoint(
        name="Copernicus Data Space",
        address="https://stac.dataspace.copernicus.eu/v1",
        page_items=100,
        window_months=6,  # the same software as the Planetary Computer's, and four connections
        honours=frozenset({"query", "filter", "sortby"}),
        counts="returned alone",
        assets="S3 keys of one's own account, from CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY",
        hosts=("eodata.dataspace.copernicus.eu",),
        jp2=True,
        collections={"sentinel-2-l2a": "sentinel-2-l2a"},
    ),
    Endpoint(
        name="Digital Earth Africa",
        address="https://explorer.digitalearth.africa/stac",
        # it refuses pages above 1000, and finds a later page by counting from the first
        page_items=100,
        window_months=6,
        # `query` is answered with 400 (datacube-explorer's source)
        honours=frozenset({"filter", "sortby"}),
        counts="matched and returned",
        assets="anonymous https in af-south-1",
        hosts=(
            "deafrica-*.s3.af-south-1.amazonaws.com",
            "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
        ),
        collections={
            "sentinel-2-l2a": "s2_l2a_c1",
            "sentinel-1-rtc-africa": "s1_rtc",
            "cci-landcover": "cci_landcover",
            "cgls-landcover": "cgls_landcover",
            "chirps-monthly": "rainfall_chirps_monthly",
            "cop-dem-glo-30": "dem_cop_30",
        },
    ),
)

VERDICTS: Mapping[str, tuple[str, str]] = {
    "landsatlook.usgs.gov": (
        "USGS serves Landsat's files only to a login that a browser makes, or to who pays for "
        "reading its bucket, and its items declare neither scale nor offset",
        "Use collection landsat-c2-l2 of https://planetarycomputer.microsoft.com/api/stac/v1",
    ),
    "cmr.earthdata.nasa.gov": (
        "LP DAAC's MODIS files are HDF4 behind an Earthdata login, its items say nothing of "
        "their projection, and its search honours no filter but the cloud cover",
        "Use the collections of https://planetarycomputer.microsoft.com/api/stac/v1, as "
        "modis-13Q1-061",
    ),
    "catalogue.dataspace.copernicus.eu": (
        "this is the former API of the Copernicus Data Space, with other collections",
        "Use https://stac.dataspace.copernicus.eu/v1",
    ),
}
"""Host -> why its catalogs are not read, and what to use in their place."""


def endpoint(address: str) -> Endpoint:
    """Return what is known of an API."""
    plain = address.rstrip("/").lower()
    known = (one for one in ENDPOINTS if plain == one.address)
    return next(known, Endpoint(name=address, address=address))


def verdict(address: str) -> tuple[str, str] | None:
    """Return why a catalog cannot be read at all, and what to use, or None.

    Examples
    --------
    >>> verdict("https://catalogue.dataspace.copernicus.eu/stac")[1]
    'Use https://stac.dataspace.copernicus.eu/v1'
    >>> verdict("https://stac.example/v1") is None
    True
    """
    return VERDICTS.get(_host(address))


def hosts_of(place: str) -> tuple[str, ...]:
    """Return where files may lie that a document of a catalog names; nothing: anywhere.

    Parameters
    ----------
    place : str
        Address of the catalog or of an item. The endpoint's own host is among its hosts.
    """
    host = _host(place)
    known = (one.hosts for one in ENDPOINTS if host == _host(one.address))
    found = next(known, ())
    return (*found, host) if found else ()


def has_jp2(place: str) -> bool:
    """Whether a document may name files of JPEG 2000: of the known endpoints, CDSE's alone.

    Parameters
    ----------
    place : str
        Address or path of the catalog or of an item.

    Examples
    --------
    >>> has_jp2("https://stac.dataspace.copernicus.eu/v1/collections/sentinel-2-l2a/items/a")
    True
    >>> has_jp2("https://earth-search.aws.element84.com/v1"), has_jp2("/data/catalog.json")
    (False, True)
    """
    host = _host(place)
    return next((one.jp2 for one in ENDPOINTS if host == _host(one.address)), True)


def is_among(address: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address lies at one of some hosts (patterns)."""
    return any(fnmatchcase(_host(address), pattern) for pattern in hosts)


def _host(address: str) -> str:
    return host_of(address)


def document() -> str:
    """Write what is known of all endpoints as Markdown: docs/catalogs.md."""
    told = [_told(one) for one in ENDPOINTS]
    refused = [f"- `{host}`: {why}. {remedy}." for host, (why, remedy) in VERDICTS.items()]
    return "\n".join([_HEAD, *told, _TAIL, *refused, ""])


def _told(one: Endpoint) -> str:
    """Write what is known of one endpoint."""
    honours = ", ".join(name for name in ("query", "filter", "sortby") if name in one.honours)
    hosts = ", ".join(f"`{host}`" for host in one.hosts)
    rows = [
        f"## {one.name}\n\n`{one.address}`\n",
        f"- honours {honours}; counts: {one.counts}",
        f"- asked for {one.page_items} items a page and {one.window_months} months a search",
        f"- files: {'JPEG 2000' if one.jp2 else 'COGs'}; {one.assets}; at {hosts}",
        "- collection where a source names none:",
        *(f"  - `{sensor}`: `{name}`" for sensor, name in one.collections.items()),
    ]
    return "\n".join(rows) + "\n"


_HEAD = """\
# Catalogs

Made from `landcover/catalog/endpoints.py` by `landcover.catalog.endpoints.document()`.

Any STAC API can be given by its address. Of these ones more is known. A server is asked for
collection, bounds and time alone, and every item is checked again on this side, so that a server
that ignores what it is asked costs time, not truth. Cloud is judged on this side only: an item
without a cloud cover is kept.
"""

_TAIL = """\
## Not read
"""
