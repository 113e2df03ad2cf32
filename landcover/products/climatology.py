"""`climatology`: what is normal in each calendar month, and what was not normal.

Layers, twelve bands each, January to December: ``<index>_climatology.tif``, the median of all
clear observations of that month in the baseline's years; ``<index>_climatology_count.tif``, on how
many days it was clear; ``<index>_climatology_years.tif``, in how many years (0: a month that was
never seen); ``<index>_climatology_spread.tif``, the standard deviation between years.
``<index>_season.tif`` has the amplitude of the year, the months of its peak and its low, and how
many months were seen. Where asked for, ``<index>_anomaly_<period>.tif`` has the anomaly of each
month or year and its z score: a month's median less the mean of the baseline's medians of that
month, over their standard deviation. A year's anomaly is the mean of those of the months that were
seen in it, and in two or more of the baseline's years; it is measured by the calendar years that
lie wholly in the baseline. A z score is no test: of a baseline of 3 years a year like all others is
beyond 4.97 once in 20, of 7 years beyond 2.62; one that is itself among the 3 is never beyond 1.15.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from landcover.errors import PlanError
from landcover.model import REFLECTANCE_SCALE, Band, Layer, Period
from landcover.products.base import Context, Need, Product, Span, Stack
from landcover.products.climatology_layers import (
    COUNT_NODATA,
    NAME,
    SMALL_NODATA,
    VERSION,
    Promise,
)
from landcover.products.quantities import about_quantity, decibels, quantity_bands
from landcover.products.spans import spans
from landcover.settings import JobPeriod, Names, Settings, wrong

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.climatology import Normals

__all__ = ["PRODUCT", "ClimatologySettings"]

FLOAT_BYTES = 4
"""A float32 (bytes)."""

HELD_BYTES = 12 * (4 + 2 + 4 + 4 + 1)
"""Medians, counts, means, spreads and years of twelve months (bytes a px)."""

WORK_BYTES = 64
"""Float64 sums, masks and planes of a year's or a month's anomaly at work (bytes a px)."""

Maker = Callable[[], "npt.NDArray[Any]"]
"""Makes the planes of a layer."""


def _listed(value: object) -> object:
    """Let one word stand for a list of one."""
    return [value] if isinstance(value, str) else value


class ClimatologySettings(Settings):
    """Keys of `products.climatology`."""

    index: Names = Field(
        default=("ndvi",),
        min_length=1,
        description="Indices or bands to make climatologies of: ndvi, evi, nbr, red, …",
    )
    baseline: JobPeriod | None = Field(
        default=None,
        description="Years that say what is normal: two years, both included, or two dates at "
        "the borders of months. Default: the whole period.",
    )
    anomalies: Annotated[
        tuple[Literal["month", "year"], ...],
        BeforeValidator(
            _listed,
            json_schema_input_type=Literal["month", "year"] | tuple[Literal["month", "year"], ...],
        ),
    ] = Field(
        default=(),
        description="Whether to make anomalies and z scores of each month, of each year, or both.",
    )
    min_clear: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Clear observations a calendar month needs in the baseline; with fewer it is "
        "nodata.",
    )
    min_years: int = Field(
        default=3,
        ge=3,
        le=100,
        description="Years in which a calendar month must have been seen before its spread and "
        "z scores are told.",
    )
    min_months: int = Field(
        default=6,
        ge=2,
        le=12,
        description="Calendar months that must have been seen before an amplitude and a peak "
        "are told.",
    )
    source: str | None = Field(
        default=None, description="Name of the source to use; default: the first."
    )

    @field_validator("index", "anomalies")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a name given twice."""
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise wrong(f"{', '.join(sorted(twice))} is listed twice", "List each name once")
        return names

    @field_validator("baseline")
    @classmethod
    def _whole_months(cls, baseline: Period | None) -> Period | None:
        """Refuse a baseline that cuts a month: its median would be of other days than it says."""
        if baseline is not None and (baseline.start.day, baseline.end.day) != (1, 1):
            raise wrong(
                f"{baseline.start} to {baseline.last} cuts a month",
                "Let it begin and end with a whole month",
            )
        return baseline


def _baseline(settings: ClimatologySettings, period: Period) -> Period:
    """Return the days that say what is normal.

    Raises
    ------
    PlanError
        It reaches beyond the job's period: no scene is sought there.
    """
    chosen = settings.baseline or period
    if chosen.start < period.start or chosen.end > period.end:
        raise PlanError(
            "products.climatology.baseline",
            f"{chosen.start} to {chosen.last} reaches beyond the job's period, "
            f"{period.start} to {period.last}",
            "Widen `period`, or shorten the baseline",
        )
    return chosen


def _own(settings: ClimatologySettings, context: Context) -> Mapping[str, Band]:
    """Return the bands of the sensor that the product takes; nothing where it is not known."""
    return context.bands.get(settings.source or context.sources[0], {})


def _need(settings: ClimatologySettings, context: Context) -> Need:
    """Ask for the baseline; for the whole period where anomalies are asked for."""
    source, own = settings.source or context.sources[0], _own(settings, context)
    bands = {band for name in settings.index for band in quantity_bands(name, own)}
    baseline = _baseline(settings, context.period)
    held = context.period if settings.anomalies else baseline
    span = Span(held, "climatology")
    return Need(source, settings.index, tuple(sorted(bands)), (span,), settings.index)


def _anomaly_spans(settings: ClimatologySettings, period: Period) -> tuple[Span, ...]:
    """List the months and years that have anomalies, in order of time."""
    return tuple(sorted(span for every in settings.anomalies for span in spans(every, period)))


def _layers(settings: ClimatologySettings, context: Context) -> tuple[Layer, ...]:
    """Promise every layer, index by index."""
    own, baseline = _own(settings, context), _baseline(settings, context.period)
    promised: list[Layer] = []
    for name in settings.index:
        promise = Promise(
            name, about_quantity(name, own), baseline,
            settings.min_clear, settings.min_years, settings.min_months,
        )  # fmt: skip
        promised += [*promise.climatology(), promise.season()]
        promised += [promise.anomaly(span) for span in _anomaly_spans(settings, context.period)]
    return tuple(promised)


class _Made(Mapping[str, "npt.NDArray[Any]"]):
    """Layers by name, each made when it is taken: a tile never holds all months at once."""

    def __init__(self, makers: Mapping[str, Maker]) -> None:
        self._makers = makers

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _month_number(day: date) -> int:
    """Return a month's number as the kernels have it."""
    return day.year * 12 + day.month - 1


def _whole_years(period: Period) -> range:
    """List the calendar years that lie wholly in a period."""
    first = period.start.year + (period.start != date(period.start.year, 1, 1))
    return range(first, period.end.year)


def _is_converted(name: str, band: Band | None) -> bool:
    """Whether medians are held in another unit than they are shown in."""
    if band is None:
        from landcover.kernels.indices import INDICES

        return name not in INDICES
    return band.is_reflectance or band.is_power


def _shown(values: npt.NDArray[Any], name: str, band: Band | None) -> npt.NDArray[Any]:
    """Take medians to the unit that is shown: reflectance, decibels, or as they are."""
    if not _is_converted(name, band):
        return values
    if band is not None and band.is_power:
        return decibels(values)
    import numpy as np

    return values / np.float32(REFLECTANCE_SCALE)


@dataclass(frozen=True, slots=True)
class _Months:
    """Monthly medians of an index, their normals, and who is outside."""

    first: int
    monthly: npt.NDArray[np.float32]
    normal: Normals
    inside: npt.NDArray[np.bool_]
    min_years: int

    def month(self, day: date) -> npt.NDArray[np.float32]:
        """Make the anomaly and the z score of a month."""
        import numpy as np

        from landcover.kernels.climatology import anomaly

        number = _month_number(day)
        row = number - self.first
        if not 0 <= row < len(self.monthly):
            return np.full((2, *self.inside.shape), np.nan, np.float32)
        planes = np.stack(anomaly(self.monthly[row], number, self.normal, self.min_years))
        planes[:, ~self.inside] = np.nan
        return planes

    def year(self, year: int, normal: Normals) -> npt.NDArray[np.float32]:
        """Make the anomaly, the z score and the months seen of a year."""
        import numpy as np

        from landcover.kernels.climatology import score, yearly_anomaly

        far, months = yearly_anomaly(self.monthly, self.first, self.normal, year)
        z = score(far - normal.mean, normal.spread, normal.years, self.min_years)
        planes = np.stack([far, z, months.astype(np.float32)])
        planes[:, ~self.inside] = np.nan
        return planes

    def years(self, whole: range, threads: int) -> Normals:
        """Make the normals of the baseline's years."""
        import numpy as np

        from landcover.kernels.climatology import yearly_anomaly, yearly_normals

        made = [yearly_anomaly(self.monthly, self.first, self.normal, year)[0] for year in whole]
        empty = np.empty((0, *self.inside.shape), np.float32)
        return yearly_normals(np.stack(made) if made else empty, threads)


def _blanked(planes: npt.NDArray[Any], stack: Stack, nodata: float) -> npt.NDArray[Any]:
    """Empty what is outside all zones, in place."""
    planes[:, ~stack.inside] = nodata
    return planes


def _season(
    medians: npt.NDArray[np.float32], stack: Stack, min_months: int
) -> npt.NDArray[np.float32]:
    """Make the planes of the year's course."""
    import numpy as np

    from landcover.kernels.climatology import season

    course = season(medians, min_months, stack.threads)
    planes = np.stack([course.amplitude, course.peak, course.low, course.seen], dtype=np.float32)
    planes[1:3, course.peak == 0] = np.nan
    return _blanked(planes, stack, np.nan)


def _makers(
    settings: ClimatologySettings, context: Context, stack: Stack, name: str
) -> dict[str, Maker]:
    """Say how each layer of an index is made; what they share is made here."""
    import numpy as np

    from landcover.kernels.climatology import normals
    from landcover.kernels.months import calendar_medians

    baseline = _baseline(settings, context.period)
    values, days = stack.values[name], stack.days()
    band = _own(settings, context).get(name)
    part = slice(*(bisect_left(stack.dates, day) for day in (baseline.start, baseline.end)))
    medians, counts = calendar_medians(values[part], days[part], stack.threads)
    medians = _shown(medians, name, band)
    medians[counts < settings.min_clear] = np.nan
    first, monthly = stack.monthly(name)
    monthly = _shown(monthly, name, band)
    ends = (_month_number(baseline.start), _month_number(baseline.last) + 1)
    normal = normals(monthly, first, ends, stack.threads)
    months = _Months(first, monthly, normal, stack.inside, settings.min_years)
    few = normal.years < settings.min_years
    makers: dict[str, Maker] = {
        f"{name}_season": lambda: _season(medians, stack, settings.min_months),
        f"{name}_climatology": lambda: _blanked(medians, stack, np.nan),
        f"{name}_climatology_count": lambda: _blanked(counts, stack, COUNT_NODATA),
        f"{name}_climatology_years": lambda: _blanked(normal.years.copy(), stack, SMALL_NODATA),
        f"{name}_climatology_spread": lambda: _blanked(
            np.where(few, np.float32(np.nan), normal.spread), stack, np.nan
        ),
    }
    return makers | _anomalies(settings, context, stack, name, months)


def _anomalies(
    settings: ClimatologySettings, context: Context, stack: Stack, name: str, months: _Months
) -> dict[str, Maker]:
    """Say how the anomalies are made."""
    makers: dict[str, Maker] = {}
    if "year" in settings.anomalies:
        whole = _whole_years(_baseline(settings, context.period))
        yearly = months.years(whole, stack.threads)
        for span in spans("year", context.period):
            year = span.period.start.year
            makers[f"{name}_anomaly_{span.name}"] = partial(months.year, year, yearly)
    if "month" in settings.anomalies:
        for span in spans("month", context.period):
            makers[f"{name}_anomaly_{span.name}"] = partial(months.month, span.period.start)
    return makers


def _observe(
    settings: ClimatologySettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Make the layers, each when it is taken."""
    makers: dict[str, Maker] = {}
    for name in settings.index:
        makers |= _makers(settings, context, stack, name)
    return _Made(makers)


def _bytes_per_px(settings: ClimatologySettings, context: Context, days: int) -> int:
    """Say what is held of every index until its layers are written, and what one layer takes."""
    del days
    own, period = _own(settings, context), context.period
    months = _month_number(period.last) - _month_number(period.start) + 1
    yearly = len(_whole_years(period)) if "year" in settings.anomalies else 0
    each = HELD_BYTES + FLOAT_BYTES * yearly
    copied = sum(_is_converted(name, own.get(name)) for name in settings.index)
    return len(settings.index) * each + copied * FLOAT_BYTES * months + WORK_BYTES


PRODUCT = Product(
    name=NAME,
    title="What is normal in each calendar month, and anomalies",
    version=VERSION,
    Settings=ClimatologySettings,
    need=_need,
    layers=_layers,
    observe=_observe,
    bytes_per_px=_bytes_per_px,
    one_by_one=True,
    documentation=__doc__ or "",
)
