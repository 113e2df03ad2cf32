"""Zones that a product learns from, by the names that a job gives them.

It knows names. It reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landcover.errors import PlanError
from landcover.model import Zone
from landcover.products.base import Product
from landcover.settings import Settings

__all__ = ["check_chosen", "chosen_zones"]

LISTED = 5
"""Names that a refusal lists before it says how many more."""


def _names(zone: Zone) -> set[str]:
    """Return what a job may call a zone."""
    return {zone.group, f"{zone.group}/{zone.id}", f"{zone.group}/{zone.name}"}


def chosen_zones(zones: Sequence[Zone], names: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the zones that are named: a group, group/id or group/name."""
    wanted = set(names)
    return frozenset(number for number, zone in enumerate(zones) if wanted & _names(zone))


def check_chosen(asked: Iterable[tuple[Product, Settings]], zones: Sequence[Zone]) -> None:
    """Refuse a name that no zone has.

    Parameters
    ----------
    asked : iterable of (Product, its settings)
    zones : sequence of Zone
        The job's.

    Raises
    ------
    PlanError
        With what zones are called.
    """
    known = set().union(*map(_names, zones)) if zones else set()
    for product, settings in asked:
        learn = product.learn
        unknown = [name for name in learn.zones(settings) if name not in known] if learn else []
        if unknown:
            listed = sorted({f"{zone.group}/{zone.name or zone.id}" for zone in zones})
            more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
            raise PlanError(
                f"products.{product.name}.{learn.zones_key}" if learn else product.name,
                f"no zone is called {unknown[0]!r}",
                f"Name a group, or a group and a name or id: {', '.join(listed[:LISTED])}{more}",
            )
