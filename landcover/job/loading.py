"""A job file into a `Job`: every problem at once, each at its file, line and column.

It knows the way from bytes to a `Job`. It does not know what a job is good for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from landcover.errors import InputError, JobError
from landcover.job.checks import ELSEWHERE, check
from landcover.job.faults import translate
from landcover.job.keys import Job
from landcover.job.nodes import Fault, Node, Place, find, graft, spell
from landcover.job.nodes import Path as KeyPath
from landcover.job.text import MAX_BYTES, decode, parse

__all__ = ["load", "loads", "place", "schema"]

_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(\d{1,4})\]")


def schema() -> dict[str, Any]:
    """Describe every key as a JSON schema (draft 2020-12), for editors and programs."""
    described = Job.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**head, **described, "title": "landcover job"}


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    """Make the schema once: each problem is worded with it."""
    return schema()


def load(path: str | Path, overrides: Sequence[str] = ()) -> Job:
    """Read a job file.

    Parameters
    ----------
    path : str or Path
        The YAML file; paths within it are relative to its folder.
    overrides : sequence of str
        ``key=value`` each, as ``run.memory=8GB`` or ``sources[0].max_cloud_percent=20``.

    Returns
    -------
    Job

    Raises
    ------
    JobError
        With every problem of the file.
    InputError
        Where there is no such file.
    """
    path = Path(path)
    return loads(_read(path), path.absolute().parent, overrides, file=str(path))


def _read(path: Path) -> bytes:
    """Read the bytes of a job file, and no more than a job may have."""
    remedy = "Give the path of a job file; `landcover init` writes one to start from"
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(str(path), "there is no such file", remedy) from None
    except IsADirectoryError:
        raise InputError(str(path), "this is a folder", remedy) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL within the path
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(str(path), f"the file cannot be read ({said})", remedy) from None


def loads(raw: bytes, base: Path, overrides: Sequence[str] = (), *, file: str = "job.yaml") -> Job:
    """Read the bytes of a job; `base` is the folder that its paths start from."""
    node, faults = parse(decode(file, raw), Place(file, 1, 1))
    if node.value is None and not faults:
        faults = [Fault((), node.place, "the file is empty", "`landcover init` writes a job")]
    elif not isinstance(node.value, Mapping):
        faults.append(Fault((), node.place, "a job is a table of keys", "Begin with schema: 1"))
    else:
        for override in overrides:
            node, more = _overridden(node, override)
            faults += more
        job, more = _validated(node, base)
        faults += more
        if job is not None and not faults:
            return job
    raise JobError(tuple(fault.problem() for fault in _each_once(faults)))


def _overridden(node: Node, override: str) -> tuple[Node, list[Fault]]:
    """Set one key as the call says."""
    place = Place(f"--set {override[:80]}", 1, 1)
    key, sign, text = override.partition("=")
    path = _key_path(key.strip())
    if not sign or not path:
        remedy = "Write --set key=value, as --set run.memory=8GB"
        return node, [Fault((), place, "expected key=value", remedy)]
    value, faults = parse(text, Place(place.file, 1, len(key) + 2))
    faults = [Fault((*path, *f.path), f.place, f.what, f.remedy) for f in faults]
    try:
        return graft(node, path, value), faults
    except KeyError:
        what, remedy = "no such key can be set", "Take a key of the job, as sources[0].catalog"
        return node, [*faults, Fault(path, place, what, remedy)]


def place(path: Path, key: str, overrides: Sequence[str] = ()) -> Place:
    """Find where a key of a job that loads stands; of a key that is not given, its table.

    Parameters
    ----------
    path : Path
        The job file.
    key : str
        As messages name it: ``zones.sites.id``, and perhaps more words after it.
    overrides : sequence of str
        As for `load`.
    """
    node, _ = parse(decode(str(path), _read(path)), Place(str(path), 1, 1))
    for override in overrides:
        node, _ = _overridden(node, override)
    return find(node, _key_path(re.split(r"[,\s]", key, maxsplit=1)[0]))[1].place


def _key_path(key: str) -> KeyPath:
    """Read "sources[0].catalog" as a path; empty where it is none."""
    steps = list(_STEP.finditer(key))
    if "".join(step[0] for step in steps) != key or key.startswith((".", "[")):
        return ()
    return tuple(step[1] if step[1] is not None else int(step[2]) for step in steps)


def _validated(node: Node, base: Path) -> tuple[Job | None, list[Fault]]:
    """Validate the tree; where it fails, judge at least what can be read of it."""
    try:
        job = Job.model_validate(node.plain, context={"base": base}, by_name=False)
    except ValidationError as error:
        told = error.errors(include_url=False)
        # what lies in other files is told at its own place, by `_disagreements`
        here = [one for one in told if one["type"] != ELSEWHERE]
        faults = translate(node, here, _schema())
        return None, [*faults, *_disagreements(node, base, faults)]
    return job, []


def _disagreements(node: Node, base: Path, faults: list[Fault]) -> Iterator[Fault]:
    """Check what keys must agree on, among the sections that are right by themselves."""
    sections = dict(_sections(node, base, faults))
    for found in check(sections):
        path, here = find(node, found.path)
        spot = here.place
        if found.problem is not None:
            path = found.path
            spot = Place(found.problem.file, found.problem.line, found.problem.column)
        yield Fault(path, spot, found.what, found.remedy)


def _sections(node: Node, base: Path, faults: Sequence[Fault]) -> Iterator[tuple[str, Any]]:
    """Read each section by itself, without its faulty keys; what cannot be read is left out."""
    plain = node.plain
    for fault in faults:
        _forget(plain, fault.path)
    for name, field in Job.model_fields.items():
        key = field.alias or name
        if key in plain:
            adapter: TypeAdapter[Any] = TypeAdapter(_annotated(field.annotation, field.metadata))
            with suppress(ValidationError):
                value = adapter.validate_python(plain[key], context={"base": base}, by_name=False)
                yield name, value
        elif not field.is_required():
            yield name, field.get_default()


def _forget(plain: Any, path: KeyPath) -> None:
    """Remove the innermost key of a path, with all that it holds."""
    keys = [place for place, step in enumerate(path) if isinstance(step, str)]
    if not keys:
        return
    for step in path[: keys[-1]]:
        if isinstance(plain, dict):
            plain = plain.get(str(step))
        elif isinstance(plain, list) and isinstance(step, int):
            plain = plain[step]
    if isinstance(plain, dict):
        plain.pop(path[keys[-1]], None)


def _annotated(kind: Any, metadata: Sequence[Any]) -> Any:
    """Put a field's type and its limits together again."""
    for one in metadata:
        kind = Annotated[kind, one]
    return kind


def _each_once(faults: list[Fault]) -> list[Fault]:
    """Tell one fault a key, the first found, in the order of the text."""
    first: dict[tuple[str, Place], Fault] = {}
    for fault in faults:
        first.setdefault((spell(fault.path), fault.place), fault)
    files = list(dict.fromkeys(fault.place.file for fault in faults))
    return sorted(
        first.values(),
        key=lambda f: (files.index(f.place.file), f.place.line, f.place.column),
    )
