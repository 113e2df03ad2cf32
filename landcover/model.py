"""The nouns of landcover: frozen, slotted, and without behaviour beyond their own arithmetic.

This module knows what things are. It does not know how they are found, read,
computed or written. Masks are always True = keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from affine import Affine

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "KINDS",
    "MISSING",
    "REFLECTANCE_SCALE",
    "Asset",
    "Band",
    "BitField",
    "Estimate",
    "Failure",
    "Grid",
    "InputFile",
    "Layer",
    "Legend",
    "LegendClass",
    "Mask",
    "Note",
    "Period",
    "Scene",
    "Sensor",
    "Tile",
    "Zone",
]

MISSING = -32768
"""Missing value of int16 bands (no unit); the lowest int16, so that no reflectance meets it."""

REFLECTANCE_SCALE = 10_000
"""Reflectance 1.0 as int16 (DN per unit reflectance); Sentinel-2's own quantification value."""

KINDS = ("reserve", "outside", "site", "ring", "region", "unit", "control")
"""What a zone may be. Totals are never summed across kinds."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Half-open days [start, end): solar days where scenes are meant, as in `Scene.solar_day`."""

    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return self.start <= day < self.end

    @property
    def last(self) -> date:
        """The last day that belongs to the period."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Grid:
    """A finite pixel plane.

    `crs` is an authority code ("EPSG:32635") or WKT; `shape` is (rows, columns);
    `transform` maps (column, row) of pixel corners to CRS units.
    """

    crs: str
    transform: Affine
    shape: tuple[int, int]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in CRS units."""
        rows, columns = self.shape
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (columns, rows)
        return (left, bottom, right, top)

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel width and height in CRS units, both positive."""
        return (self.transform.a, -self.transform.e)

    def window(self, row: int, column: int, shape: tuple[int, int]) -> Grid:
        """Cut the part of the plane that starts at (row, column)."""
        return Grid(self.crs, self.transform @ Affine.translation(column, row), shape)


@dataclass(frozen=True, slots=True)
class Tile:
    """One cut of the job's grid: the unit of reading, work, restart and memory.

    `row` and `column` place it in the job's grid; `grid` is its own pixel plane;
    `id` depends on its place on the Earth, not on the extent of the job's grid.
    """

    id: str
    row: int
    column: int
    grid: Grid


@dataclass(frozen=True, slots=True)
class Band:
    """A named physical quantity of a sensor.

    value = DN * scale + offset, in `unit`; DN == `nodata` is missing. `keys` are the
    asset names under which catalogs list the band, best first. Reflectance is held as int16
    (x 10,000), any other value as float32 in its own unit.
    """

    name: str
    unit: str
    keys: tuple[str, ...]
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    dtype: str = "uint16"
    resolution_m: float = 10.0
    clip: tuple[float, float] | None = None
    description: str = ""
    wavelength_nm: float | None = None
    valid: tuple[float, float] | None = None
    """Lowest and highest believable value, in `unit`: DN beyond them are missing, and counted."""
    encoding: str = "linear"
    """What DN * scale + offset is: the value (linear), or its decibels (db); `amplitude_db` takes
    20 * log10(DN) * scale + offset as decibels. Values of the last two are held as power."""

    @property
    def is_reflectance(self) -> bool:
        """Whether it is held as int16, reflectance x 10,000."""
        return self.unit == "reflectance"

    @property
    def is_power(self) -> bool:
        """Whether it is held as linear power, and shown in decibels."""
        return self.unit == "power"


@dataclass(frozen=True, slots=True)
class BitField:
    """Some bits of a mask's number, and which of their values are clear.

    The field is `width` bits from bit `first` on (0 is the lowest). Where `grown`, pixels
    that are not clear by this field spread as cloud does.
    """

    name: str
    first: int
    width: int
    clear: frozenset[int]
    grown: bool = False


@dataclass(frozen=True, slots=True)
class LegendClass:
    """One class of a class layer: its value, names by language and colour (#rrggbb)."""

    value: int
    names: Mapping[str, str]
    palette: str


@dataclass(frozen=True, slots=True)
class Legend:
    """What the values of a class layer mean."""

    name: str
    classes: tuple[LegendClass, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """How a sensor tells clear from not clear.

    A pixel of `band` is clear when its class is in `clear`, or, where there are bit `fields`
    instead of classes, when each field's value is a clear one. Classes in `grown`
    (clouds and their shadows), and fields that say so, spread by the source's `cloud_grown_m`.
    """

    band: str
    clear: frozenset[int]
    grown: frozenset[int]
    nodata: int | None
    legend: Legend
    fields: tuple[BitField, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensor:
    """What one sensor's numbers mean: a profile.

    `platforms` tells by the beginning of an item's id which platform took it; where it is not
    empty, items with other ids are none of this sensor's.
    """

    name: str
    title: str
    bands: Mapping[str, Band]
    mask: Mask | None
    driver: str = "GTiff"
    block_px: int = 512  # expected block side of its files (px), until a file was opened
    credit: str = ""
    platforms: Mapping[str, str] = field(default_factory=dict)
    day_band: str = ""
    """Band that holds each pixel's own day of the year, where an item spans many days."""
    day_span: int = 1  # days that an item spans
    orbits_apart: bool = False  # whether scenes of different relative orbits never mix (radar)
    refused: str = ""  # why this sensor's data cannot be used; empty where they can
    jp2: bool = False  # whether files that an item declares as JPEG 2000 are read as well
    # platform -> band -> asset name, where names are numbers that mean other bands elsewhere
    platform_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a scene: one band, and how its numbers are taken.

    `href` is an absolute path or an https address, never signed. value = DN * scale
    + offset; DN == `nodata` is missing, and is masked before the offset.
    """

    band: str
    href: str
    transform: Affine
    shape: tuple[int, int]
    dtype: str
    nodata: float | None
    scale: float
    offset: float
    clip: tuple[float, float] | None = None
    driver: str = "GTiff"
    key: str = ""  # the asset's name in its item
    overview: int = 1
    """How many of the file's pixels a pixel is wide; more than 1 is of an overview, as all here."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One acquisition of one sensor: one STAC item.

    `time` is aware UTC; `solar_day` is the local day at the scene's centre; `footprint`
    is (west, south, east, north) in degrees; `reason` says why its numbers are taken so.
    """

    id: str
    source: str
    sensor: str
    time: datetime
    solar_day: date
    crs: str
    footprint: tuple[float, float, float, float]
    assets: Mapping[str, Asset]
    geometry: str = ""
    """GeoJSON text of the item's geometry (degrees), empty where it has none."""
    collection: str = ""
    platform: str = ""
    grid_code: str = ""
    baseline: str = ""
    generated: datetime | None = None
    cloud_percent: float | None = None
    reason: str = ""
    item_href: str = ""
    orbit: str = ""
    """Relative orbit and direction of a radar scene ("51 descending"); empty for other sensors."""
    datastrip: str = ""
    """When its data strip begins, as ESA names it ("20200302T102554"); empty elsewhere."""
    yields_to: tuple[str, ...] = ()
    """Sources that have a better copy of it: it is not read together with any of them."""
    doubtful: bool = False
    """Whether its offset is declared in a way that is known to be unreliable."""

    @property
    def merit(self) -> tuple[float, float, float, str]:
        """Sorts what one source has of a place and day, best first.

        Higher baseline, newer generation, lower cloud (unknown is last), id.
        """
        known = self.baseline.replace(".", "", 1).isdecimal()
        baseline = float(self.baseline) if known else 0.0
        made = self.generated.timestamp() if self.generated else 0.0
        cloud = 101.0 if self.cloud_percent is None else self.cloud_percent
        return (-baseline, -made, cloud, self.id)


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon that is reported on. `geometry` is in longitude and latitude (EPSG:4326).

    `group` is the job's key under `zones`; `parent` is the id of the site or reserve that a
    ring or outside belongs to; `from_m` and `to_m` are a ring's distances. `area_ha` is
    geodesic. `kept` holds only the columns that the job names.
    """

    id: str
    name: str
    kind: str
    group: str
    geometry: BaseGeometry
    area_ha: float
    parent: str = ""
    from_m: float | None = None
    to_m: float | None = None
    sensitive: bool = False
    kept: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """One raster that a product promises: `rasters/<name>.tif`.

    `bands` are descriptions, one a band; `units` one a band. Continuous layers are
    float32 with NaN unless they say otherwise. `tags` hold no time, path, host, tile size
    or worker count.
    """

    name: str
    product: str
    bands: tuple[str, ...]
    units: tuple[str, ...]
    dtype: str = "float32"
    nodata: float | None = float("nan")
    valid_range: tuple[float, float] | None = None
    legend: Legend | None = None
    overviews: str = "average"
    tags: Mapping[str, str] = field(default_factory=dict)
    kept: bool = True  # whether a raster is written of it; else it is stored for a later step


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its doubt: value and the bounds of its interval, in `unit`."""

    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know that does not stop the run (a warning or a hint)."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what.rstrip(' .')}."
        return f"{text} {self.remedy.rstrip(' .')}." if self.remedy else text


@dataclass(frozen=True, slots=True)
class Failure:
    """A scene, or one asset of it, that could not be used: a row of ``failures.csv``."""

    scene: str
    source: str
    band: str
    tile: str
    reason: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the run read and keeps under ``inputs/``.

    `path` is where it lies now; `origin` is the path or address that the job gave.
    `columns` are the only attribute columns that may be copied; `layer`, `where` and `rows` say
    which rows were used (`rows` by number; empty: all). Where `may_copy` is False, only the hash
    is kept, and whom to ask (`credit`). A `whole` file is copied byte for byte.
    """

    path: str
    origin: str
    sha256: str
    role: str
    licence: str = ""
    columns: tuple[str, ...] = ()
    layer: str = ""
    where: str = ""
    credit: str = ""
    may_copy: bool = True
    whole: bool = False
    rows: tuple[int, ...] = ()
