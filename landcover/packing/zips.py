"""One zip of many files, the same bytes each time.

It knows files and names. It does not know what they hold.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from landcover.files import raise_if_full, replacing

__all__ = ["Content", "write_zip"]

Content = Path | bytes
"""A file, or its bytes."""

DATED = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold; the same for all, so that bytes depend on content."""

MODE = 0o100644 << 16
"""A plain file that all may read, as systems other than Windows want it told."""

UNIX = 3
"""What the zip says it was made on, wherever it is."""

PACKED = frozenset({".tif", ".png", ".webp", ".jpg", ".qgz", ".xlsx", ".parquet", ".zip", ".npz"})
"""Endings of files that do not shrink any more."""

CHUNK_BYTES = 2**20
"""Copied at once (bytes)."""


def write_zip(path: Path, root: str, files: Mapping[str, Content]) -> Path:
    """Write files into one zip, whole or not at all.

    Parameters
    ----------
    path : Path
        Where it will be.
    root : str
        Name of the one folder that it unpacks to.
    files : mapping
        Path within the folder (with slashes) -> content.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    DiskFullError
        What was at `path` is still there.
    """
    with (
        replacing(path) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as made,
    ):
        for name in sorted(files):
            _add(made, f"{root}/{name}", files[name], path)
    return path


def _add(made: zipfile.ZipFile, name: str, content: Content, path: Path) -> None:
    """Add one file."""
    info = zipfile.ZipInfo(name, DATED)
    info.external_attr, info.create_system = MODE, UNIX
    shrinks = PurePosixPath(name).suffix.lower() not in PACKED
    info.compress_type = zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED
    try:
        if isinstance(content, bytes):
            made.writestr(info, content)
            return
        info.file_size = content.stat().st_size  # tells whether it needs the form for large files
        with content.open("rb") as source, made.open(info, "w") as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)
    except OSError as error:
        raise_if_full(path, error)
        raise
