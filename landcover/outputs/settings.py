"""What a job may say about reports and about sharing.

This module knows keys and their limits. It does not know how anything is written.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from landcover.settings import Language, Settings, wrong

__all__ = ["ReportSettings", "Rounded", "ShareSettings"]


class ReportSettings(Settings):
    """The report, the map and the project."""

    languages: tuple[Language, ...] = Field(
        default=("en",), min_length=1, description="Languages of what is written for people."
    )

    @field_validator("languages", mode="after")
    @classmethod
    def _once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        """Refuse a language named twice."""
        if len(set(languages)) < len(languages):
            raise wrong("a language is named twice", "Name each once")
        return languages


class Rounded(Settings):
    """Positions moved to the centres of a coarse grid."""

    grid_km: float = Field(ge=1, le=1000, description="Side of the grid's squares, in kilometres.")


class ShareSettings(Settings):
    """What leaves the house when results are packed for the public."""

    positions: Literal["exact", "withheld"] | Rounded | None = Field(
        default=None,
        description="Positions of the groups with `sensitive: true` in report, map, pictures and "
        "`pack --public`: `exact`, `withheld`, or `{grid_km: 5}`. Where this is given and no "
        "group is marked, it holds for all groups of sites. Default: `{grid_km: 5}` for groups "
        "that are marked; all others are shown as they are.",
    )

    @property
    def told(self) -> str | float | None:
        """Say it in one word or number: "exact", "withheld", or the squares' side in km."""
        return self.positions.grid_km if isinstance(self.positions, Rounded) else self.positions
