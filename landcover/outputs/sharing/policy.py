"""Which groups of a job's zones are secret: those marked, and those that would give them away.

This module knows keys of a job. It does not know shapes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from landcover.outputs.sharing.origins import same_file

if TYPE_CHECKING:
    from landcover.zones.settings import ContextLayer, ZoneGroup

__all__ = ["DEFAULT_KM", "secret_context", "secret_groups"]

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
        theirs = [groups[name] for name in secret]
        more = {
            name
            for name, group in groups.items()
            if _chosen_by(group) in secret or any(_shares(group, one) for one in theirs)
        }
        if more <= secret:
            return frozenset(secret)
        secret |= more


def secret_context(
    groups: Mapping[str, ZoneGroup], secret: Collection[str], layers: Iterable[ContextLayer]
) -> frozenset[tuple[str, str]]:
    """Name layers of context that are drawn from the file of a secret group.

    Parameters
    ----------
    groups : mapping of str to ZoneGroup
    secret : collection of str
        Names of the secret ones.
    layers : iterable of ContextLayer
        The job's `context`.

    Returns
    -------
    frozenset of (str, str)
        Kind and credit: all that a drawn layer still says of where it is from.
    """
    theirs = [groups[name] for name in secret]
    return frozenset(
        (layer.kind, layer.credit or "")
        for layer in layers
        if any(_shares(layer, one) for one in theirs)
    )


def _shares(one: ZoneGroup | ContextLayer, other: ZoneGroup) -> bool:
    """Whether two are read from one file; layers of it are told apart where both are named."""
    if one.path is None or other.path is None or not same_file(one.path, other.path):
        return False
    return one.layer is None or other.layer is None or one.layer == other.layer


def _chosen_by(group: ZoneGroup) -> str | None:
    """Name the group by whose place another was chosen."""
    return group.near.group if group.near is not None else group.from_
