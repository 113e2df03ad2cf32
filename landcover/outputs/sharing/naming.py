"""Zones that settings name: stable ground may be a secret place, named as such.

It knows the keys by which products name zones, and where a run repeats them. It reads no file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landcover.products import PRODUCTS
from landcover.settings import Settings

__all__ = ["Named", "named_by", "open_settings"]

NOBODY = "…"
"""Stands in sentences for names that are left out."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is secret, as settings may name it: groups, and ids and names of their zones."""

    groups: Collection[str]
    words: Collection[str]

    def left(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of some names ("group", "group/id", "group/name") that tell of no secret."""
        return tuple(name for name in names if not self._tells(name))

    def _tells(self, name: str) -> bool:
        group, _, one = name.partition("/")
        words = {word.casefold() for word in self.words}
        return group in self.groups or one.casefold() in words

    def list_left(self, text: str) -> str:
        """Return a cell of names ("a, b") without those that tell."""
        return ", ".join(self.left(text.split(", ")))

    def without(self, told: Any, names: Sequence[str]) -> Any:
        """Leave names out of all that a run's account tells: of lists, and of sentences.

        Parameters
        ----------
        told : plain data
        names : sequence of str
            What the job's settings name, in its order, as sentences join them.
        """
        if isinstance(told, Mapping):
            return {key: self.without(value, names) for key, value in told.items()}
        left = self.left(names)
        if isinstance(told, str) and len(left) < len(names):
            return told.replace(", ".join(names), ", ".join(left) or NOBODY)
        if isinstance(told, list):
            lost = set(names).difference(left)
            return [
                self.without(one, names) for one in told
                if not isinstance(one, str) or one not in lost
            ]  # fmt: skip
        return told


def named_by(products: Mapping[str, Settings]) -> tuple[str, ...]:
    """Return all zones that settings of products name."""
    return tuple(name for key, settings in products.items() for name in _names(key, settings))


def open_settings(products: Mapping[str, Settings], named: Named) -> dict[str, Settings]:
    """Return settings of products that name no secret zone."""
    return {key: _opened(key, settings, named) for key, settings in products.items()}


def _names(product: str, settings: Settings) -> tuple[str, ...]:
    """Return the zones that settings of a product name."""
    learn = PRODUCTS[product].learn if product in PRODUCTS else None
    return () if learn is None else learn.zones(settings)


def _opened(product: str, settings: Settings, named: Named) -> Settings:
    """Return settings of a product without secret zones."""
    names = _names(product, settings)
    left = named.left(names)
    if left == tuple(names):
        return settings
    learn = PRODUCTS[product].learn
    keys = learn.zones_key.split(".") if learn is not None else []
    return _set(settings, keys, left)


def _set(settings: Any, keys: Sequence[str], value: Any) -> Any:
    """Return settings with another value of a key below others."""
    inner = _set(getattr(settings, keys[0]), keys[1:], value) if len(keys) > 1 else value
    return settings.model_copy(update={keys[0]: inner})
