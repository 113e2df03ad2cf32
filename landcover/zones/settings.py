"""What a job may say about zones and the context drawn around them.

This module knows keys and their limits. It does not know how zones are read.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from landcover.settings import Names, PathOrUrl, Settings, wrong

__all__ = ["ContextLayer", "Near", "ZoneGroup", "ZoneKind"]

ZoneKind = Literal["reserve", "outside", "site", "ring", "region", "unit", "control"]

KIND_BY_GROUP: dict[str, ZoneKind] = {"reserves": "reserve", "sites": "site", "regions": "region"}
"""What the zones of a group are when the job does not say: by the group's name."""


def _increasing(distances: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse distances that do not grow from near to far."""
    for near, far in pairwise((0.0, *distances)):
        if not near < far:
            what = f"distances must increase from above 0, but {far:g} comes after {near:g}"
            raise wrong(what, "Write them in metres from near to far, each once")
    return distances


Distances = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], ...], AfterValidator(_increasing)
]


Degrees = Annotated[float, Field(allow_inf_nan=False)]


def _on_earth(place: tuple[float, float]) -> tuple[float, float]:
    """Refuse a place that is none."""
    lon, lat = place
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        swapped = " (they look swapped)" if -90 <= lon <= 90 and -180 <= lat <= 180 else ""
        what = f"longitude {lon:g}, latitude {lat:g} is no place on the Earth{swapped}"
        raise wrong(what, "Write [longitude, latitude] in degrees")
    return place


class Near(Settings):
    """Keeps of a group only what lies in or near the zones of another."""

    group: str = Field(description="The other group: one with a `path` or `at`.")
    within_m: float = Field(
        gt=0,
        allow_inf_nan=False,
        description="Greatest distance from its nearest zone, in metres on the ellipsoid. What "
        "lies inside is 0 m away.",
    )


class ZoneGroup(Settings):
    """A group of zones: from one file, one place, or controls chosen away from another group."""

    path: PathOrUrl | None = Field(
        default=None,
        description="Vector file (GeoPackage, GeoJSON, Shapefile, KML, GPX), table (.csv, .xlsx) "
        "or http(s) address of one. Required unless `at` or `from` is given.",
    )
    at: Annotated[tuple[Degrees, Degrees], AfterValidator(_on_earth)] | None = Field(
        default=None,
        description="One place in place of a file: [longitude, latitude] in degrees. The group's "
        "name is its id.",
    )
    layer: str | None = Field(default=None, description="Layer of the file, where it has several.")
    id: str | None = Field(
        default=None,
        description="Column with each zone's id. Without it, rows are numbered from 1.",
    )
    name: str | None = Field(
        default=None, description="Column with each zone's name. Default: its id."
    )
    kind: ZoneKind | None = Field(
        default=None,
        description="What the zones are. Default: by the group's name (reserves: reserve, sites: "
        "site, regions: region, a group with `from`: control, any other: unit).",
    )
    where: str | None = Field(
        default=None, description="Only rows for which this holds, as SQL: \"mineral1 = 'Or'\"."
    )
    near: Near | None = Field(
        default=None,
        description="Only zones in or near those of another group; `check` and `plan` count them "
        "by distance, in the classes of its `outside_m`.",
    )
    latest: Names = Field(
        default=(),
        description="Of rows with the same `id`, take the one with the greatest value in this "
        "column (or the first of these columns in which they differ): the last visit of a site. "
        "Dates as 2023-06-21.",
    )
    crs: str | None = Field(
        default=None,
        description="CRS of the coordinates, where the file does not say (EPSG:32735).",
    )
    lon: str | None = Field(
        default=None,
        description="Column of a table with longitudes (or x). Default: found by its name.",
    )
    lat: str | None = Field(
        default=None,
        description="Column of a table with latitudes (or y). Default: found by its name.",
    )
    outside_m: Distances = Field(
        default=(), description="Rings outside each polygon, by their outer distances in metres."
    )
    rings_m: Distances = Field(
        default=(),
        description="Rings around each zone, by their outer distances in metres; each place "
        "belongs to its nearest zone of the group.",
    )
    keep: Names = Field(
        default=(), description="Columns that may go into the results. No other does."
    )
    sensitive: bool = Field(
        default=False,
        description="Whether positions are coarse in report, map, pictures and in what "
        "`pack --public` makes; see `share.positions`.",
    )
    licence: str | None = Field(
        default=None, description="Licence of the file, repeated in the results."
    )
    credit: str | None = Field(default=None, description="Whom maps and reports name for the file.")
    copy_: bool = Field(
        default=True,
        alias="copy",
        description="Whether results may hold a copy of the file (only the columns named here, and "
        "the rows used). `false`, where its licence forbids that, leaves its sha256 and its "
        "credit instead.",
    )
    from_: str | None = Field(
        default=None,
        alias="from",
        description="Makes this a group of controls: places like those of the group named here, "
        "chosen at random away from them.",
    )
    count: int | None = Field(default=None, ge=1, description="Number of controls.")
    min_distance_m: float = Field(
        default=20_000.0,
        ge=0,
        allow_inf_nan=False,
        description="Least distance of a control from every zone of its group `from`, in metres.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the random choice of controls.")

    @model_validator(mode="after")
    def _has_one_origin(self) -> ZoneGroup:
        """Refuse a group with no origin, or with two."""
        origins = {"path": self.path, "at": self.at, "from": self.from_}
        given = [f"`{key}`" for key, origin in origins.items() if origin is not None]
        if not given:
            raise wrong("the group has neither `path` nor `at` nor `from`", "Give a file's path")
        if len(given) > 1:
            both = " and ".join(given)
            raise wrong(f"the group has both {both}", "Leave all but one of them out")
        return self

    @model_validator(mode="after")
    def _is_complete(self) -> ZoneGroup:
        """Refuse half a pair of keys."""
        if (self.lon is None) != (self.lat is None):
            raise wrong("only one of `lon` and `lat` is given", "Name both columns, or neither")
        if (self.from_ is None) != (self.count is None):
            raise wrong("`from` and `count` go together", "Give both for controls, else neither")
        if self.latest and self.id is None:
            raise wrong("`latest` needs `id`, which says which rows are of one zone", "Name both")
        if self.near is not None and self.from_ is not None:
            raise wrong("controls cannot have `near`", "Give it to the group named by `from`")
        return self

    def kind_in(self, group: str) -> ZoneKind:
        """Say what the zones are, by the job or else by the name of their group."""
        if self.kind is not None:
            return self.kind
        return "control" if self.from_ is not None else KIND_BY_GROUP.get(group, "unit")


class ContextLayer(Settings):
    """A layer that is drawn on maps and never computed on: roads, rivers, places, borders."""

    path: PathOrUrl = Field(
        description="Vector file (GeoPackage, GeoJSON, Shapefile, KML, GPX), or http(s) address of "
        "one. What lies near the zones is drawn."
    )
    layer: str | None = Field(default=None, description="Layer of the file, where it has several.")
    where: str | None = Field(
        default=None,
        description="Only what this holds for, as SQL: \"highway IN ('primary', 'secondary')\".",
    )
    crs: str | None = Field(
        default=None,
        description="CRS of the coordinates, where the file does not say (EPSG:32735).",
    )
    kind: str = Field(
        default="other", description="What it shows: river, road, place, border, other."
    )
    label: str | None = Field(default=None, description="Column with the names to write on maps.")
    credit: str | None = Field(
        default=None, description="Whom maps and reports name for the layer."
    )
    licence: str | None = Field(
        default=None, description="Licence of the file, repeated in the results."
    )
    copy_: bool = Field(
        default=True,
        alias="copy",
        description="Whether `inputs` may hold a copy of what is drawn (shapes and names alone). "
        "`false` leaves its sha256 and its credit instead.",
    )
