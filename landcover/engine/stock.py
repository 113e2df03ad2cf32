"""What a store keeps beside blocks of scenes: files of zones, and what searches found.

It knows folders. Which store is in use, the process knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from landcover.engine.workspace import Workspace
from landcover.files import write_whole
from landcover.net import cached
from landcover.raster.remote import Reach, current
from landcover.raster.store import Store, is_store
from landcover.settings import is_url
from landcover.zones.settings import ZoneGroup

__all__ = ["downloads", "found_before", "keep_downloads", "reach_of", "store_in_use"]


def reach_of(store: Path | None, offline: bool) -> Reach:
    """Say what a run may ask: a store that is there, and the network unless it is offline."""
    known = store is not None and is_store(store)
    return Reach(store=str(store) if known else "", offline=offline)


def store_in_use() -> Store | None:
    """Return the store that this process reads or brings to, None without one."""
    reach = current()
    if reach.bringing is not None:
        return reach.bringing
    return Store(Path(reach.store)) if reach.store else None


def downloads(workspace: Workspace, groups: Mapping[str, ZoneGroup]) -> Path:
    """Return where files of zones that were fetched lie; what the store has of them comes along."""
    cache, store = workspace.work / "downloads", store_in_use()
    if store is not None:
        _copy(groups, store.root / "downloads", cache)
    return cache


def keep_downloads(workspace: Workspace, groups: Mapping[str, ZoneGroup], store: Store) -> None:
    """Have the store keep the files of zones that were fetched."""
    _copy(groups, workspace.work / "downloads", store.root / "downloads")


def _copy(groups: Mapping[str, ZoneGroup], source: Path, target: Path) -> None:
    """Copy files that addresses named, as far as they are in one folder and not in the other."""
    for group in groups.values():
        if group.path is None or not is_url(group.path):
            continue
        there, here = cached(group.path, source), cached(group.path, target)
        if there.is_file() and not here.exists():
            write_whole(here, there.read_bytes())


def found_before(digest: str) -> Path | None:
    """Return where the store keeps what a search found; None without a store.

    Parameters
    ----------
    digest : str
        Hash of all that the search depends on.
    """
    store = store_in_use()
    return None if store is None else store.root / "searches" / f"{digest}.json"
