"""Waiting for tasks on workers, but not for ever where no worker is left.

It knows futures and how many workers there are. It does not know what tasks do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from landcover.engine.cluster import addresses
from landcover.errors import WorkerError

__all__ = ["batches", "wait_for"]

LOOK_SECONDS = 60.0
"""How often it is looked whether there are workers (seconds)."""

LOOKS_WITHOUT = 15
"""Looks in a row at which none is there before nobody is waited for any more (count).

Nannies start a worker anew in seconds; nodes of a cluster may take minutes to come.
"""

_PAUSE_SECONDS = 0.02
"""How long what is not done yet is left alone (seconds)."""


class _Patience:
    """Ends the waiting where nobody is left to work.

    Looks are counted, not minutes: a machine that slept, or a process that was stopped, looks once
    when it wakes.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._next = time.monotonic() + LOOK_SECONDS
        self._without = 0

    def wait(self) -> None:
        """Wait a little.

        Raises
        ------
        WorkerError
            No worker has been there for long.
        """
        if time.monotonic() >= self._next:
            self._without = 0 if addresses(self._client) else self._without + 1
            self._next = time.monotonic() + LOOK_SECONDS
        if self._without >= LOOKS_WITHOUT:
            minutes = LOOKS_WITHOUT * LOOK_SECONDS / 60
            raise WorkerError(
                "run.scheduler",
                f"no worker is left, and none has come for {minutes:.0f} minutes",
                "Start workers if they are your own, then run again; finished tiles are kept",
            )
        time.sleep(_PAUSE_SECONDS)


def batches(client: Any, futures: Iterable[Any]) -> Iterator[list[tuple[Any, Any]]]:
    """Yield futures with their results as they finish, as many at a time as have.

    Raises
    ------
    WorkerError
        Nobody is left to make them.
    """
    from distributed import as_completed

    finished = as_completed(list(futures), with_results=True, raise_errors=False)
    patience = _Patience(client)
    while not finished.is_empty():
        batch = finished.next_batch(block=False)
        if batch:
            yield batch
        else:
            patience.wait()


def wait_for(client: Any, future: Any) -> None:
    """Wait until a future is done, in whichever way.

    Raises
    ------
    WorkerError
        Nobody is left to do it.
    """
    patience = _Patience(client)
    while not future.done():
        patience.wait()
