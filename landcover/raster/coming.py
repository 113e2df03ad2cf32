"""A block on its way: from its server, from a store, or from the one into the other.

It knows who waits for what. It asks for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from landcover.errors import NetworkError
from landcover.net.answers import IS_ANOTHER
from landcover.net.ranges import Piece, Version
from landcover.raster.store import Kept, Store

__all__ = ["Batch", "Begun", "Brought", "Coming", "Fetched", "Lacking", "Stored", "let_go"]


class Coming(Protocol):
    """One block on its way."""

    def take(self) -> bytes:
        """Wait for it."""

    def cancel(self) -> None:
        """Take it back, as far as nobody has begun with it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One block on its way: (range, where in the range, size) of each of its parts."""

    parts: tuple[tuple[Future[Piece], int, int], ...]

    def take(self) -> bytes:
        """Wait for it."""
        return b"".join(piece.result().data[at : at + size] for piece, at, size in self.parts)

    def cancel(self) -> None:
        """Take it back, as far as nobody has begun with it."""
        for piece, _, _ in self.parts:
            piece.cancel()


@dataclass(frozen=True, slots=True)
class Stored:
    """One block of a store; one that is damaged there is `fetched` in its place."""

    kept: Kept
    number: int
    fetched: Callable[[int], Coming]

    def take(self) -> bytes:
        """Read and check it."""
        data = self.kept.read(self.number)
        return self.fetched(self.number).take() if data is None else data

    def cancel(self) -> None:
        """Do nothing: it is read when it is taken."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """One block on its way, of a file of which a store that is only read holds others.

    Where the file was replaced since, its blocks are none of those: they would mix two versions.
    """

    coming: Coming

    def take(self) -> bytes:
        """Wait for it."""
        try:
            return self.coming.take()
        except NetworkError as error:
            if error.what not in IS_ANOTHER:
                raise
            what = "it was replaced at its source since it was fetched"
            remedy = "bring it anew with `landcover fetch`"
            raise NetworkError(error.where, f"{what}; {remedy}") from None

    def cancel(self) -> None:
        """Take it back."""
        self.coming.cancel()


@dataclass(frozen=True, slots=True)
class Brought:
    """One block on its way, which a store will hold once somebody takes it."""

    coming: Coming
    store: Store
    kept: Kept
    number: int

    def take(self) -> bytes:
        """Wait for it, and have it held."""
        data = self.coming.take()
        self.store.add(self.kept, self.number, data)
        return data

    def cancel(self) -> None:
        """Take it back."""
        self.coming.cancel()


@dataclass(frozen=True, slots=True)
class Batch:
    """Blocks on their way, by number, and the version of the file that they are of."""

    version: Version
    blocks: Mapping[int, Coming]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Begun:
    """Blocks of a file that were asked for before it was opened; known once its directory is.

    Who asked may look at it by a weak reference: the bytes go when whoever takes them is done.
    """

    href: str
    coming: Future[Batch]


def let_go(begun: Begun) -> None:
    """Take back what was begun, once it is known what that is."""

    def cancel(done: Future[Batch]) -> None:
        with suppress(Exception):
            for one in done.result().blocks.values():
                one.cancel()

    begun.coming.add_done_callback(cancel)
