"""The detector that a job asks for, with its numbers: one door to both methods.

It knows keys and kernels. It does not know what becomes of breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landcover.model import Period
from landcover.products.base import Stack

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.breaks import Breaks
    from landcover.kernels.placebo import Detector

__all__ = ["detect", "detector"]


def detector(settings: Any, threads: int) -> Detector:
    """Return the job's detector.

    Parameters
    ----------
    settings : DisturbanceSettings
    threads : int

    Returns
    -------
    callable
        (values, days, history_start, monitor_start, until) -> breaks.
    """
    from landcover.kernels import bfast, robust

    if settings.method == "bfast":
        keys = bfast.BfastSettings(**settings.bfast.model_dump())
        return lambda v, days, h, m, until: bfast.detect(v, days, h, m, keys, threads, until=until)
    own = robust.RobustSettings(**settings.robust.model_dump())
    return lambda v, days, h, m, until: robust.detect(v, days, h, m, own, threads, until=until)


def detect(settings: Any, values: npt.NDArray[np.float32], stack: Stack, history: Period) -> Breaks:
    """Find breaks by the method that the job asks for.

    Parameters
    ----------
    settings : DisturbanceSettings
    values : float32 (T, Y, X)
        The index, NaN where missing.
    stack : Stack
        Its days, and its span, whose end is that of the watch.
    history : Period
        The watch begins where it ends.

    Returns
    -------
    Breaks of (Y, X)
    """
    import numpy as np

    when = (history.start, history.end, stack.span.period.end)
    start, end, until = np.array(when, "datetime64[D]").astype(int).tolist()
    return detector(settings, stack.threads)(values, stack.days(), start, end, until)
