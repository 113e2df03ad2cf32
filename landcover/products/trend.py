"""`trend`: how fast an index rises or falls, and whether that is more than chance.

``<index>_trend.tif``: the slope a year, its p value, how many monthly values were tested, and
whether the trend stands when all tests of the map are taken together. A pixel's series are its
monthly medians, each dated by the mean day of the looks behind it. The slope is the median of all
slopes between two values of the same calendar month in different years (Theil-Sen in its seasonal
form): neither the course of the year nor months that were seen more in some years bend it. The
Mann-Kendall test is of the
anomalies: each month less the mean of that calendar month. NDVI has a memory from month to month,
and a plain test calls 17 to 20 of 100 trendless series significant (at 5 %, correlation 0.4); so
the variance is corrected for the autocorrelation at true lags of 1 to 3 months (`hamed-rao`: 10
to 15 of 100), of 1 month (`yue-wang`: 9 to 11), or the series is whitened (`pre-whitening`: 5 to
7, at the cost of finding fewer). At 5 % each, one stable pixel in twenty would still be called
changing: so `significant` (-1 falls, 1 rises, 0 neither) is what stands at a false discovery rate
over all pixels tested, by default 0.1, and whose slope and Mann-Kendall's S have one sign. That
rate would hold if the p values were exact: where the test calls too many trendless series
significant, and where a whole map shares its wet and dry years, more than that share are false. The
layer's tags name the test; `run.json` has how many pixels were tested and the p value that the map
came to.

Wet and dry years are no trend, and a test that corrects for months does not know it. Where whole
years differ by chance (by 0.02 NDVI, under noise of 0.03 whose months have a correlation of 0.4),
`hamed-rao` calls 22 to 32 of 100 trendless series significant and `pre-whitening` 11 to 14, over 3
years as over 10. More years make the slope small and its sign sure: a decline of 0.02 a year is
told as a rise in 31 of 100 series of 2 years, 13 of 3, 4 of 4, 1 of 5. So a pixel is tested where
it has values in `min_years` (5) years. `correlated-seasonal` takes the months of a year together:
it calls at most 5 of 100 trendless series significant, and finds 18 of 100 such declines in 5
years, 97 in 8. From eight years on, take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from landcover.errors import PlanError
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
from landcover.products.trend_keys import (
    BY_SEASON,
    CORRECTIONS,
    MONTHS,
    SAYS,
    TrendSettings,
    months_of,
    too_short,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.trend import Trend

__all__ = ["CLASSES", "PRODUCT", "SPANS", "TrendSettings"]

CLASSES = ("declining", "rising", "none", "untested")
"""What a pixel's trend is called: the codes of areas, in order."""

_DECLINING, _RISING, _NONE, _UNTESTED = range(len(CLASSES))

SPANS = (" first month", " last month", " years")
"""End the names of areas by what was tested: months from the period's first on, and years."""

WORK_BYTES = 64
"""Slopes, scores, variances, probabilities and planes of one index at work (bytes a px)."""

FLOAT_BYTES = 4
"""A float32 (bytes)."""

SETTLE_BYTES = 72
"""Planes, comparisons and codes of one index while it is settled (bytes a px)."""

_SPAN = 4
"""Place of the first plane that tells the span of time, of the layers stored."""

SEEN = "_tested"
"""Ends the names of layers that are stored for the map-wide test, and not written."""


def _own(settings: TrendSettings, context: Context) -> Mapping[str, Band]:
    """Return the bands of the sensor that the product takes; nothing where it is not known."""
    return context.bands.get(settings.source or context.sources[0], {})


def _need(settings: TrendSettings, context: Context) -> Need:
    """Ask for the monthly medians of the whole period.

    Raises
    ------
    PlanError
        It has too few years for any pixel to be tested.
    """
    if why := too_short(settings, context.period):
        raise PlanError("products.trend.min_years", *why)
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
        "STATISTIC": f"Theil-Sen: median of the slopes between monthly medians of {between}, "
        "each dated by the mean day of its looks",
        "TEST": f"{SAYS[settings.test]}; of {tested}; two-sided",
        "MIN_MONTHS": str(settings.min_months),
        "MIN_YEARS": str(settings.min_years),
        "SIGNIFICANT": f"false discovery rate {settings.false_discovery} over all pixels tested "
        f"({CORRECTIONS[settings.correction]}), where slope and Mann-Kendall's S have one sign",
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
        valid_range=(low - high, max(high - low, float(months_of(context.period)))),
        tags=_tags(settings, context, name),
        kept=not suffix,
    )


def _observed(settings: TrendSettings, context: Context) -> tuple[Layer, ...]:
    """Promise what each pixel alone says of each index; stored, not written."""
    more = {
        "sign of Mann-Kendall's S": "1",
        "first month tested, from the period's on": "months",
        "last month tested, from the period's on": "months",
        "years tested": "years",
    }
    return tuple(_promise(settings, context, name, SEEN, more) for name in settings.index)


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


def _begun(context: Context, stack: Stack, name: str) -> int:
    """Count the months from the period's first to the first that was seen."""
    start = context.period.start
    return stack.monthly(name)[0] - (start.year * MONTHS + start.month - 1)


def _span(
    settings: TrendSettings, context: Context, stack: Stack, name: str
) -> npt.NDArray[np.float32]:
    """Say of each pixel its first and last month with a value, and in how many years (3, Y, X)."""
    import numpy as np

    from landcover.kernels.months import months_between, years_compared

    between = settings.values == "anomalies" or settings.test in BY_SEASON
    begun, (_, medians) = _begun(context, stack, name), stack.monthly(name)
    years = years_compared(medians, begun, 2 if between else 1)
    return np.stack([*months_between(medians, begun), years], dtype=np.float32)


def _tested(settings: TrendSettings, context: Context, stack: Stack, name: str) -> Trend:
    """Estimate and test the trend of one index."""
    import numpy as np

    from landcover.kernels.months import monthly_times
    from landcover.kernels.trend import trend

    _, monthly = stack.monthly(name)
    origin = context.period.start.year  # however the grid is tiled
    times = monthly_times(stack.values[name], stack.days(), origin, stack.threads)
    by_season = settings.test in BY_SEASON
    if by_season and len(monthly):  # its years are counted from the first row: see them alike
        lead = ((_begun(context, stack, name) % MONTHS, 0), (0, 0), (0, 0))
        monthly, times = (np.pad(one, lead, constant_values=np.nan) for one in (monthly, times))
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
    """Make slope, p, count and S's sign of one index, and what span of time was tested.

    What is untested keeps its count.
    """
    import numpy as np

    found, span = _tested(settings, context, stack, name), _span(settings, context, stack, name)
    made = [found.slope, found.p, found.count, np.sign(found.score), *span]
    planes = np.stack(made, dtype=np.float32)
    planes[:2, span[-1] < settings.min_years] = np.nan
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
    """Call each pixel's trend by its code in `CLASSES`; -1 outside all zones.

    A slope against the sign of the S that was tested is no trend that was found.
    """
    import numpy as np

    slope, p, score = planes[0], planes[1], planes[3]
    stands = p <= limit  # never where p is NaN
    falls, rises = (slope < 0) & (score < 0), (slope > 0) & (score > 0)
    called = np.where(falls, _DECLINING, np.where(rises, _RISING, _NONE))
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
        known = np.isfinite(planes[1])
        for plane, span in zip(planes[_SPAN:], SPANS, strict=True):
            codes[name + span] = np.where(known, plane, -1).astype(np.int16)
        layers[f"{name}_trend"] = np.concatenate([planes[:3], signs[codes[name]][np.newaxis]])
    return Settled(layers, codes)


def _codes(settings: TrendSettings, context: Context) -> Mapping[str, int]:
    """Sum the area of each class for every zone, and of what was tested by its span."""
    months = months_of(context.period)
    counts = (months, months, -(-months // MONTHS) + 1)
    codes = dict.fromkeys(settings.index, len(CLASSES))
    for name in settings.index:
        codes |= {name + span: count for span, count in zip(SPANS, counts, strict=True)}
    return codes


def _bytes_per_px(settings: TrendSettings, context: Context, days: int) -> int:
    """Say what one index takes at work; of radar, its months in decibels besides.

    Months have a time each; by season both are held once more, from the period's own first
    month on.
    """
    del days
    own, months = _own(settings, context), FLOAT_BYTES * months_of(context.period)
    power = any(name in own and own[name].is_power for name in settings.index)
    again = 2 * months if settings.test in BY_SEASON else 0
    shown = months + months_of(context.period) if power else 0
    return WORK_BYTES + months + again + shown


_LATER_KEYS: Final = frozenset({"false_discovery", "correction"})
"""Settings of what is significant, which observing knows nothing of."""

PRODUCT = Product(
    name="trend",
    title="Slope a year, and whether it is more than chance",
    version=4,
    Settings=TrendSettings,
    need=_need,
    layers=_observed,
    observe=_observe,
    learn=Learn(_stored, _summarise, _finish, keys=_LATER_KEYS),
    settle=Settle(
        _stored,
        _layers,
        _settle,
        codes=_codes,
        keys=_LATER_KEYS,
        bytes_per_px=SETTLE_BYTES,
    ),
    bytes_per_px=_bytes_per_px,
    documentation=__doc__ or "",
)
