"""What a job may say about its pixel grid.

This module knows keys and their limits. It does not know rasters.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from landcover.settings import Settings, wrong

__all__ = ["GridSettings"]


class GridSettings(Settings):
    """The pixel plane of the results."""

    crs: str = Field(
        default="auto",
        min_length=1,
        description="CRS of the results in metres (EPSG:32635), or `auto`: the scenes' own where "
        "they share one, else one UTM zone, else an equal-area plane.",
    )
    resolution_m: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Pixel side in metres. Default: that of the scenes, where they share a grid.",
    )
    resampling: Literal["nearest", "bilinear"] = Field(
        default="nearest", description="How values are warped where scenes do not lie on the grid."
    )
    tile_px: int | None = Field(
        default=None,
        ge=1,
        le=65_536,
        description="Tile side in pixels. Default: as large as the memory allows.",
    )

    @field_validator("resolution_m", mode="after")
    @classmethod
    def _sane(cls, value: float | None) -> float | None:
        """Refuse pixels far below anything a satellite sees."""
        if value is not None and value < 0.1:
            raise wrong(f"a pixel of {value:g} m is too small", "Give the side in metres, as 10")
        return value
