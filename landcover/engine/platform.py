"""The one place for what differs between systems."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

import psutil

__all__ = ["cores", "deaf_to_ctrl_c", "keep_freed_memory", "peak_bytes", "worker_environment"]

FREED_KEPT_BYTES = 128 * 2**20
"""Freed memory that a worker keeps at hand (bytes): what one scene of a tile takes and gives
back. dask has its workers return all but 64 kB, and to fetch it again for every scene cost
a good part of decoding (measured: tiles took 1.3 times as long)."""

LARGE_BYTES = 32 * 2**20
"""Larger arrays go back to the system at once (bytes): glibc's own upper limit."""


ARENAS = 1
"""Pools that threads take memory from (count). glibc gives each thread its own, and what one has
freed another cannot use: measured with two reading threads, one pool took 85 MB less, and a
tenth less time."""


def worker_environment() -> dict[str, str]:
    """Return what a worker that we start is told before its first instruction.

    The names are glibc's and numpy's; other systems do not know them. numpy asks for pages of
    2 MB; a virtual machine whose free memory goes back to its host, as in clouds, waits for each:
    measured on 500 MB of rows, 1.3 to 3.7 s the first time, with pages of 4 kB 0.2 to 0.4 s. One
    thread for the linear algebra under numpy, as dask has it: tiles bring their own threads.
    """
    return {
        "NUMPY_MADVISE_HUGEPAGE": "0",
        "MALLOC_ARENA_MAX": str(ARENAS),
        "MALLOC_TRIM_THRESHOLD_": str(FREED_KEPT_BYTES),
        "MALLOC_MMAP_THRESHOLD_": str(LARGE_BYTES),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@contextlib.contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Have threads and processes that are started meanwhile not hear Ctrl-C, where it can be had.

    Windows has no such mask; there they hear it until they are told otherwise.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else the first process has it start, and unblocks
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def peak_bytes() -> int:
    """Return the most memory that this process has held at once (bytes)."""
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", None)  # Windows
    if peak is not None:
        return int(peak)
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(largest if sys.platform == "darwin" else largest * 1024)


def keep_freed_memory() -> None:
    """Let this process reuse what it frees, where the C library is glibc; else do nothing."""
    if not sys.platform.startswith("linux"):
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD in malloc.h
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, FREED_KEPT_BYTES)
        library.mallopt(mmap_threshold, LARGE_BYTES)
