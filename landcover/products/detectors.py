"""The numbers of the two detectors of breaks, as keys of a job.

Names and defaults are those of `landcover.kernels.robust.RobustSettings` and
`landcover.kernels.bfast.BfastSettings`, which know what they do.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, field_validator

from landcover.settings import Settings

__all__ = ["BfastKeys", "RobustKeys"]

ROBUST_LEVELS: Final = (0.1, 0.05, 0.01, 0.001, 0.0)
"""Levels that the test of a history has critical values for; 0 tests nothing."""
BFAST_LEVELS: Final = (0.05, 0.01)
"""Levels that bfastmonitor has critical values for, and the widths of its moving sum."""
BFAST_WIDTHS: Final = (0.25, 0.5, 1.0)
BFAST_PERIODS: Final = (2.0, 4.0, 6.0, 8.0, 10.0)
"""Lengths of a series, in histories, that bfastmonitor has critical values for."""


def _one_of(value: float, known: tuple[float, ...]) -> float:
    """Refuse a number that has no critical value."""
    if value not in known:
        listed = ", ".join(f"{one:g}" for one in known)
        raise ValueError(f"there is no critical value for {value:g}. Take one of {listed}")
    return value


class _DetectorKeys(Settings):
    """What a history needs, and what becomes of a break, whoever finds it."""

    lasting_days: int = Field(
        default=365, ge=1, le=3660, description="Days after a break over which it has to last."
    )
    least_looks: int = Field(
        default=12, ge=6, le=1000, description="Clear looks that a history needs."
    )
    least_days: int = Field(
        default=540, ge=30, le=36600, description="Days from a history's first look to its last."
    )
    recovered: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="Share of the drop whose regaining within 24 months makes it recovering.",
    )


class RobustKeys(_DetectorKeys):
    """Keys of `products.disturbance.robust`."""

    harmonics: int = Field(
        default=1, ge=1, le=3, description="Waves a year of the season: 1, 2 or 3."
    )
    run: int = Field(
        default=4, ge=2, le=20, description="Looks in a row below the limit that make a break."
    )
    threshold: float = Field(
        default=1.5, gt=0, le=10, description="The limit, in standard deviations below the season."
    )
    scale_floor: float = Field(
        default=0.01, ge=0, le=1, description="Least standard deviation, in the index's unit."
    )
    least_drop: float = Field(
        default=0.12,
        ge=0,
        le=2,
        description="Smaller drops are not told, in the index's unit. Land whose history moves so "
        "far that such a drop would not show is not called stable; 0 does not ask that.",
    )
    level: float = Field(
        default=0.01,
        description="Level of the test whether a history is at rest: 0.1, 0.05, 0.01, 0.001; "
        "0: no test.",
    )
    shift: float = Field(
        default=3.0,
        ge=0,
        le=100,
        description="A history that left its level by fewer standard deviations is not cut.",
    )
    refit_days: int = Field(
        default=365,
        ge=183,
        le=3660,
        description="Days after a break, and before each later year, that a new fit rests on.",
    )

    @field_validator("level")
    @classmethod
    def _tabled(cls, level: float) -> float:
        """Refuse a level without a critical value."""
        return _one_of(level, ROBUST_LEVELS)


class BfastKeys(_DetectorKeys):
    """Keys of `products.disturbance.bfast`."""

    least_looks: int = Field(
        default=12,
        ge=0,
        le=1000,
        description="Clear looks that a history needs; 0: as many as a fit takes, as R does.",
    )
    least_days: int = Field(
        default=540,
        ge=0,
        le=36600,
        description="Days from a history's first look to its last; 0: no matter, as R does.",
    )
    order: int = Field(default=1, ge=1, le=5, description="Waves a year of the season.")
    trend: bool = Field(
        default=False,
        description="Whether the history may move in a straight line, which is then prolonged; "
        "not for histories shorter than six years.",
    )
    history: Literal["roc", "all"] = Field(
        default="roc", description="The stable end of the history (roc), or all of it."
    )
    test: Literal["mosum", "cusum"] = Field(
        default="mosum", description="Sums of the last residuals, or of all."
    )
    h: float = Field(
        default=0.25,
        description="Width of the moving sum, as a share of the history's looks: 0.25, 0.5, 1.",
    )
    level: float = Field(
        default=0.05, description="Chance of an alarm in a series without a break: 0.05 or 0.01."
    )
    gate: float = Field(
        default=0.1, ge=0, le=2, description="Smaller drops are not told; 0 takes every alarm."
    )
    run: int = Field(default=4, ge=1, le=20, description="Looks whose median is the drop.")
    period: float = Field(
        default=10.0,
        description="Longest series that the level holds for, in histories: 2, 4, 6, 8 or 10.",
    )
    direction: Literal["loss", "both"] = Field(
        default="loss", description="Losses alone, or gains too."
    )
    magnitude: Literal["break", "monitoring"] = Field(
        default="break",
        description="Looks whose median is the magnitude: from the break on (break), or, as in R, "
        "of all that is monitored, which hides a break that comes late (monitoring).",
    )
    date: Literal["drop", "alarm"] = Field(
        default="drop",
        description="The day that is told: of the first low look (drop), or, as in R, of the look "
        "that gives the alarm, up to a window later (alarm).",
    )
    doubt: float = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="Looks of seasons that the history hardly saw, where the fit's variance is "
        "above this many times a look's, are not judged; 1e15 judges all, as R does.",
    )

    @field_validator("level")
    @classmethod
    def _tabled(cls, level: float) -> float:
        """Refuse a level without a critical value."""
        return _one_of(level, BFAST_LEVELS)

    @field_validator("period")
    @classmethod
    def _known_period(cls, period: float) -> float:
        """Refuse a length without a critical value."""
        return _one_of(period, BFAST_PERIODS)

    @field_validator("h")
    @classmethod
    def _known_width(cls, h: float) -> float:
        """Refuse a width without a critical value."""
        return _one_of(h, BFAST_WIDTHS)
