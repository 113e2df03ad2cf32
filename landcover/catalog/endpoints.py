"""STAC APIs as data: how each is asked, and what it must not be asked.

An address that is not listed is asked in the plainest way. It knows addresses. It asks nothing.

Collections, bounds and times are all that is asked of a server. The cloud cover is judged on
this side only: Earth Search honours ``query`` but silently ignores ``filter``, Digital Earth
Africa refuses ``query``, and any server's ``eo:cloud_cover < x`` drops items that have none. And
a month without scenes could not be told from a cloudy one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from landcover.catalog.settings import Source

__all__ = ["ENDPOINTS", "Endpoint", "endpoint", "with_collection"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one API is asked.

    `page_items` is the page it bears; `collections` gives the collection of a sensor where a
    job names none.
    """

    name: str
    address: str
    page_items: int = 100
    collections: Mapping[str, str] = field(default_factory=dict)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        name="Earth Search",
        address="https://earth-search.aws.element84.com/v1",
        # it claims 10,000, but beyond some 260 items the answer outgrows its 6 MB and is a 500
        page_items=100,
        collections={"sentinel-2-l2a": "sentinel-2-c1-l2a"},
    ),
)


def endpoint(address: str) -> Endpoint:
    """Return what is known of an API."""
    plain = address.rstrip("/").lower()
    known = (one for one in ENDPOINTS if plain == one.address)
    return next(known, Endpoint(name=address, address=address))


def with_collection(source: Source) -> Source:
    """Return the source with the collection that its endpoint has for its sensor."""
    default = endpoint(source.catalog).collections.get(source.sensor)
    if source.collection is not None or default is None:
        return source
    return source.model_copy(update={"collection": default})
