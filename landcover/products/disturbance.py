"""`disturbance`: when a pixel was cleared, how much it lost, and how sure that is.

Layers: ``disturbance.tif`` (date of the first break of the monitoring period as decimal year, 0
where nothing broke and nodata where nobody can tell; magnitude; confidence; looks used; drop; last
clear date before the break; number of breaks) and ``disturbance_kind.tif`` (stable, abrupt,
gradual, recovering, history too short, history unstable; 0: not watched). "Stable" is only land
that was watched to the end: without a break, a pixel hardly looked at in the monitoring period, or
in its last year, or whose last looks are low and too few to tell, is not watched, and has no date.

Two methods: `robust`, a bisquare season on a history that was tested for stability, then a run of
low looks that lasts; and `bfast`, bfastmonitor with a gate. Patches smaller than `min_ha` are not
mapped. Of each pixel the first three breaks are mapped and counted in hectares; later ones are in
the number of breaks alone.

What to know before a figure is published. A break needs several looks (`run`), so the last ones of
a pixel cannot begin one, nor can looks of a season that the history hardly saw: these months are
not observable, and the hectares of the last year are of what could be told by then. Nor are those
from a break until a new fit watches (a year of looks or more; with `bfast` to the end): a second
break there is not told. A break is
confirmed once it has lasted and was seen again: of the last year none can be yet. Abrupt and
gradual breaks that nobody could follow for 24 months may still turn out recovering
(`not_followed_ha`). A clearing that begins in the history is no break. Its history is unstable: not
at rest, bare when the watch begins, or so restless that the smallest drop that is told would not
show in it. Not all are seen: of clearings 4 to 10 looks before the watch 3 to 6 % are called stable
at six looks a year, and up to 7 % a break of the watch (made-up series, `robust`).

Of composites of many days (MODIS) a look stands on the composite's first day, or on the first of
the month, or of the watch, that the pixel's own day lies in; where two composites then stand on
one day, a pixel takes the earlier one's value. What else the job asks for changes no look.

The index must fall where vegetation goes: others, and radar power, are refused. `bfast` tells one
break a pixel: a place that is cleared again later counts once. With its `direction: both` gains are
breaks as well, in rasters, patches and hectares.

How often it alarms falsely is measured in every run, on land that stood (`stable`), and so is how
many drops it would have found (`trials`): ``disturbance_rates.csv`` and ``run.json``. Whether land
stood is told without the days that decide an alarm: by the other years of the history and by the
four years that begin a year after the days tried. The interval knows places and years, but few
years: it is about those of the history, and no forecast of others. What drifts, as land that dries
or a sensor that ages, is not measured so. Where the history has less than two whole years, nothing
stood, no later year was seen, or `bfast` fits a `trend`, there is no rate, and the run says so. Two
years hardly suffice at six looks a year: give it three. What rests on too few places or years to
tell, or on too few drops found, is said as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from landcover.errors import PlanError
from landcover.model import MISSING, REFLECTANCE_SCALE, Band, Grid, Layer, Period
from landcover.products.base import Context, Need, Product, Settle, Settled, Span, Stack, Stored
from landcover.products.breaking import LOOKS, as_layers, final_layers, found_of, settled
from landcover.products.detecting import detect, detector
from landcover.products.detectors import BfastKeys, RobustKeys
from landcover.products.disturbance_layers import (
    KIND_LEGEND,
    NAME,
    final_planes,
    stored_planes,
    tags_of,
)
from landcover.products.falling import Refusal, refusal
from landcover.products.falsealarms import TRIALS, Measured, StableKeys, TrialKeys
from landcover.products.hectares import code_sizes, codes_of, years_of
from landcover.products.history import EPOCH, first_years, refused_start
from landcover.products.quantities import quantity_bands
from landcover.products.spans import spans
from landcover.settings import JobPeriod, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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
    "refused_index",
    "too_early",
]

SQUARE_METRES_PER_HECTARE: Final = 10_000.0
"""By definition."""

VERSION: Final = 4
"""Raised whenever the same settings give other breaks, or tiles keep other things of them."""

BREAK_BYTES_PER_PX: Final = 130
"""Breaks as a detector gives them (92, and `JUDGED_BYTES` a year), a layer under work that is made
of them (32), and pixels that no scene has (2) (bytes a px); the engine counts the layers."""

JUDGED_BYTES: Final = 2
"""Months of a year in which a pixel was judged, as bits (bytes a px and year)."""

SETTLE_BYTES_PER_PX: Final = 272
"""Breaks of a tile once small ones are left out (96), their days and masks (40), final planes under
work (56), and codes (72) (bytes a px)."""

LEARN_BYTES_PER_PX: Final = 256
"""Counts of the watches of a pixel, of which all are tried at most (13 of 8), once more as they are
put together, and masks (bytes a px)."""

FLOAT32_BYTES: Final = 4


class DisturbanceSettings(Settings):
    """Keys of `products.disturbance`."""

    index: str = Field(
        default="ndvi",
        description="Index whose lasting drop is a disturbance: one that falls where vegetation "
        "goes. Those that rise and radar power are refused; for cire, ireci, nirv and bands of "
        "your own the method's limits must be given in their unit.",
    )
    history: JobPeriod | None = Field(
        default=None,
        description="Days in which the land is taken to be as it should be; what follows, to the "
        "period's end, is monitored. Default: the first three years of the period, at most half "
        "of it, in whole years where half is within a week of them. Not before 1970-01-01.",
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
        description="Minimum mapping unit (hectares): smaller patches are not mapped. Around each "
        "tile as many pixels are looked at as the unit has, less one, and memory grows with the "
        "square of that: 1 ha at 10 m takes 99 pixels, 10 ha 999. With 0 nothing is left out, and "
        "the process that leads the run holds every broken pixel at once, some 140 bytes each.",
    )
    stable: StableKeys = Field(
        default=StableKeys(),
        description="Land on which false alarms are measured; a change of it reads no scene again.",
    )
    trials: TrialKeys = Field(
        default=TrialKeys(),
        description="How false alarms and power are measured; a change of it reads all scenes "
        "again.",
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


def too_early(settings: DisturbanceSettings, period: Period) -> Refusal | None:
    """Say why a job's days cannot be told, if so."""
    return refused_start((settings.history or period).start)


def history_of(settings: DisturbanceSettings, period: Period) -> Period:
    """Return the history of a job with this period.

    Raises
    ------
    PlanError
        It reaches beyond the job's period, begins before days are counted, or leaves nothing to
        monitor.
    """
    early = too_early(settings, period)
    if early is not None:
        raise PlanError("products.disturbance.history" if settings.history else "period", *early)
    history = settings.history or first_years(period)
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


ALARMS: Final = Measured(lambda keys, period: (history_of(keys, period), monitored(keys, period)))
"""How false alarms are measured beside the breaks."""


def least_px(min_ha: float, pixel_m2: float) -> int:
    """Return the pixels of the minimum mapping unit; rounding does not raise it.

    Examples
    --------
    >>> least_px(0.1, 100.0), least_px(0.1, 900.0), least_px(0.0, 100.0)
    (10, 2, 1)
    """
    return max(1, math.ceil(min_ha * SQUARE_METRES_PER_HECTARE / pixel_m2 * (1 - 1e-9)))


def refused_index(settings: DisturbanceSettings, own: Mapping[str, Band]) -> Refusal | None:
    """Say why the job's index cannot tell disturbances, if so; `own` are its sensor's bands."""
    given = getattr(settings, settings.method).model_fields_set
    return refusal(settings.index, own, settings.method, given)


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
    own = context.bands.get(source, {})
    refused = refused_index(settings, own)
    if refused is not None:
        raise PlanError("products.disturbance.index", *refused)
    bands = quantity_bands(settings.index, own)
    starts = {one.period.start for one in spans("month", span.period)}
    cuts = tuple(sorted(starts | {monitored(settings, context.period).start}))
    return Need(source, (settings.index,), bands, (span,), cuts=cuts, unimaged=True)


# --- layers ------------------------------------------------------------------------------------


def _tags(settings: DisturbanceSettings, context: Context) -> dict[str, str]:
    """Say how breaks were found."""
    history, watched = (f(settings, context.period) for f in (history_of, monitored))
    keys: Settings = getattr(settings, settings.method)
    return tags_of(VERSION, settings.index, settings.method, keys, history, watched)


def _stored(settings: DisturbanceSettings, context: Context) -> tuple[Layer, ...]:
    """Name the layers that are stored: for `settle`, and for the rates of error."""
    tags = _tags(settings, context)
    own = stored_planes(tags, monitored(settings, context.period))
    return (*own, *ALARMS.layers(settings, context, tags))


def _final(settings: DisturbanceSettings, context: Context) -> tuple[Layer, ...]:
    """Promise the two rasters that are written."""
    tags = _tags(settings, context)
    return final_planes(settings.index, settings.min_ha, settings.patch_days, tags)


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


def _day(one: date) -> int:
    """Return a day's number, counted from 1970-01-01."""
    return (one - EPOCH).days


def _observe(
    settings: DisturbanceSettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Find the breaks of a tile; how small a patch may be is settled later."""
    history = history_of(settings, context.period)
    values = _values(stack, settings.index)
    found = detect(settings, values, stack, history)
    one = detector(settings, 1)  # of few pixels
    tried = ALARMS.observe(settings, context, stack, values, found, one)
    return {**as_layers(found, stack.inside, stack.unimaged), **tried}


def _kernels(settings: DisturbanceSettings) -> tuple[str, ...]:
    """Name the method that not every worker warms."""
    return ("bfast",) if settings.method == "bfast" else ()


def _bytes_per_px(settings: DisturbanceSettings, context: Context, days: int) -> int:
    """Say what observing takes beside the stack and the stored layers."""
    own = context.bands.get(_source(settings, context), {}).get(settings.index)
    banded = own is not None and own.is_reflectance
    judged = JUDGED_BYTES * len(years_of(monitored(settings, context.period)))
    return BREAK_BYTES_PER_PX + judged + (FLOAT32_BYTES * days if banded else 0)


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
    """Leave out patches that are too small, and make the final layers of a tile.

    Beside a tile that could not be made a patch ends at its edge, and may be too small for that.
    """
    from landcover.kernels.watching import LATELY_DAYS

    watched = monitored(settings, context.period)
    least, seen_from = least_px_on(settings, stored.grid), _day(watched.end) - LATELY_DAYS
    found = found_of(stored.layers, stored.inside.shape)
    own = settled(found, settings.patch_days, least, seen_from).cut(*stored.core)
    looks = stored.layers[LOOKS][:, *stored.core]
    return Settled(final_layers(own), codes_of(own, looks, watched))


def _reads(settings: DisturbanceSettings, context: Context) -> tuple[str, ...]:
    """Name the layers that settling reads."""
    stored = (layer.name for layer in _stored(settings, context))
    return tuple(name for name in stored if name != TRIALS)


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
    learn=replace(
        ALARMS.learn(),
        keys=frozenset({"stable"}),
        zones_key="stable.zones",
        bytes_per_px=LEARN_BYTES_PER_PX,
    ),
    settle=Settle(
        reads=_reads,
        layers=_final,
        settle=_settle,
        halo_px=_halo_px,
        codes=_code_sizes,
        uses_model=False,
        keys=frozenset({"min_ha", "patch_days"}),
        halo_key="min_ha",
        bytes_per_px=SETTLE_BYTES_PER_PX,
    ),
    bytes_per_px=_bytes_per_px,
    kernels=_kernels,
    documentation=__doc__ or "",
)
