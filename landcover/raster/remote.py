"""A remote raster as far as it is needed: its directory, and the blocks that are asked for.

Bytes are fetched and checked here, many at once, and handed to GDAL in memory: GDAL asks no
server, so that none of its memories, redirects or short bodies can reach a pixel. Nothing is
known here of scenes or tiles.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy.typing as npt
from rasterio.io import MemoryFile
from rasterio.windows import Window

from landcover import net
from landcover.errors import NetworkError
from landcover.net.ranges import CONNECTIONS, Access, RangeDoor
from landcover.raster.blocks import Rect
from landcover.raster.coming import Batch, Begun, Coming, let_go
from landcover.raster.depot import Depot, Facts, Want
from landcover.raster.environment import Plain
from landcover.raster.store import Store
from landcover.raster.tiff import FormatError

__all__ = [
    "Reach",
    "RemoteFile",
    "begun",
    "current",
    "depot",
    "failed",
    "forget",
    "hasten",
    "reaching",
    "rest",
    "use",
]


FACTS_KEPT = 256
"""Directories of which is remembered what GDAL made of them (count)."""

FACTS_MAX_BYTES = 32 * 1024
"""The largest of them (bytes): together they take 8 MB at most; a COG's takes some kB."""


class RemoteFile:
    """An opened remote file; reads as a rasterio dataset does, as far as blocks are read.

    Parameters
    ----------
    href : str
        Its address, or an overview's name: see `landcover.raster.address.named`.
    driver : str
        The only one that may read it.
    own : Depot

    Raises
    ------
    NetworkError
        The file cannot be fetched.
    FormatError
        It is not of its driver's format.
    rasterio.errors.RasterioError
        GDAL makes nothing of its directory.
    """

    def __init__(self, href: str, driver: str, own: Depot) -> None:
        self._href, self._driver, self._depot = href, driver, own
        self._coming: dict[int, Coming] = {}
        self._begun = own.taken(href)
        try:
            self._opening = own.opening(href).result()
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        """Learn what the file is."""
        header, driver = self._opening.header, self._driver
        if header.driver != driver:
            raise FormatError("it is of another format")
        if self._opening.facts is None:
            data = header.compose({})
            ask = _facts_of_alike if len(data) <= FACTS_MAX_BYTES else _facts
            self._opening.facts = ask(data, driver)
        facts = self._opening.facts
        self.shape, self.block_shapes = header.shape, [header.block]
        self.height, self.width = header.shape
        self.dtypes, self.transform, self.count = facts.dtypes, facts.transform, facts.count
        self.nodata = facts.nodata

    def expect(self, want: Want) -> None:
        """Begin to fetch blocks that will be read."""
        self._ask(want.numbers(self._opening.header))

    def expect_places(self, places: Iterable[tuple[int, int]]) -> None:
        """Begin to fetch blocks by row and column among the file's blocks."""
        self._ask([self._opening.header.number(*place) for place in places])

    def _ask(self, numbers: Iterable[int]) -> None:
        """Begin to fetch what is not on its way yet."""
        for one in self._begun:
            with suppress(NetworkError, FormatError):  # whoever asks for it now will be told
                self._take(one.coming.result())
        self._begun = []
        new = [number for number in numbers if number not in self._coming]
        self._coming.update(self._depot.blocks(self._href, self._opening, new))

    def _take(self, batch: Batch) -> None:
        """Take what comes already, but nothing twice, and nothing of another version."""
        wrong = not batch.version.same(self._opening.version)
        for number, one in batch.blocks.items():
            if wrong or number in self._coming:
                one.cancel()
            else:
                self._coming[number] = one

    def read(self, band: int, window: Window, out: npt.NDArray[Any]) -> None:
        """Decode a window of the first band into `out`; nothing but its blocks is fetched."""
        rect = Rect(window.row_off, window.col_off, window.height, window.width)
        header = self._opening.header
        numbers = Want(self._href, rect).numbers(header)
        self._ask(numbers)
        blocks = {n: self._coming.pop(n).take() for n in numbers if n in self._coming}
        data = header.compose(blocks)
        del blocks
        with MemoryFile(data) as memory, Plain(memory.name, driver=self._driver) as source:
            source.read(band, window=window, out=out)

    def stored(self, row: int, column: int) -> int:
        """Return the stored size of one block (bytes); 0 where the block is sparse."""
        header = self._opening.header
        return sum(size for _, size in header.parts(header.number(row, column)))

    def close(self) -> None:
        """Let go of what was not read."""
        for one in self._begun:
            let_go(one)
        for coming in self._coming.values():
            coming.cancel()
        self._begun, self._coming = [], {}


def _facts(data: bytes, driver: str) -> Facts:
    """Ask GDAL what a directory says."""
    with MemoryFile(data) as memory, Plain(memory.name, driver=driver) as source:
        return Facts(tuple(source.dtypes), source.transform, source.count, source.nodata)


_facts_of_alike = lru_cache(FACTS_KEPT)(_facts)
"""The same, asked once: the directories of a series of scenes are often alike."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a process may ask for remote files: so many connections, a store, or that alone.

    `bringing` is the store that is being written to, in place of one that is only read; `absent`
    is the folder where a store was looked for, and none was.
    """

    connections: int = CONNECTIONS
    store: str = ""
    offline: bool = False
    bringing: Store | None = None
    absent: str = ""

    def open(self) -> Depot:
        """Make a depot whose every request is signed anew: a token may die within a run."""
        access = Access(sign=net.signed, headers=net.login_headers, forget=net.forget)
        store = self.bringing or (Store(Path(self.store)) if self.store else None)
        return Depot(RangeDoor(self.connections, access), store, self.offline)


_reach = Reach()
_depot: Depot | None = None
_depot_lock = threading.Lock()


def depot() -> Depot:
    """Return this process's depot."""
    global _depot
    with _depot_lock:
        if _depot is None:
            _depot = _reach.open()
        return _depot


def use(reach: Reach) -> None:
    """Ask from now on what may be asked."""
    global _reach, _depot
    with _depot_lock:
        if reach == _reach:
            return
        _reach, before, _depot = reach, _depot, None
    if before is not None:
        before.door.close()


def current() -> Reach:
    """Return what may be asked now."""
    return _reach


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Ask meanwhile what a run may ask; afterwards, what could be asked before."""
    before = _reach
    use(reach)
    try:
        yield
    finally:
        use(before)


def rest() -> None:
    """Forget directories and close connections: files may be replaced until the next run."""
    global _depot
    with _depot_lock:
        before, _depot = _depot, None
    if before is not None:
        before.door.close()


def hasten(hrefs: Iterable[str]) -> None:
    """Begin to fetch directories of files that will be opened."""
    for href in hrefs:
        depot().opening(href)


def forget(hrefs: Iterable[str]) -> None:
    """Forget directories: the files may be others by now."""
    for href in hrefs:
        depot().forget(href)


@contextmanager
def begun(wants: Iterable[Want]) -> Iterator[None]:
    """Have blocks of several files fetched at once while the first is read."""
    started: list[Begun] = []
    try:
        started.extend(depot().begin(want) for want in wants)  # of some, where one cannot begin
        yield
    finally:
        for one in started:
            depot().drop(one)


def failed(href: str, driver: str, error: NetworkError | FormatError) -> str:
    """Say in one clause why a remote file cannot be read, and forget what is known of it."""
    depot().forget(href)
    if isinstance(error, NetworkError):
        return f"cannot be fetched: {error.what}"
    return f"cannot be opened as {driver}: {error}"
