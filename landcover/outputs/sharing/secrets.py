"""What of a run is secret: its places, their zones, and the squares that hide them.

This module knows the frames of ``zones.gpkg``. It does not know tables or rasters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from landcover.outputs.sharing.cells import Place, cell_of, coarse, hidden
from landcover.outputs.sharing.policy import DEFAULT_KM

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landcover.outputs.shown import Shown

__all__ = ["SHORTEST_NAME", "Secret", "Secrets", "lists", "roots", "secrets_of"]

SHORTEST_NAME = 3
"""Letters of a name that a text is searched for; shorter ones are in any text."""


SAME_DEGREES = 0.0005
"""Two places this near (some 50 m) are one place in two lists."""

COPIED_DEGREES = 0.00005
"""A corner this near (some 5 m) is the place itself, copied: rivers have corners everywhere."""

LISTED = 0.5
"""Share of the secrets that a layer names by their places before it is a list of them."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret place: `shape` is as large as the run knows it, `point` lies in it (degrees).

    A `decoy` was chosen for where it is not (a control): it is left out, and nothing is cut.
    """

    id: str
    name: str
    group: str
    shape: BaseGeometry
    point: tuple[float, float]
    decoy: bool


@dataclass(frozen=True, eq=False)
class Secrets:
    """All secrets of a run. `public` are the zones that anybody may see, as the run has them."""

    secrets: tuple[Secret, ...]
    zone_ids: frozenset[str]
    site_ids: frozenset[str]
    places: tuple[Place, ...]
    """Squares with those secrets (numbers in `secrets`) that are no decoys."""
    public: gpd.GeoDataFrame

    @cached_property
    def holes(self) -> BaseGeometry:
        """What is cut out (degrees): squares alone, so that it tells no more than they do."""
        cells = {place.cell for place in self.places}
        for place in self.places:
            for number in place.members:
                cells.update(_touched(self.secrets[number].shape, place.cell.side_km))
        return shapely.union_all([cell.hole for cell in sorted(cells)])

    @cached_property
    def ground(self) -> BaseGeometry:
        """What public zones cover (degrees); may be empty."""
        return shapely.union_all(self.public.geometry.to_numpy())

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Ids and names by which the secrets would be found elsewhere."""
        told = {text for one in self.secrets for text in (one.id, one.name)} | self.zone_ids
        return tuple(sorted(text for text in told if len(text) >= SHORTEST_NAME))


def lists(shapes: NDArray[np.object_], secrets: Secrets) -> bool:
    """Whether shapes (degrees) tell the places of most secrets: small things there, or corners.

    Of a track from mine to mine, or a hull of mines, what is left beside the holes points at them.
    """
    points = [shapely.Point(one.point) for one in secrets.secrets if not one.decoy]
    small = shapes[shapely.length(shapely.envelope(shapes)) < 4 * SAME_DEGREES]
    corners = np.asarray(shapely.points(np.unique(shapely.get_coordinates(shapes), axis=0)), object)
    found = set[int]()
    for some, within in ((small, SAME_DEGREES), (corners, COPIED_DEGREES)):
        if len(some) and points:
            tree = shapely.STRtree(some)
            found |= {*tree.query(points, predicate="dwithin", distance=within)[0].tolist()}
    return bool(points) and len(found) >= LISTED * len(points)


def _touched(shape: BaseGeometry, side_km: float) -> set[Any]:
    """Return the squares that a shape may touch, by its bounds."""
    west, south, east, north = shape.bounds
    first, last = cell_of(west, south, side_km), cell_of(west, north, side_km)
    found = set()
    for row in range(first.row, last.row + 1):
        middle = type(first)(side_km, row, 0).centre[1]
        start, stop = cell_of(west, middle, side_km), cell_of(east, middle, side_km)
        found |= {type(first)(side_km, row, n) for n in range(start.column, stop.column + 1)}
    return found


def roots(zones: pd.DataFrame) -> pd.Series[Any]:
    """Return for each zone the id of the place that it is or lies around."""
    parent = zones["parent"].fillna("").astype(str)
    found: pd.Series[Any] = parent.where(parent != "", zones["zone_id"].astype(str))
    return found


def secrets_of(shown: Shown) -> Secrets:
    """Find what of a run is secret, by the groups that its job keeps so."""
    zones = shown.zones
    secret = zones["group"].isin(sorted(shown.about.secret))
    root = roots(zones)
    seen = set(root[~secret])
    sites = shown.sites
    lost = sites[~sites["site_id"].astype(str).isin(seen)]  # of no zone: nobody says it is public
    at = dict(zip(lost["site_id"].astype(str), lost.geometry, strict=True))
    found = [
        _secret(str(identity), rows, at.get(str(identity)))
        for identity, rows in zones[secret].groupby(root)
    ]
    known = {one.id for one in found}
    found += [_alone(row) for row in lost.itertuples() if str(row.site_id) not in known]
    return Secrets(
        tuple(found),
        frozenset(zones.loc[secret, "zone_id"].astype(str)),
        frozenset(lost["site_id"].astype(str)) | known,
        _places(found, shown.about.positions),
        zones[~secret],
    )


def _secret(identity: str, rows: gpd.GeoDataFrame, site: BaseGeometry | None) -> Secret:
    """Make a secret of its zones: as its own zone, else the site's own shape, else within rings."""
    ids = rows["zone_id"].astype(str).tolist()
    if identity in ids:
        shape = rows.geometry.iloc[ids.index(identity)]
    elif site is not None:
        shape = site
    else:
        shape = rows.loc[rows["from_m"].fillna(0).idxmin()].geometry.centroid
    name, group = (str(rows[column].iloc[0]) for column in ("name", "group"))
    decoy = bool((rows["kind"] == "control").all())
    return Secret(identity, name, group, shape, _in(shape), decoy)


def _alone(row: Any) -> Secret:
    """Make a secret of a site without zones."""
    return Secret(str(row.site_id), str(row.name), "", row.geometry, _in(row.geometry), False)


def _in(shape: BaseGeometry) -> tuple[float, float]:
    """Return longitude and latitude of a place within a shape."""
    x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    return x, y


def _places(found: list[Secret], positions: str | float | None) -> tuple[Place, ...]:
    """Gather secrets in squares, as the job asks."""
    numbers = np.flatnonzero([not one.decoy for one in found]).tolist()
    points = [found[number].point for number in numbers]
    if positions == "withheld":
        made = hidden(points)
    else:
        made = coarse(points, float(positions or DEFAULT_KM))
    return tuple(Place(one.cell, tuple(numbers[k] for k in one.members), one.shown) for one in made)
