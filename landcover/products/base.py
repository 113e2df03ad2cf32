"""What a product is: a record of what it needs, what it promises, and how it observes.

It knows no scene, file or tile. The engine holds the stacks; a product turns the
stack of one span into layers (`observe`). Where layers of one place do not say it all, it may
learn something from those of the whole job, once (`Learn`), and make final layers from stored
ones and their surroundings (`Settle`). Neither sees a scene.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from landcover.model import Band, Grid, Layer, Period
from landcover.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "Context",
    "Learn",
    "Need",
    "Product",
    "Settle",
    "Settled",
    "Span",
    "Stack",
    "Stored",
    "Summary",
    "Summed",
    "added",
]

Summary = Mapping[str, "npt.NDArray[Any]"]
"""Small arrays by name: what one tile says, what all of them say, or what is learnt of that."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
"""Day 0 of `Stack.days` (proleptic ordinal)."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A period with the name that layers made from it carry ("2019", "2019-03", "2019-q1")."""

    period: Period
    name: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a product wants held in memory together.

    `quantities` are names of indices or bands; `bands` are what must be valid for an
    observation to be counted as clear.
    """

    source: str
    quantities: tuple[str, ...]
    bands: tuple[str, ...]
    spans: tuple[Span, ...]
    monthly: tuple[str, ...] = ()
    """Quantities of which it asks monthly medians (`Stack.monthly`): they take memory, too."""
    cuts: tuple[date, ...] = ()
    """Days at which composites of many days are cut for it, and nowhere else but where its spans
    begin and end: then `Stack.dates` increase, whatever else the job asks for. In order of time."""
    unimaged: bool = False
    """Whether it asks which pixels no scene has (`Stack.unimaged`)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What of the job every product may know: the period and the sources, in order.

    `bands` are each source's, by its name: what a band is called and which unit it has.
    """

    period: Period
    sources: tuple[str, ...]
    bands: Mapping[str, Mapping[str, Band]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """All clear observations of one tile in one span.

    `values` maps an index, or a band in a unit of its own, to float32 (T, Y, X), NaN where
    missing, and a band of reflectance to int16 (T, Y, X), x 10,000, `MISSING` where missing.
    `clear` is uint16 (Y, X): on how many days the pixel was clear. `inside` is bool (Y, X): in
    any zone.
    """

    span: Span
    dates: tuple[date, ...]
    values: Mapping[str, npt.NDArray[Any]]
    clear: npt.NDArray[np.uint16]
    inside: npt.NDArray[np.bool_]
    threads: int = 1
    """Threads that a product may use; no result depends on it."""
    medians: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    """Medians that were asked for already: several products want the same ones."""

    months: dict[str, tuple[int, npt.NDArray[np.float32]]] = field(default_factory=dict)
    """Monthly medians that were asked for already."""

    row: int = 0
    """Place of the first pixel on the lattice of the job's grid (px), and so is `column`: a sample
    of every n-th pixel is the same one however the grid is tiled."""
    column: int = 0

    unimaged: npt.NDArray[np.bool_] | None = None
    """bool (Y, X): pixels in zones that no scene of the span has, neither clear nor cloudy; None
    where nobody asked."""

    def median(self, name: str) -> npt.NDArray[np.float32]:
        """Return the median of a quantity along time: float32 (Y, X), NaN where never clear.

        A band's is in reflectance x 10,000. It is computed once a span.
        """
        from landcover.kernels.order import median

        if name not in self.medians:
            self.medians[name] = median(self.values[name], 1, self.threads)
        return self.medians[name]

    def days(self) -> npt.NDArray[np.int64]:
        """Return the days of observation: int64 (T,), since 1970-01-01."""
        import numpy as np

        return np.array([day.toordinal() - _EPOCH_DAY for day in self.dates], np.int64)

    def monthly(self, name: str) -> tuple[int, npt.NDArray[np.float32]]:
        """Return the median of each month, from the first to the last with an observation.

        The number of the first month (year * 12 + month - 1), and float32 (M, Y, X), NaN where
        never clear; a band's is in reflectance x 10,000. It is computed once a span: let it be.
        """
        from landcover.kernels.months import monthly_medians

        if name not in self.months:
            self.months[name] = monthly_medians(self.values[name], self.days(), self.threads)
        return self.months[name]


@dataclass(frozen=True, slots=True)
class Stored:
    """Layers as they were stored, of a tile and of a margin around it.

    `layers` maps a name to its planes (B, Y, X) in the layer's own type: its nodata where there
    is no tile, beyond the grid's edge none at all. `inside` is bool (Y, X): in any zone.
    `area_m2` is float64 (Y, X), on the ellipsoid. The tile itself is ``[:, *core]`` of each;
    `row` and `column` place the first pixel in the job's grid, `grid` is the window's own.
    `model` is what the product learnt; empty where it does not learn, and while it does.
    """

    layers: Mapping[str, npt.NDArray[Any]]
    inside: npt.NDArray[np.bool_]
    area_m2: npt.NDArray[np.float64]
    core: tuple[slice, slice]
    row: int
    column: int
    grid: Grid
    model: Summary = field(default_factory=dict)
    threads: int = 1
    """Threads that a product may use; no result depends on it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling made of one tile, without the margin.

    `layers` maps names to planes (B, Y, X). `codes` maps the names of `Settle.codes` to whole
    numbers (Y, X), 0 and up: the true area of each code is summed for every zone; pixels with a
    negative code are in no sum.
    """

    layers: Mapping[str, npt.NDArray[Any]]
    codes: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def added(one: Summary, other: Summary) -> Summary:
    """Add two summaries of whole numbers: the same total in whatever order, however tiled.

    Parameters
    ----------
    one, other : mapping of int64 arrays
        Of the same names and shapes.

    Raises
    ------
    TypeError
        Some array is not of whole numbers, whose sum would depend on the order.
    """
    for name, array in one.items():
        if array.dtype.kind not in "iu":
            raise TypeError(f"summary {name!r} is {array.dtype}: sums of it depend on the order")
    return {name: array + other[name] for name, array in one.items()}


def _no_zones(settings: Any) -> tuple[str, ...]:
    """Learn from all zones."""
    del settings
    return ()


@dataclass(frozen=True, slots=True)
class Learn:
    """How a product learns from the whole job, once, before anything is settled.

    `reads` names observed layers, of the product or of one in its `after`. `summarise` says what
    one tile has to tell (its `Stored` has no margin: each pixel is in exactly one tile); `merge`
    joins what two tell, so that neither order nor cut of tiles matter; `finish` makes the model
    of what all tell. It must be small: it goes to every worker.
    """

    reads: Callable[[Any, Context], tuple[str, ...]]
    summarise: Callable[[Any, Context, Stored], Summary]
    finish: Callable[[Any, Context, Summary], Summary]
    merge: Callable[[Summary, Summary], Summary] = added
    zones: Callable[[Any], tuple[str, ...]] = _no_zones
    """Zones that are learnt from, for settings: then `Stored.inside` is of those alone. A group, or
    group/id, or group/name; of all zones where it names none."""
    zones_key: str = ""
    """The setting that names them, as a job writes it below the product's name."""
    bytes_per_px: int = 64
    """What summarising takes at work, beside the layers that it reads (bytes a px)."""
    keys: frozenset[str] = frozenset()
    """Settings that it uses and observing does not: a change of them reads no scene again. Those
    that settling does not name as well settle no tile again, but for another model."""
    version: int = 1
    """Raised when the same layers give another model."""


@dataclass(frozen=True, slots=True)
class Summed:
    """A plane of an observed layer whose values are summed over every zone.

    `quantity` is the index or band that it is of; empty for counts of days.
    """

    layer: str
    plane: int
    quantity: str
    period: Period


def _no_planes(settings: Any, context: Context) -> tuple[Summed, ...]:
    """Sum no plane."""
    del settings, context
    return ()


def _no_codes(settings: Any, context: Context) -> Mapping[str, int]:
    """Sum no areas."""
    del settings, context
    return {}


def _no_halo(settings: Any, context: Context, grid: Grid) -> int:
    """See the tile alone."""
    del settings, context, grid
    return 0


@dataclass(frozen=True, slots=True)
class Settle:
    """How a product makes final layers from stored ones and their surroundings.

    `reads` names layers: the product's observed ones, and whatever products in its `after` leave;
    those that no product of the job makes are missing from `Stored`. `layers` are what it makes.
    `halo_px` is how far it must see around a tile, on a grid. `codes` names the class areas that
    are summed for every zone, each with its number of codes.
    """

    reads: Callable[[Any, Context], tuple[str, ...]]
    layers: Callable[[Any, Context], tuple[Layer, ...]]
    settle: Callable[[Any, Context, Stored], Settled]
    halo_px: Callable[[Any, Context, Grid], int] = _no_halo
    codes: Callable[[Any, Context], Mapping[str, int]] = _no_codes
    keys: frozenset[str] = frozenset()
    """Settings that it uses and observing does not: a change of them reads no scene again. Those
    that learning does not name as well are not learnt from again."""
    halo_key: str = ""
    """The setting that `halo_px` grows with, if one does: named where a tile takes too much."""
    bytes_per_px: int = 64
    """What it takes at work, beside the layers that it reads and makes (bytes a px)."""
    uses_model: bool = True
    """Whether it settles with what was learnt: else a change of that settles no tile again."""
    version: int = 1
    """Raised when the same layers and model give other numbers."""


def _no_bytes(settings: Any, context: Context, days: int) -> int:
    """Take nothing beyond what every product does."""
    del settings, context, days
    return 0


def _no_kernels(settings: Any) -> tuple[str, ...]:
    """Use those kernels alone that every job does."""
    del settings
    return ()


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the table of products.

    `version` is raised whenever the same settings give other numbers: tiles made by
    another version are made again. `layers` are those that `observe` makes; where only `learn`
    or `settle` reads one, it is not `kept`. Products run in the order of `after`.
    """

    name: str
    title: str
    version: int
    Settings: type[Settings]
    need: Callable[[Any, Context], Need]
    layers: Callable[[Any, Context], tuple[Layer, ...]]
    observe: Callable[[Any, Context, Stack], Mapping[str, npt.NDArray[Any]]]
    after: tuple[str, ...] = ()
    learn: Learn | None = None
    settle: Settle | None = None
    bytes_per_px: Callable[[Any, Context, int], int] = _no_bytes
    """What `observe` takes at work (bytes a px), for so many days held: beside the stack, the
    monthly medians of `Need.monthly`, and the layers that it makes."""
    one_by_one: bool = False
    """Whether `observe` makes each layer when it is taken from what it returns: then no two are in
    memory at a time."""
    in_job: bool = True
    """Whether it is asked for by name under `products` (pictures are a key of their own)."""
    summed: Callable[[Any, Context], tuple[Summed, ...]] = _no_planes
    """Planes of its observed layers whose values are summed over zones, for tables."""
    kernels: Callable[[Any], tuple[str, ...]] = _no_kernels
    """Modules of `kernels` that `observe` uses beside those that every worker warms."""
    documentation: str = field(default="")
