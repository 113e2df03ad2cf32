"""What a product is: a record of what it needs, what it promises, and how it observes.

It knows no scene, file or tile. The engine holds the stacks; a product turns the
stack of one span into layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from landcover.model import Band, Layer, Period
from landcover.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Context", "Need", "Product", "Span", "Stack"]


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

    def median(self, name: str) -> npt.NDArray[np.float32]:
        """Return the median of a quantity along time: float32 (Y, X), NaN where never clear.

        A band's is in reflectance x 10,000. It is computed once a span.
        """
        from landcover.kernels.order import median

        if name not in self.medians:
            self.medians[name] = median(self.values[name], 1, self.threads)
        return self.medians[name]


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the table of products.

    `version` is raised whenever the same settings give other numbers: tiles made by
    another version are made again.
    """

    name: str
    title: str
    version: int
    Settings: type[Settings]
    need: Callable[[Any, Context], Need]
    layers: Callable[[Any, Context], tuple[Layer, ...]]
    observe: Callable[[Any, Context, Stack], Mapping[str, npt.NDArray[Any]]]
    after: tuple[str, ...] = ()
    halo_px: int = 0
    in_job: bool = True
    """Whether it is asked for by name under `products` (pictures are a key of their own)."""
    documentation: str = field(default="")
