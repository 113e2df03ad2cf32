"""The layers of `disturbance`: what each is called, and what its values mean.

It knows names, units, legends and tags. It does not know how breaks are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from landcover.model import Layer, Legend, LegendClass, Period
from landcover.products.breaking import BREAK_PLANES, FOUND, FOUND_PLANES, LOOKS, break_layer
from landcover.products.hectares import years_of
from landcover.settings import Settings

__all__ = ["KIND_LEGEND", "NAME", "final_planes", "stored_planes", "tags_of"]

NAME: Final = "disturbance"

KIND_LEGEND: Final = Legend(
    "disturbance_kind",
    (
        LegendClass(1, {"en": "stable", "fr": "stable"}, "#cfe3c8"),
        LegendClass(2, {"en": "abrupt", "fr": "abrupt"}, "#a50f15"),
        LegendClass(3, {"en": "gradual", "fr": "progressif"}, "#f16913"),
        LegendClass(4, {"en": "recovering", "fr": "en régénération"}, "#fddb6d"),
        LegendClass(5, {"en": "history too short", "fr": "historique trop court"}, "#9ecae1"),
        LegendClass(6, {"en": "history unstable", "fr": "historique instable"}, "#4a7fb5"),
    ),
)
"""What the values of `disturbance_kind.tif` mean; 0 is outside all zones, or not watched: no break,
and hardly looked at in the monitoring period or not in its last year."""


def tags_of(
    version: int, index: str, method: str, keys: Settings, history: Period, watched: Period
) -> dict[str, str]:
    """Say how breaks were found; `keys` are the method's."""
    return {
        "PRODUCT": NAME,
        "PRODUCT_VERSION": str(version),
        "INDEX": index,
        "FIRST_DAY": str(history.start),
        "LAST_DAY": str(watched.last),
        "HISTORY": f"{history.start} to {history.last}",
        "MONITORED": f"{watched.start} to {watched.last}",
        "METHOD": method,
        "METHOD_SETTINGS": ", ".join(f"{key}={value}" for key, value in keys),
    }


def stored_planes(tags: Mapping[str, str], watched: Period) -> tuple[Layer, ...]:
    """Name the layers that are stored for `settle`: all breaks, and the months that were judged."""
    from landcover.kernels.breaks import BREAKS_KEPT

    years = tuple(str(year) for year in years_of(watched))
    ones = ("1",) * max(len(BREAK_PLANES), len(years))
    return (
        Layer(
            FOUND, NAME, FOUND_PLANES, ones[: len(FOUND_PLANES)], "uint16", 0, tags=tags, kept=False
        ),
        *(
            Layer(break_layer(n), NAME, BREAK_PLANES, ones[: len(BREAK_PLANES)], tags=tags,
                  kept=False)
            for n in range(BREAKS_KEPT)
        ),
        Layer(LOOKS, NAME, years, ones[: len(years)], "uint16", 0, tags=tags, kept=False),
    )  # fmt: skip


def final_planes(
    index: str, min_ha: float, patch_days: int, tags: Mapping[str, str]
) -> tuple[Layer, ...]:
    """Promise the two rasters that are written."""
    told = {**tags, "MIN_HA": f"{min_ha:g}", "PATCH_DAYS": str(patch_days)}
    bands = (
        ("date of the first break, 0 where none", "decimal year"),
        (f"magnitude: median residual of {index} from the break on", "1"),
        ("confidence: 0 none, 1 low, 2 provisional, 3 confirmed", "class"),
        ("looks that the history's fit rests on", "looks"),
        (f"drop: median residual of {index} just after the break", "1"),
        ("last clear date before the break", "decimal year"),
        ("breaks in the monitoring period", "breaks"),
    )
    names, units = zip(*bands, strict=True)
    codes = ", ".join(f"{one.value} {one.names['en']}" for one in KIND_LEGEND.classes)
    named = f"kind of disturbance: {codes}"
    kind = Layer(
        "disturbance_kind", NAME, (named,), ("class",), "uint8", 0, (1.0, 6.0),
        KIND_LEGEND, "nearest", told,
    )  # fmt: skip
    return (Layer("disturbance", NAME, names, units, overviews="nearest", tags=told), kind)
