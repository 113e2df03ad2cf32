"""What `--offline` needs: everything that a run reads lies on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from landcover.errors import InputError
from landcover.settings import is_url

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["demand_local"]


def demand_local(job: Job, out: Path) -> bool:
    """Refuse a job that would need the network; return whether its lock must be used.

    Raises
    ------
    InputError
        With the first thing that lies elsewhere.
    """
    _zones_are_here(job, out)
    lock = out / "scenes.json"
    if not lock.is_file():
        _catalogs_are_here(job)
        return False
    _scenes_are_here(lock)
    return True


def _zones_are_here(job: Job, out: Path) -> None:
    """Refuse zones at an address, unless an earlier run has fetched them."""
    fetched = out / ".work" / "downloads"
    for name, group in job.zones.items():
        if group.path is not None and is_url(group.path) and not fetched.is_dir():
            remedy = "Save the file and give its path, or run once with the network"
            raise InputError(f"zones.{name}.path", "--offline, and it is an address", remedy)


def _catalogs_are_here(job: Job) -> None:
    """Refuse catalogs at an address."""
    for place, source in enumerate(job.sources):
        if is_url(source.catalog):
            remedy = "Name a catalog on this machine, or run once with the network"
            raise InputError(f"sources[{place}].catalog", "--offline, and it is an address", remedy)


def _scenes_are_here(lock: Path) -> None:
    """Refuse a lock whose files lie at addresses."""
    from landcover.catalog import read_lock

    scenes = read_lock(lock).scenes
    far = sum(is_url(asset.href) for scene in scenes for asset in scene.assets.values())
    if far:
        what = f"--offline, and {far:,} of its files are addresses"
        raise InputError(str(lock), what, "Run with the network, or take a catalog of local files")
