"""The demonstration: a made-up country on disk, and the job that runs over it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from landcover.errors import InputError
from landcover.synthetic.build import country
from landcover.synthetic.overpass import dates
from landcover.synthetic.scenes import write
from landcover.synthetic.surroundings import write_context
from landcover.synthetic.zones import write_zones

__all__ = ["DEMO_DAYS", "write_demo"]

DEMO_DAYS = dates(date(2020, 1, 6), date(2024, 1, 1), 20)
"""Days of the demonstration's scenes: four years, across the change of January 2022."""

_JOB = "demo.yaml"


def write_demo(
    folder: Path,
    *,
    size_px: int = 512,
    days: tuple[date, ...] = DEMO_DAYS,
    workers: int = 2,
) -> Path:
    """Write scenes, zones, context and the job of the demonstration.

    Parameters
    ----------
    folder : Path
        Gets `scenes/`, `zones/`, `context/` and `demo.yaml`.
    size_px : int
        Size of the country in pixels.
    days : dates
        Days of its scenes; the job names the years 2020 to 2023.
    workers : int
        Threads.

    Returns
    -------
    Path
        Of the job.
    """
    land = country(size_px)
    folder.mkdir(parents=True, exist_ok=True)
    write(land, folder / "scenes", days, workers=workers)
    write_zones(land, folder / "zones")
    write_context(land, folder)
    shutil.copyfile(_shipped_job(), folder / _JOB)
    return folder / _JOB


def _shipped_job() -> Path:
    """Find the demonstration's job: in the wheel, or beside the package in a clone."""
    package = Path(__file__).resolve().parents[1]
    for configs in (package / "configs", package.parent / "configs"):
        if (configs / _JOB).is_file():
            return configs / _JOB
    raise InputError(f"configs/{_JOB}", "not found beside the package", "Install landcover again")
