"""A bounded memory of decoded blocks, shared by the threads of a process.

It knows keys and bytes. It does not know files.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy.typing as npt

__all__ = ["BlockCache"]


class BlockCache:
    """The last decoded blocks of this process, bounded in bytes; safe between threads.

    Parameters
    ----------
    budget_bytes : int
        The cache forgets the least recently used blocks beyond this.
    keeps_all : bool
        Whether blocks that no neighbouring tile needs are worth keeping: where one tile is
        read more than once.
    """

    def __init__(self, budget_bytes: int, keeps_all: bool = False) -> None:
        self.keeps_all = keeps_all
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
