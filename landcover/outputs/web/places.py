"""Zones, sites and disturbances as a page has them: column by column, outlines within a budget.

It is the same in all languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landcover.outputs.minerals import is_of_minerals, mineral, mineral_key
from landcover.outputs.placed import PLACE_COLUMNS
from landcover.outputs.shown import Shown
from landcover.outputs.web.figures import plain
from landcover.outputs.web.shapes import TOLERANCES_M, fit, packed_all, points, squares

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ORDER", "minerals_of", "ordered", "patch_data", "site_data", "zone_data"]

ORDER = ("region", "reserve", "outside", "unit", "control", "site", "ring")
"""Kinds of zones in the order in which they are drawn and told of: the largest first."""

ZONE_BYTES, RING_BYTES, PATCH_BYTES = 2_000_000, 4_000_000, 4_000_000
"""What outlines may take as text: of zones that are no rings around sites, of those, of patches."""

RING_SHARE = 0.06
"""How far the outline of a zone with a distance may leave its true one, as a share of it."""

PATCH_M = 20.0
"""How far the outline of a disturbance may leave its pixels (m)."""

MOST_CHOICES = 40
"""A kept column with more different values than this is no filter."""

MINERAL = "mineral"
"""The filter that all columns of minerals make together."""

PATCH_FIGURES = (
    "area_ha", "confirmed_ha", "provisional_ha", "low_ha", "perhaps_before_watch_ha",
)  # fmt: skip
"""Hectares of a disturbance that its pop-up tells."""

OWN_COLUMNS = frozenset({"site_id", "name", "geometry", *PLACE_COLUMNS})


def ordered(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return zones by kind, in the order in which they are drawn."""
    place = {kind: n for n, kind in enumerate(ORDER)}
    rank = zones["kind"].map(lambda kind: place.get(kind, len(ORDER)))
    kept = zones.assign(rank=rank, zone_id=zones["zone_id"].astype(str))
    return kept.sort_values("rank", kind="stable").drop(columns="rank").reset_index(drop=True)


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Return a column as texts, empty where it has none."""
    if column not in frame.columns:
        return [""] * len(frame)
    return ["" if value is None or value != value else str(value) for value in frame[column]]


def _numbers(frame: gpd.GeoDataFrame, column: str) -> list[Any]:
    """Return a column as numbers, None where it has none."""
    if column not in frame.columns:
        return [None] * len(frame)
    return [plain(value) for value in frame[column]]


def _outlines(zones: gpd.GeoDataFrame) -> tuple[list[Any], int]:
    """Return packed outlines by zone, and how many rings had to be left without."""
    rings = (zones["kind"] == "ring").to_numpy()
    far = (zones["to_m"].astype(float) * RING_SHARE).fillna(TOLERANCES_M[-1]).to_numpy()
    shapes: list[Any] = [None] * len(zones)
    left_out = 0
    for chosen, most in ((~rings, ZONE_BYTES), (rings, RING_BYTES)):
        places = [n for n, wanted in enumerate(chosen) if wanted]
        given = zones.geometry.iloc[places].tolist()
        simple = fit(given, most, each_m=far[places]) if places else []
        if simple is None:
            left_out += len(places)
            continue
        for place, shape in zip(places, simple, strict=True):
            shapes[place] = shape
    return packed_all(shapes), left_out


def zone_data(zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return zones, already `ordered`, as columns."""
    ids = zones["zone_id"].tolist()
    place = {one: n for n, one in enumerate(ids)}
    shapes, left_out = _outlines(zones)
    return {
        "id": ids,
        "name": _texts(zones, "name"),
        "kind": _texts(zones, "kind"),
        "from": _numbers(zones, "from_m"),
        "to": _numbers(zones, "to_m"),
        "parent": [place.get(one, -1) for one in _texts(zones, "parent")],
        "shape": shapes,
        "ringsLeftOut": left_out,
    }


def _ranges(zones: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """Return the distances of the rings outside reserves, the nearest first."""
    outside = zones[zones["kind"] == "outside"]
    pairs = set(zip(outside["from_m"], outside["to_m"], strict=True))
    return sorted((float(low), float(high)) for low, high in pairs)


def _nearness(zones: gpd.GeoDataFrame) -> list[int | None]:
    """Say of each zone how near a reserve it is: 0 inside, n in the n-th ring, None for others."""
    rank = {pair: n for n, pair in enumerate(_ranges(zones), start=1)}
    return [
        0 if kind == "reserve" else rank.get((low, high)) if kind == "outside" else None
        for kind, low, high in zip(zones["kind"], zones["from_m"], zones["to_m"], strict=True)
    ]


def _within(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[list[int]]:
    """List by site the zones that hold it, of those that are filtered by."""
    import shapely

    wanted = [n for n, kind in enumerate(zones["kind"]) if kind in ("region", "reserve", "outside")]
    found: list[list[int]] = [[] for _ in range(len(sites))]
    if not wanted or not len(sites):
        return found
    tree = shapely.STRtree(zones.geometry.iloc[wanted].to_numpy())
    places, held = tree.query(sites.geometry.to_numpy(), predicate="intersects")
    for place, zone in sorted(zip(places.tolist(), held.tolist(), strict=True)):
        found[place].append(wanted[zone])
    return found


def _held(
    members: Sequence[Sequence[int]], zones: gpd.GeoDataFrame
) -> tuple[list[list[int]], list[int]]:
    """Return by place its regions, and how near a reserve it is (-1 for far)."""
    kinds, near = zones["kind"].tolist(), _nearness(zones)
    regions = [[n for n in one if kinds[n] == "region"] for one in members]
    nearest = [[near[n] for n in one if near[n] is not None] for one in members]
    return regions, [min((n for n in one if n is not None), default=-1) for one in nearest]


def _choices(sites: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the kept columns that sites can be filtered by; minerals are one filter."""
    names = [column for column in sites.columns if column not in OWN_COLUMNS]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(MINERAL if is_of_minerals(name) else name, []).append(name)
    found = []
    for key, columns in groups.items():
        texts = list(zip(*(_texts(sites, column) for column in columns), strict=True))
        if key == MINERAL:  # one mineral in two languages is one choice
            texts = [tuple(mineral_key(text) for text in row) for row in texts]
        values = sorted({text for row in texts for text in row if text})
        if 1 < len(values) <= MOST_CHOICES:
            place = {value: n for n, value in enumerate(values)}
            of_sites = [sorted({place[text] for text in row if text}) for row in texts]
            found.append({"key": key, "values": values, "sites": of_sites})
    return found


def _near_reserves(
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, drawn: Sequence[int]
) -> list[int]:
    """Say how near a reserve sites are: by the table's distance, else by what is `drawn`."""
    ranges = _ranges(zones)

    def rank(metres: float) -> int:
        if not metres:
            return 0
        held = (n for n, (low, high) in enumerate(ranges, start=1) if low < metres <= high)
        return next(held, -1)

    told = _numbers(sites, "reserve_distance_m")
    return [one if m is None else rank(m) for one, m in zip(drawn, told, strict=True)]


def minerals_of(sites: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return what minerals of sites, as `site_data` has them, are called in a language."""
    chosen = [one["values"] for one in sites["choices"] if one["key"] == MINERAL]
    told = [one["values"] for one in sites["kept"] if one["mineral"]]
    texts = sorted({text for values in (*chosen, *told) for text in values if text})
    named = {text: mineral(text, language) for text in texts}
    return {text: name for text, name in named.items() if name != text}


def site_data(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return sites as columns: where, what was kept of them, their zones, filters."""
    regions, near = _held(_within(sites, zones), zones)
    ids = _texts(sites, "site_id")
    rings: dict[str, list[int]] = {}
    for n, (zone, parent, kind) in enumerate(
        zip(zones["zone_id"], _texts(zones, "parent"), zones["kind"], strict=True)
    ):
        if kind in ("ring", "site"):
            rings.setdefault(parent if kind == "ring" else zone, []).append(n)
    kept = [column for column in sites.columns if column not in OWN_COLUMNS]
    return {
        "id": ids,
        "name": _texts(sites, "name"),
        "at": points(sites.geometry.tolist()),
        "kept": [
            {"name": column, "mineral": is_of_minerals(column), "values": _texts(sites, column)}
            for column in kept
        ],
        "reserve": _texts(sites, "nearest_reserve_name"),
        "reserveM": _numbers(sites, "reserve_distance_m"),
        "zones": [rings.get(one, []) for one in ids],
        "regions": regions,
        "near": _near_reserves(sites, zones, near),
        "choices": _choices(sites),
        "ranges": _ranges(zones),
    }


def _drawn_patches(patches: gpd.GeoDataFrame) -> tuple[list[Any], int]:
    """Return packed outlines by patch, and how many of them are squares."""
    import numpy as np
    import shapely

    simple = fit(patches.geometry.tolist(), PATCH_BYTES, PATCH_M)
    if simple is not None:
        return packed_all(simple), 0
    shapes = patches.geometry.to_numpy()
    cost = shapely.get_num_coordinates(shapes)
    order = np.argsort(-patches["area_ha"].to_numpy(), kind="stable")
    # a square has five vertices: what is left of the budget buys outlines, the largest first
    spare = np.cumsum(cost[order] - 5) * 7.0 + 35.0 * len(order)
    small = order[spare > PATCH_BYTES]
    places = patches[["lon", "lat"]].to_numpy(float)[small]
    shapes = shapes.copy()
    shapes[small] = squares(places, patches["area_ha"].to_numpy(float)[small])
    return packed_all(shapes), len(small)


def _patch_years(shown: Shown, ids: Sequence[str]) -> list[list[int]] | None:
    """Return by disturbance the years in which some of it was first seen; None without a table."""
    table = shown.table("patch_years")
    if table is None:
        return None
    seen = table[table["disturbed_ha"] > 0]
    years: dict[str, list[int]] = {one: [] for one in ids}
    for patch, year in zip(seen["patch_id"].astype(str), seen["year"].astype(int), strict=True):
        years.get(patch, []).append(year)
    return [sorted(years[one]) for one in ids]


def patch_data(shown: Shown, zones: gpd.GeoDataFrame) -> dict[str, Any] | None:
    """Return disturbances as columns; None where the run has none to show."""
    patches = shown.patches
    if patches is None:
        return None
    place: Mapping[str, int] = {one: n for n, one in enumerate(zones["zone_id"])}
    members = [
        [place[one] for one in text.split(";") if one in place]
        for text in _texts(patches, "zone_ids")
    ]
    regions, near = _held(members, zones)
    outlines, in_squares = _drawn_patches(patches) if len(patches) else ([], 0)
    columns = ("patch_id", "index", "kind", "confidence", "nearest_site_id", "nearest_site_name")
    return {
        **{column: _texts(patches, column) for column in columns},
        "first": [text[:10] for text in _texts(patches, "first_date")],
        "last": [text[:10] for text in _texts(patches, "last_date")],
        **{column: _numbers(patches, column) for column in (*PATCH_FIGURES, "drop", "distance_m")},
        "years": _patch_years(shown, _texts(patches, "patch_id")),
        "zones": members,
        "regions": regions,
        "near": near,
        "shape": outlines,
        "squares": in_squares,
    }
