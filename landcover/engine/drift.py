"""How the lock of a job and its catalogs have come apart.

It knows the lock and what the job asks for. How items are compared is the catalog's matter.
"""

from __future__ import annotations

from landcover.catalog import Drift, SceneSet, find_drift, keep_clearest, narrow, read_lock
from landcover.engine.scenes import Asked, refuse_search
from landcover.engine.workspace import Workspace
from landcover.errors import InputError
from landcover.model import Note

__all__ = ["look_for_drift"]


def look_for_drift(
    asked: Asked, workspace: Workspace, offline: bool = False
) -> tuple[Drift, tuple[Note, ...]]:
    """Compare the scenes that `run --locked` would read with what catalogs list now.

    Parameters
    ----------
    asked : Asked
    workspace : Workspace
    offline : bool
        Refuse to ask a catalog on the network.

    Returns
    -------
    Drift, notes
        Notes tell which scenes of the lock the job does not want any more.

    Raises
    ------
    InputError
        There is no lock, or it cannot be read, or a catalog is remote and `offline`.
    CatalogError
        A catalog did not answer.
    """
    if not workspace.lock_file.exists():
        what = "there is no lock whose items could have changed"
        raise InputError(str(workspace.lock_file), what, "Run the job first")
    if offline:
        refuse_search(asked.sources)
    period = asked.order.context.period
    lock = read_lock(workspace.lock_file)

    def choose(found: SceneSet) -> SceneSet:
        return keep_clearest(found, asked.sources, asked.region)

    wanted = choose(narrow(lock, asked.sources, period))
    used = [source for source in asked.sources if asked.bands[source.name]]
    names = {source.name for source in used}
    locked = [scene for scene in wanted.scenes if scene.source in names]
    found = find_drift(
        locked, used, asked.sensors, asked.bands, period, asked.region, asked.pools,
        [(one.source, one.scene) for one in lock.dropped], choose,
    )  # fmt: skip
    notes = list(wanted.notes[len(lock.notes) :])
    if len(locked) < len(wanted.scenes):
        strange = sorted({one.source for one in wanted.scenes} - names)
        what = f"{len(wanted.scenes) - len(locked)} scenes are of {', '.join(strange)}"
        remedy = "The job has no such source, or takes no band of it; they were not looked up"
        notes.append(Note(workspace.lock_file.name, what, remedy))
    return found, tuple(notes)
