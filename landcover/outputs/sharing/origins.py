"""Whether two paths of a job lead to the same data: a file, the same bytes, or copies of one file.

This module knows files and the list that a run leaves beside copies of its inputs. It does not
know what is in them.

In a folder of results each group of zones and each layer has a copy of its own, with its own rows
and columns: their bytes differ, and only the list says that they are of one file.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from landcover.files import sha256_of
from landcover.net import redact
from landcover.settings import is_url
from landcover.zones.copies import SOURCE, entry_of

__all__ = ["same_file"]


def same_file(one: str, other: str) -> bool:
    """Whether two paths or addresses lead to the same data.

    Parameters
    ----------
    one, other : str
        As a job names them, made absolute.

    Returns
    -------
    bool
        Also where one is a link to the other, holds the same bytes, or is a copy that a run left
        of the other's rows, or both are copies of one file.
    """
    return not _marks(one).isdisjoint(_marks(other))


def _marks(path: str) -> frozenset[str]:
    """Return what tells the data at a path from all other data."""
    if is_url(path):
        return frozenset({redact(path)})  # as lists have it
    whole = Path(os.path.realpath(path))
    if not whole.is_file():
        return frozenset({str(whole)})
    return frozenset({str(whole), _hash(whole, _state(whole)), *_origin(whole)})


def _state(path: Path) -> tuple[int, int]:
    """Return what changes with a file: its size and when it was written."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=64)
def _hash(path: Path, _: tuple[int, int]) -> str:
    """Return a file's SHA-256, read once: lists of a country may be large."""
    return sha256_of(path)


def _origin(path: Path) -> frozenset[str]:
    """Return what tells the data that a copy is of, by the list beside it; nothing of no copy."""
    entry = entry_of(path)
    return frozenset() if entry is None else frozenset(_told(entry))


def _told(entry: dict[str, Any]) -> set[str]:
    """Return what an entry of the list says of the file that was copied."""
    told = {str(entry[key]) for key in ("sha256", SOURCE) if entry.get(key)}
    origin = str(entry.get("origin", ""))
    return told | {origin} if is_url(origin) else told
