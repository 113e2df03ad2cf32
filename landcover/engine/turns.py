"""One task at a time in a process, whichever it is: memory is planned for one.

A scheduler's workers may have several threads, and hand a task to each of them. Tiles, learning,
settling and rasters also share what a process keeps (the brief, decoded blocks), which one of them
may let go of.
"""

from __future__ import annotations

import threading

__all__ = ["one_at_a_time"]

one_at_a_time = threading.Lock()
"""Held by a task as long as it works."""
