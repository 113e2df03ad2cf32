"""Everything that the map's page holds, as one mapping that its script reads.

What is the same in all languages is made once for a run; words are added for each.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from landcover.kernels.dates import decimal_year
from landcover.outputs.colours import steps_of, steps_within
from landcover.outputs.pairs import before_and_after, last_before, watched_from
from landcover.outputs.shown import Shown
from landcover.outputs.style import Ramp
from landcover.outputs.web.around import context_data
from landcover.outputs.web.budget import draw
from landcover.outputs.web.chips import chips, listed
from landcover.outputs.web.figures import figures, monitored, series, years
from landcover.outputs.web.legends import legend_of
from landcover.outputs.web.overlays import Overlay, offered
from landcover.outputs.web.painting import UNJUDGED
from landcover.outputs.web.places import minerals_of, ordered, patch_data, site_data, zone_data
from landcover.outputs.wording import Words, phrases

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Ground", "as_script", "content", "data_uri", "ground_of"]


@dataclass(frozen=True, eq=False)
class Ground:
    """What a map shows in any language: drawn overlays, and places with their figures."""

    overlays: tuple[Overlay, ...]
    places: Mapping[str, Any]
    left_out: tuple[Overlay, ...] = ()
    """Overlays of which the page lacks some periods, or all."""


_MADE: WeakKeyDictionary[Shown, Ground] = WeakKeyDictionary()
"""The ground of runs that are being shown: several languages share it."""


def data_uri(mime: str, data: bytes) -> str:
    """Write bytes as an address that needs no network."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _patches(
    shown: Shown, zones: gpd.GeoDataFrame, overlays: Sequence[Overlay]
) -> dict[str, Any] | None:
    """Return disturbances, with the colour of each one's date where dates are drawn in steps."""
    found = patch_data(shown, zones)
    for one in overlays:
        ramp = one.band.scale
        if found is not None and isinstance(ramp, Ramp) and ramp.steps and ramp.year:
            days = np.array([decimal_year(date.fromisoformat(day)) for day in found["first"]])
            colours = [colour for colour, _ in steps_of(ramp, "en")]
            tint = steps_within(ramp, days).tolist()
            return {**found, "tints": colours, "tint": tint, "tintedBy": one.key}
    return found


def _places(shown: Shown, overlays: Sequence[Overlay]) -> dict[str, Any]:
    """Gather zones, sites, disturbances and context, with the figures of zones."""
    zones = ordered(shown.zones)
    ids = zones["zone_id"].tolist()
    sites = site_data(shown.sites, zones)
    held = {
        one: [ids[n] for n in around]
        for one, around in zip(sites["id"], sites["zones"], strict=True)
    }
    cut = chips(shown.sites, overlays, listed(shown, held))
    return {
        "zones": zone_data(zones),
        "figures": figures(shown, ids),
        "years": years(shown, ids),
        "series": series(shown, ids),
        "monitored": monitored(shown),
        "sites": sites,
        "patches": _patches(shown, zones, overlays),
        "context": context_data(shown),
        "chips": {
            site: [[one.overlay, one.step, data_uri(one.mime, one.data)] for one in found]
            for site, found in cut.items()
        },
    }


def ground_of(shown: Shown) -> Ground:
    """Draw and gather what a run's map shows in any language, once."""
    if shown not in _MADE:
        made = draw(offered(shown))
        overlays = tuple(one for one in made if one.pictures)
        left_out = tuple(one for one in made if one.left_out)
        _MADE[shown] = Ground(overlays, _places(shown, overlays), left_out)
    return _MADE[shown]


def _coarse(overlay: Overlay, words: Words) -> str:
    """Say how much coarser an overlay is drawn than it was computed; empty if it is not."""
    style, picture = overlay.styles[-1], overlay.pictures[-1]
    factor = ceil(max(style.facts.grid.shape) / max(picture.shape) - 0.25)
    if factor < 2:
        return ""
    file = f"rasters/{style.facts.path.name}"
    return words("coarse", px=words.number(factor**2, 0), file=file)


def _left_out(overlay: Overlay, words: Words) -> str:
    """Say what of an overlay the page lacks."""
    kept, name = len(overlay.pictures), overlay.names[words.language]
    if not kept:
        return words("overlay_left_out", name=name)
    every = words.number(kept + overlay.left_out, 0)
    return words("steps_left_out", name=name, kept=words.number(kept, 0), all=every)


def _overlay(overlay: Overlay, words: Words, groups: Words, watched: date | None) -> dict[str, Any]:
    """Return an overlay as the page has it; `watched` is the first day of the watch."""
    language = words.language
    return {
        "id": overlay.key,
        "group": groups(overlay.group) if groups.has(overlay.group) else overlay.group,
        "name": overlay.names[language],
        "what": overlay.band.what.get(language, ""),
        "unit": overlay.band.unit.get(language, ""),
        "legend": legend_of(overlay.band, words),
        "unjudged": UNJUDGED if overlay.tells_unjudged else "",
        "crisp": overlay.by_presence,
        "coarse": _coarse(overlay, words),
        "before": overlay.styles.index(last_before(overlay.styles, watched)),
        "steps": [
            {"step": one.step, "src": data_uri(one.mime, one.data), "bounds": one.bounds}
            for one in overlay.pictures
        ],
    }


def _compared(ground: Ground, shown: Shown) -> str:
    """Return the overlay that is compared at first, before and after; empty where there is none."""
    pair = before_and_after(shown.styles)
    told = (one for one in ground.overlays if pair and pair[1] in one.styles)
    return next((one.key for one in told if len(one.styles) > 1), "")


def _bounds(ground: Ground, shown: Shown) -> list[float]:
    """Return south, west, north and east (degrees) of what a map opens on."""
    boxes = [one.pictures[0].bounds for one in ground.overlays]
    if not boxes:
        west, south, east, north = (float(side) for side in shown.zones.total_bounds)
        return [south, west, north, east]
    low = [min(box[n] for box in boxes) for n in (0, 1)]
    return [*low, *(max(box[n] for box in boxes) for n in (2, 3))]


def content(shown: Shown, language: str) -> dict[str, Any]:
    """Return what the page's script reads, in one language."""
    ground, words = ground_of(shown), Words("map", language)
    groups, watched = Words("groups", language), watched_from(shown.styles)
    raw = {key: words.raw(key) for key in phrases("map")}
    if shown.kept_back:
        raw["nothing_drawn"] = f"{raw['nothing_drawn']} {raw['kept_back']}"
        raw["unjudged"] = f"{raw['unjudged']}. {raw['kept_back']}"
    return {
        "language": language,
        "words": raw,
        "keptBack": shown.kept_back,
        "bounds": _bounds(ground, shown),
        "overlays": [_overlay(one, words, groups, watched) for one in ground.overlays],
        "compared": _compared(ground, shown),
        "overlaysLeftOut": [_left_out(one, words) for one in ground.left_out],
        **ground.places,
        "minerals": minerals_of(ground.places["sites"], language),
    }


def as_script(value: Any) -> str:
    """Write JSON that may stand inside a script: nothing in it ends the tag or a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text
