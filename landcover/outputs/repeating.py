"""The lines that repeat a run in the folder that it left, on the copies of what it read.

It knows which keys of a job choose among what a copy no longer holds. It runs nothing.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

import yaml

__all__ = ["AGAIN", "commands_of", "inputs_of"]

AGAIN = "again"
"""Folder of the run when it is repeated."""

CHOICES = {"where": "null", "near": "null", "latest": "[]"}
"""Keys of a group of zones that choose rows, and what stands for none: a copy has those alone."""

Told = Mapping[str, Any]


def inputs_of(out: Path, run: Told) -> Sequence[Told]:
    """Return what is known of the files that a job named: by the list of their copies, if any."""
    path = out / "inputs" / "inputs.json"
    listed = json.loads(path.read_text("utf-8"))["inputs"] if path.is_file() else run.get("inputs")
    return tuple(listed or ())


def commands_of(out: Path, run: Told) -> tuple[str, ...]:
    """Return the lines that repeat a run to the same bytes, in its folder.

    Parameters
    ----------
    out : Path
        The folder.
    run : mapping
        ``run.json``.

    Returns
    -------
    tuple of str
        None where the folder lacks the job or the list of scenes, or is a parcel for the public,
        whose rasters have holes. The last one may go on in further lines.
    """
    if run.get("public") or not all((out / name).is_file() for name in ("job.yaml", "scenes.json")):
        return ()
    job = _read(out / "job.yaml")
    copies = {
        str(one.get("role", "")): (str(one["copy"]), str(one.get("origin", "")))
        for one in inputs_of(out, run)
        if one.get("copy") and (out / "inputs" / str(one["copy"])).is_file()
    }
    changes = (*_zones(job, copies), *_context(job, copies), *_sensors(job, copies), *_here(job))
    told = [f"--set {shlex.quote(f'{key}={value}')}" for key, value in changes]
    ran = " \\\n    ".join([f"landcover run job.yaml --locked --out {AGAIN}", *told])
    return (f"mkdir {AGAIN}", f"cp scenes.json {AGAIN}/", ran)


def _read(path: Path) -> Mapping[str, Any]:
    """Read a job as plain data; nothing where it is none."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return found if isinstance(found, dict) else {}


def _zones(job: Told, copies: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Let groups of zones read the copies of their files, which hold what was chosen of them."""
    for name, group in (job.get("zones") or {}).items():
        if f"zones.{name}" not in copies or not isinstance(group, dict):
            continue
        path = f"inputs/{copies[f'zones.{name}'][0]}"
        if group.get("path") != path:
            yield f"zones.{name}.path", path
        for key, none in CHOICES.items():
            if group.get(key):
                yield f"zones.{name}.{key}", none
        if group.get("layer") and path.endswith(".csv"):  # the sheet of a workbook is a table now
            yield f"zones.{name}.layer", "null"


def _context(job: Told, copies: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Let what is only drawn be read from its copies."""
    for number, layer in enumerate(job.get("context") or ()):
        key = f"context[{number}]"
        path = f"inputs/{copies[key][0]}" if key in copies else ""
        if path and layer.get("path") != path:
            yield f"{key}.path", path


def _sensors(job: Told, copies: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Let sources read the copies of sensors' profiles of one's own."""
    own = {origin: copy for role, (copy, origin) in copies.items() if role.startswith("sensors.")}
    for number, source in enumerate(job.get("sources") or ()):
        sensor = str(source.get("sensor", ""))
        copy = own.get(PureWindowsPath(sensor).name)
        if copy and sensor != f"inputs/{copy}":
            yield f"sources[{number}].sensor", f"inputs/{copy}"


def _here(job: Told) -> Iterator[tuple[str, str]]:
    """Compute on this machine, whatever the run was computed on."""
    if (job.get("run") or {}).get("scheduler"):
        yield "run.scheduler", "null"
