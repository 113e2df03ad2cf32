"""What a run took in beside scenes, as ``inputs/inputs.json`` lists it.

It knows that list. It opens none of the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any

from landcover.net import redact
from landcover.outputs.report.teller import Teller
from landcover.settings import is_url

__all__ = [
    "context_of",
    "group_of",
    "inputs_of",
    "is_withheld",
    "name_of",
    "profiles_of",
    "zones_of",
]


def inputs_of(teller: Teller) -> Sequence[Mapping[str, Any]]:
    """Return what the run took in; nothing where it left no list."""
    path = teller.shown.out / "inputs" / "inputs.json"
    if not path.is_file():
        return ()
    found = json.loads(path.read_text("utf-8"))
    return tuple(found.get("inputs", ()))


def zones_of(teller: Teller) -> Sequence[Mapping[str, Any]]:
    """Return the files of zones and sites, which figures rest on; context is drawn alone."""
    return [one for one in inputs_of(teller) if str(one.get("role", "")).startswith("zones")]


def context_of(teller: Teller) -> Sequence[Mapping[str, Any]]:
    """Return the files that are drawn on maps, and that no figure rests on."""
    return [one for one in inputs_of(teller) if str(one.get("role", "")).startswith("context")]


def profiles_of(teller: Teller) -> Sequence[Mapping[str, Any]]:
    """Return the job's own profiles of sensors, by which every scene was read."""
    return [one for one in inputs_of(teller) if str(one.get("role", "")).startswith("sensors")]


def is_withheld(teller: Teller, one: Mapping[str, Any]) -> bool:
    """Whether a file lists sensitive places, or holds the same bytes as one that does.

    Its name and its hash would let who has a list of mines find out that it is this one.
    """
    secret = {f"zones.{group}" for group in teller.shown.about.secret}
    listed = inputs_of(teller)
    theirs = {str(other.get("sha256", "")) for other in listed if other.get("role") in secret}
    return one.get("role") in secret or str(one.get("sha256", "")) in theirs - {""}


def name_of(teller: Teller, one: Mapping[str, Any]) -> str:
    """Return where a file came from: its address without secrets, or its name alone."""
    if is_withheld(teller, one):
        return teller.words("withheld")
    origin = str(one.get("origin", ""))
    return redact(origin) if is_url(origin) else PureWindowsPath(origin).name


def group_of(one: Mapping[str, Any]) -> str:
    """Return the group of zones that a file gave; of context, its place in the job."""
    role = str(one.get("role", ""))
    return role.partition(".")[2] or role
