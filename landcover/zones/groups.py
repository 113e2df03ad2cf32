"""All groups of a job into zones: the one door of this room.

This module knows which zones a group asks for. It does not know how files are read or
rings are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.errors import ZoneError
from landcover.model import InputFile, Note, Zone
from landcover.zones.controls import controls
from landcover.zones.ellipsoid import area_ha
from landcover.zones.features import Feature, Nearby, ZoneSet, listed
from landcover.zones.nearby import counted, distances_m
from landcover.zones.positions import turned
from landcover.zones.reading import Reading, placed, read
from landcover.zones.repair import oriented
from landcover.zones.rings import rings
from landcover.zones.settings import ZoneGroup

__all__ = ["load"]

Drawn = tuple[list[Zone], list[Note]]


def load(groups: Mapping[str, ZoneGroup], cache: Path) -> ZoneSet:
    """Read every group's file and draw its rings and controls.

    Parameters
    ----------
    groups : mapping of str to ZoneGroup
        The job's `zones`.
    cache : Path
        Folder for files fetched from an address.

    Returns
    -------
    ZoneSet
        Zones in longitude and latitude, in the order of groups and rows; what was repaired,
        left out or looks wrong; the files read, with their sha256.

    Raises
    ------
    ZoneError
        Where a file cannot be used as it is.
    """
    if not groups:
        raise ZoneError("zones", "the job has no zones", "Name at least one file under `zones`")
    held = _read_all(groups, cache)
    zones: list[Zone] = []
    for group, settings in groups.items():
        drawn, said = _zones(group, settings, held.features[group], groups)
        zones.extend(drawn)
        held.notes.extend(said)
    _refuse_twins(zones)
    return ZoneSet(
        tuple(zones),
        tuple(held.notes),
        tuple(held.inputs),
        tuple(held.nearby),
        _sites(groups, held),
    )


def _sites(groups: Mapping[str, ZoneGroup], held: _Held) -> tuple[Feature, ...]:
    """Return the shapes of all groups of sites."""
    named = [group for group, settings in groups.items() if settings.kind_in(group) == "site"]
    return tuple(feature for group in named for feature in held.features[group])


@dataclass(slots=True)
class _Held:
    """What the groups of a job hold, as it is gathered."""

    features: dict[str, tuple[Feature, ...]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    nearby: list[Nearby] = field(default_factory=list)


def _read_all(groups: Mapping[str, ZoneGroup], cache: Path) -> _Held:
    """Read files first, then leave out what is far, then choose controls away from the rest."""
    held = _Held()
    read_ = {
        group: read(group, settings, cache) if settings.path else placed(group, settings)
        for group, settings in groups.items()
        if settings.from_ is None
    }
    for group, reading in read_.items():
        held.notes.extend(reading.notes)
        mine = _near(group, groups, read_, held)
        held.features[group], said = _apart(group, mine, held.features)
        held.notes.extend(said)
        held.inputs.extend(_used(groups[group], reading, mine))
    held.notes.extend(turned(held.features))
    for group, settings in groups.items():
        if settings.from_ is not None:
            held.features[group], said = _controls(group, settings, held.features)
            held.notes.extend(said)
    return held


def _near(
    group: str, groups: Mapping[str, ZoneGroup], read_: Mapping[str, Reading], held: _Held
) -> tuple[Feature, ...]:
    """Leave out what is not near the group's other group, and count the rest by distance."""
    mine, near = read_[group].features, groups[group].near
    if near is None:
        return mine
    where, of = f"zones.{group}.near", near.group
    if of not in read_ or of == group or groups[of].near is not None:
        others = [name for name in read_ if name != group and groups[name].near is None]
        remedy = f"There is {', '.join(others)}" if others else "Add one with a `path`"
        raise ZoneError(f"{where}.group", f"no other group {of!r} that stands by itself", remedy)
    apart_m = distances_m(mine, read_[of].features, near.within_m)
    taken = np.isfinite(apart_m)
    what = f"{taken.sum():,} of {len(mine):,} lie in or within {near.within_m:g} m of {of!r}"
    if not taken.any():
        raise ZoneError(where, what, "Make `within_m` larger, or check both files")
    if not taken.all():
        far = [feature for feature, close in zip(mine, taken, strict=True) if not close]
        held.notes.append(Note(f"zones.{group}", f"{what}; the others are left out"))
        held.notes.extend(_would_be_near(group, far, read_[of].features, near.within_m))
    edges_m = [edge for edge in groups[of].outside_m if edge < near.within_m]
    held.nearby.append(counted(group, of, apart_m, (*edges_m, near.within_m)))
    return tuple(feature for feature, close in zip(mine, taken, strict=True) if close)


def _would_be_near(
    group: str, far: Sequence[Feature], others: Sequence[Feature], within_m: float
) -> list[Note]:
    """Name what would not be left out if its coordinates changed places."""
    swapped = [replace(one, geometry=shapely.transform(one.geometry, _yx)) for one in far]
    there = np.isfinite(distances_m(swapped, others, within_m))
    rows = [one.row for one, close in zip(far, there, strict=True) if close]
    if not rows:
        return []
    what = f"{len(rows)} of those left out would be near if longitude and latitude changed places"
    return [Note(f"zones.{group}", f"{what}: {listed(rows)}", "Correct them in the file")]


def _yx(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Change longitude and latitude (N, 2)."""
    return places[:, ::-1]


def _used(settings: ZoneGroup, reading: Reading, used: Sequence[Feature]) -> tuple[InputFile, ...]:
    """List a group's files; where rows were chosen by other means than `where`, say which."""
    if settings.near is None and not settings.latest:
        return reading.inputs
    rows = tuple(feature.number for feature in used)
    return tuple(replace(one, rows=rows) for one in reading.inputs)


def _apart(
    group: str, mine: tuple[Feature, ...], others: Mapping[str, tuple[Feature, ...]]
) -> tuple[tuple[Feature, ...], list[Note]]:
    """Begin ids with the group's name where another group has the same ones."""
    taken = {feature.id for features in others.values() for feature in features}
    shared = [feature.id for feature in mine if feature.id in taken]
    if not shared:
        return mine, []
    what = f"another group has the same ids ({listed(shared)})"
    renamed = tuple(replace(feature, id=f"{group}-{feature.id}") for feature in mine)
    return renamed, [Note(f"zones.{group}", f"{what}, so all its ids begin with '{group}-'")]


def _controls(
    group: str, settings: ZoneGroup, features: Mapping[str, tuple[Feature, ...]]
) -> tuple[tuple[Feature, ...], list[Note]]:
    """Choose the controls of a group."""
    where, source = f"zones.{group}", str(settings.from_)
    if source not in features:
        close = get_close_matches(source, list(features), n=1)
        remedy = f"Did you mean {close[0]!r}?" if close else f"There is {', '.join(features)}"
        raise ZoneError(f"{where}.from", f"no group {source!r} with a file", remedy)
    count = settings.count or 0
    found, outside = controls(
        features[source],
        count,
        group=group,
        min_distance_m=settings.min_distance_m,
        seed=settings.seed,
    )
    apart = f"{settings.min_distance_m:g} m from every zone of {source!r}"
    if not found:
        raise ZoneError(where, f"no place is {apart}", "Make `min_distance_m` smaller")
    notes = []
    if len(found) < count:
        what = f"only {len(found)} of {count} controls find a place {apart}"
        notes.append(Note(where, what, "Make `min_distance_m` smaller"))
    if outside:
        what = f"{outside} of {len(found)} controls lie outside the hull of {source!r}"
        notes.append(Note(where, f"{what}, where there was no room for all"))
    return tuple(found), notes


def _zones(
    group: str,
    settings: ZoneGroup,
    features: Sequence[Feature],
    groups: Mapping[str, ZoneGroup],
) -> Drawn:
    """Draw the zones of a group: polygons themselves, then rings, then what lies outside."""
    kind = settings.kind_in(group)
    around = _around(settings, groups)
    zones, notes = _bodies(group, settings, features, bare=not (around or settings.outside_m))
    for distances, role in ((around, "ring"), (settings.outside_m, "outside")):
        if distances:
            drawn, said = _ringed(
                group, settings, features, distances, "control" if kind == "control" else role
            )
            zones.extend(drawn)
            notes.extend(said)
    if not zones:
        what = "its zones are points or lines, which have no area"
        raise ZoneError(f"zones.{group}", what, "Add `rings_m:`, such as [500, 1000, 5000]")
    return zones, notes


def _around(settings: ZoneGroup, groups: Mapping[str, ZoneGroup]) -> tuple[float, ...]:
    """Return a group's rings; controls have those of their sites unless they say otherwise."""
    if settings.rings_m or settings.from_ is None:
        return settings.rings_m
    return groups[settings.from_].rings_m


def _bodies(group: str, settings: ZoneGroup, features: Sequence[Feature], *, bare: bool) -> Drawn:
    """Make zones of polygons; say which shapes have no area and no rings (`bare`)."""
    zones = [
        Zone(
            id=feature.id,
            name=feature.name,
            kind=settings.kind_in(group),
            group=group,
            geometry=oriented(feature.geometry),
            area_ha=area_ha(feature.geometry),
            sensitive=settings.sensitive,
            kept=feature.kept,
        )
        for feature in features
        if feature.has_area
    ]
    flat = [feature.row for feature in features if not feature.has_area]
    if not (bare and flat and zones):
        return zones, []
    what = f"{len(flat)} of {len(features)} have no area and are left out: {listed(flat)}"
    return zones, [Note(f"zones.{group}", what, "Add `rings_m` to report on their surroundings")]


def _ringed(
    group: str,
    settings: ZoneGroup,
    features: Sequence[Feature],
    distances: tuple[float, ...],
    kind: str,
) -> Drawn:
    """Draw rings, and name those that neighbours own wholly."""
    drawn = rings(features, distances, group=group, kind=kind, sensitive=settings.sensitive)
    if drawn.empty:
        what = "rings without land of their own, since neighbours are nearer everywhere in them"
        note = Note(f"zones.{group}", f"{what}: {listed(list(drawn.empty))}")
        return list(drawn.zones), [note]
    return list(drawn.zones), []


def _refuse_twins(zones: Sequence[Zone]) -> None:
    """Refuse two zones with one id."""
    count = Counter(zone.id for zone in zones)
    twins = [identity for identity, times in count.items() if times > 1]
    if twins:
        what = f"the same id stands for two zones: {listed(twins)}"
        remedy = "Give `rings_m` and `outside_m` other distances, or name another column as `id`"
        raise ZoneError("zones", what, remedy)
