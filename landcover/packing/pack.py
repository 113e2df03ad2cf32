"""Which files of a run go into a parcel, and the parcel itself.

It knows the folder of a run. It does not know what is secret, nor how it is hidden.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from landcover.engine.workspace import Workspace
from landcover.files import PART
from landcover.outputs.opening import open_shown
from landcover.outputs.readme_page import README, Repeat, readme
from landcover.packing.public import write_public
from landcover.packing.relative import (
    Taken,
    packed_job,
    packed_lock,
    roots_of,
    taken_of,
    without_paths,
)
from landcover.packing.told import COMMAND, COPY, NOTE, Parcel, told
from landcover.packing.zips import Content, write_zip
from landcover.settings import is_url
from landcover.showing import about_of, as_run

if TYPE_CHECKING:
    from landcover.job import Job

__all__ = ["Packed", "pack"]

LEFT_OUT = frozenset({".work", "run.log"})
"""Of a run's folder: checkpoints, and a log with paths of this machine."""

PICTURES = "pictures"
"""Folder of pages to print."""

HEAVY = ("rasters/", "stac/", "pictures/")
"""What the light form lacks, beside QGIS projects: rasters, and what is nothing without them."""

PARCEL = Path(".work", "parcel")
"""Where a public parcel is put together, under a run's folder."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One parcel: its zip, how many files it holds, and its size in bytes.

    `secret` names the groups whose positions it hides, or which an archive holds as they are;
    `missing` are files that it may not hold; `in_titles` are names of sensitive places in the title
    of what is for the public.
    """

    path: Path
    files: int
    size: int
    secret: tuple[str, ...]
    missing: tuple[str, ...]
    in_titles: tuple[str, ...] = ()


def pack(
    job: Job,
    out: Path,
    to: Path | None = None,
    *,
    public: bool = False,
    light: bool = False,
    pictures: bool = False,
) -> Packed:
    """Put the results of a finished run into one zip.

    Parameters
    ----------
    job : Job
        Titles, languages and what may be shared are its own; all else is as the run had it.
    out : Path
        The run's folder.
    to : Path, optional
        The zip. Default: beside `out`, named after it.
    public : bool
        Obey `share.positions`; leave out what would repeat the run. Else an archive.
    light : bool
        Without rasters.
    pictures : bool
        Draw pages to print for the public. They are drawn anyway where the run's folder has some;
        an archive has those of the folder, the light form none.

    Returns
    -------
    Packed

    Raises
    ------
    LandcoverError
        No run finished in the folder, or another one works in it; the disk is full; a file for
        the public would name what is secret.
    """
    former = as_run(job, out)
    with Workspace(out).alone():
        about, taken = about_of(former), taken_of(out / "inputs")
        whom = {} if public else _missing(out / "inputs", taken)
        own = any(not is_url(source.catalog) for source in former.sources)
        parcel = Parcel(about, public, light, whom, own)
        name = f"{out.name}{'-public' if public else ''}{'-light' if light else ''}"
        path = to if to is not None else out.with_name(f"{name}.zip")
        drawn = not light and (pictures or (out / PICTURES).is_dir())
        try:
            in_titles = tuple[str, ...]()
            if public:
                folder = _public_folder(former, out)
                in_titles = write_public(former, out, folder, taken, parcel, pictures=drawn)
                files = _files(folder, light=light)
            else:
                files = _archive_files(former, out, taken, parcel)
            write_zip(path, former.name, files)
        finally:
            shutil.rmtree(out / PARCEL, ignore_errors=True)
        secret, size = tuple(sorted(about.secret)), path.stat().st_size
        return Packed(path, len(files), size, secret, tuple(sorted(whom)), in_titles)


def _public_folder(job: Job, out: Path) -> Path:
    """Make room for what the public may see."""
    folder = out / PARCEL / job.name
    shutil.rmtree(out / PARCEL, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _archive_files(
    job: Job, out: Path, taken: Mapping[str, Taken], parcel: Parcel
) -> dict[str, Content]:
    """Put together what repeats the run, and what it found."""
    files = _files(out, light=parcel.light) | _rewritten(job, out, taken)
    files[NOTE] = told(parcel)
    lock = hashlib.sha256(bytes(files["scenes.json"])).hexdigest()  # its paths are relative now
    page = readme(open_shown(out, parcel.about), files, Repeat((COPY, COMMAND), lock))
    return files | {README: page.encode()}


def _files(folder: Path, *, light: bool) -> dict[str, Content]:
    """Name what goes along of a folder."""
    found: dict[str, Content] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        heavy = name.startswith(HEAVY) or name.endswith(".qgz")
        skipped = name.split("/")[0] in LEFT_OUT or PART in path.name or (light and heavy)
        if path.is_file() and not skipped:
            found[name] = path
    return found


def _rewritten(job: Job, out: Path, taken: Mapping[str, Taken]) -> dict[str, Content]:
    """Return the files of an archive that name paths: of this machine in the folder, none here."""
    from landcover.job import dump

    roots = roots_of(job)
    account = json.loads((out / "run.json").read_text("utf-8"))
    for one in account.get("inputs", ()):
        if not is_url(str(one.get("origin", ""))):
            one.pop("origin", None)
    text = json.dumps(account, indent=1, ensure_ascii=False) + "\n"
    return {
        "job.yaml": dump(packed_job(job, taken)).encode(),
        "scenes.json": packed_lock(out / "scenes.json", roots),
        "run.json": without_paths(text.encode(), roots),
    }


def _missing(inputs: Path, taken: Mapping[str, Taken]) -> dict[str, str]:
    """Return the files that an archive would need and may not hold, and whom to ask for each."""
    lost = {role: one for role, one in taken.items() if one.copy is None}
    if not lost:
        return {}
    entries = json.loads((inputs / "inputs.json").read_text("utf-8"))["inputs"]
    return {
        lost[one["role"]].path: str(one.get("ask", "")) for one in entries if one["role"] in lost
    }
