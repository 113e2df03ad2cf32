"""Colours along a scale, fitted to what a value means: one fixed ramp a meaning, for all periods.

A ramp knows its index, not its raster: so years and months can be compared by eye. All of them
stay legible to the colour-blind: they go from light to dark, or from brown to teal through grey.
"""

from __future__ import annotations

from collections.abc import Sequence

from landcover.kernels.indices import INDICES
from landcover.outputs.colours import colour_at
from landcover.outputs.doors.naming import spelt
from landcover.outputs.style import Fit, Ramp

__all__ = [
    "CLEAR", "POWER", "P_VALUE", "REFLECTANCE", "amount", "change", "counting",
    "looks", "quantity", "quantity_range", "score",
]  # fmt: skip

_GREEN = (
    (0.0, "#e8dcc0"), (0.3, "#e3d283"), (0.5, "#a8c76b"), (0.7, "#4f9a4a"), (0.85, "#17693a"),
    (1.0, "#00331f"),
)  # fmt: skip
"""From bare ground (0) to dense vegetation (1): lighter to darker."""

_WATER = "#8fb0d6"
"""Below 0 there is no vegetation but water, cloud or ash: blue tells it from pale soil."""

_AMOUNTS = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
"""Cividis (Nunez and others 2018, doi:10.1371/journal.pone.0199239): from none to much."""

_PALE_AMOUNTS = ("#efe9df", "#d9c3a5", "#b98a5b", "#8a5326", "#4d2409")
"""From little (pale) to much (dark brown)."""

_BOTH_WAYS = ("#543005", "#a6611a", "#dfc27d", "#e8e8e8", "#80cdc1", "#018571", "#003c30")
"""Brown, grey, teal (ColorBrewer BrBG): losses of vegetation, none, gains."""

_PLAIN_UNITS = ("", "1", "1/year")
"""Units of plain numbers, and of their slopes."""

_GREYS = ("#252525", "#f7f7f7")

_NDVI = (-0.2, 1.0)
"""Open water lies about -0.2 in NDVI, no vegetation above 1."""

_TICKS_AT_MOST = 8
"""More numbers than these beside a legend run into each other."""

_REFLECTANCES = {"coastal", *(band for one in INDICES.values() for band in one.bands)}
"""Bands that reflect a part of the light, between 0 and 1."""

_NO_LOOK = "#d4d4d4"
"""Of ground that was never seen clear."""

_WIDTHS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200)
"""Looks that share a colour."""

_LOOK_STEPS = 6
"""Colours of looks, at most."""

_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
"""Between whole numbers of a legend: they suit months and years."""


def _spread(low: float, high: float, colours: Sequence[str]) -> tuple[tuple[float, str], ...]:
    """Lay colours evenly between two values."""
    step = (high - low) / (len(colours) - 1)
    return tuple((round(low + n * step, 10), one) for n, one in enumerate(colours))


P_VALUE = Ramp(
    ((0.0, "#3f007d"), (0.05, "#756bb1"), (0.1, "#9e9ac8"), (0.5, "#dadaeb"), (1.0, "#ececec")),
    (0.0, 0.1, 0.5, 1.0),
)
"""A probability from 0 to 1: what hardly happens by chance is dark."""

CLEAR = Ramp(
    (
        (0.0, "#d4d4d4"), (1.0, "#00224e"), (3.0, "#35456c"), (6.0, "#666970"), (12.0, "#948e77"),
        (24.0, "#c8b866"), (48.0, "#fee838"),
    ),
)  # fmt: skip
"""Looks: the first few matter most, so a step of colour is a doubling; none at all is grey."""

REFLECTANCE = Ramp(_spread(0.0, 0.5, _GREYS))
"""Land without snow reflects less than half in every band (1)."""

POWER = Ramp(_spread(-25.0, 0.0, _GREYS), (-25.0, -20.0, -15.0, -10.0, -5.0, 0.0))
"""Backscatter of land (dB), from smooth water to towns."""


def _own(index: str, unit: str, fit: Fit) -> Fit:
    """Return how a ramp is fitted to its rasters: those of a unit of their own have no other range.

    Rain in mm, a height in m: no share of 0 to 1 says anything of them.
    """
    known = index in INDICES or unit.startswith("dB")
    return "" if known or (unit in _PLAIN_UNITS and index in _REFLECTANCES) else fit


def _evenly(colours: Sequence[str], count: int) -> list[str]:
    """Return so many colours, evenly from the first to the last."""
    ramp = Ramp(_spread(0.0, 1.0, colours))
    return [colour_at(ramp, n / max(count - 1, 1)) for n in range(count)]


def quantity_range(index: str) -> tuple[float, float]:
    """Return the values between which an index lies; 0 and 1 for what is none."""
    return INDICES[index].valid_range if index in INDICES else (0.0, 1.0)


def _falls(index: str) -> bool:
    """Whether an index falls where vegetation is lost, as most do."""
    return index not in INDICES or INDICES[index].loss != "rises"


def _vegetation(low: float, high: float) -> Ramp:
    """Lay greens from 0 to `high`, and blue below 0."""
    greens = tuple((round(at * high, 10), one) for at, one in _GREEN)
    return Ramp(((low, _WATER), *greens) if low < 0 else greens)


def quantity(index: str, unit: str = "1") -> Ramp:
    """Return the one ramp of an index or band, whatever the period.

    Parameters
    ----------
    index : str
        Its key, as the tag INDEX has it.
    unit : str
        Of its band: "dB" tells radar power.
    """
    if unit == "dB":
        return POWER
    if index not in INDICES:
        fit = _own(index, unit, "range")
        return Ramp(_spread(0.0, 1.0, _AMOUNTS), fit=fit) if fit else REFLECTANCE
    low, high = _NDVI if index == "ndvi" else quantity_range(index)
    if INDICES[index].loss == "falls":
        return _vegetation(low, high)
    return Ramp(_spread(low, high, _AMOUNTS))


def _wide(index: str, unit: str) -> float:
    """Return how far two values lie apart: 2 for NDVI."""
    if unit.startswith("dB"):
        return POWER.high - POWER.low
    low, high = quantity_range(index)
    return high - low


def change(index: str, share: float, unit: str = "1") -> Ramp:
    """Return a ramp symmetric about 0: brown for lost vegetation, teal for more of it.

    Parameters
    ----------
    index : str
    share : float
        Where it ends on either side, as a share of the width of the index's range.
    unit : str
    """
    end = _wide(index, unit) * share
    colours = _BOTH_WAYS if _falls(index) else _BOTH_WAYS[::-1]
    ticks = (-end, -end / 2, 0.0, end / 2, end)
    return Ramp(_spread(-end, end, colours), ticks, fit=_own(index, unit, "sides"))


def score(index: str) -> Ramp:
    """Return the ramp of an index's z scores: beyond 3 standard deviations all are alike."""
    colours = _BOTH_WAYS if _falls(index) else _BOTH_WAYS[::-1]
    return Ramp(_spread(-3.0, 3.0, colours), (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0))


def amount(index: str, share: float, unit: str = "1") -> Ramp:
    """Return a ramp from 0 to a share of the width of an index's range."""
    stops = _spread(0.0, _wide(index, unit) * share, _PALE_AMOUNTS)
    return Ramp(stops, fit=_own(index, unit, "from_0"))


def _whole_ticks(low: int, high: int) -> tuple[float, ...]:
    """Return whole numbers to write beside a legend, not too many."""
    step = next((n for n in _STEPS if (high - low) // n < _TICKS_AT_MOST), _STEPS[-1])
    return tuple(float(n) for n in range(low, high + 1, step))


def counting(most: int, least: int = 0) -> Ramp:
    """Return a ramp of whole numbers."""
    most = max(most, least + 1)
    return Ramp(_spread(float(least), float(most), _AMOUNTS), _whole_ticks(least, most))


def looks(most: int) -> Ramp:
    """Return a ramp of clear observations in whole steps, up to the most that there are.

    None at all is grey; some observations share a colour where there are many.
    """
    width = next((n for n in _WIDTHS if most <= n * _LOOK_STEPS), _WIDTHS[-1])
    count = max(1, -(-most // width))
    ends = [(n * width + 1, (n + 1) * width) for n in range(count)]
    colours = _evenly(_AMOUNTS, count)
    stops = [(first - 0.5, colour) for (first, _), colour in zip(ends, colours, strict=True)]
    names = [spelt(f"{first}" if first == last else f"{first}–{last}") for first, last in ends]
    end = (ends[-1][1] + 0.5, colours[-1])
    return Ramp(((-0.5, _NO_LOOK), *stops, end), steps=(spelt("0"), *names))
