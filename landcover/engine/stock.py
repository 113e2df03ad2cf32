"""What a store keeps beside blocks of scenes: files of zones, and what searches found.

It knows folders. Which store is in use, the process knows.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from landcover.catalog.settings import Source
from landcover.engine.workspace import Workspace
from landcover.errors import LandcoverError, NetworkError, NoScenesError, PlanError
from landcover.files import sha256_of, write_whole
from landcover.model import Asset, Note
from landcover.net import cached, read_stamp, redact, renew, stamp_file
from landcover.raster.address import named
from landcover.raster.remote import Reach, current
from landcover.raster.store import Store, is_store, mark_of, store_of
from landcover.settings import is_url
from landcover.zones.settings import ContextLayer, ZoneGroup

__all__ = [
    "downloads",
    "found_before",
    "keep_downloads",
    "reach_of",
    "store_in_use",
    "telling_of_stores",
    "versions_held",
]

Shapes = ZoneGroup | ContextLayer
"""What names a file of shapes."""

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


@contextmanager
def downloads(
    workspace: Workspace, files: Mapping[str, Shapes], *, renewed: bool, offline: bool
) -> Iterator[tuple[Path, tuple[Note, ...]]]:
    """Give the folder where files of zones that were fetched lie, and what is to be told of them.

    Each address is asked again where `renewed`: the file that it gives now wins. What the store has
    is read offline, or where a server gives nothing. A file that turns out not to be one of zones
    (the body of this raises) does not stay in the place of one that was.

    Parameters
    ----------
    workspace : Workspace
    files : mapping
        What of the job names files of shapes, by its key ("zones.sites", "context[0]").
    renewed : bool
        Ask again, though a copy is here.
    offline : bool
        Ask nothing.
    """
    cache, store = workspace.work / "downloads", store_in_use()
    shelf = None if store is None else store.root / "downloads"
    notes, before = [], {}
    for key, url in _addresses(files):
        here = cached(url, cache)
        if here.is_file() and not renewed:
            continue
        known = [one for one in (here, shelf and cached(url, shelf)) if one and one.is_file()]
        told = {sha256_of(one): read_stamp(one).asked for one in reversed(known)}
        if len(known) > 1 or (known and known[0] != here):
            _copy_newer(known[-1], here)
        if known and not offline:
            before[here] = (here.read_bytes(), _stamp_bytes(here))
            notes += _asked_again(key, url, cache, told)
    try:
        yield cache, tuple(notes)
    except LandcoverError:
        for path, (data, stamp) in before.items():
            write_whole(path, data)
            write_whole(stamp_file(path), stamp)
        raise


def _addresses(files: Mapping[str, Shapes]) -> Iterator[tuple[str, str]]:
    """List the keys whose files are named by an address; each address once."""
    met = set()
    for key, one in files.items():
        if one.path is not None and is_url(one.path) and one.path not in met:
            met.add(one.path)
            yield key, str(one.path)


def _asked_again(where: str, url: str, cache: Path, told: Mapping[str, str]) -> list[Note]:
    """Ask an address again; say that its file is another one, or why an old copy is read.

    `told` has the hashes of the copies that there were, and when the address gave them.
    """
    here = cached(url, cache)
    try:
        renew(url, cache)
    except NetworkError as error:
        asked = read_stamp(here).asked
        days = (datetime.now(UTC) - datetime.fromisoformat(asked)).days
        what = f"{redact(url)} gave no file ({error.what}): the copy of {asked[:10]} is read"
        return [Note(where, f"{what}, which is {days:,} days old", "It may have changed since")]
    others = sorted(asked for sha256, asked in told.items() if sha256 != sha256_of(here))
    if not others:
        return []
    what = f"the file at {redact(url)} changed since {others[-1][:10]}"
    what += ": zones may have moved" if where.startswith("zones.") else ""
    return [Note(where, what, "It is read as it is now; results of before are of the old file")]


def _stamp_bytes(path: Path) -> bytes:
    """Return a kept file's stamp as it is written; where it has none, one of its own time."""
    return (json.dumps(asdict(read_stamp(path))) + "\n").encode()


def keep_downloads(workspace: Workspace, files: Mapping[str, Shapes]) -> None:
    """Have the store in use keep the files of zones that were fetched, where they are newer.

    A store that cannot be written stays as it is.
    """
    store = store_in_use()
    if store is None:
        return
    for _, url in _addresses(files):
        here = cached(url, workspace.work / "downloads")
        if here.is_file():
            with contextlib.suppress(PermissionError):
                _copy_newer(here, cached(url, store.root / "downloads"))


def _copy_newer(source: Path, target: Path) -> None:
    """Copy a file and its stamp, unless the target was asked for as late."""
    if target.is_file() and read_stamp(target).asked >= read_stamp(source).asked:
        return
    stamp = _stamp_bytes(source)
    write_whole(target, source.read_bytes())
    write_whole(stamp_file(target), stamp)


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
