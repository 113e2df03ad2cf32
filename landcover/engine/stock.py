"""What a store keeps beside blocks of scenes: files of zones, and what searches found.

It knows folders. Which store is in use, the process knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from landcover.catalog.settings import Source
from landcover.engine.workspace import Workspace
from landcover.errors import NoScenesError, PlanError
from landcover.files import write_whole
from landcover.model import Asset
from landcover.net import cached
from landcover.raster.address import named
from landcover.raster.remote import Reach, current
from landcover.raster.store import Store, is_store, mark_of, store_of
from landcover.settings import is_url
from landcover.zones.settings import ZoneGroup

__all__ = [
    "downloads",
    "found_before",
    "keep_downloads",
    "reach_of",
    "store_in_use",
    "telling_of_stores",
    "versions_held",
]

_HELD = re.compile(r"(?P<band>.+?)(?:_1of(?P<factor>\d+))?-[0-9a-f]{16}\.(?:tif|jp2)")
"""A file in a store: the asset's key, the overview if it is one, and its mark."""


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


def versions_held() -> Callable[[Asset], str]:
    """Return what says of a file which version of it a store holds, as the stores are now.

    It says nothing of a file that no store holds, nor of one that was never replaced at its
    source since it was first brought.
    """
    own, known = store_in_use(), dict[Path, Mapping[str, str]]()

    def version(asset: Asset) -> str:
        local = None if is_url(asset.href) else store_of(asset.href)
        if local is not None:
            root, mark = local
        elif own is not None and is_url(asset.href):
            root, mark = own.root, mark_of(named(asset.href, asset.overview))
        else:
            return ""
        if root not in known:
            known[root] = Store(root).replaced()
        return known[root].get(mark, "")

    return version


@contextmanager
def telling_of_stores(sources: Sequence[Source]) -> Iterator[None]:
    """Say of a search that finds nothing in a store's catalog what that store holds.

    Raises
    ------
    PlanError
        It holds overviews alone, which no catalog lists.
    """
    try:
        yield
    except NoScenesError:
        for source in sources:
            _refuse_overviews(source)
        raise


def _refuse_overviews(source: Source) -> None:
    """Refuse the catalog of a store that holds a band in overviews alone."""
    if is_url(source.catalog):
        return
    path = Path(source.catalog)
    root = next((one for one in (path, *path.parents) if is_store(one)), None)
    if root is None:
        return
    files = [(file.parent, _HELD.fullmatch(file.name)) for file in root.glob("items/*/*/*-*")]
    held = [(item, one["band"], one["factor"]) for item, one in files if one]
    whole = {(item, band) for item, band, factor in held if factor is None}
    alone = {(band, int(factor)) for item, band, factor in held
             if factor and (item, band) not in whole}  # fmt: skip
    coarse = sorted(alone)
    if not coarse:
        return
    listed = ", ".join(f"{band} at 1/{factor}" for band, factor in coarse)
    raise PlanError(
        f"source {source.name}, catalog",
        f"it is that of a store which holds some bands in overviews alone ({listed} of their "
        "resolution), and no catalog lists those",
        "Name the catalog that they were fetched from, with the same resolution_m, and the store "
        "with --store",
    )
