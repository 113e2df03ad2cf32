"""Which scenes a run reads: those of its lock, or those that a search finds now.

A resumed run uses OUT/scenes.json unless sources, period, zones or bands changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import shapely

from landcover.catalog import SceneSet, read_lock, search, write_lock
from landcover.catalog.settings import Source
from landcover.engine.fingerprint import digest
from landcover.engine.order import Order
from landcover.engine.workspace import Workspace
from landcover.errors import InputError
from landcover.files import sha256_of, write_whole
from landcover.model import Sensor, Zone

__all__ = ["Asked", "find_scenes", "keep_lock", "lock_holds"]

SEARCH_JSON = "search.json"


class Asked:
    """A search: its sources, bands, period and region, and a hash of them.

    Parameters
    ----------
    sources : sequence of Source
    sensors : mapping
        Source's name -> sensor.
    order : Order
    zones : sequence of Zone
    """

    def __init__(
        self,
        sources: Sequence[Source],
        sensors: Mapping[str, Sensor],
        order: Order,
        zones: Sequence[Zone],
    ) -> None:
        self.sources, self.sensors, self.order = sources, sensors, order
        self.region = shapely.union_all([zone.geometry for zone in zones])
        self.bands = order.bands()

    @property
    def digest(self) -> str:
        """Hash of everything that a search depends on."""
        period = self.order.context.period
        # how pixels are masked does not change which scenes there are
        reading = {"clear_classes", "cloud_grown_m"}
        sources = [source.model_dump(mode="json", exclude=reading) for source in self.sources]
        bands = {name: sorted(bands) for name, bands in self.bands.items()}
        outline = shapely.to_wkb(self.region).hex()
        return digest([sources, bands, str(period.start), str(period.end), outline])

    def search(self) -> SceneSet:
        """Ask the catalogs.

        Raises
        ------
        CatalogError, NoScenesError
        """
        used = [source for source in self.sources if self.bands[source.name]]
        period = self.order.context.period
        return search(used, self.sensors, self.bands, period, self.region)


def lock_holds(asked: Asked, workspace: Workspace) -> bool:
    """Whether OUT's lock answers this very search, and was not changed since."""
    known = workspace.read_json(SEARCH_JSON)
    if not workspace.lock_file.exists() or known.get("digest") != asked.digest:
        return False
    return known.get("sha256") == sha256_of(workspace.lock_file)


def find_scenes(asked: Asked, workspace: Workspace, fresh: bool, locked: bool) -> SceneSet:
    """Read the lock where it holds, else search.

    Parameters
    ----------
    asked : Asked
    workspace : Workspace
    fresh : bool
        Search, whatever there is.
    locked : bool
        Read exactly the lock, whatever changed.

    Returns
    -------
    SceneSet

    Raises
    ------
    InputError
        `locked` without a lock, or one that lacks bands the job needs.
    CatalogError, NoScenesError
        From the search.
    """
    if locked:
        return _locked(asked, workspace)
    if not fresh and lock_holds(asked, workspace):
        return read_lock(workspace.lock_file)
    return asked.search()


def _locked(asked: Asked, workspace: Workspace) -> SceneSet:
    """Read the lock, and check that it can serve the job."""
    if not workspace.lock_file.exists():
        raise InputError(
            str(workspace.lock_file), "there is no lock to read", "Run without --locked first"
        )
    found = read_lock(workspace.lock_file)
    for scene in found.scenes:
        missing = asked.bands.get(scene.source, frozenset()) - scene.assets.keys()
        if scene.source not in asked.bands or missing:
            what = f"lacks {', '.join(sorted(missing)) or 'the source'} for {scene.id}"
            raise InputError(str(workspace.lock_file), what, "Run without --locked to search again")
    return found


def keep_lock(asked: Asked, scenes: SceneSet, workspace: Workspace, locked: bool) -> None:
    """Write the lock and what it answers; a lock that was asked for is left as it is."""
    if not locked:
        write_lock(workspace.lock_file, scenes)
    answer = {"digest": asked.digest, "sha256": sha256_of(workspace.lock_file)}
    write_whole(workspace.work / SEARCH_JSON, json.dumps(answer) + "\n")
