"""Shapes that readers may see, and where patches lie among what readers may see.

This module knows polygons of patches and shapes of context. It does not know what is secret, nor
why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landcover.model import Zone
from landcover.outputs.patches import held_by, nearest_to
from landcover.outputs.placed import PLACE_COLUMNS, around_sites, place_columns
from landcover.outputs.sharing.extent import pixel_degrees
from landcover.outputs.sharing.secrets import Secrets
from landcover.zones.features import Feature

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landcover.outputs.shown import Shown

__all__ = ["PLACED", "public_patches", "sites_placed", "within"]

ACROSS_PX = 1.5
"""By how many pixels the outline of a patch may go beyond a zone's: pixels are square."""

SIMPLE = ("Point", "LineString", "Polygon")
"""Types of shapes that hold no other type."""

PLACED = (
    "zone_id", "zone_kind", "zone_fraction", "zone_ids", "nearest_site_id", "nearest_site_name",
    "distance_m",
)  # fmt: skip
"""Columns that say where a patch lies among zones and sites."""


def public_patches(whole: gpd.GeoDataFrame, shown: Shown, secrets: Secrets) -> gpd.GeoDataFrame:
    """Leave out patches that tell of secrets, and place the others anew."""
    ground = secrets.ground.buffer(ACROSS_PX * pixel_degrees(shown.grid))
    shapes = whole.geometry.to_numpy()
    shapely.prepare([ground, secrets.holes])
    kept = shapely.covers(ground, shapes) & ~shapely.intersects(secrets.holes, shapes)
    some = whole[kept].reset_index(drop=True)
    told = _placed(some.geometry.to_numpy(), shown, secrets)
    return some.assign(**{name: [row[k] for row in told] for k, name in enumerate(PLACED)})


def sites_placed(frame: Any, ids: pd.Series[Any], shown: Shown, secrets: Secrets) -> Any:
    """Say of public sites, and rings about them, where they lie among public zones.

    Their distance to a reserve that is secret would tell where it is.
    """
    there = [name for name in PLACE_COLUMNS if name in frame]
    zones = shown.zones
    hidden = zones.loc[zones["zone_id"].astype(str).isin(secrets.zone_ids), "kind"]
    if not there or not hidden.isin(("region", "reserve")).any():
        return frame
    around = around_sites(_public_sites(shown, secrets), _public_zones(secrets))
    told = place_columns(ids.astype(str), around)
    empty = {name: np.nan if name.endswith("_m") else "" for name in there}
    return frame.assign(
        **{
            name: [empty[name] if cell is None else cell for cell in told[name]]
            if name in told
            else empty[name]
            for name in there
        }
    )


def _public_zones(secrets: Secrets) -> list[Zone]:
    """Return public zones as the engine knows zones."""
    return [
        Zone(
            str(row.zone_id), str(row.name), str(row.kind), str(row.group), row.geometry,
            float(row.area_ha),
        )
        for row in secrets.public.itertuples()
    ]  # fmt: skip


def _placed(shapes: Any, shown: Shown, secrets: Secrets) -> list[tuple[Any, ...]]:
    """Say of shapes what `PLACED` names, as a run without secret zones and sites would."""
    held = held_by(shapes, _public_zones(secrets))
    near = nearest_to(shapes, _public_sites(shown, secrets))
    told = []
    for one, site in zip(held, near, strict=True):
        zone = (one.zone.id, one.zone.kind) if one.zone else (None, None)
        told.append((*zone, one.share, one.all or None, *site))
    return told


def _public_sites(shown: Shown, secrets: Secrets) -> list[Feature]:
    """Return the public sites, each as large as the run knows it."""
    zones = secrets.public.set_index("zone_id").geometry
    sites = shown.sites
    public = sites[~sites["site_id"].astype(str).isin(secrets.site_ids)]
    return [
        Feature("", str(row.site_id), str(row.name), zones.get(row.site_id, row.geometry))
        for row in public.itertuples(index=False)
    ]


def within(layer: gpd.GeoDataFrame, seen: BaseGeometry) -> gpd.GeoDataFrame:
    """Cut the shapes of a layer at the edge of what may be seen.

    Parameters
    ----------
    layer : GeoDataFrame
        Shapes and the frame's CRS are those of `seen`.
    seen : geometry

    Returns
    -------
    GeoDataFrame
        Points that lie within, and lines and areas less what lies beyond; no row of which only a
        part of its edge, or nothing, is left.
    """
    import geopandas as gpd

    shapes = layer.geometry.to_numpy()
    broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    shapes = np.where(broken, shapely.make_valid(shapes), shapes)
    cut = [
        _same(part, whole)
        for part, whole in zip(shapely.intersection(seen, shapes), shapes, strict=True)
    ]
    kept = np.array([shape is not None for shape in cut], bool)
    return layer.set_geometry(gpd.GeoSeries(cut, index=layer.index, crs=layer.crs))[kept]


def _same(part: BaseGeometry | None, whole: BaseGeometry | None) -> BaseGeometry | None:
    """Return what of a part is of as many dimensions as the whole; None where that is nothing."""
    if part is None or part.is_empty:
        return None
    if part.geom_type.removeprefix("Multi") in SIMPLE:
        same = shapely.get_dimensions(part) == shapely.get_dimensions(whole)
        return part if same else None
    pieces = shapely.get_parts(shapely.get_parts(part))
    wanted = shapely.get_dimensions(pieces) == shapely.get_dimensions(whole)
    return shapely.union_all(pieces[wanted]) if wanted.any() else None
