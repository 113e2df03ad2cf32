"""The folder of a run: its paths, its lock, and the manifest of finished tiles.

"Exists and opens" proves nothing: a tile is finished when the manifest says so and the
file's size and SHA-256 are those that it was written with.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from landcover.errors import FolderError
from landcover.files import raise_if_full, sha256_of, sweep, write_whole
from landcover.model import Failure

__all__ = ["Entry", "SettledSpace", "Workspace"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished tile: its file, and what it was made from.

    `parts` holds one hash for each thing that the tile depends on; `fingerprint` is the hash
    of them all. `seconds`, `reads` and `peak_bytes` are what it cost.
    """

    tile: str
    size: int
    sha256: str
    fingerprint: str
    parts: Mapping[str, str]
    seconds: Mapping[str, float] = field(default_factory=dict)
    reads: Mapping[str, int] = field(default_factory=dict)
    peak_bytes: int = 0
    failures: tuple[Failure, ...] = ()

    def line(self) -> str:
        """Return the manifest's line."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"

    @classmethod
    def parse(cls, line: str) -> Entry:
        """Read a manifest's line; raise ValueError, KeyError or TypeError where it is broken."""
        raw = json.loads(line)
        raw["failures"] = tuple(Failure(**failure) for failure in raw["failures"])
        return cls(**raw)


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove those of some folders that are empty, innermost first."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


@dataclass(frozen=True, slots=True)
class Workspace:
    """OUT and the paths in it."""

    out: Path

    @property
    def work(self) -> Path:
        """Checkpoints; may be deleted."""
        return self.out / ".work"

    @property
    def tiles(self) -> Path:
        """Tile results."""
        return self.work / "tiles"

    @property
    def manifest(self) -> Path:
        """One line a finished tile."""
        return self.work / "manifest.jsonl"

    @property
    def rasters(self) -> Path:
        """COGs."""
        return self.out / "rasters"

    @property
    def tables(self) -> Path:
        """CSV tables."""
        return self.out / "tables"

    @property
    def inputs(self) -> Path:
        """Copies of what the run read, but for scenes."""
        return self.out / "inputs"

    @property
    def points(self) -> Path:
        """What `landcover point` leaves of places."""
        return self.out / "points"

    @property
    def lock_file(self) -> Path:
        """The lock: which scenes, and how their numbers are taken."""
        return self.out / "scenes.json"

    def tile_file(self, tile: str) -> Path:
        """Where a tile's result lies."""
        return self.tiles / f"{tile}.npz"

    def prepare(self) -> tuple[Path, ...]:
        """Make the folders.

        Returns
        -------
        tuple of Path
            Those that were not there, each before what lies in it.

        Raises
        ------
        FolderError
            OUT cannot be written.
        """
        made: list[Path] = []
        try:
            for folder in (self.tiles, self.rasters, self.tables, self.inputs):
                made += [one for one in (*reversed(folder.parents), folder) if not one.exists()]
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.work / ".writable"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            _remove_empty(made)
            raise FolderError(
                str(self.out),
                f"cannot be written ({error.strerror or error})",
                "Choose another folder with --out",
            ) from error
        return tuple(made)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make the folder and hold it for this run; leftovers of a killed one are swept.

        A run has begun once its scenes are written. One that ends before leaves no folder
        that it made.

        Raises
        ------
        FolderError
            Another run holds it, or it cannot be written.
        """
        made = self.prepare()
        lock = FileLock(self.work / "run.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise FolderError(
                str(self.out), "another run is using it", "Wait for it, or choose another --out"
            ) from error
        try:
            settled = SettledSpace(self.out).tiles
            written = (
                self.tiles,
                settled,
                self.rasters,
                self.tables,
                self.inputs,
                self.points,
                self.out,
                self.work,
            )
            for folder in written:
                sweep(folder)
            yield
        finally:
            begun = self.lock_file.exists()
            if not begun and self.work in made:
                shutil.rmtree(self.work / "downloads", ignore_errors=True)
            lock.release()
            if not begun:
                self._withdraw(made)

    def _withdraw(self, made: tuple[Path, ...]) -> None:
        """Remove the folders of a run that never began; whatever holds a file stays."""
        log = self.out / "run.log"
        with contextlib.suppress(OSError):
            if log.stat().st_size == 0:
                log.unlink()
        if self.work in made:
            with contextlib.suppress(OSError):
                (self.work / "run.lock").unlink(missing_ok=True)
        _remove_empty(made)

    def entries(self) -> dict[str, Entry]:
        """Return the last line of each tile; a line cut short by a kill is passed over."""
        found: dict[str, Entry] = {}
        if not self.manifest.exists():
            return found
        # a power cut may leave any bytes behind: they spoil their own line alone
        for line in self.manifest.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = Entry.parse(line)
            except (ValueError, KeyError, TypeError):
                continue
            found[entry.tile] = entry
        return found

    def intact(self, entry: Entry) -> bool:
        """Whether a tile's file is, byte for byte, the one that was written."""
        path = self.tile_file(entry.tile)
        if not path.exists() or path.stat().st_size != entry.size:
            return False
        return sha256_of(path) == entry.sha256

    def record(self, *entries: Entry) -> None:
        """Add finished tiles to the manifest; they are on the disk when this returns.

        Raises
        ------
        DiskFullError
        """
        torn = self._torn()
        try:
            with self.manifest.open("a", encoding="utf-8", newline="\n") as file:
                file.write(("\n" if torn else "") + "".join(entry.line() for entry in entries))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise_if_full(self.manifest, error)
            raise

    def _torn(self) -> bool:
        """Whether the manifest ends within a line, as a kill leaves it."""
        if not self.manifest.exists() or self.manifest.stat().st_size == 0:
            return False
        with self.manifest.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def keep_only(self, entries: Mapping[str, Entry]) -> int:
        """Remove all tiles but some; return how many files went.

        Parameters
        ----------
        entries : mapping
            Tile -> its line.
        """
        left = [path for path in self.tiles.glob("*.npz") if path.stem not in entries]
        if left or self.entries().keys() - entries.keys():
            lines = [entries[tile].line() for tile in sorted(entries)]
            write_whole(self.manifest, "".join(lines))
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def forget(self) -> None:
        """Remove every checkpoint."""
        if not isinstance(self, SettledSpace):
            SettledSpace(self.out).forget()
        named = [self.work / name for name in ("rasters.json", "blocks.json", "ground.json")]
        for path in [*self.tiles.glob("*.npz"), self.manifest, *named]:
            path.unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a small JSON file of `.work`; empty where absent or broken."""
        try:
            raw = json.loads((self.work / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return raw if isinstance(raw, dict) else {}


@dataclass(frozen=True, slots=True)
class SettledSpace(Workspace):
    """The same for what is made of finished tiles: models, and tiles that products settled.

    Its entries are named ``<product>.<tile>``, and ``<product>.learnt`` for a model.
    """

    @property
    def tiles(self) -> Path:
        """Models and settled tiles."""
        return self.work / "settled"

    @property
    def manifest(self) -> Path:
        """One line a model or settled tile."""
        return self.work / "settled.jsonl"
