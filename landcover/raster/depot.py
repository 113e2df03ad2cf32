"""What one process fetches of remote rasters: directories, kept, and blocks, each handed out once.

It knows files, their blocks and what is on its way. It decodes nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from affine import Affine

from landcover.errors import NetworkError
from landcover.net.ranges import Piece, RangeDoor, Version
from landcover.net.secrets import redact
from landcover.raster import jpeg2000, tiff
from landcover.raster.address import meant
from landcover.raster.blocks import Blocks, Rect, wanted_blocks
from landcover.raster.coming import Batch, Begun, Brought, Coming, Fetched, Lacking, Stored, let_go
from landcover.raster.joining import ranges
from landcover.raster.store import Kept, Store, store_of
from landcover.raster.tiff import FormatError
from landcover.settings import is_url

__all__ = ["LATER", "Depot", "Facts", "Header", "Opening", "Want"]

BLOCK_MAX_PX = 64 * 2**20
"""Largest block that is fetched (px): as many bytes as are decoded at most, of the least type."""

HEADERS_BYTES = 32 * 2**20
"""Directories that a process keeps (bytes): some 3,000 files, of which each tile needs the same."""

NEEDED, HEADS, LATER = 0, 1, 2
"""How urgent it is: a thread waits for blocks; directories; what coming days will need."""


class Header(Protocol):
    """A file's directory, whatever its format."""

    @property
    def driver(self) -> str:
        """GDAL's name of the format."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (px)."""

    @property
    def block(self) -> tuple[int, int]:
        """Rows and columns of a block (px)."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes (bytes)."""

    def number(self, row: int, column: int) -> int:
        """Return the number of a block by its row and column among the blocks."""

    def parts(self, number: int) -> list[tuple[int, int]]:
        """Return where a block lies in the file: (offset, size) in bytes, none if it is sparse."""

    def compose(self, blocks: Mapping[int, bytes]) -> bytes:
        """Make a file that holds some of the blocks; to read any other is an error."""


def _never(row: int, column: int) -> bool:
    """Hold no block."""
    del row, column
    return False


@dataclass(frozen=True, slots=True)
class Want:
    """Blocks of a file that will be read: those under `rect` with a pixel in `wanted`, if given.

    `needed` tells it of blocks instead, where what is wanted is not told on the file's pixels.
    `held` says of a block, by row and column among the file's, whether it is there already.
    """

    href: str
    rect: Rect
    wanted: npt.NDArray[np.bool_] | None = None
    needed: Callable[[Blocks], npt.NDArray[np.bool_]] | None = None
    held: Callable[[int, int], bool] | None = None

    def numbers(self, header: Header) -> list[int]:
        """Return the numbers of these blocks in a file."""
        within = self.rect.clipped(header.shape)
        if within.empty:
            return []
        part = None if self.wanted is None else self.wanted[within.within(self.rect)]
        blocks = Blocks.under(within, header.block)
        needed = self.needed(blocks) if self.needed else wanted_blocks(blocks, within, part)
        found = np.argwhere(needed)
        places = [(blocks.top + int(row), blocks.left + int(column)) for row, column in found]
        held = self.held or _never
        return [header.number(*place) for place in places if not held(*place)]


@dataclass(frozen=True, slots=True)
class Facts:
    """What GDAL makes of a directory."""

    dtypes: tuple[str, ...]
    transform: Affine
    count: int
    nodata: float | None = None


@dataclass(slots=True)
class Opening:
    """A file's directory, the version that it belongs to, and its bytes if it is small.

    `kept` is what a store holds of it.
    """

    header: Header
    version: Version
    whole: bytes
    facts: Facts | None = None
    kept: Kept | None = None

    @property
    def nbytes(self) -> int:
        """Memory that it takes (bytes)."""
        return self.header.nbytes + len(self.whole)


class Depot:
    """Fetches directories and blocks; safe between threads.

    Files are known by their addresses, and overviews of files by `named`.

    Parameters
    ----------
    door : RangeDoor
    store : Store, optional
        What it holds is read there. One that is being written to holds, in the end, every
        directory that was fetched and every block that was taken.
    offline : bool
        Ask no server: what is not in the store is an error.
    """

    def __init__(self, door: RangeDoor, store: Store | None = None, offline: bool = False) -> None:
        self.door, self._store, self._offline = door, store, offline
        self._openings: OrderedDict[str, Future[Opening]] = OrderedDict()
        self._begun: dict[str, list[Begun]] = {}
        self._held = 0
        self._lock = threading.Lock()

    def opening(self, href: str) -> Future[Opening]:
        """Begin to fetch a directory, or find it. One that could not be had is not kept."""
        with self._lock:
            found = self._openings.get(href)
            if found is not None:
                self._openings.move_to_end(href)
                return found
            made = self._openings[href] = Future()
        # not under the lock: it is taken for every file, and handing over a task takes long
        try:
            self.door.run(lambda: self._load(href), HEADS, made)
        except BaseException:  # no thread can be had, or Ctrl-C: nobody else is to wait for it
            with self._lock:
                if made.cancel() and self._openings.get(href) is made:
                    del self._openings[href]
            raise
        return made

    def _load(self, href: str) -> Opening:
        """Find a directory, or fetch it."""
        try:
            found = self._found(href) or self._fetch(href)
        except BaseException:
            with self._lock:
                self._openings.pop(href, None)
            raise
        self._keep(found.nbytes)
        return found

    def _found(self, href: str) -> Opening | None:
        """Find a directory in the store.

        To a fetch, one of a file that was replaced since is none. A run takes what is held for
        the file, without a request: a block of another version is an error (`Lacking`).
        """
        path, overview = meant(href)
        local = None if is_url(path) else store_of(path)
        if local and overview > 1:
            what = "lies in a store, whose catalog lists files at full resolution alone"
            raise tiff.MissingOverviewError(what)
        store = Store(local[0]) if local else self._store
        if store is None:
            return None
        kept = store.marked(local[1]) if local else store.find(href)
        if kept is None:
            return None
        if not local and store.writing and self._is_replaced(store, kept):
            return None
        return Opening(kept.header, kept.version, b"", kept=kept)

    def _is_replaced(self, store: Store, kept: Kept) -> bool:
        """Whether a file is another by now: one byte of it tells. It is let go if so."""
        try:
            seen = self.door.fetch(meant(kept.href)[0], 0, 1).version
        except NetworkError:
            return False  # nobody can tell; its blocks are what they were
        if kept.version.same(seen):
            return False
        store.changed.append(kept.href)
        store.drop(kept.href, seen=seen)
        return True

    def _fetch(self, name: str) -> Opening:
        """Fetch a file's first bytes, and of the rest what its directory needs."""
        href, overview = meant(name)
        if self._offline or not is_url(href):
            raise _not_held(href)
        first = self.door.fetch(href, 0, tiff.HEAD_BYTES)
        version = first.version
        whole = first.whole or (first.data if len(first.data) == version.size else b"")
        known = whole or first.data

        def read(start: int, stop: int) -> bytes:
            stop = min(stop, version.size)
            if start >= stop or stop <= len(known):
                return known[start:stop]
            return self.door.fetch(href, start, stop, version).data

        jpeg = read(0, len(jpeg2000.SIGNATURE)) == jpeg2000.SIGNATURE
        if jpeg and overview > 1:
            raise tiff.MissingOverviewError("holds no overviews that can be read apart")
        header = jpeg2000.read_header(read) if jpeg else tiff.read_header(read, overview)
        store = self._store
        kept = store.begin(name, header, version) if store and store.writing else None
        return Opening(header, version, whole, kept=kept)

    def _keep(self, size: int) -> None:
        """Count a directory; forget the oldest beyond the budget."""
        with self._lock:
            self._held += size
            while self._held > HEADERS_BYTES and len(self._openings) > 1:
                href = next(iter(self._openings))
                if not self._openings[href].done():
                    return
                self._remove(href)

    def _remove(self, href: str) -> None:
        """Forget a directory that is there."""
        self._held -= self._openings.pop(href).result().nbytes

    def forget(self, href: str) -> None:
        """Forget a file's directories: it could not be read, and may be another by now."""
        with self._lock:
            for name in [one for one in self._openings if meant(one)[0] == meant(href)[0]]:
                known = self._openings[name]
                if known.done() and known.exception() is None:
                    self._remove(name)

    def begin(self, want: Want, urgency: int = NEEDED) -> Begun:
        """Begin to fetch blocks of a file; who opens it next will find them."""
        begun = Begun(want.href, Future())
        with self._lock:
            self._begun.setdefault(want.href, []).append(begun)

        waiting = [(begun, want)]

        def go_on(opening: Future[Opening]) -> None:
            # a directory that is kept keeps whoever waited for it: that must be no bytes or masks
            begun, want = waiting.pop()
            try:
                found = opening.result()
                blocks = self.blocks(want.href, found, want.numbers(found.header), urgency)
                begun.coming.set_result(Batch(found.version, blocks))
            except Exception as error:
                begun.coming.set_exception(error)

        try:
            self.opening(want.href).add_done_callback(go_on)
        except BaseException as error:
            self.drop(begun)
            begun.coming.set_exception(error)
            raise
        return begun

    def drop(self, begun: Begun) -> None:
        """Let go of blocks that nobody took."""
        with self._lock:
            mine = self._begun.get(begun.href, [])
            if begun not in mine:
                return
            mine.remove(begun)
            if not mine:
                del self._begun[begun.href]
        let_go(begun)

    def taken(self, href: str) -> list[Begun]:
        """Hand over what was begun of a file."""
        with self._lock:
            return self._begun.pop(href, [])

    def blocks(
        self, href: str, opening: Opening, numbers: Iterable[int], urgency: int = NEEDED
    ) -> dict[int, Coming]:
        """Begin to fetch blocks, or find them; neighbours in the file come in one range.

        Raises
        ------
        FormatError
            They lie outside the file, or are too large.
        NetworkError
            They are not in the store, and no server may be asked.
        """
        kept = opening.kept
        if kept is None:
            return self._on_their_way(href, opening, numbers, urgency)
        written = [number for number in numbers if opening.header.parts(number)]
        here = [number for number in written if kept.holds(number)]
        away = [number for number in written if not kept.holds(number)]
        found: dict[int, Coming] = {
            number: Stored(kept, number, lambda one: self._again(href, opening, kept, one))
            for number in here
        }
        if away:
            found |= self._to_be_held(href, opening, kept, away, urgency)
        return found

    def _to_be_held(
        self, href: str, opening: Opening, kept: Kept, numbers: Iterable[int], urgency: int
    ) -> dict[int, Coming]:
        """Begin to fetch blocks that the store lacks; if it is written to, it will have them."""
        if self._offline or not is_url(href):
            raise _not_held(href)
        coming = self._on_their_way(href, opening, numbers, urgency)
        store = self._store
        if store is None or not store.writing:
            return {number: Lacking(one) for number, one in coming.items()}
        return {number: Brought(one, store, kept, number) for number, one in coming.items()}

    def _again(self, href: str, opening: Opening, kept: Kept, number: int) -> Coming:
        """Begin to fetch a block that is damaged in the store."""
        if self._store is not None and self._store.writing:
            self._store.lose(kept, number)
        return self._to_be_held(href, opening, kept, [number], NEEDED)[number]

    def _on_their_way(
        self, href: str, opening: Opening, numbers: Iterable[int], urgency: int
    ) -> dict[int, Coming]:
        """Begin to fetch blocks from their server."""
        header = opening.header
        if header.block[0] * header.block[1] > BLOCK_MAX_PX:
            raise FormatError("its blocks are too large to decode")
        wanted = sorted((at, size, n) for n in numbers for at, size in header.parts(n))
        found: dict[int, list[tuple[Future[Piece], int, int]]] = {}
        for start, stop, members in ranges(wanted):
            if stop > opening.version.size:
                raise FormatError("its blocks lie beyond its end")
            if opening.whole:
                piece: Future[Piece] = Future()
                piece.set_result(Piece(opening.whole[start:stop], opening.version))
            else:
                piece = self.door.submit(meant(href)[0], start, stop, opening.version, urgency)
            for at, size, number in members:
                found.setdefault(number, []).append((piece, at - start, size))
        return {number: Fetched(tuple(parts)) for number, parts in found.items()}


def _not_held(href: str) -> NetworkError:
    """Say that what is wanted of a file was never brought."""
    what = "it is not in the store, or not all that is needed; bring it with `landcover fetch`"
    return NetworkError(redact(href), what)
