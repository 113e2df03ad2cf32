"""Zipped vector files: a Shapefile as it is usually handed over, or a KMZ.

This module knows archives. It does not know what the files in them mean.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from landcover.errors import ZoneError

__all__ = ["unpacked"]

MAIN = frozenset({".shp", ".kml", ".gpx", ".geojson", ".json", ".gpkg", ".csv", ".xlsx", ".fgb"})
"""What one archive must hold exactly one of."""

BESIDE = frozenset({".shx", ".dbf", ".prj", ".cpg"})
"""What belongs to a Shapefile."""

LARGEST_BYTES = 2_000_000_000
"""An archive that unpacks to more is refused: it would fill the disk."""


def unpacked(path: Path, folder: Path, where: str) -> Path:
    """Unpack the one data set of an archive.

    Parameters
    ----------
    path : Path
        A zip file.
    folder : Path
        Where its files go, by their last names alone: none can climb out.
    where : str
        The job's key, for errors.

    Returns
    -------
    Path
        The main file.
    """
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        main = [member for member in members if _suffix(member) in MAIN]
        if len(main) != 1:
            names = ", ".join(member.filename for member in main[:5]) or "none"
            what = f"{path.name} must hold one data set, but holds {names}"
            raise ZoneError(where, what, "Unpack it, and name the file in the job")
        stem = PurePosixPath(main[0].filename).stem
        beside = [m for m in members if _suffix(m) in BESIDE and _stem(m) == stem]
        wanted = [*main, *beside]
        if sum(member.file_size for member in wanted) > LARGEST_BYTES:
            what = f"{path.name} unpacks to more than {LARGEST_BYTES / 1e9:g} GB"
            raise ZoneError(where, what, "Unpack it, and name the file in the job")
        folder.mkdir(parents=True, exist_ok=True)
        for member in wanted:
            target = folder / PurePosixPath(member.filename).name
            with archive.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    return folder / PurePosixPath(main[0].filename).name


def _suffix(member: zipfile.ZipInfo) -> str:
    """Return a member's suffix, small."""
    return PurePosixPath(member.filename).suffix.lower()


def _stem(member: zipfile.ZipInfo) -> str:
    """Return a member's name without folder and suffix."""
    return PurePosixPath(member.filename).stem
