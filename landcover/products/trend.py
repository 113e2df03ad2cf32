"""`trend`: how fast an index rises or falls, and whether that is more than chance.

``<index>_trend.tif``: the slope a year, its p value, and how many monthly values were tested. A
pixel's series are its monthly medians. The slope is the median of all slopes between two values
of the same calendar month in different years (Theil-Sen in its seasonal form): neither the course
of the year nor months that were seen more in some years bend it. The Mann-Kendall test is of the
anomalies: each month less the mean of that calendar month. NDVI has a memory from month to month,
and a plain test calls 17 to 20 of 100 trendless series significant (at 5 %, correlation 0.4); so
the variance is corrected for the autocorrelation at true lags of 1 to 3 months (`hamed-rao`: 10
to 15 of 100), of 1 month (`yue-wang`: 9 to 11), or the series is whitened (`pre-whitening`: 5 to
7, at the cost of finding fewer). The layer's tags name the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from landcover.model import REFLECTANCE_SCALE, Band, Layer
from landcover.products.base import Context, Need, Product, Span, Stack
from landcover.products.quantities import about_quantity, decibels, quantity_bands
from landcover.settings import Names, Settings, wrong

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.trend import Trend

__all__ = ["PRODUCT", "TrendSettings"]

MONTHS = 12
"""Calendar months in a year (count): the cycle, and what turns months into years."""

WORK_BYTES = 64
"""Slopes, scores, variances, probabilities and planes of one index at work (bytes a px)."""

FLOAT_BYTES = 4
"""A float32 (bytes)."""

SAYS = {
    "hamed-rao": "Mann-Kendall, variance corrected for ranks' autocorrelation at lags of 1 to 3 "
    "months (Hamed and Rao 1998)",
    "yue-wang": "Mann-Kendall, variance corrected for autocorrelation at a lag of 1 month (Yue and "
    "Wang 2004)",
    "pre-whitening": "Mann-Kendall of the series whitened at a lag of 1 month (Kulkarni and von "
    "Storch 1995)",
    "seasonal-kendall": "seasonal Mann-Kendall by calendar month (Hirsch, Slack and Smith 1982), "
    "no correction for autocorrelation",
    "mann-kendall": "Mann-Kendall, no correction for autocorrelation",
}
"""What the tags say of each test."""


class TrendSettings(Settings):
    """Keys of `products.trend`."""

    index: Names = Field(
        default=("ndvi",),
        min_length=1,
        description="Indices or bands whose trend is sought: ndvi, evi, nbr, red, …",
    )
    test: Literal["hamed-rao", "yue-wang", "pre-whitening", "seasonal-kendall", "mann-kendall"] = (
        Field(
            default="hamed-rao",
            description="How significance is tested: hamed-rao and yue-wang correct for "
            "autocorrelation, pre-whitening is the strict choice; the other two take months for "
            "independent and call too much significant.",
        )
    )
    values: Literal["anomalies", "months"] = Field(
        default="anomalies",
        description="What is tested: anomalies (each month less the mean of its calendar month, "
        "the slope between years), or months as they are (for a place without seasons).",
    )
    min_months: int = Field(
        default=24,
        ge=10,
        le=1200,
        description="Monthly values a pixel needs; with fewer it is untested: nodata. The "
        "normal approximation of the test wants 10.",
    )
    source: str | None = Field(
        default=None, description="Name of the source to use; default: the first."
    )

    @field_validator("index")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a name given twice."""
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise wrong(f"{', '.join(sorted(twice))} is listed twice", "List each name once")
        return names


def _months(context: Context) -> int:
    """Count the months that the period touches."""
    first, last = context.period.start, context.period.last
    return (last.year - first.year) * MONTHS + last.month - first.month + 1


def _own(settings: TrendSettings, context: Context) -> Mapping[str, Band]:
    """Return the bands of the sensor that the product takes; nothing where it is not known."""
    return context.bands.get(settings.source or context.sources[0], {})


def _need(settings: TrendSettings, context: Context) -> Need:
    """Ask for the monthly medians of the whole period."""
    source, own = settings.source or context.sources[0], _own(settings, context)
    bands = {band for name in settings.index for band in quantity_bands(name, own)}
    span = Span(context.period, "trend")
    return Need(source, settings.index, tuple(sorted(bands)), (span,), settings.index)


def _tags(settings: TrendSettings, context: Context, name: str) -> dict[str, str]:
    """Say how a trend is made."""
    same = settings.values == "anomalies" or settings.test == "seasonal-kendall"
    between = "the same calendar month in different years" if same else "any two months"
    tested = "monthly medians"
    if same and settings.test != "seasonal-kendall":
        tested = "monthly medians less the mean of their calendar month"
    return {
        "PRODUCT": PRODUCT.name,
        "PRODUCT_VERSION": str(PRODUCT.version),
        "INDEX": name,
        "FORMULA": about_quantity(name, _own(settings, context)).formula,
        "FIRST_DAY": str(context.period.start),
        "LAST_DAY": str(context.period.last),
        "STATISTIC": f"Theil-Sen: median of the slopes between monthly medians of {between}",
        "TEST": f"{SAYS[settings.test]}; of {tested}; two-sided",
        "MIN_MONTHS": str(settings.min_months),
    }


def _layer(settings: TrendSettings, context: Context, name: str) -> Layer:
    """Promise the layer of one index."""
    about = about_quantity(name, _own(settings, context))
    days = f"{context.period.start} to {context.period.last}"
    width = about.valid_range[1] - about.valid_range[0]
    return Layer(
        name=f"{name}_trend",
        product=PRODUCT.name,
        bands=(
            f"slope of {about.title} a year, {days}",
            f"p value of the trend, {days}",
            f"monthly values tested, {days}",
        ),
        units=(f"{about.unit}/year", "1", "months"),
        valid_range=(-width, max(width, float(_months(context)))),
        tags=_tags(settings, context, name),
    )


def _layers(settings: TrendSettings, context: Context) -> tuple[Layer, ...]:
    """Promise a layer an index."""
    return tuple(_layer(settings, context, name) for name in settings.index)


def _shown(values: npt.NDArray[Any], band: Band | None) -> npt.NDArray[Any]:
    """Take radar power to decibels: a trend of them is a rate, whatever the level."""
    return decibels(values) if band is not None and band.is_power else values


def _is_scaled(name: str, band: Band | None) -> bool:
    """Whether values are held as reflectance x 10,000."""
    from landcover.kernels.indices import INDICES

    return band.is_reflectance if band is not None else name not in INDICES


def _tested(settings: TrendSettings, context: Context, stack: Stack, name: str) -> Trend:
    """Estimate and test the trend of one index."""
    import numpy as np

    from landcover.kernels.trend import trend

    first, monthly = stack.monthly(name)
    start = context.period.start
    # years from the period's first month: the same numbers however the grid is tiled
    begun = first - (start.year * MONTHS + start.month - 1) if len(monthly) else 0
    times = (begun + np.arange(len(monthly))) / MONTHS
    by_season = settings.test == "seasonal-kendall"
    anomalies = settings.values == "anomalies" and not by_season
    return trend(
        _shown(monthly, _own(settings, context).get(name)),
        times,
        "mann-kendall" if by_season else settings.test,
        seasons=MONTHS if by_season or anomalies else 1,
        anomalies=anomalies,
        least=settings.min_months,
        threads=stack.threads,
    )


def _planes(
    settings: TrendSettings, context: Context, stack: Stack, name: str
) -> npt.NDArray[np.float32]:
    """Make slope, p and count of one index; what is untested keeps its count."""
    import numpy as np

    found = _tested(settings, context, stack, name)
    planes = np.stack([found.slope, found.p, found.count], dtype=np.float32)
    if _is_scaled(name, _own(settings, context).get(name)):
        planes[0] /= np.float32(REFLECTANCE_SCALE)
    planes[:, ~stack.inside] = np.nan
    return planes


def _observe(
    settings: TrendSettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Make the layers of the whole period."""
    return {f"{name}_trend": _planes(settings, context, stack, name) for name in settings.index}


def _bytes_per_px(settings: TrendSettings, context: Context, days: int) -> int:
    """Say what one index takes at work; of radar, its months in decibels besides."""
    del days
    own = _own(settings, context)
    power = any(name in own and own[name].is_power for name in settings.index)
    return WORK_BYTES + (2 * FLOAT_BYTES * _months(context) if power else 0)


PRODUCT = Product(
    name="trend",
    title="Slope a year, and whether it is more than chance",
    version=1,
    Settings=TrendSettings,
    need=_need,
    layers=_layers,
    observe=_observe,
    bytes_per_px=_bytes_per_px,
    documentation=__doc__ or "",
)
