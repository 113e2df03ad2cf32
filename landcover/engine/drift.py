"""How the lock of a job and its catalogs have come apart.

It knows the lock and what the job asks for. How items are compared is the catalog's matter.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from landcover.catalog import Drift, SceneSet, find_drift, keep_clearest, narrow, read_lock
from landcover.catalog.duplicates import Copies, drop_duplicates
from landcover.catalog.reasons import is_untold
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

    untold = {(one.source, one.scene) for one in lock.dropped if is_untold(one.reason)}

    def choose(found: SceneSet) -> SceneSet:
        # as a run does: what cannot be used takes no place among the clearest
        return keep_clearest(_without(found, untold, asked), asked.sources, asked.region)

    wanted = choose(narrow(lock, asked.sources, period))
    used = [source for source in asked.sources if asked.bands[source.name]]
    names = {source.name for source in used}
    locked = [scene for scene in wanted.scenes if scene.source in names]
    found = find_drift(
        locked, used, asked.sensors, asked.bands, period, asked.region, asked.pools,
        untold, choose,
    )  # fmt: skip
    notes = list(wanted.notes[len(lock.notes) :])
    if len(locked) < len(wanted.scenes):
        strange = sorted({one.source for one in wanted.scenes} - names)
        what = f"{len(wanted.scenes) - len(locked)} scenes are of {', '.join(strange)}"
        remedy = "The job has no such source, or takes no band of it; they were not looked up"
        notes.append(Note(workspace.lock_file.name, what, remedy))
    return found, tuple(notes)


def _without(found: SceneSet, untold: Set[tuple[str, str]], asked: Asked) -> SceneSet:
    """Leave out doubtful scenes whose pixels did not tell a run their offset; copies come back."""
    trusting = {source.name for source in asked.sources if source.offset == "trust"}
    out = [
        one
        for one in found.scenes
        if one.doubtful and (one.source, one.id) in untold and one.source not in trusting
    ]
    if not out:
        return found
    gone, keys = Copies(out), {(one.source, one.id) for one in out}
    stay = [one for one in found.scenes if (one.source, one.id) not in keys]
    back = [one for one in found.spare if gone.of(one)]
    names = [source.name for source in asked.sources]
    kept, _, _ = drop_duplicates([*stay, *back], names, asked.pools, found.cloudy)
    keys |= {(one.source, one.id) for one in kept}
    rest = tuple(one for one in found.spare if (one.source, one.id) not in keys)
    # a copy may be as doubtful as the one that it came back for
    return _without(replace(found, scenes=tuple(kept), spare=rest), untold, asked)
