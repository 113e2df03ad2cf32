"""How a store keeps what it holds of a remote file: a journal, then a file with its index.

It knows bytes and JSON on this machine. What it reads may be damaged, and is then as if absent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from landcover.files import sha256_of, write_whole
from landcover.net.ranges import Version
from landcover.raster import jpeg2000, tiff

__all__ = [
    "META",
    "Kept",
    "Place",
    "formers_of",
    "index_of",
    "journal_of",
    "meta",
    "read_told",
    "record",
    "replaced_by",
    "seal",
    "told_former",
]

META = 2**32 - 1
"""Number of a journal's first record, which tells of the file; no block has it."""

ITEMS = "items"
"""Folder of the stored files: none lies elsewhere."""

_RECORD = struct.Struct("<4sIQ32s")
"""Before each record of a journal: a word, the block's number, its size (bytes), its SHA-256."""

_WORD = b"LCB1"

_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)
"""What reading a damaged file may end with; JSON's and formats' errors are ValueErrors."""

_Header = tiff.Header | jpeg2000.Header


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block lies on this machine (bytes), and the SHA-256 of its bytes."""

    file: Path
    at: int
    size: int
    sha256: str


@dataclass(slots=True)
class Kept:
    """What is held of one remote file: its directory, its version, and some of its blocks.

    `file` is the path of the stored file within the store, empty until there is one.
    """

    href: str
    header: _Header
    version: Version
    places: dict[int, Place] = field(default_factory=dict)
    file: str = ""

    def holds(self, number: int) -> bool:
        """Whether a block is held; one that was never written at its source is, as such."""
        return number in self.places or not self.header.parts(number)

    def read(self, number: int) -> bytes | None:
        """Return a block's bytes; None where they are not, or not any more, what was brought."""
        place = self.places.get(number)
        if place is None:
            return None
        try:
            with place.file.open("rb") as file:
                file.seek(place.at)
                data = file.read(place.size)
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == place.sha256 else None

    @property
    def size(self) -> int:
        """Bytes of the blocks that are held."""
        return sum(place.size for place in self.places.values())


def read_told(path: Path) -> dict[str, Any]:
    """Read a small JSON object; empty where it is absent or broken."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except _DAMAGED:
        return {}
    return told if isinstance(told, dict) else {}


# --- a file's directory, as JSON ------------------------------------------------------------------


def meta(kept: Kept) -> dict[str, Any]:
    """Tell of a remote file: its unsigned address, its version, its directory."""
    version = kept.version
    return {
        "href": kept.href,
        "size": version.size,
        "etag": version.etag,
        "modified": version.modified,
        "header": _told_header(kept.header),
    }


def _kept(told: Mapping[str, Any]) -> Kept:
    """Read back what `meta` tells."""
    version = Version(int(told["size"]), str(told["etag"]), str(told["modified"]))
    return Kept(str(told["href"]), _header(told["header"]), version)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _told_header(header: _Header) -> dict[str, Any]:
    """Tell a directory so that `_header` makes the same of it."""
    if isinstance(header, tiff.Header):
        return {"tiff": _text(header.directory())}
    return {
        "before": _text(header.before),
        "main": _text(header.main),
        "after": _text(header.after),
        "shape": list(header.shape),
        "block": list(header.block),
        "tiles": {str(number): [list(span) for span in spans]
                  for number, spans in header.tiles.items()},
    }  # fmt: skip


def _header(told: Mapping[str, Any]) -> _Header:
    """Read a directory back."""
    if "tiff" in told:
        data = _bytes(told["tiff"])
        return tiff.read_header(lambda start, stop: data[start:stop])
    (rows, columns), (height, width) = told["shape"], told["block"]
    if min(rows, columns, height, width) < 1:
        raise ValueError("it has no pixels")
    return jpeg2000.Header(
        _bytes(told["before"]), _bytes(told["main"]), _bytes(told["after"]),
        (int(rows), int(columns)), (int(height), int(width)),
        {int(number): tuple((int(at), int(size)) for at, size in spans)
         for number, spans in told["tiles"].items()},
    )  # fmt: skip


# --- the journal ----------------------------------------------------------------------------------


def record(number: int, data: bytes) -> tuple[bytes, str]:
    """Return what stands before a record's bytes, and their SHA-256."""
    digest = hashlib.sha256(data)
    return _RECORD.pack(_WORD, number, len(data), digest.digest()), digest.hexdigest()


def journal_of(path: Path) -> tuple[Kept | None, int]:
    """Read which blocks a journal holds, and where its last whole record ends (bytes).

    A record that was cut short, and what may follow it, is as if it were not there.
    """
    kept, end = None, 0
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while size - end >= _RECORD.size:
                file.seek(end)
                word, number, length, digest = _RECORD.unpack(file.read(_RECORD.size))
                at = end + _RECORD.size
                if word != _WORD or at + length > size:
                    break
                if kept is None:
                    data = file.read(length)
                    if number != META or hashlib.sha256(data).digest() != digest:
                        return None, 0
                    kept = _kept(json.loads(data))
                else:
                    kept.places[number] = Place(path, at, length, digest.hex())
                end = at + length
    except _DAMAGED:
        return None, 0
    return kept, end


# --- versions that were let go ----------------------------------------------------------------


def told_former(mark: str, version: Version) -> str:
    """Tell in one line that a version of a file was let go, or seen at its source since."""
    line = json.dumps([mark, version.size, version.etag, version.modified])
    return f"\n{line}\n"  # what a kill left half-written stands in a line of its own


def formers_of(path: Path) -> dict[str, list[Version]]:
    """Read the versions of files that were let go, by the files' marks, oldest first."""
    found: dict[str, list[Version]] = {}
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            mark, size, etag, modified = json.loads(line)
            found.setdefault(str(mark), []).append(Version(int(size), str(etag), str(modified)))
        except _DAMAGED:
            continue
    return found


def replaced_by(versions: Sequence[Version]) -> str:
    """Return what stands for the last of a file's versions; nothing where all are one."""
    if all(versions[0].same(one) for one in versions):
        return ""
    last = versions[-1]
    told = json.dumps([last.size, last.etag, last.modified])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


# --- the stored file and its index ----------------------------------------------------------------


def index_of(root: Path, index: Path) -> Kept | None:
    """Read which blocks a stored file holds; None where the index is absent or broken."""
    told = read_told(index)
    try:
        kept = _kept(told)
        kept.file = str(told["file"])
        path = (root / kept.file).resolve()
        if not path.is_relative_to((root / ITEMS).resolve()) or path.name == ITEMS:
            return None
        for number, (at, size, sha256) in told["blocks"].items():
            kept.places[int(number)] = Place(path, int(at), int(size), str(sha256))
    except _DAMAGED:
        return None
    return kept


def seal(kept: Kept, root: Path, file: str, index: Path) -> None:
    """Write all that is held of a file as a raster with those blocks, and its index.

    A block that is not held reads as nodata in other programs, as one that was never written
    does: only the index tells them apart.

    Raises
    ------
    DiskFullError
    """
    blocks = {n: data for n in sorted(kept.places) if (data := kept.read(n)) is not None}
    content = _composed(kept.header, blocks)
    path = root / file
    write_whole(path, content)
    places = _places(kept.header, content, blocks)
    told = {
        **meta(kept),
        "file": file,
        "file_bytes": len(content),
        "file_sha256": sha256_of(path),
        "blocks": {
            str(number): [places[number], len(data), hashlib.sha256(data).hexdigest()]
            for number, data in blocks.items()
        },
    }
    write_whole(index, json.dumps(told) + "\n")


def _composed(header: _Header, blocks: Mapping[int, bytes]) -> bytes:
    """Make a file that holds some blocks, the others being empty."""
    if not isinstance(header, tiff.Header):
        return header.compose(blocks)
    held = np.isin(np.arange(len(header.sizes)), list(blocks))
    return replace(header, sizes=np.where(held, header.sizes, np.uint64(0))).compose(blocks)


def _places(header: _Header, content: bytes, blocks: Mapping[int, bytes]) -> dict[int, int]:
    """Return where blocks begin in a file that was made of them (bytes)."""
    if isinstance(header, tiff.Header):
        made = tiff.read_header(lambda start, stop: content[start:stop])
        return {number: int(made.offsets[number]) for number in blocks}
    found, at = {}, len(header.before) + 16 + len(header.main)  # 16: the codestream's box head
    for number in sorted(blocks):
        found[number] = at
        at += len(blocks[number])
    return found
