"""A folder of results that the public may see, made beside the run's own and then zipped.

It joins the redacted run with the writers of what people open: they run on the folder as on any
other, so that none needs a policy of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landcover.errors import LandcoverError
from landcover.files import sha256_of, write_whole
from landcover.outputs.opening import open_shown
from landcover.outputs.sharing import for_readers
from landcover.outputs.sharing.folder import write_folder
from landcover.outputs.sharing.guarded import Guarded
from landcover.outputs.sharing.leaks import leaks
from landcover.packing.relative import Taken, packed_job, packed_lock, roots_of
from landcover.packing.told import hidden_in
from landcover.showing import about_of, show

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.outputs.shown import Shown

__all__ = ["write_public"]


def write_public(job: Job, out: Path, folder: Path, taken: Mapping[str, Taken]) -> None:
    """Write into a folder what the public may see of a run.

    Parameters
    ----------
    job : Job
        As it was run.
    out : Path
        The run's folder; it is only read, but for copies of rasters under ``.work``.
    folder : Path
        Empty; gets everything.
    taken : mapping
        What the run left of its inputs, by role.

    Raises
    ------
    LandcoverError
        A file would have named a secret place: nothing is to be handed on.
    """
    from landcover.job import dump

    about = about_of(job)
    shown = for_readers(open_shown(out, about))
    scenes = _seen(shown, out / "scenes.json")
    lock = packed_lock(out / "scenes.json", roots_of(job), scenes)
    write_whole(folder / "scenes.json", lock)
    write_folder(shown, folder, scenes, hidden_in(about, "en"))
    secret = shown.secrets if isinstance(shown, Guarded) else None
    open_job = _open_job(job, about.secret)
    kept = {role: one for role, one in taken.items() if _is_open(role, open_job)}
    _write_inputs(out / "inputs", folder / "inputs", kept)
    write_whole(folder / "job.yaml", dump(packed_job(open_job, kept)))
    show(open_job, folder)
    if secret is not None:
        _refuse_leaks(folder, secret.words)


def _open_job(job: Job, secret: frozenset[str]) -> Job:
    """Return a job without its secret groups: nothing is left in it to be hidden."""
    zones = {name: group for name, group in job.zones.items() if name not in secret}
    share = job.share.model_copy(update={"positions": "exact"})
    return job.model_copy(update={"zones": zones, "share": share})


def _is_open(role: str, job: Job) -> bool:
    """Whether a file that a run read may go along: zones that are public, and profiles."""
    kind, _, name = role.partition(".")
    return kind == "sensors" or (kind == "zones" and name in job.zones)


def _write_inputs(whole: Path, folder: Path, kept: Mapping[str, Taken]) -> None:
    """Copy what may go along, and list it alone."""
    entries: list[dict[str, Any]] = []
    listed = whole / "inputs.json"
    if listed.is_file():
        entries = json.loads(listed.read_text("utf-8"))["inputs"]
    mine = [one for one in entries if one["role"] in kept]
    for one in mine:
        if one.get("copy"):
            write_whole(folder / one["copy"], (whole / one["copy"]).read_bytes())
            if sha256_of(folder / one["copy"]) != one.get("copy_sha256"):
                what = "it is not any more what the run left"
                raise LandcoverError(str(whole / one["copy"]), what, "Run the job again")
    text = json.dumps({"inputs": mine}, indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / "inputs.json", text)


def _seen(shown: Shown, lock: Path) -> frozenset[str]:
    """Return the ids of the scenes that touch ground that readers see, or the holes in it."""
    from landcover.catalog import read_lock

    scenes = read_lock(lock).scenes
    if not isinstance(shown, Guarded):
        return frozenset(scene.id for scene in scenes)
    ground = shown.secrets.ground | shown.secrets.holes
    shapely.prepare(ground)
    return frozenset(
        scene.id for scene in scenes if ground.intersects(shapely.box(*scene.footprint))
    )


def _refuse_leaks(folder: Path, words: tuple[str, ...]) -> None:
    """Refuse to hand on a folder in which a secret's id is found, whoever wrote it there."""
    found = leaks(folder, words)
    if found:
        where = ", ".join(found[:5])
        what = f"ids of sensitive sites stand in {where}"
        raise LandcoverError("landcover pack", what, "Nothing was packed; please report it")
