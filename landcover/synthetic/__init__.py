"""A made-up country whose truth is known by formula: every pixel, date and area.

It serves the demonstration, the tests and the benchmarks. Nothing of it is looked up from
real imagery. Files, from the ground up: `chance` (numbers by hash), `land` (what there
is), `seasons` (how covers reflect), `landscape` (where they lie), `squares` and
`overpass` (how and when a satellite sees them), `build` (lays a country out by a seed), `weather`,
`truth`, `stac`, `scenes` (files), `zones`, `surroundings`, `broken`, `demo`, `oddities`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landcover.synthetic.build import country
    from landcover.synthetic.demo import write_demo
    from landcover.synthetic.land import Country, Field, Mine, Pond, Weather
    from landcover.synthetic.oddities import write_oddities
    from landcover.synthetic.overpass import Pass, dates, passes
    from landcover.synthetic.scenes import Writing, relist, write
    from landcover.synthetic.zones import write_zones

__all__ = [
    "Country",
    "Field",
    "Mine",
    "Pass",
    "Pond",
    "Weather",
    "Writing",
    "country",
    "dates",
    "passes",
    "relist",
    "write",
    "write_demo",
    "write_oddities",
    "write_zones",
]

_HOMES = {
    "Country": "land", "Field": "land", "Mine": "land", "Pond": "land",
    "Weather": "land", "Pass": "overpass", "dates": "overpass", "passes": "overpass",
    "country": "build", "Writing": "scenes", "relist": "scenes", "write": "scenes",
    "write_demo": "demo", "write_oddities": "oddities", "write_zones": "zones",
}  # fmt: skip
"""Where each public name lives: files are imported only when a name is asked for."""


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
