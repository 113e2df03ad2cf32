"""The spectral indices: one literal table, and their values from bands.

Each row's formula text is what is computed (see `formula`); a normalised difference of two
bands takes the fused kernel of `ratio`. Does not know sensors: bands go by our names.
Importing this module does not load numba.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import formula

__all__ = ["BANDS", "INDICES", "Index", "compute", "compute_reflectance", "lookup"]

BANDS = (
    "blue",
    "green",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "swir16",
    "swir22",
)
"""Reflectance bands, by rising wavelength; any of them may stand where an index may."""

Loss = Literal["falls", "rises", "unclear"]
"""What an index does where vegetation gives way to bare ground."""

A = TypeVar("A", bound=np.generic)

_BLOCK_PX = 1 << 16
"""Pixels computed at a time (px): the float64 intermediates stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Index:
    """One spectral index.

    `formula` is in reflectance (0 to 1) of `bands` and in `constants`. `valid_range` is what
    histograms and legends cover, values outside count at its ends: the range over reflectances
    in [0, 1] where that is bounded, else a stated choice. `source` is a DOI or an address. `loss`
    is what the index does where vegetation gives way to bare ground.
    """

    name: str
    title: str
    formula: str
    bands: tuple[str, ...]
    valid_range: tuple[float, float]
    source: str
    constants: Mapping[str, float] = field(default_factory=dict)
    loss: Loss = "unclear"


def _difference(
    name: str, title: str, a: str, b: str, source: str, loss: Loss = "unclear"
) -> Index:
    """Make the row of a normalised difference."""
    formula_text = f"({a} - {b}) / ({a} + {b})"
    return Index(name, title, formula_text, (a, b), (-1.0, 1.0), source, loss=loss)


_EVI = {"g": 2.5, "c1": 6.0, "c2": 7.5, "l": 1.0}  # Huete et al. 1997, MODIS, for reflectance 0-1
_EVI2 = {"g": 2.5, "c": 2.4, "l": 1.0}  # Jiang et al. 2008
_SAVI = {"l": 0.5}  # Huete 1988, intermediate vegetation cover

# Formulas and sources as catalogued by Awesome Spectral Indices (spyndex 0.12.0, MIT).
_TABLE = (
    _difference("ndvi", "Normalised difference vegetation index", "nir", "red",
                "https://ntrs.nasa.gov/citations/19740022614", loss="falls"),
    Index("evi", "Enhanced vegetation index",
          "g * (nir - red) / (nir + c1 * red - c2 * blue + l)", ("nir", "red", "blue"),
          (-1.0, 1.0),  # unbounded where the denominator nears 0; MODIS's usual range
          "doi:10.1016/S0034-4257(96)00112-5", _EVI, loss="falls"),
    Index("evi2", "Two-band enhanced vegetation index",
          "g * (nir - red) / (nir + c * red + l)", ("nir", "red"), (-1.0, 1.25),
          "doi:10.1016/j.rse.2008.06.006", _EVI2, loss="falls"),
    Index("savi", "Soil-adjusted vegetation index",
          "(1 + l) * (nir - red) / (nir + red + l)", ("nir", "red"), (-1.0, 1.0),
          "doi:10.1016/0034-4257(88)90106-X", _SAVI, loss="falls"),
    Index("msavi", "Modified soil-adjusted vegetation index",
          "0.5 * (2 * nir + 1 - sqrt((2 * nir + 1) ** 2 - 8 * (nir - red)))", ("nir", "red"),
          (-1.0, 1.0), "doi:10.1016/0034-4257(94)90134-1", loss="falls"),
    _difference("ndmi", "Normalised difference moisture index", "nir", "swir16",
                "doi:10.1016/S0034-4257(01)00318-2", loss="falls"),
    _difference("nbr", "Normalised burn ratio", "nir", "swir22", "doi:10.3133/ofr0211",
                loss="falls"),
    _difference("nbr2", "Normalised burn ratio 2", "swir16", "swir22",
                "https://www.usgs.gov/core-science-systems/nli/landsat/landsat-normalized-burn-ratio-2",
                loss="falls"),
    Index("bi", "Bare soil index (elsewhere also BSI)",
          "((swir16 + red) - (nir + blue)) / ((swir16 + red) + (nir + blue))",
          ("swir16", "red", "nir", "blue"), (-1.0, 1.0),
          "Rikimaru et al. (2002), Tropical Ecology 43(1), 39-47", loss="rises"),
    Index("dbsi", "Dry bareness index",
          "(swir16 - green) / (swir16 + green) - (nir - red) / (nir + red)",
          ("swir16", "green", "nir", "red"), (-2.0, 2.0), "doi:10.3390/land7030081", loss="rises"),
    Index("mbi", "Modified bare soil index",
          "(swir16 - swir22 - nir) / (swir16 + swir22 + nir) + 0.5",
          ("swir16", "swir22", "nir"), (-0.5, 1.5), "doi:10.3390/land10030231", loss="rises"),
    _difference("ndwi", "Normalised difference water index (McFeeters)", "green", "nir",
                "doi:10.1080/01431169608948714", loss="rises"),
    _difference("mndwi", "Modified normalised difference water index", "green", "swir16",
                "doi:10.1080/01431160600589179"),
    Index("aweinsh", "Automated water extraction index, no shadows",
          "4 * (green - swir16) - 0.25 * nir + 2.75 * swir22",
          ("green", "swir16", "nir", "swir22"), (-4.25, 6.75), "doi:10.1016/j.rse.2013.08.029"),
    Index("aweish", "Automated water extraction index, shadows",
          "blue + 2.5 * green - 1.5 * (nir + swir16) - 0.25 * swir22",
          ("blue", "green", "nir", "swir16", "swir22"), (-3.25, 3.5),
          "doi:10.1016/j.rse.2013.08.029"),
    _difference("ndti", "Normalised difference turbidity index (not tillage)", "red", "green",
                "doi:10.1016/j.rse.2006.07.012", loss="rises"),
    _difference("ndbi", "Normalised difference built-up index", "swir16", "nir",
                "doi:10.1080/01431160304987", loss="rises"),
    _difference("ndrei", "Normalised difference red-edge index", "nir", "rededge1",
                "doi:10.1016/1011-1344(93)06963-4", loss="falls"),
    _difference("gndvi", "Green normalised difference vegetation index", "nir", "green",
                "doi:10.1016/S0034-4257(96)00072-7", loss="falls"),
    Index("nirv", "Near-infrared reflectance of vegetation",
          "(nir - red) / (nir + red) * nir", ("nir", "red"), (-0.2, 1.0),
          "doi:10.1126/sciadv.1602244", loss="falls"),
    Index("ireci", "Inverted red-edge chlorophyll index",
          "(rededge3 - red) / (rededge1 / rededge2)",
          ("rededge3", "red", "rededge1", "rededge2"),
          (-1.0, 3.0),  # unbounded where rededge1 nears 0; dense canopies reach about 2.5
          "doi:10.1016/j.isprsjprs.2013.04.007", loss="falls"),
    Index("cire", "Red-edge chlorophyll index", "nir / rededge1 - 1", ("nir", "rededge1"),
          (-1.0, 10.0),  # unbounded where rededge1 nears 0; dense canopies reach about 8
          "doi:10.1078/0176-1617-00887", loss="falls"),
    Index("kndvi", "Kernel normalised difference vegetation index",
          "tanh(((nir - red) / (nir + red)) ** 2)",  # sigma = 0.5 * (nir + red), per pixel
          ("nir", "red"), (0.0, 1.0), "doi:10.1126/sciadv.abc7447", loss="falls"),
    _difference("ndsoi", "Normalised difference soil index", "swir22", "green",
                "doi:10.1016/j.jag.2015.02.010", loss="rises"),
    _difference("ndponi", "Normalised difference pond index", "swir16", "green",
                "doi:10.1016/j.rse.2006.07.012"),
    _difference("s2wi", "Sentinel-2 water index", "rededge1", "swir22", "doi:10.3390/w13121647"),
)  # fmt: skip

INDICES: Mapping[str, Index] = MappingProxyType({row.name: row for row in _TABLE})
"""Every index by its name, lower case."""


def lookup(name: str) -> Index:
    """Find an index, or a band taken as one.

    Parameters
    ----------
    name : str
        A key of `INDICES` or one of `BANDS`.

    Returns
    -------
    Index
        A band's formula is its own name; its range is reflectance 0 to 1.

    Raises
    ------
    InputError
        Unknown name; the message names the nearest.
    """
    if name in INDICES:
        return INDICES[name]
    if name in BANDS:
        return Index(name, f"Reflectance, {name}", name, (name,), (0.0, 1.0), "")
    near = difflib.get_close_matches(name.lower(), [*INDICES, *BANDS], n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Choose from {', '.join(INDICES)}"
    raise InputError(f"index {name!r}", "no such index or band", remedy)


def compute(name: str, bands: Mapping[str, NDArray[np.int16]]) -> NDArray[np.float32]:
    """Compute an index from int16 bands.

    Parameters
    ----------
    name : str
        Index or band.
    bands : mapping of int16 (Y, X) or (T, Y, X), reflectance * 10,000
        At least the index's bands, of one shape; MISSING (-32768) where missing.

    Returns
    -------
    float32, the shape of the bands, unit of the index (none)
        NaN where a band is missing, a denominator is 0 or the result is infinite.

    Examples
    --------
    >>> a, b = np.array([[4000, -32768]], np.int16), np.array([[1000, 1000]], np.int16)
    >>> compute("ndvi", {"nir": a, "red": b})
    array([[0.6, nan]], dtype=float32)
    """
    index = lookup(name)
    arrays = [np.ascontiguousarray(band) for band in _needed(index, bands)]
    from landcover.kernels import ratio  # here, so that the table alone never loads numba

    if _is_difference(index):
        return ratio.normalised_difference(arrays[0], arrays[1])
    out = np.empty(arrays[0].shape, np.float32)
    flat, lines = out.reshape(-1), [array.reshape(-1) for array in arrays]
    for part in _parts(out.size):
        values = [ratio.reflectance(line[part]) for line in lines]
        flat[part] = _evaluate(index, values)
    return out


def compute_reflectance(name: str, bands: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Compute an index from reflectances, in double precision.

    Parameters
    ----------
    name : str
        Index or band.
    bands : mapping of float64, one shape, reflectance (0 to 1)
        At least the index's bands; NaN where missing.

    Returns
    -------
    float64, the shape of the bands
        NaN as for `compute`.
    """
    index = lookup(name)
    return _evaluate(index, _needed(index, bands))


def _evaluate(index: Index, values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Compute the formula from its bands, given in the index's order."""
    named = dict(zip(index.bands, values, strict=True))
    return formula.evaluate(index.formula, {**index.constants, **named})


def _needed(index: Index, bands: Mapping[str, NDArray[A]]) -> list[NDArray[A]]:
    """Pick the index's bands in its own order; all must be there and of one shape."""
    lacking = [band for band in index.bands if band not in bands]
    if lacking:
        raise InputError(f"index {index.name!r}", f"band {lacking[0]!r} is missing")
    found = [bands[band] for band in index.bands]
    if len({array.shape for array in found}) > 1:
        shapes = ", ".join(str(array.shape) for array in found)
        raise InputError(f"index {index.name!r}", f"its bands differ in shape: {shapes}")
    return found


def _is_difference(index: Index) -> bool:
    """Whether the formula is (a - b) / (a + b) of the index's two bands."""
    a, b = index.bands[0], index.bands[-1]
    return index.formula == f"({a} - {b}) / ({a} + {b})"


def _parts(size: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK_PX) for start in range(0, size, _BLOCK_PX))
