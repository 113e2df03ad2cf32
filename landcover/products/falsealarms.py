"""The false-alarm rate of disturbances, measured in every run on the land of the run itself.

In a sample of pixels, blocks of the history are watched as if nothing were known of them, by the
job's own detector and settings (see `landcover.kernels.placebo`). Where the land stood, a break
found there is false. Whether it stood is told without a look at the block: by the history beside
it, and by the year after. The same watches over a drop that was put in tell the power.

It knows breaks and periods. It does not know files, tables or pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import Field

from landcover.model import Layer, Period
from landcover.products.alarmrates import COUNTS, finish, merge
from landcover.products.base import Context, Learn, Stack, Stored, Summary
from landcover.settings import Names, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.breaks import Breaks
    from landcover.kernels.placebo import Detector, Watch

__all__ = ["TRIALS", "Measured", "StableKeys", "TrialKeys", "least_level"]

TRIALS: Final = "disturbance_trials"
"""Layer that is stored: what the placebo watches of the sampled pixels came to."""

STANDING: Final[Mapping[str, float]] = {
    "ndvi": 0.7, "evi": 0.4, "evi2": 0.4, "nbr": 0.45, "ndmi": 0.17,
}  # fmt: skip
"""Least medians (no unit) of ground that is taken for forest: some four fifths of what moist
forest of the Congo basin has, well above its fields and fallows."""

FALLEN: Final = 0.2
"""Share of the drop that is put in: land that is lower by more, a year later, did not stand."""

CHUNK_PX: Final = 2048
"""Pixels that are tried together (px): some ten megabytes, whatever the tile."""

_LEVEL_STEPS: Final = 10_000
_LEVEL_LEAST: Final = -2.0
"""Levels are stored in steps of 1/10,000 from here on; no index lies below."""

_MOST_MONTHS: Final = 15
"""Months of a block are stored in four bits."""

_MOST_EXPOSED: Final = 255
"""Months of the true watch are stored in a byte, twice."""


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
        "that are tried, and no lower in the year after them. Default: 0.7 for ndvi, 0.4 for evi "
        "and evi2, 0.45 for nbr, 0.17 for ndmi; other indices have none, and without it their "
        "false alarms are not measured.",
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
        """Count the placebo watches of a pixel; 0 where the history has no room for any."""
        from landcover.kernels.placebo import watch_count

        plan = self._planned(settings, context)
        return watch_count(plan.history_start, plan.monitor_start, plan.least_days)

    def layers(self, settings: Any, context: Context, tags: Mapping[str, str]) -> tuple[Layer, ...]:
        """Promise the layer of trials; none where the history has no room for any."""
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
                code, level = _tried(settings, series, days, watch, detect, number == 0)
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
            return {"cells": np.zeros(0, np.int64), "sums": np.zeros((0, len(COUNTS)), np.int64)}
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
    power: bool,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Write one watch of some pixels as a code, and how high they stood beside it."""
    import numpy as np

    from landcover.kernels.placebo import level, trial

    drop = settings.trials.drop
    still, fresh = (trial(series, watch, detect, followed=one) for one in (True, False))
    bits = [still.tested, still.alarmed, still.confirmed, fresh.tested, fresh.alarmed]
    if power:
        fallen = trial(series, watch, detect, followed=True, drop=drop)
        bits += [fallen.tested, fallen.alarmed, fallen.confirmed]
    code = np.zeros(series.shape[1:], np.uint16)
    for place, bit in enumerate(bits):
        code |= bit.astype(np.uint16) << np.uint16(place)
    for place, months in ((8, still.months), (12, fresh.months)):
        code |= np.minimum(months, _MOST_MONTHS).astype(np.uint16) << np.uint16(place)
    stood = (level(series, days, watch, FALLEN * drop) - _LEVEL_LEAST) * _LEVEL_STEPS
    written = np.where(np.isnan(stood), 0, np.clip(np.round(stood), 1, 65_535))
    return code[0], written[0].astype(np.uint16)


def _exposed(found: Breaks, part: tuple[slice, ...], plan: _Planned) -> npt.NDArray[np.uint16]:
    """Write the months of the true watch in which a break could begin: followed, and later ones."""
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
    halves = [np.minimum(one, _MOST_EXPOSED) * watched for one in (followed, months - followed)]
    exposed: npt.NDArray[np.uint16] = (halves[0] | halves[1] << 8).astype(np.uint16)
    return exposed


# --- learn -------------------------------------------------------------------------------------


def _counts(
    planes: npt.NDArray[np.uint16], inside: npt.NDArray[np.bool_], least: float | None
) -> npt.NDArray[np.int64]:
    """Count, of each sampled pixel, the watches in which it stood: int64 (COUNTS, Y, X)."""
    import numpy as np

    found = dict.fromkeys(COUNTS, np.zeros(inside.shape, np.int64))
    limit = np.inf if least is None else max((least - _LEVEL_LEAST) * _LEVEL_STEPS - 0.5, 1.0)
    stood_ever = np.zeros(inside.shape, np.bool_)
    for code, level in zip(planes[:-1:2], planes[1::2], strict=True):
        stood = inside & (level >= limit)
        stood_ever |= stood
        for name, count in _decoded(np.where(stood, code, 0).astype(np.int64)):
            found[name] = found[name] + count
    exposed = np.where(stood_ever, planes[-1], 0).astype(np.int64)
    found["pixels"] = (exposed > 0).astype(np.int64)
    found["true_followed_months"], found["true_fresh_months"] = exposed & 255, exposed >> 8
    return np.stack([found[name] for name in COUNTS])


def _decoded(code: npt.NDArray[np.int64]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Read the code of one watch."""
    bits = (
        "followed", "followed_alarms", "followed_confirmed", "fresh", "fresh_alarms", "power",
        "power_found", "power_confirmed",
    )  # fmt: skip
    for place, name in enumerate(bits):
        yield name, code >> place & 1
    yield "followed_months", code >> 8 & _MOST_MONTHS
    yield "fresh_months", code >> 12 & _MOST_MONTHS
