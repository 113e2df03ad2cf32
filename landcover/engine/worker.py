"""What a process that we start does before its first tile.

dask calls `dask_setup` in each new worker, those that take a dead one's place included.
"""

from __future__ import annotations

import signal
import threading
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C to the main process: a terminal sends it to every process of a run."""
    del worker
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
