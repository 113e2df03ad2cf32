"""`trend`: how fast an index rises or falls, and whether that is more than chance.

``<index>_trend.tif``: the slope a year, its p value, how many monthly values were tested, and
whether the trend stands when all tests of the map are taken together. A pixel's series are its
monthly medians. The slope is the median of all slopes between two values
of the same calendar month in different years (Theil-Sen in its seasonal form): neither the course
of the year nor months that were seen more in some years bend it. The Mann-Kendall test is of the
anomalies: each month less the mean of that calendar month. NDVI has a memory from month to month,
and a plain test calls 17 to 20 of 100 trendless series significant (at 5 %, correlation 0.4); so
the variance is corrected for the autocorrelation at true lags of 1 to 3 months (`hamed-rao`: 10
to 15 of 100), of 1 month (`yue-wang`: 9 to 11), or the series is whitened (`pre-whitening`: 5 to
7, at the cost of finding fewer). At 5 % each, one stable pixel in twenty would still be called
changing: so `significant` (-1 falls, 1 rises, 0 neither) is what stands at a false discovery rate
over all pixels tested, by default 0.1. The layer's tags name the test; `run.json` has how many
pixels were tested and the p value that the map came to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from landcover.model import REFLECTANCE_SCALE, Band, Layer
from landcover.products.base import (
    Context,
    Learn,
    Need,
    Product,
    Settle,
    Settled,
    Span,
    Stack,
    Stored,
    Summary,
)
from landcover.products.quantities import about_quantity, decibels, quantity_bands
from landcover.settings import Names, Settings, wrong

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.trend import Trend

__all__ = ["CLASSES", "PRODUCT", "TrendSettings"]

CLASSES = ("declining", "rising", "none", "untested")
"""What a pixel's trend is called: the codes of areas, in order."""

_DECLINING, _RISING, _NONE, _UNTESTED = range(len(CLASSES))

MONTHS = 12
"""Calendar months in a year (count): the cycle, and what turns months into years."""

WORK_BYTES = 64
"""Slopes, scores, variances, probabilities and planes of one index at work (bytes a px)."""

FLOAT_BYTES = 4
"""A float32 (bytes)."""

SETTLE_BYTES = 48
"""Planes, comparisons and codes of one index while it is settled (bytes a px)."""

SEEN = "_tested"
"""Ends the names of layers that are stored for the map-wide test, and not written."""

SAYS = {
    "hamed-rao": "Mann-Kendall, variance corrected for ranks' autocorrelation at lags of 1 to 3 "
    "months (Hamed and Rao 1998)",
    "yue-wang": "Mann-Kendall, variance corrected for autocorrelation at a lag of 1 month (Yue and "
    "Wang 2004)",
    "pre-whitening": "Mann-Kendall of the series whitened at a lag of 1 month (Kulkarni and von "
    "Storch 1995)",
    "seasonal-kendall": "seasonal Mann-Kendall by calendar month (Hirsch, Slack and Smith 1982), "
    "no correction for autocorrelation",
    "correlated-seasonal": "seasonal Mann-Kendall by calendar month, months of a year correlated "
    "(Hirsch and Slack 1984)",
    "mann-kendall": "Mann-Kendall, no correction for autocorrelation",
}
"""What the tags say of each test."""

BY_SEASON = {"seasonal-kendall": "mann-kendall", "correlated-seasonal": "correlated-seasonal"}
"""Tests of each calendar month by itself: what the kernel calls them."""

CORRECTIONS = {
    "benjamini-hochberg": "Benjamini and Hochberg 1995",
    "benjamini-yekutieli": "Benjamini and Yekutieli 2001, whatever the dependence",
}
"""What the tags say of each way to take tests together."""


class TrendSettings(Settings):
    """Keys of `products.trend`."""

    index: Names = Field(
        default=("ndvi",),
        min_length=1,
        description="Indices or bands whose trend is sought: ndvi, evi, nbr, red, …",
    )
    test: Literal[
        "hamed-rao",
        "yue-wang",
        "pre-whitening",
        "correlated-seasonal",
        "seasonal-kendall",
        "mann-kendall",
    ] = Field(
        default="hamed-rao",
        description="How significance is tested: hamed-rao and yue-wang correct for "
        "autocorrelation, pre-whitening is the strict choice, correlated-seasonal one for ten "
        "years or more; the other two take months for independent and call too much significant.",
    )
    values: Literal["anomalies", "months"] = Field(
        default="anomalies",
        description="What is tested: anomalies (each month less the mean of its calendar month, "
        "the slope between years), or months as they are (for a place without seasons).",
    )
    min_months: int = Field(
        default=12,
        ge=10,
        le=1200,
        description="Monthly values a pixel needs; with fewer it is untested: nodata. The "
        "normal approximation of the test wants 10.",
    )
    false_discovery: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of false ones that is expected among all pixels of the map that are "
        "called significant.",
    )
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli"] = Field(
        default="benjamini-hochberg",
        description="How the tests of all pixels are taken together: benjamini-yekutieli holds "
        "whatever their dependence, and finds fewer.",
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
    same = settings.values == "anomalies" or settings.test in BY_SEASON
    between = "the same calendar month in different years" if same else "any two months"
    tested = "monthly medians"
    if same and settings.test not in BY_SEASON:
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
        "SIGNIFICANT": f"false discovery rate {settings.false_discovery} over all pixels tested "
        f"({CORRECTIONS[settings.correction]})",
    }


def _bands(settings: TrendSettings, context: Context, name: str) -> dict[str, str]:
    """Describe what is observed of one index, each with its unit."""
    about = about_quantity(name, _own(settings, context))
    days = f"{context.period.start} to {context.period.last}"
    return {
        f"slope of {about.title} a year, {days}": f"{about.unit}/year",
        f"p value of the trend, {days}": "1",
        f"monthly values tested, {days}": "months",
    }


def _promise(
    settings: TrendSettings, context: Context, name: str, suffix: str, more: Mapping[str, str]
) -> Layer:
    """Promise a layer of one index; `more` are bands beside those observed."""
    low, high = about_quantity(name, _own(settings, context)).valid_range
    bands = {**_bands(settings, context, name), **more}
    return Layer(
        name=f"{name}_trend{suffix}",
        product=PRODUCT.name,
        bands=tuple(bands),
        units=tuple(bands.values()),
        valid_range=(low - high, max(high - low, float(_months(context)))),
        tags=_tags(settings, context, name),
        kept=not suffix,
    )


def _observed(settings: TrendSettings, context: Context) -> tuple[Layer, ...]:
    """Promise what each pixel alone says of each index; stored, not written."""
    return tuple(_promise(settings, context, name, SEEN, {}) for name in settings.index)


def _layers(settings: TrendSettings, context: Context) -> tuple[Layer, ...]:
    """Promise a layer an index."""
    days = f"{context.period.start} to {context.period.last}"
    more = {f"significant: -1 falls, 1 rises, 0 neither, {days}": "1"}
    return tuple(_promise(settings, context, name, "", more) for name in settings.index)


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
    by_season = settings.test in BY_SEASON
    if by_season and len(monthly):  # its years are counted from the first row: see them alike
        lead = begun % MONTHS
        monthly = np.pad(monthly, ((lead, 0), (0, 0), (0, 0)), constant_values=np.nan)
        times = (begun - lead + np.arange(len(monthly))) / MONTHS
    anomalies = settings.values == "anomalies" and not by_season
    return trend(
        _shown(monthly, _own(settings, context).get(name)),
        times,
        BY_SEASON.get(settings.test, settings.test),
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
    """Test each pixel by itself, over the whole period."""
    planes = {name: _planes(settings, context, stack, name) for name in settings.index}
    return {f"{name}_trend{SEEN}": found for name, found in planes.items()}


def _stored(settings: TrendSettings, context: Context) -> tuple[str, ...]:
    """Name the layers that learning and settling read."""
    del context
    return tuple(f"{name}_trend{SEEN}" for name in settings.index)


def _summarise(settings: TrendSettings, context: Context, stored: Stored) -> Summary:
    """Tally the p values of one tile."""
    from landcover.kernels.discovery import tally

    del context
    return {name: tally(stored.layers[f"{name}_trend{SEEN}"][1]) for name in settings.index}


def _finish(settings: TrendSettings, context: Context, summary: Summary) -> Summary:
    """Find the p value up to which the map's tests stand together, and count them."""
    import numpy as np

    from landcover.kernels.discovery import threshold

    del context
    dependent = settings.correction == "benjamini-yekutieli"
    learnt = {}
    for name in settings.index:
        learnt[f"{name}_tested_px"] = np.asarray(summary[name].sum())
        limit = threshold(summary[name], settings.false_discovery, dependent)
        # JSON has no NaN; where nothing stands no p is 0, which would have stood
        learnt[f"{name}_p_limit"] = np.nan_to_num(np.asarray(limit), nan=0.0)
    return learnt


def _classes(
    planes: npt.NDArray[np.float32], limit: float, inside: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int16]:
    """Call each pixel's trend by its code in `CLASSES`; -1 outside all zones."""
    import numpy as np

    slope, p = planes[0], planes[1]
    stands = p <= limit  # never where p is NaN
    called = np.where(slope < 0, _DECLINING, np.where(slope > 0, _RISING, _NONE))
    codes = np.where(stands, called, np.where(np.isnan(p), _UNTESTED, _NONE)).astype(np.int16)
    codes[~inside] = -1
    return codes


def _settle(settings: TrendSettings, context: Context, stored: Stored) -> Settled:
    """Say which trends stand over the whole map."""
    import numpy as np

    del context
    signs = np.array([-1, 1, 0, np.nan, np.nan], np.float32)  # the last for code -1
    layers, codes = {}, {}
    for name in settings.index:
        planes = stored.layers[f"{name}_trend{SEEN}"]
        codes[name] = _classes(planes, float(stored.model[f"{name}_p_limit"]), stored.inside)
        layers[f"{name}_trend"] = np.concatenate([planes, signs[codes[name]][np.newaxis]])
    return Settled(layers, codes)


def _codes(settings: TrendSettings, context: Context) -> Mapping[str, int]:
    """Sum the area of each class for every zone."""
    del context
    return dict.fromkeys(settings.index, len(CLASSES))


def _bytes_per_px(settings: TrendSettings, context: Context, days: int) -> int:
    """Say what one index takes at work; of radar, its months in decibels besides.

    By season, months are held once more, from January or the period's own first month on.
    """
    del days
    own, months = _own(settings, context), FLOAT_BYTES * _months(context)
    power = any(name in own and own[name].is_power for name in settings.index)
    again = months if settings.test in BY_SEASON else 0
    return WORK_BYTES + again + (2 * months if power else 0)


PRODUCT = Product(
    name="trend",
    title="Slope a year, and whether it is more than chance",
    version=2,
    Settings=TrendSettings,
    need=_need,
    layers=_observed,
    observe=_observe,
    learn=Learn(_stored, _summarise, _finish),
    settle=Settle(
        _stored,
        _layers,
        _settle,
        codes=_codes,
        keys=frozenset({"false_discovery", "correction"}),
        bytes_per_px=SETTLE_BYTES,
    ),
    bytes_per_px=_bytes_per_px,
    documentation=__doc__ or "",
)
