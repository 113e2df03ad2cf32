"""Waiting one's turn where a host allows few connections: all processes of a user share them.

It knows places and clocks. It does not know what is asked for.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from filelock import BaseFileLock, FileLock, Timeout

from landcover.errors import NetworkError
from landcover.net.stores import Limit

__all__ = ["Turns"]

LOOK_S = 0.02
"""Pause between two looks for a place that other processes hold (s)."""

_Result = TypeVar("_Result")


class Turns:
    """Lets so many requests to a host be on their way as it allows, over all processes.

    A place is a lock on a file in the user's temporary folder, so that processes that know
    nothing of each other share it, and one that dies gives it back. Where there is no such
    folder, a process only counts its own. Safe between threads.

    Parameters
    ----------
    limit : Limit
    closed : threading.Event
        Once set, who waits gives up.
    """

    def __init__(self, limit: Limit, closed: threading.Event) -> None:
        self.limit, self._closed = limit, closed
        self._own = threading.Semaphore(limit.connections)
        self._folder = _folder()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place for one request and its answer.

        Raises
        ------
        NetworkError
            The run is being ended.
        """
        self._until(lambda: self._own.acquire(timeout=LOOK_S) or None, 0.0)
        try:
            folder = self._folder
            if folder is None:
                yield
                return
            number, lock = self._until(lambda: self._place(folder), LOOK_S)
            try:
                self._pace(folder / f"{self.limit.name}-{number}.time")
                yield
            finally:
                lock.release()
        finally:
            self._own.release()

    def _until(self, look: Callable[[], _Result | None], pause_s: float) -> _Result:
        """Look until something is found, or the run ends."""
        while not self._closed.is_set():
            found = look()
            if found is not None:
                return found
            if pause_s:
                self._closed.wait(pause_s)
        raise NetworkError("the network", "the run is being ended")

    def _place(self, folder: Path) -> tuple[int, BaseFileLock] | None:
        """Take a place that nobody holds, or none."""
        for number in range(self.limit.connections):
            lock = FileLock(folder / f"{self.limit.name}-{number}.lock", thread_local=False)
            with suppress(Timeout, OSError):
                lock.acquire(timeout=0)
                return number, lock
        return None

    def _pace(self, stamp: Path) -> None:
        """Wait until a place may be used again: each has its share of the requests a minute."""
        every_s = 60.0 * self.limit.connections / self.limit.per_minute
        with suppress(OSError):
            left = stamp.stat().st_mtime + every_s - time.time()
            self._closed.wait(min(max(left, 0.0), every_s))
        with suppress(OSError):
            stamp.touch()


def _folder() -> Path | None:
    """Return the user's folder of places, which is nobody else's; None where there is none."""
    user = getattr(os, "getuid", lambda: "")()
    folder = Path(tempfile.gettempdir()) / f"landcover-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    mine = user == "" or found.st_uid == user
    return folder if mine and not folder.is_symlink() else None
