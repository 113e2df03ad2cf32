"""Small cuttings at full resolution around the sites that a map tells most of.

A map of a large area is drawn coarsely; around its listed sites nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from affine import Affine

from landcover.model import Grid
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle
from landcover.outputs.web.overlays import Overlay
from landcover.outputs.web.painting import PNG, WEBP, painted, photo
from landcover.raster.look import look_on

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Chip", "chips", "listed"]

MOST_SITES = 30
"""Sites that get cuttings: those with most disturbance around them."""

SIDE_PX = 128
"""Pixels a side: 1.3 km at 10 m."""

DISTURBED = ("abrupt_ha", "gradual_ha", "recovering_ha")


@dataclass(frozen=True, slots=True)
class Chip:
    """One cutting: of which overlay, of which time."""

    overlay: str
    step: str
    mime: str
    data: bytes = field(repr=False)


def listed(shown: Shown, site_zones: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the sites with most disturbance around them, by the tables of the run."""
    table = shown.table("disturbance_kinds")
    sites = list(site_zones)
    if table is None:
        return sites[:MOST_SITES]
    columns = [column for column in DISTURBED if column in table.columns]
    sums = table.set_index(table["zone_id"].astype(str))[columns].sum(axis=1).to_dict()
    around = {site: sum(sums.get(zone, 0.0) for zone in site_zones[site]) for site in sites}
    return sorted(sites, key=lambda site: -around[site])[:MOST_SITES]


def _plane(style: RasterStyle, x: float, y: float) -> Grid:
    """Return the pixels of a raster around a place that is given on its own plane."""
    grid = style.facts.grid
    column, row = (~grid.transform) @ (x, y)
    corner = Affine.translation(round(column) - SIDE_PX // 2, round(row) - SIDE_PX // 2)
    return Grid(grid.crs, grid.transform @ corner, (SIDE_PX, SIDE_PX))


def _cut(overlay: Overlay, style: RasterStyle, x: float, y: float) -> Chip | None:
    """Cut one picture out of one raster; None where it has nothing there."""
    scale = overlay.band.scale
    bands = (1, 2, 3) if scale is None else (overlay.band.band,)
    seen = look_on(style.facts.path, bands, _plane(style, x, y))
    if not seen.valid.any():
        return None
    if scale is None:
        return Chip(overlay.key, style.step, WEBP, photo(seen.values, seen.valid))
    unjudged = ~seen.valid[0] if overlay.tells_unjudged and not overlay.band.told_by else None
    data = painted(seen.values[0], seen.valid[0], overlay.band, unjudged)
    return Chip(overlay.key, style.step, PNG, data)


def _wanted(overlays: Sequence[Overlay]) -> list[tuple[Overlay, RasterStyle]]:
    """Choose what is cut: the first and the last picture, and what is drawn at first."""
    found: list[tuple[Overlay, RasterStyle]] = []
    for one in overlays:
        if one.band.scale is None:
            ends = dict.fromkeys((0, len(one.styles) - 1))
            found += [(one, one.styles[n]) for n in ends]
    return found + [(one, one.styles[-1]) for one in overlays[:1] if one.band.scale is not None]


def chips(
    sites: gpd.GeoDataFrame, overlays: Sequence[Overlay], chosen: Sequence[str]
) -> dict[str, list[Chip]]:
    """Cut pictures around chosen sites: id -> cuttings."""
    wanted = _wanted(overlays)
    if not wanted or not chosen:
        return {}
    around = sites[sites["site_id"].astype(str).isin(set(chosen))]
    around = around[~(around.geometry.isna() | around.geometry.is_empty)]
    found: dict[str, list[Chip]] = {str(one): [] for one in around["site_id"]}
    for overlay, style in wanted:
        there: Any = around.to_crs(style.facts.grid.crs).geometry
        for site, point in zip(around["site_id"], there, strict=True):
            chip = _cut(overlay, style, point.x, point.y)
            if chip is not None:
                found[str(site)].append(chip)
    return {site: cut for site, cut in found.items() if cut}
