"""The one place for what differs between systems."""

from __future__ import annotations

import os
import sys

import psutil

__all__ = ["cores", "files_to_keep_open", "peak_bytes"]

FILES_AT_MOST = 1000
"""Files that a worker keeps open (count): each takes some 60 kB of headers (measured)."""

FILES_FOR_OTHERS = 200
"""Open files left to sockets, libraries and results (count)."""


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def peak_bytes() -> int:
    """Return the most memory that this process has held at once (bytes)."""
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", None)  # Windows
    if peak is not None:
        return int(peak)
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(largest if sys.platform == "darwin" else largest * 1024)


def files_to_keep_open() -> int:
    """Return how many scene files a worker may keep open; the system's limit is raised first."""
    if sys.platform == "win32":
        return FILES_AT_MOST
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_AT_MOST + FILES_FOR_OTHERS
    if hard == resource.RLIM_INFINITY or hard > soft:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, max(soft, wanted))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(0, min(soft - FILES_FOR_OTHERS, FILES_AT_MOST))
