"""`disturbance`: when a pixel was cleared, how much it lost, and how sure that is.

Layers: ``disturbance.tif`` (date of the first break of the monitoring period as decimal year, 0
where nothing broke and nodata where nobody can tell; magnitude; confidence; looks used; drop; last
clear date before the break; number of breaks) and ``disturbance_kind.tif`` (stable, abrupt,
gradual, recovering, history too short, history unstable).

Two methods: `robust`, a bisquare season on a history that was tested for stability, then a run of
low looks that lasts; and `bfast`, bfastmonitor with a gate. Patches smaller than `min_ha` are not
mapped.

This product is young, and its figures are not for publication yet. The last three clear looks of a
pixel cannot begin a break, so the last months read low (half a year where a pixel is seen six times
a year). A clearing in the last looks of the history may be dated on the first look that is
monitored. Looks of a season that the history hardly saw are not judged, yet count as observed. A
second break of a pixel has the kind of its first. Indices must fall where forest goes.

Of composites of many days (MODIS) a look stands on the composite's first day, or on the first of
the month, or of the watch, that the pixel's own day lies in; where two composites then stand on
one day, a pixel takes the earlier one's value. What else the job asks for changes no look.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from landcover.errors import PlanError
from landcover.model import MISSING, REFLECTANCE_SCALE, Grid, Layer, Legend, LegendClass, Period
from landcover.products.base import Context, Need, Product, Settle, Settled, Span, Stack, Stored
from landcover.products.breaking import (
    BREAK_PLANES,
    FOUND,
    LOOKS,
    as_layers,
    break_layer,
    final_layers,
    found_of,
    looks_of,
    settled,
)
from landcover.products.detectors import BfastKeys, RobustKeys
from landcover.products.hectares import code_sizes, codes_of, years_of
from landcover.products.quantities import quantity_bands
from landcover.products.spans import spans
from landcover.settings import JobPeriod, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.breaks import Breaks

__all__ = [
    "KIND_LEGEND",
    "NAME",
    "PRODUCT",
    "DisturbanceSettings",
    "detect",
    "history_of",
    "least_px",
    "least_px_on",
    "monitored",
]

USUAL_HISTORY_YEARS: Final = 3
"""Years of a history that the job does not name: enough looks for a season under Congo's clouds,
few enough that forest which stood through them is common."""

SQUARE_METRES_PER_HECTARE: Final = 10_000.0
"""By definition."""

NAME: Final = "disturbance"
VERSION: Final = 2
"""Raised whenever the same settings give other breaks."""

BREAK_BYTES_PER_PX: Final = 128
"""Breaks as a detector gives them (90), and a layer under work that is made of them (bytes a px);
the layers themselves are counted by the engine."""

SETTLE_BYTES_PER_PX: Final = 240
"""Breaks of a tile once small ones are left out (84), their days and masks (40), final planes under
work (56), and codes (60) (bytes a px)."""

FLOAT32_BYTES: Final = 4

KIND_LEGEND: Final = Legend(
    "disturbance_kind",
    (
        LegendClass(1, {"en": "stable", "fr": "stable"}, "#1b7837"),
        LegendClass(2, {"en": "abrupt", "fr": "abrupt"}, "#b2182b"),
        LegendClass(3, {"en": "gradual", "fr": "progressif"}, "#ef8a62"),
        LegendClass(4, {"en": "recovering", "fr": "en régénération"}, "#fddb6d"),
        LegendClass(5, {"en": "history too short", "fr": "historique trop court"}, "#bdbdbd"),
        LegendClass(6, {"en": "history unstable", "fr": "historique instable"}, "#737373"),
    ),
)
"""What the values of `disturbance_kind.tif` mean; 0 is outside all zones, or never seen."""


class DisturbanceSettings(Settings):
    """Keys of `products.disturbance`."""

    index: str = Field(
        default="ndvi", description="Index or band whose lasting drop is a disturbance."
    )
    history: JobPeriod | None = Field(
        default=None,
        description="Days in which the land is taken to be as it should be; what follows, to the "
        "period's end, is monitored. Default: the first three years of the period, at most half "
        "of it.",
    )
    method: Literal["robust", "bfast"] = Field(
        default="robust",
        description="robust (a season on a tested history, then a run of low looks) or bfast "
        "(bfastmonitor with a gate).",
    )
    robust: RobustKeys = Field(
        default=RobustKeys(), description="Numbers of the method `robust`; seldom changed."
    )
    bfast: BfastKeys = Field(default=BfastKeys(), description="Numbers of the method `bfast`.")
    min_ha: float = Field(
        default=0.1,
        ge=0,
        le=100,
        description="Minimum mapping unit (hectares): smaller patches are not mapped.",
    )
    patch_days: int = Field(
        default=180,
        ge=0,
        le=3660,
        description="Breaks of touching pixels no more days apart than this are one patch.",
    )
    source: str | None = Field(
        default=None, description="Name of the source to use; default: the first."
    )


# --- when --------------------------------------------------------------------------------------


def _first_years(period: Period) -> Period:
    """Return the usual history of a period."""
    half = period.start + timedelta(days=max(period.days // 2, 1))
    try:
        third = period.start.replace(year=period.start.year + USUAL_HISTORY_YEARS)
    except ValueError:  # 29 February
        third = date(period.start.year + USUAL_HISTORY_YEARS, 3, 1)
    return Period(period.start, min(third, half))


def history_of(settings: DisturbanceSettings, period: Period) -> Period:
    """Return the history of a job with this period.

    Raises
    ------
    PlanError
        It reaches beyond the job's period, or leaves nothing to monitor.
    """
    history = settings.history or _first_years(period)
    if period.start <= history.start and history.end < period.end:
        return history
    raise PlanError(
        "products.disturbance.history",
        f"{history.start} to {history.last} is not the beginning of something within the job's "
        f"period, {period.start} to {period.last}",
        "Widen `period`, or let the history end before it does",
    )


def monitored(settings: DisturbanceSettings, period: Period) -> Period:
    """Return the days in which breaks are looked for: from the history's end to the period's."""
    return Period(history_of(settings, period).end, period.end)


def least_px(min_ha: float, pixel_m2: float) -> int:
    """Return the pixels of the minimum mapping unit; rounding does not raise it.

    Examples
    --------
    >>> least_px(0.1, 100.0), least_px(0.1, 900.0), least_px(0.0, 100.0)
    (10, 2, 1)
    """
    return max(1, math.ceil(min_ha * SQUARE_METRES_PER_HECTARE / pixel_m2 * (1 - 1e-9)))


def _span(settings: DisturbanceSettings, context: Context) -> Span:
    """Return the one span that the product looks at: history and monitoring."""
    start = history_of(settings, context.period).start
    return Span(Period(start, context.period.end), "disturbance")


def _source(settings: DisturbanceSettings, context: Context) -> str:
    """Return the source that the product takes."""
    return settings.source or context.sources[0]


def _need(settings: DisturbanceSettings, context: Context) -> Need:
    """Say what must be in memory: the index over the whole time.

    Composites of days are cut by month and where the watch begins: a look is of its own month.
    """
    source, span = _source(settings, context), _span(settings, context)
    bands = quantity_bands(settings.index, context.bands.get(source, {}))
    starts = {one.period.start for one in spans("month", span.period)}
    cuts = tuple(sorted(starts | {monitored(settings, context.period).start}))
    return Need(source, (settings.index,), bands, (span,), cuts=cuts)


# --- layers ------------------------------------------------------------------------------------


def _tags(settings: DisturbanceSettings, context: Context) -> dict[str, str]:
    """Say how breaks were found."""
    history, watched = (f(settings, context.period) for f in (history_of, monitored))
    keys: Settings = getattr(settings, settings.method)
    return {
        "PRODUCT": NAME,
        "PRODUCT_VERSION": str(VERSION),
        "INDEX": settings.index,
        "FIRST_DAY": str(history.start),
        "LAST_DAY": str(watched.last),
        "HISTORY": f"{history.start} to {history.last}",
        "MONITORED": f"{watched.start} to {watched.last}",
        "METHOD": settings.method,
        "METHOD_SETTINGS": ", ".join(f"{key}={value}" for key, value in keys),
    }


def _stored(settings: DisturbanceSettings, context: Context) -> tuple[Layer, ...]:
    """Name the layers that are stored for `settle`: all breaks, and the months that were seen."""
    from landcover.kernels.breaks import BREAKS_KEPT

    tags = _tags(settings, context)
    years = tuple(str(year) for year in years_of(monitored(settings, context.period)))
    found, ones = ("kind", "looks used", "breaks"), ("1",) * len(BREAK_PLANES)
    return (
        Layer(FOUND, NAME, found, ones[:3], "uint16", 0, tags=tags, kept=False),
        *(
            Layer(break_layer(n), NAME, BREAK_PLANES, ones, tags=tags, kept=False)
            for n in range(BREAKS_KEPT)
        ),
        Layer(LOOKS, NAME, years, ("1",) * len(years), "uint16", 0, tags=tags, kept=False),
    )


def _final(settings: DisturbanceSettings, context: Context) -> tuple[Layer, ...]:
    """Promise the two rasters that are written."""
    tags = _tags(settings, context)
    tags |= {"MIN_HA": f"{settings.min_ha:g}", "PATCH_DAYS": str(settings.patch_days)}
    bands = (
        ("date of the first break, 0 where none", "decimal year"),
        (f"magnitude: median residual of {settings.index} from the break on", "1"),
        ("confidence: 0 none, 1 low, 2 provisional, 3 confirmed", "class"),
        ("looks that the history's fit rests on", "looks"),
        (f"drop: median residual of {settings.index} just after the break", "1"),
        ("last clear date before the break", "decimal year"),
        ("breaks in the monitoring period", "breaks"),
    )
    names, units = zip(*bands, strict=True)
    kind = Layer(
        "disturbance_kind", NAME, ("kind of disturbance",), ("class",), "uint8", 0, (1.0, 6.0),
        KIND_LEGEND, "nearest", tags,
    )  # fmt: skip
    return (Layer("disturbance", NAME, names, units, overviews="nearest", tags=tags), kind)


# --- observe -----------------------------------------------------------------------------------


def _values(stack: Stack, index: str) -> npt.NDArray[np.float32]:
    """Return the series as float32, NaN where missing; a band's in reflectance."""
    import numpy as np

    values = stack.values[index]
    if values.dtype == np.float32:
        return values
    out = values.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
    out[values == MISSING] = np.nan
    return out


def detect(
    settings: DisturbanceSettings,
    values: npt.NDArray[np.float32],
    stack: Stack,
    history: Period,
) -> Breaks:
    """Find breaks by the method that the job asks for."""
    import numpy as np

    from landcover.kernels import bfast, robust

    days = stack.days()
    start, end = np.array([history.start, history.end], "datetime64[D]").astype(int).tolist()
    if settings.method == "bfast":
        keys = bfast.BfastSettings(**settings.bfast.model_dump())
        return bfast.detect(values, days, start, end, keys, stack.threads)
    own = robust.RobustSettings(**settings.robust.model_dump())
    return robust.detect(values, days, start, end, own, stack.threads)


def _observe(
    settings: DisturbanceSettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Find the breaks of a tile; how small a patch may be is settled later."""
    history, watched = (f(settings, context.period) for f in (history_of, monitored))
    values = _values(stack, settings.index)
    made = as_layers(detect(settings, values, stack, history), stack.inside)
    looks = looks_of(values, stack.dates, watched.start, years_of(watched))
    looks[:, ~stack.inside] = 0
    return {**made, LOOKS: looks}


def _kernels(settings: DisturbanceSettings) -> tuple[str, ...]:
    """Name the method that not every worker warms."""
    return ("bfast",) if settings.method == "bfast" else ()


def _bytes_per_px(settings: DisturbanceSettings, context: Context, days: int) -> int:
    """Say what observing takes beside the stack and the stored layers."""
    own = context.bands.get(_source(settings, context), {}).get(settings.index)
    banded = own is not None and own.is_reflectance
    return BREAK_BYTES_PER_PX + (FLOAT32_BYTES * days if banded else 0)


# --- settle ------------------------------------------------------------------------------------


def least_px_on(settings: DisturbanceSettings, grid: Grid) -> int:
    """Return the pixels of the minimum mapping unit on a grid."""
    width, height = grid.resolution
    return least_px(settings.min_ha, width * height)


def _halo_px(settings: DisturbanceSettings, context: Context, grid: Grid) -> int:
    """Say how far around a tile a patch must be seen."""
    del context
    from landcover.kernels.patches import reach_px

    return reach_px(least_px_on(settings, grid))


def _settle(settings: DisturbanceSettings, context: Context, stored: Stored) -> Settled:
    """Leave out patches that are too small, and make the final layers of a tile."""
    shape = stored.inside.shape
    found = found_of(stored.layers, shape)
    found = settled(found, settings.patch_days, least_px_on(settings, stored.grid))
    own = found.cut(*stored.core)
    watched = monitored(settings, context.period)
    looks = stored.layers[LOOKS][:, *stored.core]
    return Settled(final_layers(own), codes_of(own, looks, watched))


def _reads(settings: DisturbanceSettings, context: Context) -> tuple[str, ...]:
    """Name the layers that settling reads."""
    return tuple(layer.name for layer in _stored(settings, context))


def _code_sizes(settings: DisturbanceSettings, context: Context) -> Mapping[str, int]:
    """Name the areas that are summed for every zone."""
    return code_sizes(monitored(settings, context.period))


PRODUCT = Product(
    name=NAME,
    title="When land was disturbed, how much it lost, and how sure that is",
    version=VERSION,
    Settings=DisturbanceSettings,
    need=_need,
    layers=_stored,
    observe=_observe,
    settle=Settle(
        reads=_reads,
        layers=_final,
        settle=_settle,
        halo_px=_halo_px,
        codes=_code_sizes,
        keys=frozenset({"min_ha", "patch_days"}),
        bytes_per_px=SETTLE_BYTES_PER_PX,
    ),
    bytes_per_px=_bytes_per_px,
    kernels=_kernels,
    documentation=__doc__ or "",
)
