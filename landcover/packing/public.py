"""A folder of results that the public may see, made beside the run's own and then zipped.

It joins the redacted run with the writers of what people open: they run on the folder as on any
other, so that none needs a policy of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landcover.errors import LandcoverError
from landcover.files import sha256_of, write_whole
from landcover.net import redact
from landcover.outputs.opening import open_shown
from landcover.outputs.sharing import for_readers
from landcover.outputs.sharing.folder import write_folder
from landcover.outputs.sharing.guarded import Guarded, named_of
from landcover.outputs.sharing.leaks import leaks
from landcover.outputs.sharing.naming import Named, open_settings
from landcover.outputs.sharing.secrets import SHORTEST_NAME, Secrets
from landcover.packing.relative import (
    Roots,
    Taken,
    packed_job,
    packed_lock,
    roots_of,
    without_paths,
)
from landcover.packing.told import NOTE, Parcel, hidden_in, job_comment, told
from landcover.showing import about_of, show
from landcover.zones.settings import ContextLayer

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.outputs.shown import Shown

__all__ = ["write_public"]

CONTEXT = "context.gpkg"
"""What is drawn, as a job names it that lies beside it."""


def write_public(
    job: Job,
    out: Path,
    folder: Path,
    taken: Mapping[str, Taken],
    parcel: Parcel,
    *,
    pictures: bool = False,
) -> tuple[str, ...]:
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
    parcel : Parcel
        What its note says, but for what is drawn.
    pictures : bool
        Whether pages to print and a time-lapse are drawn, too.

    Returns
    -------
    tuple of str
        Names of secret places that stand in the job's own titles, which every page begins with.

    Raises
    ------
    LandcoverError
        A file would have named a secret place: nothing is to be handed on.
    """
    from landcover.job import dump

    about = about_of(job)
    whole = open_shown(out, about)
    shown = for_readers(whole)
    scenes = _seen(shown, out / "scenes.json")
    roots = roots_of(job)
    write_whole(folder / "scenes.json", packed_lock(out / "scenes.json", roots, scenes))
    write_folder(shown, folder, scenes, hidden_in(about, "en"))
    _forget_paths(folder, roots)
    secret = shown.secrets if isinstance(shown, Guarded) else None
    nobody = Named(about.secret, frozenset())
    open_job = _open_job(job, nobody if secret is None else named_of(whole, secret))
    kept = {role: one for role, one in taken.items() if _is_open(role, open_job)}
    _write_inputs(out / "inputs", folder / "inputs", kept)
    drawn = packed_job(open_job, kept).model_copy(update={"context": _context(shown)})
    write_whole(folder / "job.yaml", job_comment(about) + redact(dump(drawn)))
    lost = len(whole.context) - len(shown.context)
    write_whole(folder / NOTE, told(replace(parcel, drawn=len(shown.context), lost=lost)))
    show(open_job, folder, pictures=pictures)
    if secret is None:
        return ()
    _refuse_leaks(folder, secret.words)
    return _in_titles(" ".join((job.name, *job.title.values())), secret)


def _in_titles(titles: str, secrets: Secrets) -> tuple[str, ...]:
    """Return names of secrets that are read in titles, and are no public zone's."""
    public = {str(name).casefold() for name in secrets.public["name"]}
    told = titles.casefold()
    names = sorted({one.name for one in secrets.secrets if one.name.casefold() not in public})
    return tuple(
        name
        for name in names
        if len(name) >= SHORTEST_NAME
        and re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", told)
    )


def _forget_paths(folder: Path, roots: Roots) -> None:
    """Take folders of this machine out of what the run told of failures and warnings."""
    for path in (*sorted((folder / "tables").glob("*.csv")), folder / "run.json"):
        told = path.read_bytes()
        without = without_paths(told, roots)
        if without != told:
            write_whole(path, without)


def _open_job(job: Job, named: Named) -> Job:
    """Return a job without its secret groups: nothing is left in it to be hidden."""
    zones = {name: group for name, group in job.zones.items() if name not in named.groups}
    share = job.share.model_copy(update={"positions": "exact"})
    asked = {name: one for name, one in job.wanted.items() if hasattr(job.products, name)}
    products = job.products.model_copy(update=open_settings(asked, named))
    return job.model_copy(update={"zones": zones, "share": share, "products": products})


def _context(shown: Shown) -> tuple[ContextLayer, ...]:
    """Name the layers of ``context.gpkg``, as a job would that draws them."""
    layers = []
    for name, frame in shown.context.items():
        first = frame.iloc[0]
        told = {"path": CONTEXT, "layer": name, "kind": str(first["kind"])}
        credit = str(first["credit"] or "")
        told |= {"credit": credit} if credit else {}
        told |= {"label": "label"} if frame["label"].fillna("").ne("").any() else {}
        layer = ContextLayer.model_validate(told)
        layers.append(layer.model_copy(update={"path": CONTEXT}))  # not made absolute here
    return tuple(layers)


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
