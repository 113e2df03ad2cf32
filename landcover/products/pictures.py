"""`pictures: true`: true-colour composites, ``rgb_<period>.tif``, to look at.

The median of red, green and blue in each period, stretched to 8 bits by one fixed rule so
that years can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from landcover.model import REFLECTANCE_SCALE, Layer
from landcover.products.base import Context, Need, Product, Stack
from landcover.products.spans import ListedPeriod, spans
from landcover.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["PRODUCT", "PictureSettings"]

BANDS = ("red", "green", "blue")

WHITE = 0.25
"""Reflectance drawn as full brightness (1); bare soil in the tropics reaches 0.2 to 0.3 in red."""

GAMMA = 1.6
"""Exponent that lifts dark forest (1), chosen by eye on Sentinel-2 scenes of rainforest."""


class PictureSettings(Settings):
    """When pictures are made, and from which source."""

    every: Literal["month", "quarter", "half_year", "year"] | tuple[ListedPeriod, ...] | None = (
        Field(
            default=None,
            description="Length of a period, or a list of periods. Default: as `composite`, "
            "else year.",
        )
    )
    source: str | None = Field(default=None, description="Name of the source to use.")


def _need(settings: PictureSettings, context: Context) -> Need:
    """Ask for the three visible bands."""
    source = settings.source or context.sources[0]
    return Need(source, BANDS, BANDS, spans(settings.every or "year", context.period))


def _layers(settings: PictureSettings, context: Context) -> tuple[Layer, ...]:
    """Promise one picture a period."""
    return tuple(
        Layer(
            name=f"rgb_{span.name}",
            product=PRODUCT.name,
            bands=BANDS,
            units=("1", "1", "1"),
            dtype="uint8",
            nodata=0,
            valid_range=(1.0, 255.0),
            tags={
                "PRODUCT": PRODUCT.name,
                "PRODUCT_VERSION": str(PRODUCT.version),
                "FIRST_DAY": str(span.period.start),
                "LAST_DAY": str(span.period.last),
                "STRETCH": f"255 * (reflectance / {WHITE}) ** (1 / {GAMMA}), at least 1",
            },
        )
        for span in spans(settings.every or "year", context.period)
    )


def stretch(reflectance: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Turn reflectance into brightness: 1 to 255, and 0 where missing.

    Parameters
    ----------
    reflectance : float32, any shape, NaN where missing

    Returns
    -------
    uint8, same shape
        ``255 * (reflectance / WHITE) ** (1 / GAMMA)``, clipped to [1, 255].
    """
    import numpy as np

    bright = 255.0 * np.clip(reflectance / WHITE, 0.0, 1.0) ** (1.0 / GAMMA)
    seen = np.isfinite(reflectance)
    drawn = np.clip(np.rint(np.where(seen, bright, 1.0)), 1, 255).astype(np.uint8)
    return np.where(seen, drawn, np.uint8(0))


def _observe(
    settings: PictureSettings, context: Context, stack: Stack
) -> Mapping[str, npt.NDArray[Any]]:
    """Draw one period: the median of each visible band."""
    import numpy as np

    del settings, context
    scale = np.float32(REFLECTANCE_SCALE)
    planes = [stretch(stack.median(band) / scale) for band in BANDS]
    picture = np.stack(planes)
    # one missing band makes the pixel missing: a colour from two bands would be a guess
    picture[:, (picture == 0).any(axis=0) | ~stack.inside] = 0
    return {f"rgb_{stack.span.name}": picture}


PRODUCT = Product(
    name="pictures",
    title="True-colour composites",
    version=1,
    Settings=PictureSettings,
    need=_need,
    layers=_layers,
    observe=_observe,
    in_job=False,
    documentation=__doc__ or "",
)
