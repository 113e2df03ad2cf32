"""The clearest looks of each period and grid square: a choice for a bad link or a full disk.

A look is what one source saw of one square on one solar day: all scenes of that day that are parts
of the square, such as two data strips, together. The first that is chosen promises the most clear
ground: the part of the zones that its outline covers, times the share without cloud. A scene that
hardly touches the zones is thus not chosen for being clear. Each further one is the one that adds
most where those before promise little: ground that has c clear looks counts 1 / (1 + c). Where the
edge of a swath cuts a square, both sides are thus seen. No catalog tells the cloud over a part of a
scene, so that of the scene stands for it.

It knows scenes and the zones' outline. It does not know catalogs.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from landcover.catalog.footprint import box_of, centre_longitude
from landcover.catalog.scenes import Choice, Count, Dropped, SceneSet
from landcover.catalog.settings import Best, Source
from landcover.model import Note, Scene

__all__ = ["LESS_CLEAR", "Ranking", "contest", "keep_clearest", "rank", "square_of"]

LESS_CLEAR = "less clear"
"""The fate of a scene that is not among the clearest."""

UNKNOWN_CLOUD_PERCENT = 50.0
"""Cloud of a scene whose catalog does not tell it: neither trusted nor left out for it."""

DIGITS = 6
"""Digits by which looks are compared: beyond, the rounding of sums would decide."""

POINTS = 1000
"""Points in the zones of one square at which looks are weighed, at least (count): shares to 2 %."""

LATTICE_MAX = 400
"""Most points across or down (count): where zones are few and far apart."""

_IN_IDS = (
    (re.compile(r"(?:^|_)T?(\d{1,2})([C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])(?:_|$)"), "MGRS-{:0>2}{}"),
    (re.compile(r"^L[COTEM]\d\d_[A-Z0-9]{4}_(\d{6})_"), "WRS2-{}"),
    (re.compile(r"\.(h\d\dv\d\d)\."), "MODIS-{}"),
)
"""How ids tell the square: Sentinel-2's MGRS tile, Landsat's path and row, MODIS's tile."""


def square_of(scene: Scene) -> str:
    """Return the grid square of a scene: as its item says, else by its id, else by its footprint.

    The last is the cell of one degree in which the footprint's middle lies. Radar's orbits are
    squares of their own.
    """
    place = scene.grid_code or _in_id(scene.id) or _cell(scene)
    return f"{place} orbit {scene.orbit}" if scene.orbit else place


def _in_id(name: str) -> str:
    """Read a square from an id; nothing where there is none."""
    for pattern, form in _IN_IDS:
        if found := pattern.search(name):
            return form.format(*found.groups())
    return ""


def _cell(scene: Scene) -> str:
    """Name the cell of one degree in which a footprint's middle lies, by its lower left corner."""
    _, south, _, north = scene.footprint
    longitude, latitude = centre_longitude(scene.footprint), (south + north) / 2
    return f"cell {math.floor(longitude)} {math.floor(latitude)}"


def _period(day: date, per: str) -> str:
    """Name the calendar period of a day: 2019-03, 2019-q1, 2019-h1, 2019."""
    if per == "year":
        return f"{day.year}"
    if per == "half_year":
        return f"{day.year}-h{(day.month - 1) // 6 + 1}"
    return f"{day.year}-q{(day.month - 1) // 3 + 1}" if per == "quarter" else f"{day:%Y-%m}"


def contest(scene: Scene, best: Best) -> tuple[str, str]:
    """Return the square and the period in which a scene is chosen among others."""
    return square_of(scene), _period(scene.solar_day, best.per)


@dataclass(frozen=True, slots=True)
class _Look:
    """The scenes of one square and day: cloud (percent), and the share of the zones they cover."""

    scenes: tuple[Scene, ...]
    covered: float
    cloud_percent: float
    is_told: bool

    @property
    def clear(self) -> float:
        """Clear ground to expect: a share of the zones in the square."""
        return self.covered * self.share

    @property
    def share(self) -> float:
        """Share without cloud."""
        return 1 - self.cloud_percent / 100

    def __str__(self) -> str:
        cloud = f"{self.cloud_percent:.0f} % cloud" if self.is_told else "its cloud is not told"
        return f"{cloud}, over {100 * self.covered:.0f} % of the zones there"


class _Square:
    """The zones within one square, as points that its scenes' outlines hold or not."""

    def __init__(self, scenes: Iterable[Scene], region: BaseGeometry) -> None:
        self._outlines = {key: _outline(one) for one in scenes for key in [_outline_key(one)]}
        whole = shapely.union_all([self._outlines[key] for key in sorted(self._outlines)])
        zones = shapely.intersection(region, whole)
        self.area = float(zones.area)
        self._places, self.weights = _points(zones)
        self._known: dict[tuple[object, ...], npt.NDArray[np.bool_]] = {}

    def seen(self, scenes: Iterable[Scene]) -> npt.NDArray[np.bool_]:
        """Tell which of the points lie under the outline of any scene."""
        found = np.zeros(self.weights.shape, bool)
        for scene in scenes:
            key = _outline_key(scene)
            if key not in self._known:
                self._known[key] = shapely.contains_xy(self._outlines[key], *self._places)
            found |= self._known[key]
        return found

    def covered(self, scenes: Iterable[Scene]) -> float:
        """Return the share of the zones under the outlines of some scenes."""
        return float(self.weights[self.seen(scenes)].sum())


def _points(
    zones: BaseGeometry,
) -> tuple[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Lay an even lattice of points over zones, and one in each part too small for it.

    Returns
    -------
    (x, y), weights
        Degrees, and shares of the zones: they sum up to 1, or there are none.
    """
    if not zones.area:
        return (np.zeros(0), np.zeros(0)), np.zeros(0)
    west, south, east, north = zones.bounds
    # a power of two, counted from 0: a scene more does not move the lattice under the others
    step = 2.0 ** math.floor(math.log2(math.sqrt(zones.area / POINTS)))
    while max(east - west, north - south) > LATTICE_MAX * step:
        step *= 2
    x, y = np.meshgrid(
        (np.arange(math.floor(west / step), math.ceil(east / step)) + 0.5) * step,
        (np.arange(math.floor(south / step), math.ceil(north / step)) + 0.5) * step,
    )
    shapely.prepare(zones)
    inside = shapely.contains_xy(zones, x, y)
    parts = shapely.get_parts(zones)
    limit = step**2 if inside.any() else math.inf
    small = parts[(shapely.area(parts) < limit) & (shapely.area(parts) > 0)]
    own = shapely.point_on_surface(small)
    weights = np.concatenate([np.full(int(inside.sum()), step**2), shapely.area(small)])
    places = (
        np.concatenate([x[inside], shapely.get_x(own)]),
        np.concatenate([y[inside], shapely.get_y(own)]),
    )
    return places, weights / max(weights.sum(), np.finfo(float).tiny)


def _outline_key(scene: Scene) -> tuple[object, ...]:
    """Tell outlines apart."""
    return (scene.geometry, scene.footprint)


def _outline(scene: Scene) -> BaseGeometry:
    """Return a scene's valid outline in degrees."""
    found = shape(json.loads(scene.geometry)) if scene.geometry else box_of(scene.footprint)
    return found if found.is_valid else shapely.make_valid(found)


def _look(scenes: Iterable[Scene], square: _Square) -> _Look:
    """Make one look of a day's parts; each part's cloud counts by the zones it covers."""
    parts = tuple(sorted(scenes, key=lambda scene: (scene.time, scene.id)))
    told = [scene.cloud_percent for scene in parts]
    clouds = [UNKNOWN_CLOUD_PERCENT if one is None else one for one in told]
    shares = [square.covered([scene]) for scene in parts]
    total = math.fsum(shares)
    if total:
        cloud = math.fsum(c * s for c, s in zip(clouds, shares, strict=True)) / total
    else:
        cloud = math.fsum(clouds) / len(clouds)
    # sums of weights, whatever their order
    covered = float(f"{square.covered(parts):.{DIGITS}g}")
    return _Look(parts, covered, cloud, any(one is not None for one in told))


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a source's choice comes to: kept scenes, dropped ones, and one row a square and period.

    `kept` is sorted by (time, id).
    """

    kept: tuple[Scene, ...]
    dropped: tuple[Dropped, ...]
    choices: tuple[Choice, ...]


def rank(scenes: Iterable[Scene], best: Best, region: BaseGeometry) -> Ranking:
    """Choose the clearest looks of one source.

    Parameters
    ----------
    scenes : iterable of Scene
        Of one source, copies dropped; their order makes no difference.
    best : Best
    region : shapely geometry
        The zones, in longitude and latitude.

    Returns
    -------
    Ranking
    """
    squares: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        squares[square_of(scene)].append(scene)
    kept: list[Scene] = []
    dropped: list[Dropped] = []
    choices: list[Choice] = []
    whole = float(region.area)
    for name, mine in sorted(squares.items()):
        square = _Square(mine, region)
        ground = square.area / whole if whole else 0.0
        for period, looks in _looks(mine, square, best).items():
            taken, left = _taken(looks, square, best.count)
            kept += [scene for look in taken for scene in look.scenes]
            where = f"not among the clearest {best.count} of {period} in {name}"
            dropped += [_dropped(one, f"{where}: {look}") for look in left for one in look.scenes]
            choices.append(_choice(name, period, ground, looks, taken))
    kept.sort(key=lambda scene: (scene.time, scene.id))
    return Ranking(tuple(kept), tuple(sorted(dropped)), tuple(sorted(choices)))


def _looks(scenes: Iterable[Scene], square: _Square, best: Best) -> dict[str, list[_Look]]:
    """Sort a square's looks into periods, in order of time."""
    days: dict[date, list[Scene]] = defaultdict(list)
    for scene in scenes:
        days[scene.solar_day].append(scene)
    found: dict[str, list[_Look]] = defaultdict(list)
    for day in sorted(days):
        found[_period(day, best.per)].append(_look(days[day], square))
    return found


def _taken(looks: Sequence[_Look], square: _Square, count: int) -> tuple[list[_Look], list[_Look]]:
    """Choose the looks of one period that add most, one after the other; return the rest too.

    Of equals the earliest is taken: looks are in order of time.
    """
    if len(looks) <= count:
        return list(looks), []
    clear = np.array([look.share * square.seen(look.scenes) for look in looks])
    seen, taken, left = np.zeros(square.weights.shape), [], list(range(len(looks)))
    for _ in range(count):
        adds = (clear[left] * (square.weights / (1 + seen))).sum(axis=1)
        first = max(range(len(left)), key=lambda at: (float(f"{adds[at]:.{DIGITS}g}"), -at))
        seen += clear[left[first]]
        taken.append(left.pop(first))
    return [looks[n] for n in sorted(taken)], [looks[n] for n in left]


def _dropped(scene: Scene, reason: str) -> Dropped:
    """List a scene that is left out."""
    return Dropped(scene.source, scene.solar_day.isoformat(), scene.id, reason)


def _choice(
    square: str, period: str, ground: float, looks: Sequence[_Look], taken: Sequence[_Look]
) -> Choice:
    """Sum up what was chosen in one square and period."""
    return Choice(
        looks[0].scenes[0].source, square, period, ground,
        len(looks), len(taken),
        sum(len(look.scenes) for look in looks), sum(len(look.scenes) for look in taken),
        sum(look.is_told for look in looks),
        math.fsum(look.clear for look in looks), math.fsum(look.clear for look in taken),
    )  # fmt: skip


def keep_clearest(found: SceneSet, sources: Sequence[Source], region: BaseGeometry) -> SceneSet:
    """Leave out what is not among the clearest looks of a source that asks for them.

    Each source's count is its own: of two collections of one sensor, each gives as many looks,
    once their copies are dropped.

    Parameters
    ----------
    found : SceneSet
        Copies, and scenes whose offset is not known, are dropped already.
    sources : sequence of Source
    region : shapely geometry
        The zones, in longitude and latitude.

    Returns
    -------
    SceneSet
        With each scene that is left out and its reason, counts to match, one note a source,
        and what was chosen in each square and period.
    """
    asked = {source.name: source.best for source in sources if source.best is not None}
    if not asked:
        return found
    kept = [scene for scene in found.scenes if scene.source not in asked]
    made: list[Ranking] = []
    notes = []
    for name, best in asked.items():
        mine = [scene for scene in found.scenes if scene.source == name]
        made.append(rank(mine, best, region))
        notes += _notes(name, best, made[-1], len(mine))
        kept += made[-1].kept
    dropped = [one for ranking in made for one in ranking.dropped]
    return replace(
        found,
        scenes=tuple(sorted(kept, key=lambda scene: (scene.time, scene.id))),
        notes=(*found.notes, *notes),
        counts=_recounted(found.counts, dropped),
        dropped=tuple(sorted((*found.dropped, *dropped))),
        choices=tuple(sorted(one for ranking in made for one in ranking.choices)),
    )


def _notes(source: str, best: Best, made: Ranking, scenes: int) -> list[Note]:
    """Say how many scenes of a source are left out."""
    if not made.dropped:
        return []
    per = best.per.replace("_", " ")
    what = (
        f"{len(made.dropped):,} of {scenes:,} scenes are left out: not among the clearest "
        f"{best.count} a {per} of their grid square"
    )
    return [Note(f"source {source}", what, "scenes.json lists each with its reason")]


def _recounted(counts: Sequence[Count], dropped: Iterable[Dropped]) -> tuple[Count, ...]:
    """Turn scenes that are left out from used into less clear."""
    table = Counter({(one.source, one.month, one.fate): one.items for one in counts})
    for one in dropped:
        table[one.source, one.day[:7], "used"] -= 1
        table[one.source, one.day[:7], LESS_CLEAR] += 1
    return tuple(sorted(Count(*key, items) for key, items in table.items() if items > 0))
