"""Looking for ids of secrets in finished files: the last door before they leave the house.

It knows bytes, zips (workbooks, projects), columns of Parquet and tags of GeoTIFFs. It does not
know who wrote what, and does not look for places: a shape or a pixel that tells one has no id.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import shapely

from landcover.raster.facts import facts_of

__all__ = ["leaks"]

SHORTEST_ID = 5
"""Letters and digits of an id that is looked for; shorter ones stand in any file by chance."""


def leaks(folder: Path, words: Sequence[str]) -> tuple[str, ...]:
    """Name the files below a folder in whose name or content an id is found.

    Parameters
    ----------
    folder : Path
    words : sequence of str
        Ids and names. Names of places may be anybody's, and numbers anything: only what has
        both letters and digits and no space is looked for.

    Returns
    -------
    tuple of str
        Paths within the folder, in order.
    """
    ids = [word for word in words if _is_id(word)]
    if not ids:
        return ()
    wanted = re.compile(b"|".join(re.escape(one.encode()) for one in ids))
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            if wanted.search(name.encode()) or _holds(path, wanted):
                found.append(name)
    return tuple(found)


def _is_id(word: str) -> bool:
    """Whether a word is nobody else's by chance."""
    whole = len(word) >= SHORTEST_ID and not any(letter.isspace() for letter in word)
    return whole and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _holds(path: Path, wanted: re.Pattern[bytes]) -> bool:
    """Whether an id stands in a file, or in one of those that it holds."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if wanted.search(content):
            return True
    if path.suffix in _SAID:
        return any(wanted.search(text.encode()) for text in _SAID[path.suffix](path))
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as held:
        return any(wanted.search(held.read(name)) for name in held.namelist())


# --- what is packed within a file ------------------------------------------------------------


def _rows(path: Path) -> Iterator[str]:
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


def _tags(path: Path) -> Iterator[str]:
    """Give the tags of a GeoTIFF, and the names and units of its bands."""
    facts = facts_of(path)
    yield from (f"{name} {said}" for name, said in facts.tags.items())
    yield from (*facts.bands, *facts.units)


_SAID: Mapping[str, Callable[[Path], Iterator[str]]] = {".parquet": _rows, ".tif": _tags}
"""What reads the words of a file whose bytes may hide them, by its ending."""
