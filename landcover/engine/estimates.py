"""What a plan costs and what it may see: bytes, rows, hours, scenes a month, clear days.

Reckoned from items, headers and shapes; no pixel is read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from landcover.catalog.scenes import Count
from landcover.engine.brief import Brief, SeriesItem, TileTask
from landcover.engine.order import Order
from landcover.engine.reading import SquareBytes, bytes_by_square
from landcover.engine.settings import RunSettings
from landcover.model import Layer, Note, Scene
from landcover.products.spans import spans
from landcover.raster.source import Layout

__all__ = ["Estimates", "MonthRow", "ZoneMonths", "estimate"]

BITS_PER_BYTE = 8
MONTHS_A_YEAR = 12

LISTED = 5
"""Zones listed in one sentence before it says how many more (count)."""

RASTER_STORED_SHARE = 0.75
"""Stored to raw bytes of a float32 index after prediction and ZSTD (measured: 0.6 to 0.8)."""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """Scenes of one source in one month, and their mean cloud where it is known (percent)."""

    month: str
    source: str
    scenes: int
    cloud_percent: float | None


@dataclass(frozen=True, slots=True)
class ZoneMonths:
    """Clear observations to expect of one zone in one month: days times clear share of scene."""

    zone: str
    month: str
    days: int
    clear: float | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a run will cost.

    `needed_bytes` are the decoded bytes of pixels in tiles; `decoded_bytes` those of the
    blocks they lie in; `read_bytes` what is fetched. `write_bytes` counts rasters and
    checkpoints, of stored layers too that no raster is written of.
    """

    read_bytes: int
    decoded_bytes: int
    needed_bytes: int
    write_bytes: int
    rows: int
    hours: float | None
    months: tuple[MonthRow, ...]
    expected: tuple[ZoneMonths, ...]
    notes: tuple[Note, ...]

    @classmethod
    def none(cls) -> Estimates:
        """Return the estimates of nothing."""
        return cls(0, 0, 0, 0, 0, None, (), (), ())


def _months(
    scenes: Sequence[Scene], order: Order, counts: Sequence[Count]
) -> tuple[tuple[MonthRow, ...], tuple[Note, ...]]:
    """Count scenes by month and source; a month without any is said, and why."""
    named = spans("month", order.context.period)
    seen = {(scene.source, scene.solar_day.strftime("%Y-%m")) for scene in scenes}
    rows, notes = [], []
    for source in (name for name, bands in order.bands().items() if bands):
        by_month: dict[str, list[Scene]] = {}
        for scene in scenes:
            if scene.source == source:
                by_month.setdefault(scene.solar_day.strftime("%Y-%m"), []).append(scene)
        for span in named:
            found = by_month.get(span.name, [])
            clouds = [s.cloud_percent for s in found if s.cloud_percent is not None]
            mean = float(np.mean(clouds)) if clouds else None
            rows.append(MonthRow(span.name, source, len(found), mean))
        fates: dict[str, set[str]] = {}
        for one in counts:
            if one.source == source:
                fates.setdefault(one.month, set()).add(one.fate)
        mates = _mates(source, order)
        filled = {month for other, month in seen if other in mates}
        empty = [span.name for span in named if span.name not in by_month.keys() | filled]
        notes += _empty_notes(source, empty, fates)
    return tuple(rows), tuple(notes)


def _mates(source: str, order: Order) -> frozenset[str]:
    """Return the sources that fill one another's gaps in every product that uses this one."""
    pools = [work.pool for work in order.works] + [item.pool for item in order.series]
    mine = [frozenset(pool) for pool in pools if source in pool]
    return frozenset.intersection(*mine) - {source} if mine else frozenset()


_WITHHELD = frozenset({"cloudy", "failed", "doubtful"})
"""What becomes of scenes that are there, and are not used."""

_PASSED_OVER = frozenset({"less clear"})
"""What becomes of scenes that are there, while clearer ones are read."""

_ELSEWHERE = frozenset({"duplicate"})
"""What becomes of scenes that another source gives: their month is no gap."""


def _listing(months: Sequence[str]) -> str:
    """Write months; whole years as years."""
    years = Counter(month[:4] for month in months)
    whole = {year for year, count in years.items() if count == MONTHS_A_YEAR}
    names = sorted(whole) + [m for m in months if m[:4] not in whole]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _empty_notes(source: str, empty: Sequence[str], fates: Mapping[str, Set[str]]) -> list[Note]:
    """Say which months have no scene at all, and which have only scenes that were left out."""
    where = f"source {source}"
    met = {month: fates.get(month, set()) for month in empty}
    told = _WITHHELD | _PASSED_OVER | _ELSEWHERE
    none = [month for month in empty if not met[month] & told]
    passed = [month for month in empty if met[month] & _PASSED_OVER]
    held = _PASSED_OVER | _ELSEWHERE
    withheld = [month for month in empty if met[month] & _WITHHELD and not met[month] & held]
    notes = []
    if none:
        what = f"its catalog lists no scene in {_listing(none)}"
        remedy = "That is a gap in the catalog, not cloud; another source may fill it"
        notes.append(Note(where, what, remedy))
    if withheld:
        what = f"all scenes of {_listing(withheld)} are left out: too cloudy, or failed"
        notes.append(Note(where, what, "Raise max_cloud_percent to see through their gaps"))
    if passed:
        what = f"no scene of {_listing(passed)} is among the clearest of its period"
        notes.append(Note(where, what, "Ask for more of them, or for some of each month"))
    return notes


def _bytes_per_px(layers: Iterable[Layer]) -> int:
    """Return the raw bytes of a pixel in layers."""
    return sum(len(layer.bands) * np.dtype(layer.dtype).itemsize for layer in layers)


def _write_bytes(brief: Brief, tasks: Sequence[TileTask], layers: Sequence[Layer]) -> int:
    """Return the bytes of checkpoints and rasters, at most.

    Checkpoints hold every layer that is observed or settled, also those that only settling reads.
    """
    stored = sum(
        _bytes_per_px((*work.observed(brief.context), *work.settled(brief.context)))
        for work in brief.works
    )
    pixels = sum(task.tile.grid.shape[0] * task.tile.grid.shape[1] for task in tasks)
    return round(pixels * (stored + RASTER_STORED_SHARE * _bytes_per_px(layers)))


def _zone_days(tasks: Sequence[TileTask], near: Sequence[Set[int]] | None) -> dict[int, set[int]]:
    """Return the numbers of the scenes that may see each zone: of its tiles, those near it."""
    seen: dict[int, set[int]] = {}
    for task in tasks:
        for zone in task.zones:
            seen.setdefault(zone, set()).update(task.scenes)
    return seen if near is None else {zone: found & near[zone] for zone, found in seen.items()}


def _blind(ids: Sequence[str]) -> tuple[Note, ...]:
    """Say which zones no scene touches: what stays empty there is not a finding."""
    if not ids:
        return ()
    more = f" and {len(ids) - LISTED} more" if len(ids) > LISTED else ""
    what = f"no scene touches {len(ids)} of them: {', '.join(ids[:LISTED])}{more}"
    return (Note("zones", what, "Check the zones' coordinates and the sources' period"),)


def _expected(
    brief: Brief, seen: Mapping[int, set[int]], months_asked: Sequence[str]
) -> tuple[tuple[ZoneMonths, ...], int, tuple[Note, ...]]:
    """Return clear observations to expect by zone and month, rows of the zones' table, notes.

    A zone that no scene touches has 0 in every month asked.
    """
    made: list[ZoneMonths] = []
    blind: list[str] = []
    known: dict[frozenset[int], tuple[list[tuple[str, int, float | None]], int]] = {}
    rows = 0
    for zone, whole in enumerate(brief.zones):
        numbers = seen.get(zone, set())
        if not numbers:
            blind.append(whole.id)
            made += [ZoneMonths(whole.id, month, 0, 0.0) for month in months_asked]
            continue
        key = frozenset(numbers)
        if key not in known:
            mine = [brief.scenes[number] for number in numbers]
            known[key] = _clear_days(mine), _lines(mine, brief.series)
        months, lines = known[key]
        rows += lines
        made += [ZoneMonths(whole.id, month, n, clear) for month, n, clear in months]
    return tuple(made), rows, _blind(blind)


def _lines(scenes: Sequence[Scene], series: Sequence[SeriesItem]) -> int:
    """Count a zone's rows: one a series and date, month or year that a scene saw."""
    lines = 0
    for item in series:
        days = {scene.solar_day for scene in scenes if scene.source in item.pool}
        starts = sorted(span.period.start for span in item.spans)
        lines += len({bisect_right(starts, day) for day in days} if starts else days)
    return lines


def _clear_days(scenes: Sequence[Scene]) -> list[tuple[str, int, float | None]]:
    """Return (month, days, clear days to expect) of a set of scenes."""
    best: dict[str, dict[object, float | None]] = {}
    for scene in scenes:
        days = best.setdefault(scene.solar_day.strftime("%Y-%m"), {})
        share = None if scene.cloud_percent is None else 1 - scene.cloud_percent / 100
        before = days.get(scene.solar_day)
        days[scene.solar_day] = share if before is None else max(before, share or 0.0)
    table = []
    for month, days in sorted(best.items()):
        known = [share for share in days.values() if share is not None]
        table.append((month, len(days), round(sum(known), 2) if known else None))
    return table


def estimate(
    brief: Brief,
    tasks: Sequence[TileTask],
    layers: Sequence[Layer],
    layouts: Mapping[str, Layout],
    order: Order,
    run: RunSettings,
    counts: Sequence[Count] = (),
    near: Sequence[Set[int]] | None = None,
) -> Estimates:
    """Reckon what a plan costs.

    Parameters
    ----------
    brief, tasks, layers
        What will be done.
    layouts : mapping
        How each source's files are stored.
    order : Order
    run : RunSettings
        Its bandwidth gives the hours.
    counts : sequence of Count
        What became of every item that the catalogs list: tells gaps from cloud.
    near : sequence of set, optional
        The numbers of the scenes that may touch each zone; left out, all of its tiles' do.

    Returns
    -------
    Estimates
    """
    sizes = sum(bytes_by_square(brief, tasks, layouts).values(), SquareBytes())
    months, notes = _months(brief.scenes, order, counts)
    asked = tuple(dict.fromkeys(row.month for row in months))
    expected, rows, blind = _expected(brief, _zone_days(tasks, near), asked)
    hours = None
    if run.bandwidth_mbps:
        hours = sizes.read * BITS_PER_BYTE / (run.bandwidth_mbps * 1e6) / 3600
    return Estimates(
        round(sizes.read), round(sizes.decoded), round(sizes.needed),
        _write_bytes(brief, tasks, layers), rows, hours, months, expected, (*notes, *blind),
    )  # fmt: skip
