"""Which groups of a job's zones are secret: those marked, and those that would give them away.

This module knows keys of a job. It does not know shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.zones.settings import ZoneGroup

__all__ = ["DEFAULT_KM", "secret_groups"]

DEFAULT_KM = 5.0
"""Side of the squares (km) to which positions are rounded where a job does not say: hours on
foot in forest, and still good enough to tell one valley's mines from the next one's."""


def secret_groups(groups: Mapping[str, ZoneGroup], positions: str | float | None) -> frozenset[str]:
    """Name the groups whose positions may not be shown as they are.

    Parameters
    ----------
    groups : mapping of str to ZoneGroup
        The job's `zones`.
    positions : str, float or None
        The job's `share.positions`: "exact", "withheld", km, or None where it does not say.

    Returns
    -------
    frozenset of str
        Groups with `sensitive: true`; where the job asks for coarse or withheld positions and
        marks none, all groups of sites. So are groups that would tell where a secret one lies:
        controls away from it (`from`), zones near it (`near`), and other rows of its file.
    """
    if positions == "exact":
        return frozenset()
    secret = {name for name, group in groups.items() if group.sensitive}
    if not secret and positions is not None:
        secret = {name for name, group in groups.items() if group.kind_in(name) == "site"}
    while True:
        files = {_file(groups[name]) for name in secret} - {None}
        more = {
            name
            for name, group in groups.items()
            if _chosen_by(group) in secret or _file(group) in files
        }
        if more <= secret:
            return frozenset(secret)
        secret |= more


def _file(group: ZoneGroup) -> tuple[str, str | None] | None:
    """Name the file, and layer of it, that a group is read from; None where it has none."""
    return None if group.path is None else (group.path, group.layer)


def _chosen_by(group: ZoneGroup) -> str | None:
    """Name the group by whose place another was chosen."""
    return group.near.group if group.near is not None else group.from_
