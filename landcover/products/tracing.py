"""One place through `disturbance`: what each scene showed, what was expected, where it broke.

The same kernels and settings as the product's, on the series of one pixel. It knows no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from landcover.model import Period, Scene
from landcover.products.base import Span, Stack
from landcover.products.disturbance import DisturbanceSettings, detect, history_of, monitored

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Break", "Chip", "Followed", "Look", "decisive", "follow"]

EPOCH = date(1970, 1, 1)

State = Literal["clear", "class", "grown", "nodata", "outside", "unread"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one scene showed of a place on one day.

    `state` is clear, class (masked by its own class), grown (near enough to cloud), nodata,
    outside (the scene's files do not reach the place) or unread (with its `reason`). `names` are
    those of what masked it, by language. `value` is the index where the scene gave the day's
    value: the first clear one of a day does.
    """

    day: date
    scene: Scene
    state: State
    code: int | None = None
    names: tuple[tuple[str, str], ...] = ()
    value: float | None = None
    reason: str = ""

    @property
    def used(self) -> bool:
        """Whether the day's value is this scene's."""
        return self.value is not None

    def name_in(self, language: str) -> str:
        """Name what masked it in a language, else in another."""
        names = dict(self.names)
        return names.get(language) or next(iter(names.values()), "")


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """A true-colour picture around a place: uint8 (Y, X, 3), black where there is nothing.

    (`row`, `column`) is the place's own pixel. `after` tells whether it is of the break or later.
    """

    day: date
    scene: str
    after: bool
    pixels: npt.NDArray[np.uint8]
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Break:
    """One break of a place; numbers are None where they were not observed.

    `kind` is its own: a field that grew back and the mine that came later are two.
    """

    day: date
    before: date | None
    kind: int
    confidence: int
    magnitude: float | None
    drop: float | None
    recovered_12: float | None
    recovered_24: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One series through the detector; arrays are float64 (T,), NaN where undefined.

    `boundary` is in the values' unit, and empty for bfast; `process` and `limit` are bfast's sums
    and how far they may go (standard deviations), and empty for the robust method. `expected`
    begins where the history is at rest; after a break it is the history's until there is a fit of
    what followed. `last` is the last look that was judged, `alarm` the look at which bfast gave
    the alarm of its break.
    """

    settings: DisturbanceSettings
    history: Period
    watched: Period
    dates: tuple[date, ...]
    values: npt.NDArray[np.float32]
    expected: npt.NDArray[np.float64]
    boundary: npt.NDArray[np.float64]
    process: npt.NDArray[np.float64]
    limit: npt.NDArray[np.float64]
    breaks: tuple[Break, ...]
    count: int
    kind: int
    used_looks: int
    watched_looks: int
    scale: float | None
    last: date | None = None
    alarm: date | None = None

    @property
    def run(self) -> int:
        """Looks that a break takes: all but one of the last so many cannot begin any."""
        keys = self.settings
        if keys.method == "robust":
            return keys.robust.run
        return keys.bfast.run if keys.bfast.gate > 0 else 1  # without a gate each alarm counts

    @property
    def tells_alarm(self) -> bool:
        """Whether the day of a break is that of the alarm, as the job may ask of bfast."""
        return self.settings.method == "bfast" and self.settings.bfast.date == "alarm"


def decisive(settings: Any, period: Period) -> dict[str, Any]:
    """Return what of the product's settings decides what is told of a place, as JSON.

    So not those of the other method, nor of how false alarms are measured; and a history that is
    named as it would be anyway is the same one.

    Parameters
    ----------
    settings : DisturbanceSettings
    period : Period
        The job's.

    Raises
    ------
    TypeError
        They are another product's.
    """
    if not isinstance(settings, DisturbanceSettings):
        raise TypeError(type(settings))
    others = {"robust", "bfast"} - {settings.method}
    told = settings.model_dump(
        mode="json", exclude={"stable", "trials", "history", "source", *others}
    )
    when = [str(history_of(settings, period)), str(monitored(settings, period))]
    return {**told, "when": when}


def follow(
    settings: DisturbanceSettings,
    period: Period,
    dates: tuple[date, ...],
    values: npt.NDArray[np.float32],
) -> Followed:
    """Find the breaks of one series, and what was expected at each of its dates.

    Parameters
    ----------
    settings : DisturbanceSettings
    period : Period
        The job's.
    dates : tuple of date
        Increasing; one a value.
    values : float32 (T,), in the index's unit
        NaN where nothing was clear.

    Returns
    -------
    Followed

    Raises
    ------
    PlanError
        The history does not fit the period.
    """
    import numpy as np

    from landcover.kernels.breaks import BREAKS_KEPT

    history, watched = history_of(settings, period), monitored(settings, period)
    inside, none = np.ones((1, 1), bool), np.zeros((1, 1), np.uint16)
    stack = Stack(Span(period, "point"), dates, {}, none, inside)
    found = detect(settings, values.reshape(-1, 1, 1), stack, history)
    lines = _lines(settings, dates, values, history, watched)
    kept = min(int(found.count[0, 0]), BREAKS_KEPT)
    breaks = tuple(
        Break(
            _day(found.day[k, 0, 0]),
            _day_or_none(found.before[k, 0, 0]),
            int(found.kinds[k, 0, 0]),
            int(found.confidence[k, 0, 0]),
            *(
                _real(plane[k, 0, 0])
                for plane in (found.magnitude, found.drop, found.recovered_12, found.recovered_24)
            ),
        )
        for k in range(kept)
    )
    return Followed(
        settings, history, watched, dates, values,
        lines.expected, lines.boundary, lines.process, lines.limit, breaks,
        int(found.count[0, 0]), int(found.kind[0, 0]), int(found.used[0, 0]),
        int(found.watched[0, 0]), _real(found.scale[0, 0]), _day_or_none(found.last[0, 0]),
        dates[lines.alarm] if breaks and lines.alarm >= 0 else None,
    )  # fmt: skip


def _day(number: np.int32) -> date:
    """Return the day that lies so many after 1970-01-01."""
    return EPOCH + timedelta(days=int(number))


def _day_or_none(number: np.int32) -> date | None:
    """Return the same; None for `NEVER`."""
    return _day(number) if number >= 0 else None


def _real(value: np.floating[npt.NBitBase] | np.float32) -> float | None:
    """Return a number, None where it is NaN."""
    return None if value != value else float(value)


class _Lines(NamedTuple):
    """What a detector saw, as in `Followed`, and the row of bfast's alarm; -1 where none."""

    expected: npt.NDArray[np.float64]
    boundary: npt.NDArray[np.float64]
    process: npt.NDArray[np.float64]
    limit: npt.NDArray[np.float64]
    alarm: int = -1


def _lines(
    settings: DisturbanceSettings,
    dates: tuple[date, ...],
    values: npt.NDArray[np.float32],
    history: Period,
    watched: Period,
) -> _Lines:
    """Return what was expected, its boundary, and bfast's process, its limit and alarm."""
    import numpy as np

    from landcover.kernels import bfast, bfast_trace, robust, robust_trace

    days = np.array(dates, "datetime64[D]").astype(np.int64)
    ends = [history.start, history.end, watched.end]
    start, end, until = np.array(ends, "datetime64[D]").astype(int).tolist()
    none = np.full(len(dates), np.nan)
    if settings.method == "bfast":
        keys = bfast.BfastSettings(**settings.bfast.model_dump())
        seen = bfast_trace.trace(values.astype(np.float64), days, start, end, keys)
        return _Lines(seen.fitted, none, seen.process, seen.boundary, seen.alarm)
    own = robust.RobustSettings(**settings.robust.model_dump())
    told = robust_trace.trace(values, days, start, end, own, until=until)
    return _Lines(told.fitted, told.limit, none, none)
