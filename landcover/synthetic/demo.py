"""The demonstration: a made-up country on disk, and the job that runs over it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from landcover.errors import InputError
from landcover.synthetic.build import country
from landcover.synthetic.overpass import dates
from landcover.synthetic.scenes import Writing, write
from landcover.synthetic.zones import write_zones

__all__ = ["DEMO_DAYS", "demo_country", "write_demo"]

DEMO_DAYS = dates(date(2020, 1, 6), date(2024, 1, 1), 20)
"""Days of the demonstration's scenes: four years, across the change of January 2022."""

_JOB = "demo.yaml"

demo_country = country
"""The country of the demonstration is the default one."""


def write_demo(folder: Path, *, workers: int = 2) -> Path:
    """Write scenes, zones and the job of the demonstration.

    Parameters
    ----------
    folder : Path
        Gets `scenes/`, `zones/` and `demo.yaml`.
    workers : int
        Threads.

    Returns
    -------
    Path
        Of the job.
    """
    land = demo_country()
    folder.mkdir(parents=True, exist_ok=True)
    write(land, folder / "scenes", DEMO_DAYS, writing=Writing(block_px=256), workers=workers)
    write_zones(land, folder / "zones")
    shutil.copyfile(_shipped_job(), folder / _JOB)
    return folder / _JOB


def _shipped_job() -> Path:
    """Find the demonstration's job: in the wheel, or beside the package in a clone."""
    package = Path(__file__).resolve().parents[1]
    for configs in (package / "configs", package.parent / "configs"):
        if (configs / _JOB).is_file():
            return configs / _JOB
    raise InputError("configs/demo.yaml", "not found beside the package", "Install landcover again")
