"""How it was done: methods with their references, and every setting.

It knows what products are called and what a job's text says. It reads no table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import yaml

from landcover.kernels.indices import INDICES
from landcover.net import redact
from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Block, Column, Listing, Parts, Section, TableView
from landcover.outputs.shown import Clearing
from landcover.outputs.wording import NO_BREAK_SPACE, Words
from landcover.settings import is_url

__all__ = ["methods"]

NAMED_CRS = 24
"""Characters of the longest name of a plane; longer is its whole definition, which nobody reads."""

LEFT_OUT = frozenset({"schema", "name", "title", "report", "share", "run", "context"})
"""Parts of a job that no figure depends on."""

TELLING = frozenset({"at", "where", "path", "layer"})
"""Keys of a group that may tell where its places are, what they are called, or whose list it is."""

REFERENCES: Mapping[str, tuple[str, ...]] = {
    "robust": ("zhu2014", "verbesselt2012", "pesaran2002", "beaton1974"),
    "bfast": ("verbesselt2012", "chu1996", "leisch2000"),
    "rates": ("wilson1927",),
    "hamed-rao": ("mann1945", "hamed1998", "sen1968", "hirsch1982"),
    "yue-wang": ("mann1945", "yue2004", "sen1968", "hirsch1982"),
    "mann-kendall": ("mann1945", "sen1968", "hirsch1982"),
    "pre-whitening": ("mann1945", "sen1968", "hirsch1982"),
    "correlated-seasonal": ("hirsch1984", "sen1968", "hirsch1982"),
    "benjamini-hochberg": ("benjamini1995",),
    "benjamini-yekutieli": ("benjamini2001",),
}
"""Keys of ``phrases/references.yaml`` by what rests on them."""


KEYS = ("method", "test", "correction")
"""Settings that choose a method with references of its own."""


def methods(teller: Teller) -> Section:
    """Say how it was done."""
    return Section("methods", teller.words("section_methods"), tuple(_blocks(teller)))


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    grid = teller.shown.grid
    crs = grid.crs if len(grid.crs) <= NAMED_CRS else teller.words("method_own_plane")
    yield teller.paragraph("method_reading", crs=crs, side=_side(teller))
    if teller.shown.about.clearings:
        yield Listing(tuple((_clearing(teller, one),) for one in teller.shown.about.clearings))
    told = [("method_areas", ""), *_told(teller)]
    yield Listing(tuple(teller.say(key) for key, _ in told))
    indices = sorted({name for name in _indices(teller.shown.about.products) if name in INDICES})
    if indices:
        yield teller.heading("indices")
        yield Listing(tuple(_index(teller, name) for name in indices))
    cited = _cited(teller)
    if cited:
        yield teller.heading("references")
        yield Listing(tuple((_reference(teller, key),) for key in cited))
    settings = _settings(teller)
    if settings:
        yield settings


def _clearing(teller: Teller, one: Clearing) -> str:
    """Say how clear pixels of a source were told."""
    if not one.masked:
        return teller.words("method_unmasked", source=one.source)
    if not one.grown_m:
        return teller.words("method_masked", source=one.source)
    metres = teller.words.number(one.grown_m, 0)
    return teller.words("method_masked_grown", source=one.source, metres=metres)


def _side(teller: Teller) -> str:
    """Write the side of a pixel: metres, or degrees on a grid of longitude and latitude."""
    from pyproj import CRS

    side = abs(teller.shown.grid.transform.a)
    if CRS.from_user_input(teller.shown.grid.crs).is_geographic:
        return f"{teller.words.number(side, 6)}°"
    return f"{teller.words.number(side, 0 if side == int(side) else 2)}{NO_BREAK_SPACE}m"


def _told(teller: Teller) -> Iterator[tuple[str, str]]:
    """Name the phrases that tell of the products asked for."""
    products = teller.shown.about.products
    for name in products:
        if teller.words.has(f"method_{name}"):
            yield f"method_{name}", name
        method = getattr(products[name], "method", "")
        if method and teller.words.has(f"method_{name}_{method}"):
            yield f"method_{name}_{method}", name
    if "disturbance" in products:
        yield "method_rates", "rates"


def _indices(products: Mapping[str, Any]) -> Iterator[str]:
    """Give the indices that products were made of."""
    for settings in products.values():
        found = getattr(settings, "index", ())
        yield from (found,) if isinstance(found, str) else found


def _index(teller: Teller, name: str) -> Parts:
    """Tell what an index is."""
    one = INDICES[name]
    return teller.say("index_is", index=name.upper(), formula=one.formula, source=one.source)


def _cited(teller: Teller) -> tuple[str, ...]:
    """Return the works that what was done rests on, in alphabetical order."""
    products, keys = teller.shown.about.products, set[str]()
    for name, settings in products.items():
        keys.update((name, *(str(getattr(settings, key, "")) for key in KEYS)))
    if "disturbance" in products:
        keys.add("rates")
    return tuple(sorted({work for key in keys for work in REFERENCES.get(key, ())}))


def _reference(teller: Teller, key: str) -> str:
    """Write a reference; it is the same in all languages."""
    return Words("references", teller.language)(key)


def _settings(teller: Teller) -> TableView | None:
    """Show every setting that a figure depends on."""
    path = teller.shown.out / "job.yaml"
    if not path.is_file():
        return None
    job = yaml.safe_load(path.read_text("utf-8"))
    kept = {key: value for key, value in job.items() if key not in LEFT_OUT}
    rows = tuple(_flat(_without_spare(_without_places(kept, teller.shown.about.secret))))
    columns = tuple(Column(name, teller.words(f"col_{name}")) for name in ("setting", "value"))
    title, note = teller.words("table_settings"), teller.words("note_settings")
    return TableView("settings", title, columns, rows, "job.yaml", note, is_long=True)


def _without_places(job: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Leave out where sensitive places are."""
    groups = {
        name: {key: value for key, value in group.items() if key not in TELLING}
        if isinstance(group, dict) and (name in secret or group.get("sensitive"))
        else group
        for name, group in (job.get("zones") or {}).items()
    }
    return {**job, "zones": groups}


def _without_spare(job: dict[str, Any]) -> dict[str, Any]:
    """Leave out the numbers of methods that were not used."""
    products = dict(job.get("products") or {})
    own = products.get("disturbance")
    if isinstance(own, dict):
        spare = {"robust", "bfast"} - {own.get("method")}
        products["disturbance"] = {key: value for key, value in own.items() if key not in spare}
    return {**job, "products": products}


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """List settings with their whole names; empty ones are left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value):  # from 0 on, as in what sets them
            yield from _flat(inner, f"{key}[{number}]")
    elif value not in (None, [], ""):
        yield key, _text(value)


def _text(value: Any) -> str:
    """Write a setting as a job does; of a file of this machine only its name."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    if is_url(value):
        return redact(value)
    is_path = PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()
    return PureWindowsPath(value).name if is_path else value
