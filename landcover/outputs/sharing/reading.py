"""The words of a file, wherever its format keeps them: for looking through it, whoever wrote it.

It knows how formats pack words: zips, PDFs, PNGs, data within pages, columns of Parquet, tables
of GeoPackages, tags of GeoTIFFs. It does not know what is looked for. Letters drawn as pixels are
no words.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import shapely

from landcover.raster.facts import facts_of

__all__ = ["words_of"]

Content = bytes | mmap
"""Bytes in memory, or of a file."""


def words_of(path: Path) -> Iterator[Content]:
    """Give all that a file says, in pieces.

    Parameters
    ----------
    path : Path

    Yields
    ------
    bytes or mmap
        Text is UTF-8. A piece is good until the next one is asked for. Packed bytes are given
        unpacked alone: as they are they say nothing, but by chance.
    """
    for text in _SAID[path.suffix](path) if path.suffix in _SAID else ():
        yield text.encode()
    if path.stat().st_size and path.suffix not in _ALL_PACKED:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            yield from _within(content)


def _within(content: Content) -> Iterator[Content]:
    """Give some bytes, and what is packed in them, however deep."""
    for mark, unpack in _PACKED:
        if content[: len(mark)] == mark:
            yield from unpack(content)
            return
    yield _DATA.sub(b"", content)
    for found in _DATA.finditer(content):
        yield from _within(b64decode(found[1] + b"=" * (-len(found[1]) % 4)))


_DATA = re.compile(rb"base64[,:]\s*((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2,3})?)")
"""Data within pages (data: addresses) and projects of QGIS (base64:)."""


def _zip(content: Content) -> Iterator[Content]:
    """Give the names, notes and files of a zip."""
    with zipfile.ZipFile(BytesIO(content)) as held:
        yield held.comment
        for one in held.infolist():
            yield one.filename.encode()
            yield one.comment
            yield from _within(held.read(one))


# --- PDF -------------------------------------------------------------------------------------

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"\[([^\[\]]*)\]\s*TJ|(\((?:\\.|[^\\()])*\))\s*Tj", re.DOTALL)
_STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _pdf(content: Content) -> Iterator[Content]:
    """Give the streams of a PDF and the text that they show.

    Letters are moved apart one by one, so a word stands in several strings; its codes are of one
    byte or two, and those of the fonts that are drawn with here are Unicode.
    """
    yield _both(content)
    for found in _STREAM.finditer(content):
        try:
            stream = zlib.decompressobj().decompress(found[1])
        except zlib.error:
            continue
        yield stream
        yield b"\n".join(_both(b"".join(_strings(one[1] or one[2]))) for one in _shown(stream))


def _shown(stream: bytes) -> Iterator[re.Match[bytes]]:
    """Find what a stream shows."""
    return _SHOWN.finditer(stream)


def _strings(array: bytes) -> Iterator[bytes]:
    """Give the strings of an array, unescaped."""
    return (_ESCAPED.sub(_plain, found[1]) for found in _STRING.finditer(array))


def _plain(found: re.Match[bytes]) -> bytes:
    """Return what an escape stands for."""
    mark = found[1]
    if mark.isdigit():
        return bytes([int(mark, 8) & 0xFF])
    return _CONTROL.get(mark, mark)


def _both(text: Content) -> bytes:
    """Return a text without the first bytes of codes of two: Latin letters are left."""
    return bytes(text).replace(b"\0", b"")


# --- PNG -------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_NOTES = {b"tEXt": 1, b"zTXt": 2, b"iTXt": 5}
"""Chunks with words, and bytes between their key and what is said, at least."""


def _png(content: Content) -> Iterator[Content]:
    """Give the notes of a PNG."""
    at = len(_PNG)
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] in _NOTES:
            yield from _note(bytes(content[at + 8 : at + 8 + size]))
        at += size + 12


def _note(chunk: bytes) -> Iterator[bytes]:
    """Give a note as it is, and what is packed in it."""
    yield chunk
    for at in (found.start() for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", chunk)):
        try:
            yield zlib.decompressobj().decompress(chunk[at:])
        except zlib.error:
            continue


# --- other pictures --------------------------------------------------------------------------

_SPOKEN = frozenset({b"EXIF", b"XMP "})
"""Parts of a WebP with words."""

_PIXELS = b"\xff\xda"
"""What pixels of a JPEG begin with; notes stand before them."""


def _webp(content: Content) -> Iterator[Content]:
    """Give the notes of a WebP; other files that begin so are given whole."""
    if content[8:12] != b"WEBP":
        yield bytes(content)
        return
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if content[at : at + 4] in _SPOKEN:
            yield bytes(content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def _jpeg(content: Content) -> Iterator[Content]:
    """Give what stands before the pixels of a JPEG, and behind them."""
    whole = bytes(content)
    yield whole.partition(_PIXELS)[0]
    yield whole.rpartition(b"\xff\xd9")[2]


_PACKED: tuple[tuple[bytes, Callable[[Content], Iterator[Content]]], ...] = (
    (b"PK\x03\x04", _zip),
    (b"%PDF-", _pdf),
    (_PNG, _png),
    (b"RIFF", _webp),
    (b"\xff\xd8\xff", _jpeg),
)
"""What unpacks bytes that begin so."""


# --- tables and rasters ----------------------------------------------------------------------


def _columns(path: Path) -> Iterator[str]:
    """Give every cell of a Parquet file as text, and what the file says of itself.

    A shape (WKB) has no words: its bounds are given, as are those in the file's account.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        for name, said in {b"": b"", **(file.metadata.metadata or {})}.items():
            yield f"{name.decode('utf-8', 'replace')} {said.decode('utf-8', 'replace')}"
        yield " ".join(schema.names)
        for batch in file.iter_batches():
            for column in batch.columns:
                yield "\n".join(map(_text, column.to_pylist()))


def _text(cell: Any) -> str:
    """Return a cell as text."""
    if not isinstance(cell, bytes):
        return str(cell)
    shape = shapely.from_wkb(cell, on_invalid="ignore")
    return cell.decode("utf-8", "replace") if shape is None else str(shape.bounds)


def _tables(path: Path) -> Iterator[str]:
    """Give every row of every table of a GeoPackage: a long one may lie apart in the file."""
    with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as file:
        named = file.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in named:
            quoted = name.replace('"', '""')
            for row in file.execute(f'select * from "{quoted}"'):  # noqa: S608  (quoted above)
                yield " ".join(str(cell) for cell in row if not isinstance(cell, bytes))


def _tags(path: Path) -> Iterator[str]:
    """Give the tags of a GeoTIFF, and the names and units of its bands."""
    facts = facts_of(path)
    yield from (f"{name} {said}" for name, said in facts.tags.items())
    yield from (*facts.bands, *facts.units)


_ALL_PACKED = frozenset({".parquet", ".tif"})
"""Endings of files with no words but those that are read from them."""

_SAID: Mapping[str, Callable[[Path], Iterator[str]]] = {
    ".parquet": _columns,
    ".gpkg": _tables,
    ".tif": _tags,
}
"""What reads the words of a file whose bytes may hide them, by its ending."""
