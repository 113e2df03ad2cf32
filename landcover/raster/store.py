"""Blocks of remote files that were brought to this machine: one folder, shared by jobs.

Of each remote file it holds the directory and some blocks, as they are stored at their source.
They are written to a journal first, where a kill loses one block at most, and at last to a file
that any GIS opens. It knows addresses and blocks. It fetches nothing, and knows no scenes.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from landcover.errors import FolderError
from landcover.files import raise_if_full, sha256_of, sweep, write_whole
from landcover.net.ranges import Version
from landcover.raster.store_form import (
    META,
    Kept,
    Place,
    formers_of,
    index_of,
    journal_of,
    meta,
    read_told,
    record,
    replaced_by,
    seal,
    told_former,
)

__all__ = ["FORMERS", "MARK", "Kept", "Store", "is_store", "mark_of", "store_of"]

MARK = "landcover-store.json"
"""The file that makes a folder a store."""

FORMERS = "formers.jsonl"
"""Remembers which versions of files were let go: a line each, written before that is done."""

FORM = 1
"""Version of a store's form."""

MARK_DIGITS = 16
"""Digits of the hash that stands for an address (hexadecimal, 64 bits)."""

_NAMED = re.compile(r"-([0-9a-f]{16})\.(?:tif|jp2)$")


def mark_of(href: str) -> str:
    """Stand for an address (hexadecimal)."""
    return hashlib.sha256(href.encode()).hexdigest()[:MARK_DIGITS]


def is_store(folder: Path) -> bool:
    """Whether a folder is a store."""
    return (folder / MARK).is_file()


def store_of(path: str) -> tuple[Path, str] | None:
    """Return the store that a file lies in, and the mark of its address; None if it is in none.

    A file of a store holds a part of its original: it must not be read as if it were whole.
    """
    named = _NAMED.search(path)
    if named is None:
        return None
    root = next((one for one in Path(path).parents if is_store(one)), None)
    return None if root is None else (root, named[1])


class Store:
    """A folder of blocks; safe between threads. One process writes to it at a time.

    Parameters
    ----------
    root : Path
    writing : bool
        Whether blocks are added. Then each file is checked whole when it is met.
    """

    def __init__(self, root: Path, writing: bool = False) -> None:
        self.root, self.writing = root, writing
        self.added_bytes = 0
        self.damaged: list[str] = []
        self.changed: list[str] = []
        self._ends: dict[Path, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make the folder, and hold it for writing.

        Raises
        ------
        FolderError
            It cannot be written, is something else's, or another fetch writes to it.
        DiskFullError
        """
        from filelock import FileLock, Timeout

        try:
            if not is_store(self.root):
                self._make()
            lock = FileLock(self.root / "store.lock")
            lock.acquire(timeout=0)
        except Timeout:
            remedy = "Wait for it, or name another folder with --store"
            raise FolderError(str(self.root), "another fetch is writing to it", remedy) from None
        except OSError as error:
            raise_if_full(self.root, error)
            what = f"cannot be written ({error.strerror or error})"
            raise FolderError(str(self.root), what, "Choose another with --store") from None
        try:
            for folder in (self.root, *self.root.glob("index/*"), *self.root.glob("items/*/*")):
                sweep(folder)
            yield
        finally:
            lock.release()

    def _make(self) -> None:
        """Make an empty folder a store."""
        if self.root.exists() and any(self.root.iterdir()):
            what = "holds other files, and is no store"
            raise FolderError(str(self.root), what, "Name an empty folder, or a new one")
        (self.root / "index").mkdir(parents=True, exist_ok=True)
        write_whole(self.root / MARK, json.dumps({"landcover:store": FORM}) + "\n")

    # --- finding ----------------------------------------------------------------------------------

    def _beside(self, mark: str, suffix: str) -> Path:
        """Return where the index or the journal of a file lies."""
        return self.root / "index" / mark[:2] / f"{mark}{suffix}"

    def find(self, href: str) -> Kept | None:
        """Return what is held of a remote file; None where nothing is."""
        found = self.marked(mark_of(href))
        return found if found is not None and found.href == href else None

    def marked(self, mark: str) -> Kept | None:
        """Return what is held of the file that a mark stands for."""
        kept = index_of(self.root, self._beside(mark, ".json"))
        if kept is not None and self.writing and not self._is_whole(kept, mark):
            self.damaged.append(kept.href)
            self.drop(kept.href, journal=False)  # a kill may have come between file and index
            kept = None
        journal, _ = journal_of(self._beside(mark, ".part"))
        if journal is None or kept is None:
            return kept or journal
        if kept.version == journal.version:
            kept.places.update(journal.places)
        return kept

    def has(self, href: str) -> bool:
        """Whether anything is held of a remote file."""
        mark = mark_of(href)
        return any(self._beside(mark, suffix).is_file() for suffix in (".json", ".part"))

    def _is_whole(self, kept: Kept, mark: str) -> bool:
        """Whether a stored file is, byte for byte, the one that was written."""
        told, path = read_told(self._beside(mark, ".json")), self.root / kept.file
        try:
            same = path.stat().st_size == told.get("file_bytes")
            return same and sha256_of(path) == told.get("file_sha256")
        except OSError:
            return False

    # --- adding -----------------------------------------------------------------------------------

    def begin(self, href: str, header: Any, version: Version) -> Kept:
        """Hold a file's directory.

        Raises
        ------
        DiskFullError
        """
        kept = Kept(href, header, version)
        with self._lock:
            self._started(kept)
        return kept

    def _started(self, kept: Kept) -> Path:
        """Return a file's journal, which begins by telling of the file."""
        journal = self._beside(mark_of(kept.href), ".part")
        if journal not in self._ends:
            found, end = journal_of(journal)
            fits = found is not None and found.version == kept.version
            self._ends[journal] = end if fits else 0
        if not self._ends[journal]:
            self._append(journal, META, json.dumps(meta(kept)).encode())
        return journal

    def add(self, kept: Kept, number: int, data: bytes) -> None:
        """Hold a block.

        Raises
        ------
        DiskFullError
        """
        with self._lock:
            if number in kept.places or not self.writing:
                return
            journal = self._started(kept)
            at, sha256 = self._append(journal, number, data)
            kept.places[number] = Place(journal, at, len(data), sha256)
            self.added_bytes += len(data)

    def _append(self, journal: Path, number: int, data: bytes) -> tuple[int, str]:
        """Write one record after the last whole one; return where its bytes begin, and SHA-256."""
        head, sha256 = record(number, data)
        end = self._ends[journal]
        try:
            journal.parent.mkdir(parents=True, exist_ok=True)
            with journal.open("r+b" if end else "wb") as file:
                file.seek(end)
                file.truncate()  # what a kill left half-written
                file.write(head + data)
        except OSError as error:
            raise_if_full(journal, error)
            raise
        self._ends[journal] = end + len(head) + len(data)
        return end + len(head), sha256

    def lose(self, kept: Kept, number: int) -> None:
        """Let go of a block that is damaged."""
        with self._lock:
            kept.places.pop(number, None)
            if kept.href not in self.damaged:
                self.damaged.append(kept.href)

    def drop(self, href: str, journal: bool = True, seen: Version | None = None) -> None:
        """Let go of what is held of a file, but perhaps for its journal.

        Its version is remembered, and the one that was `seen` at its source in its place.

        Raises
        ------
        DiskFullError
        """
        mark = mark_of(href)
        index, part = (self._beside(mark, suffix) for suffix in (".json", ".part"))
        with self._lock:
            kept = index_of(self.root, index)
            former = kept or journal_of(part)[0]
            self._remember(mark, former.version if former else None, seen)
            gone = [index, *([self.root / kept.file] if kept else []), *([part] if journal else [])]
            for path in gone:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            self._ends.pop(part, None)

    def _remember(self, mark: str, *versions: Version | None) -> None:
        """Write down versions of a file."""
        path = self.root / FORMERS
        lines = "".join(told_former(mark, one) for one in versions if one is not None)
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            raise_if_full(path, error)
            raise

    def close(self) -> None:
        """Add nothing more: whoever still waits for a block may be late."""
        with self._lock:
            self.writing = False

    # --- closing ----------------------------------------------------------------------------------

    def seal(self, name: Callable[[str], str | None]) -> Iterator[str]:
        """Write what journals hold as files that any GIS opens; yield the address of each.

        Parameters
        ----------
        name : callable
            Gives an address's path in the store without mark and suffix; None where it is not
            known: its journal stays, which is read as well.

        Raises
        ------
        DiskFullError
            What is not written yet stays in its journal.
        """
        for journal in sorted(self.root.glob("index/*/*.part")):
            kept = self.marked(journal.stem)
            wanted = name(kept.href) if kept is not None else None
            if kept is None or wanted is None:
                continue
            suffix = ".jp2" if kept.header.driver == "JP2OpenJPEG" else ".tif"
            file = kept.file or f"{wanted}-{journal.stem}{suffix}"
            seal(kept, self.root, file, journal.with_suffix(".json"))
            journal.unlink(missing_ok=True)
            self._ends.pop(journal, None)
            yield kept.href

    def waiting(self) -> int:
        """Return how many files have a journal."""
        return sum(1 for _ in self.root.glob("index/*/*.part"))

    def replaced(self) -> dict[str, str]:
        """Return which files are other versions than were held before.

        Returns
        -------
        dict
            Mark of a file's address -> what stands for the version that is held now, or was
            last seen. A file that was brought anew for damage, and is the same, is not there.
        """
        held, found = Store(self.root), {}
        for mark, versions in formers_of(self.root / FORMERS).items():
            kept = held.marked(mark)
            told = replaced_by([*versions, kept.version] if kept else versions)
            if told:
                found[mark] = told
        return found

    def file_of(self, href: str) -> str | None:
        """Return the path in the store of what is held of a remote file; None without any."""
        kept = index_of(self.root, self._beside(mark_of(href), ".json"))
        return kept.file if kept is not None and kept.href == href else None

    def held_bytes(self, hrefs: Iterable[str]) -> int:
        """Return how much is held of some remote files (bytes of blocks)."""
        found = (Store(self.root).find(href) for href in hrefs if self.has(href))
        return sum(kept.size for kept in found if kept is not None)
