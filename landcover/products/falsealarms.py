"""The false-alarm rate of disturbances, measured in every run on the land of the run itself.

In a sample of pixels, blocks of the history are watched as if nothing were known of them, by the
job's own detector and settings (see `landcover.kernels.placebo`). Where the land stood, a break
found there is false. Whether it stood is told by the history beside the block and by the highest
of up to four later years; the block and the year after it, which decide whether a break is told,
are not looked at. So land that was cleared for good drops out, and a bad year stays. Land that
regrew within those years counts as false. The same watches over a drop that was put in tell the
power, of ground whose history sufficed.

Not measured is what drifts, as of a sensor that ages: a placebo lies between the years that it is
judged by, the true watch ahead of them. Nor is `bfast` with `trend` measured: its history is no
straight line once its years are turned.

It knows breaks and periods. It does not know files, tables or pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import Field

from landcover.model import Layer, Period
from landcover.products.alarmrates import COLUMNS, COUNTS, OF_PIXELS, finish, merge
from landcover.products.base import Context, Learn, Stack, Stored, Summary
from landcover.settings import Names, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.breaks import Breaks
    from landcover.kernels.placebo import Detector, Watch

__all__ = ["TRIALS", "Measured", "StableKeys", "TrialKeys", "least_level", "turns_a_trend"]

TRIALS: Final = "disturbance_trials"
"""Layer that is stored: what the placebo watches of the sampled pixels came to."""

STANDING: Final[Mapping[str, float]] = {
    "ndvi": 0.7, "evi": 0.4, "evi2": 0.4, "nbr": 0.45, "ndmi": 0.17,
}  # fmt: skip
"""Least medians (no unit) of ground that is taken for forest: some four fifths of what moist
forest of the Congo basin has, well above its fields and fallows."""

FALLEN: Final = 0.2
"""Share of the drop that is put in: land that is lower by more, all years later, did not stand."""

CHUNK_PX: Final = 2048
"""Pixels that are tried together (px): some ten megabytes, whatever the tile."""

_LEVEL_STEPS: Final = 10_000
_LEVEL_LEAST: Final = -2.0
"""Levels are stored in steps of 1/10,000 from here on; no index lies below."""

_MOST_MONTHS: Final = 15
"""Months of a block are stored in four bits."""

_MOST_FOLLOWED: Final = 255
_MOST_FRESH: Final = 127
"""Months of the true watch, followed and at its end, are stored in eight bits and seven."""

_BROKEN_BIT: Final = 15
"""Bit of the same number: the true watch found a break."""


class StableKeys(Settings):
    """Keys of `products.disturbance.stable`."""

    zones: Names = Field(
        default=(),
        description="Zones within which land is taken to have stood (reserves/Okapi: a group and "
        "a name or id; or a group alone). Default: all zones.",
    )
    index_at_least: float | None = Field(
        default=None,
        ge=-2,
        le=4.5,
        description="Land stood where the median of the index is at least this beside the days "
        "that are tried, and as high again in one of the four years that begin a year after them. "
        "Default: 0.7 for ndvi, 0.4 for evi and evi2, 0.45 for nbr, 0.17 for ndmi; other indices "
        "have none, and without it their false alarms are not measured.",
    )


class TrialKeys(Settings):
    """Keys of `products.disturbance.trials`."""

    every_px: int = Field(
        default=15,
        ge=1,
        le=1000,
        description="One pixel in so many, along rows and along columns, is tried; 1 takes several "
        "times as long as finding the breaks does.",
    )
    drop: float = Field(
        default=0.3,
        gt=0,
        le=2,
        description="Drop of the index that is put in to measure the power.",
    )


class _Planned(NamedTuple):
    """The trials of a job: its detector's needs, and when."""

    history_start: int
    monitor_start: int
    until: int
    least_days: int
    lasting_days: int


@dataclass(frozen=True, slots=True)
class Measured:
    """How a product has its false alarms measured; what it is asked of comes from that product.

    Its settings have `stable`, `trials`, `index`, `method`, and the detectors' keys by their names.
    """

    when: Callable[[Any, Period], tuple[Period, Period]]
    """(settings, the job's period) -> history and monitored period."""

    def _planned(self, settings: Any, context: Context) -> _Planned:
        """Return the trials of a job."""
        import numpy as np

        history, watched = self.when(settings, context.period)
        ends = np.array([history.start, history.end, watched.end], "datetime64[D]").astype(int)
        keys = getattr(settings, settings.method)
        start, end, until = ends.tolist()
        return _Planned(start, end, until, keys.least_days, keys.lasting_days)

    def count(self, settings: Any, context: Context) -> int:
        """Count the placebo watches of a pixel; 0 where there can be none."""
        from landcover.kernels.placebo import watch_count

        if turns_a_trend(settings):
            return 0
        plan = self._planned(settings, context)
        return watch_count(plan.history_start, plan.monitor_start, plan.least_days)

    def layers(self, settings: Any, context: Context, tags: Mapping[str, str]) -> tuple[Layer, ...]:
        """Promise the layer of trials; none where there can be no watch."""
        count = self.count(settings, context)
        if not count:
            return ()
        bands = [f"{what} {n + 1}" for n in range(count) for what in ("watch", "level")]
        bands.append("months watched")
        ones = ("1",) * len(bands)
        return (Layer(TRIALS, "disturbance", tuple(bands), ones, "uint16", 0, tags=tags,
                      kept=False),)  # fmt: skip

    def observe(
        self,
        settings: Any,
        context: Context,
        stack: Stack,
        values: npt.NDArray[np.float32],
        found: Breaks,
        detect: Detector,
    ) -> dict[str, npt.NDArray[np.uint16]]:
        """Try the sampled pixels of a tile.

        Parameters
        ----------
        settings, context, stack
            As the product's `observe` has them.
        values : float32 (T, Y, X)
            The index, NaN where missing.
        found : Breaks of (Y, X)
            Of the true watch.
        detect : callable
            The job's detector: (values, days, history_start, monitor_start, until) -> breaks.

        Returns
        -------
        dict
            `TRIALS`: uint16 (P, Y, X), 0 beside the sample.
        """
        import numpy as np

        from landcover.kernels.placebo import watches

        count = self.count(settings, context)
        if not count:
            return {}
        plan, days = self._planned(settings, context), stack.days()
        laid = watches(days, *plan[:2], plan.least_days, plan.lasting_days)
        step = settings.trials.every_px
        part = tuple(slice(_first(start, step), None, step) for start in (stack.row, stack.column))
        planes = np.zeros((2 * count + 1, *stack.inside.shape), np.uint16)
        sample = planes[:, *part]
        y, x = np.nonzero(stack.inside[part])
        for start in range(0, len(y), CHUNK_PX):
            own = (y[start : start + CHUNK_PX], x[start : start + CHUNK_PX])
            series = np.ascontiguousarray(values[:, *part][:, *own][:, np.newaxis])
            for number, watch in enumerate(laid):
                code, level = _tried(settings, series, days, watch, detect)
                sample[2 * number, *own], sample[2 * number + 1, *own] = code, level
        sample[-1] = np.where(stack.inside[part], _exposed(found, part, plan), 0)
        return {TRIALS: planes}

    def learn(self) -> Learn:
        """Return how the rates of a job are learnt."""
        return Learn(
            reads=self._reads,
            summarise=self._summarise,
            finish=finish,
            merge=merge,
            zones=lambda settings: settings.stable.zones,
        )

    def _reads(self, settings: Any, context: Context) -> tuple[str, ...]:
        """Name the layers that are read."""
        return (TRIALS,) if self.count(settings, context) else ()

    def _summarise(self, settings: Any, context: Context, stored: Stored) -> Summary:
        """Count the watches of one tile's stable ground, by cells."""
        import numpy as np

        from landcover.kernels.rates import by_cell
        from landcover.raster.area import lattice_of

        del context
        if TRIALS not in stored.layers:
            return {"cells": np.zeros(0, np.int64), "sums": np.zeros((0, COLUMNS), np.int64)}
        step = settings.trials.every_px
        _, row, column = lattice_of(stored.grid)
        first = (_first(row, step), _first(column, step))
        part = tuple(slice(start, None, step) for start in first)
        planes = stored.layers[TRIALS][:, *part]
        inside = stored.inside[part]
        counts = _counts(planes, inside, least_level(settings))
        cells, sums = by_cell(counts, row + first[0], column + first[1], step)
        return {"cells": cells, "sums": sums}


def least_level(settings: Any) -> float | None:
    """Return the least median of ground that is taken to have stood; None where nobody can say."""
    asked: float | None = settings.stable.index_at_least
    return STANDING.get(settings.index) if asked is None else asked


def turns_a_trend(settings: Any) -> bool:
    """Say whether the detector fits a straight line, which no history has once it is turned."""
    return settings.method == "bfast" and bool(settings.bfast.trend)


def _first(start: int, step: int) -> int:
    """Return the first sampled pixel of a tile that begins at a place of the lattice."""
    return (step // 2 - start) % step


# --- observe -----------------------------------------------------------------------------------


def _tried(
    settings: Any,
    series: npt.NDArray[np.float32],
    days: npt.NDArray[np.int64],
    watch: Watch,
    detect: Detector,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Write one watch of some pixels as a code, and how high they stood beside it.

    A history suffices or not before anything is put in: the power is of all watches of a sufficient
    one, so that a drop which spoils its own watch counts as missed.
    """
    import numpy as np

    from landcover.kernels.placebo import level, trial

    drop = settings.trials.drop
    still, fresh = (trial(series, watch, detect, followed=one) for one in (True, False))
    fallen = trial(series, watch, detect, followed=True, drop=drop)
    found, sure = (one & still.tested for one in (fallen.alarmed, fallen.confirmed))
    bits = (still.tested, still.alarmed, still.confirmed, fresh.tested, fresh.alarmed, found, sure)
    code = np.zeros(series.shape[1:], np.uint16)
    for place, bit in enumerate(bits):
        code |= bit.astype(np.uint16) << np.uint16(place)
    for place, months in ((8, still.months), (12, fresh.months)):
        code |= np.minimum(months, _MOST_MONTHS).astype(np.uint16) << np.uint16(place)
    stood = (level(series, days, watch, FALLEN * drop) - _LEVEL_LEAST) * _LEVEL_STEPS
    written = np.where(np.isnan(stood), 0, np.clip(np.round(stood), 1, 65_535))
    return code[0], written[0].astype(np.uint16)


def _exposed(found: Breaks, part: tuple[slice, ...], plan: _Planned) -> npt.NDArray[np.uint16]:
    """Write the months of the true watch in which a break could begin: followed, and later ones.

    Beside them whether one was found: months after a break are no measure of the watch's length.
    """
    import numpy as np

    from landcover.kernels.breaks import SHORT, UNSTABLE
    from landcover.kernels.placebo import months_judged

    judged, start = found.judged[:, *part], plan.monitor_start
    split = max(plan.until - plan.lasting_days, start)
    months = months_judged(judged, start, start, plan.until).astype(np.uint16)
    followed = np.zeros_like(months)
    if split > start:
        followed = months_judged(judged, start, start, split).astype(np.uint16)
    watched = ~np.isin(found.kind[part], (SHORT, UNSTABLE))
    fresh = np.minimum(months - followed, _MOST_FRESH) << 8
    broken = (found.count[part] > 0).astype(np.uint16) << _BROKEN_BIT
    exposed: npt.NDArray[np.uint16] = (
        (np.minimum(followed, _MOST_FOLLOWED) | fresh | broken) * watched
    ).astype(np.uint16)
    return exposed


# --- learn -------------------------------------------------------------------------------------


def _counts(
    planes: npt.NDArray[np.uint16], inside: npt.NDArray[np.bool_], least: float | None
) -> npt.NDArray[np.int64]:
    """Count, of each sampled pixel, the watches in which it stood: int64 (COLUMNS, Y, X)."""
    import numpy as np

    counts = np.zeros((COLUMNS, *inside.shape), np.int64)
    limit = np.inf if least is None else max((least - _LEVEL_LEAST) * _LEVEL_STEPS - 0.5, 1.0)
    stood_ever = np.zeros(inside.shape, np.bool_)
    for number, (code, level) in enumerate(zip(planes[:-1:2], planes[1::2], strict=True)):
        stood = inside & (level >= limit)
        stood_ever |= stood
        found = _decoded(np.where(stood, code, 0).astype(np.int64))
        first = len(OF_PIXELS) + number * len(COUNTS)
        counts[first : first + len(COUNTS)] = [found[name] for name in COUNTS]
    exposed = np.where(stood_ever, planes[-1], 0).astype(np.int64)
    seen, broken = exposed > 0, exposed >> _BROKEN_BIT > 0
    months = np.where(broken, 0, exposed)
    alone = [stood_ever, seen, seen & ~broken, months & _MOST_FOLLOWED, months >> 8]
    counts[: len(OF_PIXELS)] = alone
    return counts


def _decoded(code: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int64]]:
    """Read the code of one watch."""
    bits = (
        "followed", "followed_alarms", "followed_confirmed", "fresh", "fresh_alarms",
        "power_found", "power_confirmed",
    )  # fmt: skip
    found = {name: code >> place & 1 for place, name in enumerate(bits)}
    months = {"followed_months": code >> 8 & _MOST_MONTHS, "fresh_months": code >> 12}
    return {**found, **months, "power": found["followed"]}
