"""Writing whole files or nothing, and telling files apart by their bytes.

A file appears under its name only when it is complete and on the disk. Nothing is known
here of what files hold.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from landcover.errors import DiskFullError

__all__ = [
    "PART",
    "raise_if_full",
    "replacing",
    "sha256_of",
    "sha256_of_tree",
    "sweep",
    "write_whole",
]

PART = ".part"
"""Marks a file that is being written; leftovers of a killed run are swept."""

CHUNK_BYTES = 2**20
"""Read at once when hashing (bytes)."""


def raise_if_full(path: Path, error: OSError) -> None:
    """Tell a full disk from other trouble with a file.

    Raises
    ------
    DiskFullError
        The disk, or this user's share of it, is full.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise DiskFullError(
            str(path), "the disk is full", "Free some space and run again; it resumes"
        ) from error


def _on_disk(path: Path) -> None:
    """Ask the system to put a file's bytes on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes its place, whole.

    Raises
    ------
    DiskFullError
        The disk filled up; the temporary file is removed and `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-{uuid4().hex[:12]}{PART}{path.suffix}")
    try:
        yield part
        _on_disk(part)
        part.replace(path)
    except OSError as error:
        raise_if_full(path, error)
        raise
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text is UTF-8 with the newlines that it has."""
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as part:
        part.write_bytes(data)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes (hexadecimal)."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_tree(folder: Path, endings: Collection[str]) -> str:
    """Return one SHA-256 (hexadecimal) of all files in a folder, at any depth.

    Parameters
    ----------
    folder : Path
    endings : collection of str
        Of the names of the files that count (".py"); others may come and go.

    Returns
    -------
    str
        That of a text with a line a file, in the order of their names: the path within `folder`
        with ``/``, a NUL and the file's own SHA-256.
    """
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in endings and path.is_file()
    }
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(f"{name}\0{sha256_of(found[name])}\n".encode())
    return digest.hexdigest()


def sweep(folder: Path) -> int:
    """Remove what a killed run left half-written in a folder; return how many files."""
    left = [path for path in folder.glob(f".*{PART}*") if path.is_file()]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
