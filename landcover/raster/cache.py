"""What a process keeps from tile to tile: decoded mask blocks, and open files; both bounded.

It knows keys, bytes and what can be closed. It does not know what is in a file.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy.typing as npt

__all__ = ["BlockCache", "FilePool"]


class BlockCache:
    """The last decoded mask blocks of this process, bounded in bytes; safe between threads.

    Parameters
    ----------
    budget_bytes : int
        The cache forgets the least recently used blocks beyond this.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._held = 0
        self._blocks: OrderedDict[tuple[str, int, int], npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def resize(self, budget_bytes: int) -> None:
        """Change the budget; forget what no longer fits."""
        with self._lock:
            self._budget = budget_bytes
            self._trim()

    def get(self, key: tuple[str, int, int]) -> npt.NDArray[Any] | None:
        """Return a block, None where it is not held."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
            return block

    def put(self, key: tuple[str, int, int], block: npt.NDArray[Any]) -> None:
        """Hold a block."""
        with self._lock:
            if key not in self._blocks and block.nbytes <= self._budget:
                self._blocks[key] = block
                self._held += block.nbytes
                self._trim()

    def _trim(self) -> None:
        """Forget the oldest blocks until the budget holds."""
        while self._held > self._budget and self._blocks:
            _, block = self._blocks.popitem(last=False)
            self._held -= block.nbytes


class FilePool:
    """Files kept open between tiles: opening one again costs as much as reading a block.

    A file is lent to one thread at a time. With a limit of 0 nothing is kept.

    Parameters
    ----------
    limit : int
        Files kept open; the least recently used are closed beyond it.
    """

    def __init__(self, limit: int = 0) -> None:
        self._limit = limit
        self._files: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def resize(self, limit: int) -> None:
        """Change the limit; close what is beyond it."""
        with self._lock:
            self._limit = limit
        self._trim()

    def take(self, key: Hashable) -> Any | None:
        """Lend a file that is open, None where it is not."""
        with self._lock:
            return self._files.pop(key, None)

    def give(self, key: Hashable, file: Any) -> None:
        """Take a file back; it must be whole, and with nobody else."""
        with self._lock:
            double = self._files.pop(key, None)
            self._files[key] = file
        if double is not None:
            double.close()
        self._trim()

    def _trim(self) -> None:
        """Close the files that were used longest ago until the limit holds."""
        with self._lock:
            over = max(len(self._files) - self._limit, 0)
            closing = [self._files.popitem(last=False)[1] for _ in range(over)]
        for file in closing:
            file.close()
