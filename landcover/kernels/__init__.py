"""Arithmetic on arrays: numpy in, numpy out.

Modules: `bfast`, `bfast_trace`, `bisquare`, `breaks`, `climatology`, `coverage`, `critical`,
`dates`, `discovery`, `formula`, `harmonic`, `history`, `indices`, `kendall`, `leastsquares`,
`masks`, `monitor`, `months`, `morphology`, `narrow`, `network`, `order`, `patches`, `placebo`,
`ratio`, `robust`, `robust_trace`, `sampling`, `scale`, `slopes`, `stability`, `sums`, `trend`,
`values`, `watching`, `whittaker`, `zonal`.
Nothing here knows of files, clocks, logs, xarray or dask. Kernels release the GIL, run over
contiguous x and are compiled once a machine (numba's cache). Masks are True = keep.
"""

from __future__ import annotations

from importlib import import_module

__all__ = ["warm"]

_COMPILED = (
    "climatology",
    "harmonic",
    "masks",
    "months",
    "morphology",
    "narrow",
    "order",
    "patches",
    "ratio",
    "robust",
    "scale",
    "trend",
    "values",
    "whittaker",
)
"""Modules that bring a ``warm()`` of their own."""


def warm() -> None:
    """Compile, or load from the cache, every kernel once.

    A worker calls this before its first tile, so that compilation is never counted as, or
    interleaved with, reading. Takes well under a second once the cache is filled.
    """
    for name in _COMPILED:
        import_module(f"{__name__}.{name}").warm()
