"""Which zones are charted, and which belong together: a reserve and its rings, a site and its own.

It chooses rows of tables. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from landcover.outputs.drawing.canvas import short
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Family",
    "Member",
    "distance_text",
    "disturbed_ha",
    "families",
    "left_out",
    "most_disturbed",
    "reported",
]

MOST_RESERVES = 2
"""Reserves with a panel of their own, where sites need room, too."""

MOST_MEMBERS = 5
"""Lines in one panel: more cannot be told apart."""

CHARTED = ("reserve", "outside", "region", "unit", "control", "site", "ring")
"""Kinds of zones whose values are charted where there is room."""

BROKEN = ("abrupt_ha", "gradual_ha", "recovering_ha")
"""Columns of ``disturbance_kinds.csv`` that add up to what broke."""


@dataclass(frozen=True, slots=True)
class Member:
    """One zone of a panel: `text` is what tells it from the others."""

    zone_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Family:
    """Zones that are read together."""

    title: str
    members: tuple[Member, ...]


def distance_text(from_m: float, to_m: float, words: Words) -> str:
    """Write how far a ring reaches: 250–500 m, 1–5 km."""
    if to_m >= 1000 and from_m % 100 == 0 and (from_m >= 1000 or from_m == 0):
        ends = (words.number(m / 1000, 0 if m % 1000 == 0 else 1) for m in (from_m, to_m))
        return words("km", value="–".join(ends))
    return words("metres", value="–".join(words.number(m, 0) for m in (from_m, to_m)))


def disturbed_ha(shown: Shown) -> dict[str, float]:
    """Return the hectares that broke in each zone; empty where nobody looked for breaks."""
    kinds = shown.table("disturbance_kinds")
    if kinds is None:
        return {}
    return dict(zip(kinds["zone_id"], kinds[list(BROKEN)].sum(axis=1), strict=True))


def reported(shown: Shown, kinds: Sequence[str]) -> pd.DataFrame:
    """Return zones of some kinds, in the order of these, the most disturbed first."""
    zones = shown.table("zones")
    if zones is None:
        return shown.zones.iloc[:0]
    broke = disturbed_ha(shown)
    here = zones[zones["kind"].isin(kinds)].copy()
    here["_rank"] = [list(kinds).index(kind) for kind in here["kind"]]
    here["_broke"] = [-broke.get(zone, 0.0) for zone in here["zone_id"]]
    return here.sort_values(["_rank", "_broke"], kind="stable")


def _member(row: pd.Series, words: Words, alone: bool) -> Member:
    """Name a zone within its panel."""
    if row["kind"] in ("ring", "outside"):
        text = distance_text(row["from_m"], row["to_m"], words)
        key = "member_outside" if row["kind"] == "outside" else "member_ring"
        return Member(row["zone_id"], words(key, distance=text))
    return Member(row["zone_id"], words("member_inside") if alone else short(row["name"], 26))


def _with_rings(shown: Shown, kind: str, ring: str, words: Words) -> Iterator[Family]:
    """Yield each reserve or site with the rings around it; a site may be its rings alone."""
    zones = reported(shown, tuple(filter(None, (kind, ring))))
    if not len(zones):
        return
    key = zones["parent"].where(zones["parent"].fillna("") != "", zones["zone_id"])
    total = zones["_broke"].groupby(key).transform("sum")
    zones = zones.assign(_key=key, _total=total).sort_values(["_total", "_key"], kind="stable")
    for _, rows in zones.groupby("_key", sort=False):
        rows = rows.sort_values(["_rank", "from_m"], kind="stable").head(MOST_MEMBERS)
        members = tuple(_member(row, words, alone=True) for _, row in rows.iterrows())
        yield Family(short(rows.iloc[0]["name"], 44), members)


def _side_by_side(shown: Shown, kind: str, words: Words) -> Iterator[Family]:
    """Yield zones of one kind in a panel of their own."""
    rows = reported(shown, (kind,)).head(MOST_MEMBERS)
    if len(rows):
        members = tuple(_member(row, words, alone=False) for _, row in rows.iterrows())
        yield Family(_called(rows, words(f"zones_{kind}"), words), members)


def _called(rows: pd.DataFrame, kind: str, words: Words) -> str:
    """Name zones of one kind by what the job calls their groups."""
    groups = [short(str(one), 24) for one in dict.fromkeys(rows["group"].dropna())]
    if not groups or [one.lower() for one in groups] == [kind.lower()]:
        return kind
    return words("zones_of_groups", kind=kind, groups=", ".join(groups))


def left_out(shown: Shown, chosen: Sequence[Family]) -> tuple[str, ...]:
    """Name reserves, sites and other zones that no family has, the most disturbed first."""
    zones = reported(shown, CHARTED)
    if not len(zones):
        return ()
    drawn = {member.zone_id for one in chosen for member in one.members}
    key = zones["parent"].where(zones["parent"].fillna("") != "", zones["zone_id"])
    rest = ~key.isin(key[zones["zone_id"].isin(drawn)]) & ~key.duplicated()
    return tuple(short(str(name), 30) for name in zones.loc[rest, "name"])


def most_disturbed(shown: Shown, words: Words) -> Family | None:
    """Return the site that most broke around, with its rings; else a reserve, else any zone."""
    for kind, ring in (("site", "ring"), ("reserve", "outside"), ("region", ""), ("unit", "")):
        for family in _with_rings(shown, kind, ring, words):
            return family
    return None


def families(shown: Shown, words: Words, most: int) -> tuple[Family, ...]:
    """Choose the zones that are charted: reserves, regions, then the most disturbed sites."""
    reserves = list(islice(_with_rings(shown, "reserve", "outside", words), MOST_RESERVES))
    others = [
        one for kind in ("region", "unit", "control") for one in _side_by_side(shown, kind, words)
    ]
    room = max(most - len(reserves) - len(others), 0)
    sites = islice(_with_rings(shown, "site", "ring", words), room)
    return (*reserves, *others, *sites)[:most]
