"""`composite`: one value a pixel for each period, from all its clear observations.

Layers: ``<index>_<period>.tif`` with one band a statistic, and ``clear_<period>.tif``, the
number of days on which the pixel was clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from landcover.model import REFLECTANCE_SCALE, Band, Layer
from landcover.products.base import Context, Need, Product, Span, Stack, Summed
from landcover.products.quantities import about_quantity, decibels, quantity_bands
from landcover.products.spans import ListedPeriod, spans
from landcover.settings import Names, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["PRODUCT", "CompositeSettings"]

CLEAR_NODATA = 65535
"""Outside all zones in clear counts (days); no pixel has that many clear days."""

_PERCENTILE = re.compile(r"^p(\d{1,2}(?:\.\d+)?|100)$")
_NAMED = ("median", "mean", "min", "max", "count")


class CompositeSettings(Settings):
    """Keys of `products.composite`."""

    index: Names = Field(
        default=("ndvi",),
        min_length=1,
        description="Indices or bands to make composites of: ndvi, evi, nbr, red, …",
    )
    every: Literal["month", "quarter", "half_year", "year"] | tuple[ListedPeriod, ...] = Field(
        default="year", description="Length of a period, or a list of periods (start, end, name)."
    )
    statistic: Names = Field(
        default=("median",),
        min_length=1,
        description="median, mean, min, max, count, or a percentile such as p10 or p97.5; "
        "one band each.",
    )
    min_clear: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Clear observations a pixel needs in a period; with fewer it is nodata.",
    )
    source: str | None = Field(
        default=None, description="Name of the source to use; default: the first."
    )

    @field_validator("statistic")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse statistics that do not exist."""
        for name in names:
            if name not in _NAMED and not _PERCENTILE.match(name):
                raise ValueError(
                    f"{name!r} is not a statistic. Write one of {', '.join(_NAMED)}, "
                    "or a percentile from p0 to p100"
                )
        return names

    @field_validator("index", "statistic")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a name given twice."""
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} is listed twice. List each name once")
        return names

    @field_validator("every")
    @classmethod
    def _named_once(cls, every: str | tuple[ListedPeriod, ...]) -> str | tuple[ListedPeriod, ...]:
        """Refuse an empty list, and two periods of one name."""
        if isinstance(every, str):
            return every
        names = [listed.span().name.casefold() for listed in every]  # as Windows tells files
        if not names:
            raise ValueError("the list of periods is empty. Give at least one, or write year")
        if len(set(names)) < len(names):
            raise ValueError("two periods have the same name. Give each its own")
        return every


def percentile_of(statistic: str) -> float | None:
    """Return the percentile (0 to 100) that a statistic stands for, None where it is none."""
    fixed = {"median": 50.0, "min": 0.0, "max": 100.0}
    if statistic in fixed:
        return fixed[statistic]
    match = _PERCENTILE.match(statistic)
    return float(match.group(1)) if match else None


def _source(settings: CompositeSettings, context: Context) -> str:
    """Return the source that the product takes."""
    return settings.source or context.sources[0]


def _own(settings: CompositeSettings, context: Context) -> Mapping[str, Band]:
    """Return the bands of the sensor that the product takes; nothing where it is not known."""
    return context.bands.get(_source(settings, context), {})


def _bands(settings: CompositeSettings, own: Mapping[str, Band]) -> tuple[str, ...]:
    """Return the bands that must all be valid for an observation to count as clear."""
    return tuple(sorted({band for name in settings.index for band in quantity_bands(name, own)}))


def _need(settings: CompositeSettings, context: Context) -> Need:
    """Say what must be in memory for each period."""
    cut = spans(settings.every, context.period)
    bands = _bands(settings, _own(settings, context))
    return Need(_source(settings, context), settings.index, bands, cut)


def _value_layer(
    name: str, span: Span, settings: CompositeSettings, own: Mapping[str, Band]
) -> Layer:
    """Promise the layer of one index and period."""
    about = about_quantity(name, own)
    days = f"{span.period.start} to {span.period.last}"
    tags = {
        "PRODUCT": PRODUCT.name,
        "PRODUCT_VERSION": str(PRODUCT.version),
        "INDEX": name,
        "FORMULA": about.formula,
        "FIRST_DAY": str(span.period.start),
        "LAST_DAY": str(span.period.last),
        "STATISTIC": ", ".join(settings.statistic),
        "MIN_CLEAR": str(settings.min_clear),
    }
    return Layer(
        name=f"{name}_{span.name}",
        product=PRODUCT.name,
        bands=tuple(f"{statistic} {about.title}, {days}" for statistic in settings.statistic),
        units=tuple("days" if s == "count" else about.unit for s in settings.statistic),
        valid_range=about.valid_range,
        tags=tags,
    )


def _clear_layer(span: Span, bands: tuple[str, ...]) -> Layer:
    """Promise the layer of clear counts of one period."""
    return Layer(
        name=f"clear_{span.name}",
        product=PRODUCT.name,
        bands=(f"clear observations, {span.period.start} to {span.period.last}",),
        units=("days",),
        dtype="uint16",
        nodata=CLEAR_NODATA,
        valid_range=(0.0, float(CLEAR_NODATA - 1)),
        tags={
            "PRODUCT": PRODUCT.name,
            "PRODUCT_VERSION": str(PRODUCT.version),
            "FIRST_DAY": str(span.period.start),
            "LAST_DAY": str(span.period.last),
            "BANDS": ", ".join(bands),
        },
    )


def _layers(settings: CompositeSettings, context: Context) -> tuple[Layer, ...]:
    """Promise every layer, in order of time."""
    promised = []
    own = _own(settings, context)
    for span in spans(settings.every, context.period):
        promised += [_value_layer(name, span, settings, own) for name in settings.index]
        promised.append(_clear_layer(span, _bands(settings, own)))
    return tuple(promised)


def _as_reflectance(values: npt.NDArray[np.float32], banded: bool) -> npt.NDArray[np.float32]:
    """Take a band's statistics from int16 units to reflectance; indices stay."""
    import numpy as np

    return values / np.float32(REFLECTANCE_SCALE) if banded else values


def summarise(
    stack: npt.NDArray[Any], statistics: tuple[str, ...], min_clear: int, threads: int = 1
) -> npt.NDArray[np.float32]:
    """Reduce a stack along time, one plane a statistic.

    Parameters
    ----------
    stack : float32 (T, Y, X), NaN missing, or int16 (T, Y, X), reflectance x 10,000
    statistics : tuple of str
        See `CompositeSettings.statistic`.
    min_clear : int
        Observations a pixel needs; with fewer every statistic but the count is NaN.
    threads : int
        Threads that share the rows.

    Returns
    -------
    float32 (S, Y, X)
        Bands in reflectance. Percentiles interpolate linearly between order statistics.
    """
    import numpy as np

    from landcover.kernels.order import count, mean, percentiles

    if not len(stack):
        empty = np.full((len(statistics), *stack.shape[1:]), np.nan, np.float32)
        empty[[name == "count" for name in statistics]] = 0
        return empty
    banded = stack.dtype == np.int16
    wanted = [percentile_of(name) for name in statistics]
    ranks = tuple(q for q in wanted if q is not None)
    ordered = iter(percentiles(stack, ranks, min_clear, threads)) if ranks else iter(())
    others: Mapping[str, Callable[[], npt.NDArray[np.float32]]] = {
        "mean": lambda: _as_reflectance(mean(stack, min_clear), banded),
        "count": lambda: count(stack).astype(np.float32),
    }
    planes = np.empty((len(statistics), *stack.shape[1:]), np.float32)
    for plane, name, q in zip(planes, statistics, wanted, strict=True):
        plane[:] = others[name]() if q is None else _as_reflectance(next(ordered), banded)
    return planes


def _planes(settings: CompositeSettings, stack: Stack, name: str) -> npt.NDArray[np.float32]:
    """Make a layer's planes; a plain median is one that others may have asked for already."""
    import numpy as np

    if settings.statistic == ("median",) and settings.min_clear == 1:
        banded = stack.values[name].dtype == np.int16
        return _as_reflectance(stack.median(name), banded)[np.newaxis].copy()
    values = stack.values[name]
    return summarise(values, settings.statistic, settings.min_clear, stack.threads)


def _show_decibels(planes: npt.NDArray[np.float32], statistics: tuple[str, ...]) -> None:
    """Turn a layer's planes into decibels, in place; counts stay."""
    for plane, statistic in zip(planes, statistics, strict=True):
        if statistic != "count":
            plane[:] = decibels(plane)


def _observe(
    settings: CompositeSettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Make the layers of one period from its stack."""
    import numpy as np

    made: dict[str, npt.NDArray[Any]] = {}
    own = _own(settings, context)
    outside = ~stack.inside
    for name in settings.index:
        planes = _planes(settings, stack, name)
        if name in own and own[name].is_power:
            _show_decibels(planes, settings.statistic)
        planes[:, outside] = np.nan
        made[f"{name}_{stack.span.name}"] = planes
    clear = stack.clear.copy()
    clear[outside] = CLEAR_NODATA
    made[f"clear_{stack.span.name}"] = clear[np.newaxis]
    return made


def _summed(settings: CompositeSettings, context: Context) -> tuple[Summed, ...]:
    """Name the planes of years: the median, and on how many days a pixel was clear.

    A mean of other statistics, or of decibels, is no figure of a zone.
    """
    own = _own(settings, context)
    names = [name for name in settings.index if not (name in own and own[name].is_power)]
    if settings.every != "year" or "median" not in settings.statistic or not names:
        return ()
    place, found = settings.statistic.index("median"), []
    for span in spans("year", context.period):
        found += [Summed(f"{name}_{span.name}", place, name, span.period) for name in names]
        found.append(Summed(f"clear_{span.name}", 0, "", span.period))
    return tuple(found)


PRODUCT = Product(
    name="composite",
    title="Composites of indices and bands by period",
    version=1,
    Settings=CompositeSettings,
    need=_need,
    layers=_layers,
    observe=_observe,
    summed=_summed,
    documentation=__doc__ or "",
)
