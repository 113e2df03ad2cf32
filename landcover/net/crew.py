"""Threads that fetch: the most urgent task first, and none that holds up the end of a program.

It knows tasks and threads. It does not know what they fetch.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["Crew"]

_Result = TypeVar("_Result")

_LAST = 2**31


class Crew:
    """Threads that take the most urgent task first, each hired when there is work for it.

    They are daemons, unlike those of `concurrent.futures`: a pause between tries must not hold
    up the end of a program.

    Parameters
    ----------
    size : int
        Most threads (count).
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._tasks: queue.PriorityQueue[tuple[int, int, Any]] = queue.PriorityQueue()
        self._count, self._lock = itertools.count(), threading.Lock()
        self._hands = self._idle = 0

    def submit(
        self,
        task: Callable[[], _Result],
        urgency: int = 0,
        future: Future[_Result] | None = None,
    ) -> Future[_Result]:
        """Queue a task; lower numbers go first, of equals the one that came first.

        Who promised its result already gives the `future` of that. A RuntimeError says that there
        is no thread to do it, and none can be had; the task is then cancelled.
        """
        future = Future() if future is None else future
        with self._lock:
            self._tasks.put((urgency, next(self._count), (future, task)))
            if self._idle:
                self._idle -= 1
            elif self._hands < self.size:
                self._hire(future)
        return future

    def _hire(self, future: Future[_Result]) -> None:
        """Hire a thread; where none can be had, those that there are will do the task."""
        try:
            threading.Thread(target=self._work, daemon=True, name="fetching").start()
        except RuntimeError:
            if self._hands:
                return
            future.cancel()
            raise
        self._hands += 1

    def close(self) -> None:
        """Send every thread home once what is queued is done."""
        with self._lock:
            for _ in range(self._hands):
                self._tasks.put((_LAST, next(self._count), None))
            self._hands = 0

    def _next(self) -> Any:
        """Wait for a task; who waits is counted, so that no more threads are hired than needed."""
        try:
            return self._tasks.get_nowait()[2]
        except queue.Empty:
            with self._lock:
                self._idle += 1
            return self._tasks.get()[2]

    def _work(self) -> None:
        """Do task after task."""
        while True:
            told = self._next()
            if told is None:
                return
            future, task = told
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(task())
                except BaseException as error:
                    future.set_exception(error)
            del told, future, task  # else the last bytes are held until the next task
