"""Which zones a report tells of first, and what lies near listed sites.

It knows kinds, groups and distances of zones. It does not know what was found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

from landcover.outputs.report.sheet import AT_MOST, Row, as_text
from landcover.outputs.report.teller import Teller

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NEAR_M",
    "Near",
    "Place",
    "Ring",
    "all_zones",
    "around",
    "bands",
    "called",
    "children",
    "mains",
    "near",
    "places",
    "records",
    "sites",
    "wholes",
]

MAIN_KINDS = ("reserve", "region", "unit", "site")
"""Kinds that a report tells of, the first one of which there is any."""

ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
"""Unicode's first-strong isolate, and what ends it."""

NEAR_M = 1000.0
"""Metres from a site that count as near: what reserves' keepers ask about first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A zone, or a listed site with all its rings."""

    id: str
    name: str
    kind: str
    group: str
    rows: Row
    """What picks it in a table of zones: itself, or its rings."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring around a zone or a site: metres, and what picks it."""

    from_m: float
    to_m: float
    rows: Row


@dataclass(frozen=True, slots=True)
class Near:
    """What lies within `metres` of the sites of a group, the n-th of all with rings."""

    number: int
    group: str
    metres: float

    @property
    def rows(self) -> Row:
        """What picks it in a table of zones."""
        return (("group", self.group), ("to_m", f"{AT_MOST}{as_text(self.metres)}"))

    def rows_of(self, site: str) -> Row:
        """Return what picks the part of one site."""
        return (("parent", site), ("to_m", f"{AT_MOST}{as_text(self.metres)}"))


def mains(teller: Teller) -> tuple[Place, ...]:
    """Return the zones that the report is about first: reserves, else regions, else others."""
    zones = teller.zones.frame
    for kind in MAIN_KINDS:
        found = zones[zones["kind"] == kind]
        if len(found):
            return places(found)
    return ()


def wholes(teller: Teller) -> tuple[Place, ...]:
    """Return all zones but rings and controls: reserves, then regions, then others."""
    zones = teller.zones.frame
    return tuple(one for kind in MAIN_KINDS for one in places(zones[zones["kind"] == kind]))


def _apart(name: str) -> str:
    """Keep a name that is written from right to left from turning what stands beside it."""
    turned = any(bidirectional(letter) in ("R", "AL") for letter in name)
    return f"{ISOLATE}{name}{END_OF_ISOLATE}" if turned else name


def records(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Give the cells of some columns, row by row."""
    return zip(*(frame[name].tolist() for name in columns), strict=True)


def places(zones: pd.DataFrame) -> tuple[Place, ...]:
    """Return zones as they are."""
    return tuple(
        Place(one, _apart(name or one), kind, group, (("zone_id", one),))
        for one, name, kind, group in records(zones, "zone_id", "name", "kind", "group")
    )


def called(teller: Teller, zone_id: str) -> str:
    """Name a zone as readers know it: a ring by what it lies around, and its distances."""
    frame = teller.zones.rows((("zone_id", zone_id),))
    for name, kind, low, high in records(frame, "name", "kind", "from_m", "to_m"):
        if high != high:
            return _apart(name or zone_id)
        phrase = "outside" if kind == "outside" else "ring_of"
        return teller.words(
            phrase, name=_apart(name or zone_id), metres=teller.distances(low, high)
        )
    return zone_id


def all_zones(teller: Teller) -> tuple[Place, ...]:
    """Return every zone of the run."""
    return places(teller.zones.frame)


def around(teller: Teller, singly: bool = False) -> list[tuple[str, Row]]:
    """Name the zones that tables list, and the rings outside of them, with what picks each.

    Where there are only sites, what lies near them; `singly`, each of their rings, for what
    cannot be added.
    """
    found: list[tuple[str, Row]] = []
    for place in wholes(teller):
        found.append((place.name, place.rows))
        for ring in children(teller, place):
            if place.kind != "site":
                metres = teller.distances(ring.from_m, ring.to_m)
                name = teller.words("outside", name=place.name, metres=metres)
                found.append((name, ring.rows))
    if not found and not singly:
        found = [
            (
                teller.words("within", metres=teller.metres(group.metres), name=group.group),
                group.rows,
            )
            for group in near(teller)
        ]
    return found or [(place.name, place.rows) for place in all_zones(teller)]


def _rings(teller: Teller) -> pd.DataFrame:
    """Return the rings around sites."""
    zones = teller.zones.frame
    return zones[(zones["kind"] == "ring") & zones["to_m"].notna()]


def near(teller: Teller) -> tuple[Near, ...]:
    """Say for each group of sites within which distance it is told what lies near them.

    The largest distance of its rings up to `NEAR_M`, or else the smallest that it has.
    """
    found = []
    rings = _rings(teller)
    for n, group in enumerate(dict.fromkeys(rings["group"])):
        of = rings[rings["group"] == group]
        ends = sorted(set(of["to_m"]))
        fits = [end for end in ends if end <= NEAR_M]
        found.append(Near(n, group, fits[-1] if fits else ends[0]))
    return tuple(found)


def bands(teller: Teller, group: str) -> tuple[tuple[float, float], ...]:
    """List the distances (from, to) of a group's rings."""
    rings = _rings(teller)
    of = rings[rings["group"] == group]
    return tuple(sorted(set(zip(of["from_m"], of["to_m"], strict=True))))


def children(teller: Teller, place: Place) -> tuple[Ring, ...]:
    """Return the rings around a place, the nearest first."""
    of = (("parent", place.id), ("group", place.group))
    found = teller.zones.cells(of, "zone_id", "from_m", "to_m")
    rings = sorted((one for one in found if one[2] == one[2]), key=itemgetter(2))
    return tuple(Ring(low, high, (("zone_id", one),)) for one, low, high in rings)


def sites(teller: Teller, group: Near) -> tuple[Place, ...]:
    """Return the sites of a group, each as what lies near it."""
    rings = _rings(teller)
    of = rings[rings["group"] == group.group].drop_duplicates("parent")
    return tuple(
        Place(one, _apart(name or one), "site", group.group, group.rows_of(one))
        for one, name in records(of, "parent", "name")
    )
