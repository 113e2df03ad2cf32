"""A job and its lock with paths that hold wherever a parcel is unpacked.

It knows which keys of a job are paths, and what a run left of each. It writes nothing.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from landcover import sensors
from landcover.catalog import read_lock, write_lock
from landcover.model import Scene
from landcover.settings import is_url

if TYPE_CHECKING:
    from landcover.catalog.settings import Source
    from landcover.job import Job
    from landcover.zones.settings import ZoneGroup

__all__ = ["Roots", "Taken", "packed_job", "packed_lock", "roots_of", "taken_of", "without_paths"]

INPUTS = "inputs"
"""Folder of a parcel with copies of what a run read."""

SCENES = "scenes"
"""Folder of a parcel in which scenes of this machine are looked for: they are not in it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What ``inputs/inputs.json`` says of one file: its own name, and that of its copy."""

    origin: str
    copy: str | None

    @property
    def path(self) -> str:
        """Where a parcel has the file, or looks for it."""
        return f"{INPUTS}/{self.copy or self.origin}"


def taken_of(inputs: Path) -> dict[str, Taken]:
    """Read what a run left of its inputs, by role ("zones.reserves")."""
    try:
        entries = json.loads((inputs / "inputs.json").read_text("utf-8"))["inputs"]
    except (OSError, ValueError, KeyError):
        return {}
    return {one["role"]: Taken(_name(one["origin"]), one.get("copy")) for one in entries}


def _name(path: str) -> str:
    """Return a file's own name, of a path of any system or an address."""
    return PurePosixPath(PureWindowsPath(path).as_posix()).name


# --- folders of this machine -----------------------------------------------------------------

Roots = Mapping[str, str]
"""Folders of this machine -> what stands for them in a parcel."""


def roots_of(job: Job) -> Roots:
    """Name the folders in which a job's files lie on this machine, the innermost first."""
    found: dict[str, str] = {}
    for source in job.sources:
        for folder, stands in _folders(source):
            found.setdefault(str(folder), stands)
    for path in (*(group.path for group in job.zones.values()), *(one.path for one in job.context)):
        if path is not None and not is_url(path):
            found.setdefault(str(Path(path).parent), INPUTS)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _folders(source: Source) -> Iterator[tuple[Path, str]]:
    """Give the folders of a source's files, and what stands for each."""
    if not is_url(source.catalog):
        path = Path(source.catalog)
        yield (path if path.is_dir() else path.parent), f"{SCENES}/{source.name}"
    for number, folder in enumerate(source.allow_paths, start=1):
        yield folder, f"{SCENES}/{source.name}-{number}"


def _moved(path: str, roots: Roots) -> str:
    """Return a path of this machine as a parcel has it: below one of its folders, else its name."""
    for folder, stands in roots.items():
        if Path(path).is_relative_to(folder):
            inner = Path(path).relative_to(folder).as_posix()
            return stands if inner == "." else f"{stands}/{inner}"
    return f"{SCENES}/{_name(path)}"


# --- the job ---------------------------------------------------------------------------------


def packed_job(job: Job, taken: Mapping[str, Taken]) -> Job:
    """Return a job that runs on the copies that a run left, wherever they are.

    Parameters
    ----------
    job : Job
        As it was run.
    taken : mapping
        By role; see `taken_of`.

    Returns
    -------
    Job
        With paths relative to the folder of results. A copy holds only the rows that were used,
        so what chose them is gone. Scenes are looked for under ``scenes/``.
    """
    roots = roots_of(job)
    zones = {name: _packed_group(name, group, taken) for name, group in job.zones.items()}
    layers = [
        layer.model_copy(update={"path": copy.path, "where": None})
        for number, layer in enumerate(job.context)
        if (copy := _of_layer(number, taken)) is not None
    ]
    run = job.run.model_copy(update={"store": None, "scheduler": None})
    return job.model_copy(
        update={
            "zones": zones,
            "context": tuple(layers),
            "sources": tuple(_packed_source(one, taken, roots) for one in job.sources),
            "run": run,
        }
    )


def _of_layer(number: int, taken: Mapping[str, Taken]) -> Taken | None:
    """Return what was left of a layer that is drawn; None where nothing was."""
    found = taken.get(f"context.{number}") or taken.get(f"context[{number}]")
    return found if found is not None and found.copy else None


def _packed_group(name: str, group: ZoneGroup, taken: Mapping[str, Taken]) -> ZoneGroup:
    """Let a group read the copy of its file."""
    if group.path is None:
        return group
    found = taken.get(f"zones.{name}") or Taken(_name(group.path), None)
    if found.copy is None:  # it may not be handed on: whoever has it puts it there
        return group if is_url(group.path) else group.model_copy(update={"path": found.path})
    update: dict[str, Any] = {"path": found.path, "where": None, "near": None, "latest": ()}
    if found.copy.endswith(".csv"):
        update["layer"] = None  # the sheet of a workbook is a table of its own now
    return group.model_copy(update=update)


def _packed_source(source: Source, taken: Mapping[str, Taken], roots: Roots) -> Source:
    """Let a source look for its files in the parcel."""
    update: dict[str, Any] = {
        "allow_paths": tuple(Path(_moved(str(folder), roots)) for folder in source.allow_paths)
    }
    if not is_url(source.catalog):
        update["catalog"] = _moved(source.catalog, roots)
    own = sensors.own_file(source.sensor)
    if own is not None:
        same = [one for role, one in taken.items() if role.startswith("sensors.")]
        found = taken.get(f"sensors.{source.name}") or next(
            (one for one in same if one.origin == own.name), Taken(own.name, None)
        )
        update["sensor"] = found.path
    return source.model_copy(update=update)


# --- the lock, the account -------------------------------------------------------------------


def packed_lock(lock: Path, roots: Roots, scenes: frozenset[str] | None = None) -> bytes:
    """Return a lock with relative paths; with `scenes`, only those (by id), and no notes."""
    found = read_lock(lock)
    kept = [one for one in found.scenes if scenes is None or one.id in scenes]
    found = replace(found, scenes=tuple(_packed_scene(one, roots) for one in kept))
    if scenes is not None:
        found = replace(found, failures=(), notes=(), dropped=(), choices=())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / lock.name
        write_lock(path, found)
        return bytes(without_paths(path.read_bytes(), roots))


def _packed_scene(scene: Scene, roots: Roots) -> Scene:
    """Return a scene whose files of this machine are told by relative paths."""
    assets = {
        band: asset if is_url(asset.href) else replace(asset, href=_moved(asset.href, roots))
        for band, asset in scene.assets.items()
    }
    item = scene.item_href
    told = item if not item or is_url(item) else _moved(item, roots)
    return replace(scene, assets=assets, item_href=told)


def without_paths(content: bytes, roots: Roots) -> bytes:
    """Put what stands for them in place of the folders of this machine that a text names.

    The same letters within an address, or at the start of a longer name, are left.
    """
    for folder, stands in roots.items():
        if Path(folder).parent != Path(folder):  # all paths of a disk begin with its root
            named = _BEFORE + re.escape(folder.encode()) + _BEHIND
            content = re.sub(named, stands.encode(), content)
    return content


_BEFORE, _BEHIND = rb"(?<![\w.~%/-])", rb"(?!\.?[\w~%-])"
"""What cannot stand beside the whole name of a folder."""
