"""Arithmetic on arrays: numpy in, numpy out.

Modules: `bfast`, `bfast_series`, `bfast_trace`, `bisquare`, `breaks`, `climatology`, `coverage`,
`critical`, `dates`, `discovery`, `formula`, `harmonic`, `history`, `indices`, `kendall`,
`leastsquares`, `masks`, `monitor`, `months`, `morphology`, `narrow`, `network`, `order`, `patches`,
`placebo`, `rates`, `ratio`, `robust`, `robust_series`, `robust_trace`, `sampling`, `scale`,
`slopes`, `stability`, `sums`, `trend`, `values`, `watching`, `whittaker`, `zonal`.
Nothing here knows of files, clocks, logs, xarray or dask. Kernels release the GIL, run over
contiguous x and are compiled once a machine (numba's cache). Masks are True = keep.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

__all__ = ["warm"]

_HERE = Path(__file__).parent

_CACHE_NAME = "NUMBA_CACHE_DIR"
"""What tells numba where compiled kernels are kept; numba reads it as it is first imported."""

_CONFIG = "numba.core.config"
"""Where numba keeps what it read."""

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

_ASKED = ("bfast",)
"""Those that few jobs use, and that take long to compile: warmed where they are named."""


def warm(asked: Iterable[str] = ()) -> None:
    """Compile, or load from the cache, every kernel once.

    A worker calls this before its first tile, so that compilation is never counted as, or
    interleaved with, reading. Takes well under a second once the cache is filled.

    Parameters
    ----------
    asked : str
        Modules whose kernels only some jobs use, of those that this one does.
    """
    for name in (*_COMPILED, *(name for name in _ASKED if name in set(asked))):
        import_module(f"{__name__}.{name}").warm()


def _keep_apart() -> None:
    """Have kernels of this state of the sources kept in a folder of their own.

    numba asks whether a kernel's own file has changed, not those of the kernels that it calls:
    after an update of a checkout, it would compute with the old ones, and say nothing.
    """
    texts = (path.read_bytes() for path in sorted(_HERE.glob("*.py")))
    mine = f"kernels-{hashlib.sha256(b''.join(texts)).hexdigest()[:16]}"
    own = _HERE / "__pycache__"
    root = Path(os.environ.get(_CACHE_NAME) or own)
    if re.fullmatch("kernels-[0-9a-f]{16}", root.name):  # a parent's, of older sources perhaps
        root = root.parent
    try:
        (root / mine).mkdir(parents=True, exist_ok=True)
    except OSError:  # an installation that is only read: numba's own choice of folder holds
        return
    os.environ[_CACHE_NAME] = str(root / mine)
    # a notebook may have imported numba before: it asks for its folder as each kernel is declared
    if _CONFIG in sys.modules:
        sys.modules[_CONFIG].CACHE_DIR = str(root / mine)  # type: ignore[attr-defined]
    # in a folder that the user names, other installations may keep theirs
    for former in own.glob("kernels-*") if root == own else ():
        if former.name != mine:
            shutil.rmtree(former, ignore_errors=True)


_keep_apart()
