"""Copies of what a run read, under ``inputs/``: only what it used, and where it came from.

This module knows a folder of copies and its list, ``inputs.json``. It does not know formats.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

from landcover.errors import ZoneError
from landcover.files import replacing, sha256_of, write_whole
from landcover.model import InputFile
from landcover.net import redact
from landcover.settings import is_url
from landcover.zones.excerpts import excerpt

__all__ = ["LIST", "SOURCE", "copy_inputs", "entry_of"]

LIST = "inputs.json"
"""Name of the list of all inputs and their copies."""

SOURCE = "source_sha256"
"""Key of an entry whose file is itself a copy that a run left: the hash of what that is of."""

LONGEST_STEM = 60
"""Characters of a file's own name that its copy keeps; Windows paths end at 260."""

Entry = dict[str, Any]


def copy_inputs(inputs: Sequence[InputFile], folder: Path) -> tuple[Path, ...]:
    """Leave a copy of each input, as the run used it, and a list of where they came from.

    A copy holds only the columns that the job names and the rows that its `where` chose, so
    that a job on the copy gives the same zones (leave `where` out, or keep its columns).

    Parameters
    ----------
    inputs : sequence of InputFile
        Files of one role that follow the first one belong to it (parts of a Shapefile).
    folder : Path
        ``OUT/inputs``. Copies that a former job left there, by its list, are removed.

    Returns
    -------
    tuple of Path
        The copies in the order of inputs, then ``inputs.json``.

    Raises
    ------
    ZoneError
        Where a file is not any more what the run read.
    """
    _refuse_changed(inputs)
    folder.mkdir(parents=True, exist_ok=True)
    here, firsts = folder.resolve(), {one.path: _source(Path(one.path)) for one in inputs}
    sources = {path for one in inputs if (path := Path(one.path).resolve()).parent == here}
    names = {path.name.casefold() for path in sources}
    entries, copies = [], []
    for main, *beside in _together(inputs):
        made = _copied(main, folder, names) if main.may_copy else None
        copies += [made] if made else []
        first = firsts[main.path]
        entries.append(_entry(main, beside, made) | ({SOURCE: first} if first else {}))
    _remove_stale(folder, {path.name for path in (*copies, *sources)})
    content = json.dumps({"inputs": entries}, indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / LIST, content)
    return (*copies, folder / LIST)


def _together(inputs: Sequence[InputFile]) -> list[list[InputFile]]:
    """Put the files of one role together."""
    roles: dict[str, list[InputFile]] = {}
    for one in inputs:
        roles.setdefault(one.role, []).append(one)
    return list(roles.values())


def _refuse_changed(files: Iterable[InputFile]) -> None:
    """Refuse to copy what the run did not read."""
    for one in files:
        path = Path(one.path)
        if not path.is_file() or sha256_of(path) != one.sha256:
            what = f"{_origin(one)} changed or went away while the run was starting"
            raise ZoneError(one.role, what, "Run again")


# --- copies ----------------------------------------------------------------------------------


def _copied(main: InputFile, folder: Path, names: set[str]) -> Path:
    """Write the copy of one file; `names` are those in use, without case."""
    group = _safe(main.role.partition(".")[2] or main.role)
    taken = excerpt(main, group)
    path = folder / _unique(_stem(main, group), taken.suffix, names)
    with replacing(path) as part:
        taken.write(part)
    return path


def _stem(main: InputFile, group: str) -> str:
    """Name a copy after its group and file; a copy of a copy keeps its name."""
    own = _safe(PurePosixPath(_origin_name(main)).stem)
    return own if own.startswith(f"{group}_") else f"{group}_{own}"


def _unique(stem: str, suffix: str, names: set[str]) -> str:
    """Return a name that no other copy has, on any system."""
    name, number = f"{stem}{suffix}", 1
    while name.casefold() in names:
        number += 1
        name = f"{stem}_{number}{suffix}"
    names.add(name.casefold())
    return name


def _safe(text: str) -> str:
    """Spell a name with letters, digits, dash and underscore alone.

    Examples
    --------
    >>> _safe("Réserve (v2)")
    'Reserve_v2'
    """
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9-]+", "_", bare)[:LONGEST_STEM].strip("_") or "file"


# --- the list --------------------------------------------------------------------------------


def _origin_name(one: InputFile) -> str:
    """Return the file's own name, of a path of any system or an address."""
    if is_url(one.origin):
        return PurePosixPath(unquote(urlsplit(one.origin).path)).name
    return PureWindowsPath(one.origin).name


def _origin(one: InputFile) -> str:
    """Say where a file came from: an address without secrets, or a name without folders."""
    return redact(one.origin) if is_url(one.origin) else _origin_name(one)


def _entry(main: InputFile, beside: Sequence[InputFile], made: Path | None) -> Entry:
    """List one file and its copy."""
    entry: Entry = {
        "role": main.role,
        "origin": _origin(main),
        "sha256": main.sha256,
        "licence": main.licence,
        "credit": main.credit,
        "columns": list(main.columns),
        "where": main.where,
        "copy": made.name if made else None,
    }
    if beside:
        entry["beside"] = [{"origin": _origin(one), "sha256": one.sha256} for one in beside]
    if made:
        entry["copy_sha256"] = sha256_of(made)
    else:
        entry["ask"] = _whom_to_ask(main)
    return entry


def _whom_to_ask(main: InputFile) -> str:
    """Say where a file can be had that may not be copied."""
    whom = main.credit or (_origin(main) if is_url(main.origin) else "whoever made it")
    return f"The job forbids a copy of this file. Ask for it: {whom}; compare its sha256."


def _remove_stale(folder: Path, keep: set[str]) -> None:
    """Remove copies that the former list names, unless they are made anew or are read now."""
    for name in _former(folder / LIST):
        if name not in keep and (folder / name).is_file():
            (folder / name).unlink()


def _source(path: Path) -> str:
    """Return the hash of the file that a run's copy is of; nothing where a file is no copy."""
    found = entry_of(path) or {}
    return str(found.get(SOURCE) or found.get("sha256") or "")


def entry_of(path: Path) -> Entry | None:
    """Return what the list beside a file says of what it is a copy of; None of no copy.

    A run repeated in its own folder reads its copies: the list then tells of those copies as of
    files that were read.
    """
    listed = _listed(path.with_name(LIST))
    as_read = (one for one in listed if SOURCE in one and one.get("origin") == path.name)
    return next((one for one in listed if one.get("copy") == path.name), next(as_read, None))


def _listed(path: Path) -> list[Entry]:
    """Read the entries of a list; none where it is none."""
    try:
        found = json.loads(path.read_text("utf-8"))["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _former(path: Path) -> list[str]:
    """Read the names of copies in a former list; none can lead out of the folder."""
    names = [entry.get("copy") for entry in _listed(path)]
    plain = (name for name in names if isinstance(name, str) and name != LIST)
    return [name for name in plain if name == PureWindowsPath(name).name == Path(name).name]
