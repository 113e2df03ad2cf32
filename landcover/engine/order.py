"""What is to be done, before any scene is known: works, series, reading rules, bands.

It turns settings into the nouns that plan and tiles use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from landcover.catalog.settings import Source, sources_of
from landcover.engine.brief import SeriesItem, Work
from landcover.engine.settings import SeriesSettings
from landcover.errors import PlanError
from landcover.kernels.indices import INDICES
from landcover.kernels.sums import BIN_WIDTH, Bins
from landcover.model import Band, BitField, Layer, Period, Scene, Sensor
from landcover.products.base import Context, Product, Span
from landcover.products.spans import spans
from landcover.raster.stack import quantity
from landcover.raster.view import ReadRule
from landcover.settings import Settings

__all__ = ["REFLECTANCE_BINS", "Order", "bins_of", "check_orbits", "make_order"]

REFLECTANCE_BINS = Bins(0.0, 1.6)
"""Histogram range of bands in zone statistics (reflectance); bright cloud reaches 1.5."""


POWER_BINS = Bins(0.0, 1.3, 2e-5)
"""Histogram of radar power (no unit): fine enough that a median of -23 dB is right to 0.01 dB;
beyond 1.1 dB, which only buildings and ships exceed, quantiles end."""

MOST_BINS = 10_000
"""Bins of a band in a unit of its own (count): a hundredth of a percent of its range each."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do, whatever scenes there are."""

    context: Context
    works: tuple[Work, ...]
    series: tuple[SeriesItem, ...]
    rules: Mapping[str, ReadRule]

    def bands(self) -> dict[str, frozenset[str]]:
        """Return the bands to look for in each source's items, the mask band included."""
        found: dict[str, set[str]] = {name: set() for name in self.rules}
        for work in self.works:
            for source in work.pool:
                own = self.rules[source].sensor.bands
                names = [quantity(name, own).bands for name in work.need.quantities]
                found[source].update(work.need.bands, *names)
        for item in self.series:
            for source in item.pool:
                own = self.rules[source].sensor.bands
                found[source].update(quantity(item.index, own).bands)
        for source, rule in self.rules.items():
            if found[source] and rule.sensor.mask is not None:
                found[source].add(rule.sensor.mask.band)
            if found[source] and rule.sensor.day_band:
                found[source].add(rule.sensor.day_band)
        return {source: frozenset(bands) for source, bands in found.items()}

    def layers(self) -> tuple[Layer, ...]:
        """Return every layer that a raster is written of, each with how its scenes were read."""
        return tuple(
            replace(layer, tags={**layer.tags, **_reading_tags(work.pool, self.rules)})
            for work in self.works
            for layer in (*work.observed(self.context), *work.settled(self.context))
            if layer.kept
        )


def _classes(classes: Set[int]) -> str:
    """Write mask classes."""
    return " ".join(str(one) for one in sorted(classes))


def _bit_tags(rule: ReadRule) -> dict[str, str]:
    """Write the bits that must be clear; nothing where a mask has classes."""
    fields = rule.sensor.mask.fields if rule.sensor.mask else ()
    told = (f"{one.name} ({_bits(one)}): {_classes(one.clear)}" for one in fields)
    return {"CLEAR_BITS": ", ".join(told)} if fields else {}


def _coarse_tags(rule: ReadRule) -> dict[str, str]:
    """Write at what pixel side overviews were read; nothing where files were read as they are."""
    return {} if rule.resolution_m is None else {"OVERVIEWS_M": f"{rule.resolution_m:g}"}


def _bits(field: BitField) -> str:
    """Write where a field lies."""
    last = field.first + field.width - 1
    return f"bit {last}" if field.width == 1 else f"bits {field.first}-{last}"


def _reading_tags(pool: Sequence[str], rules: Mapping[str, ReadRule]) -> dict[str, str]:
    """Say from what a pixel was taken, and what counted as clear: whoever defends it must know."""
    told = {
        name: {
            "SENSOR": rule.sensor.name,
            "CLEAR_CLASSES": _classes(rule.clear),
            "GROWN_CLASSES": _classes(rule.grown),
            **_bit_tags(rule),
            "CLOUD_GROWN_M": f"{rule.grown_m:g}",
            "RESAMPLING": rule.resampling,
            **_coarse_tags(rule),
        }
        for name, rule in rules.items()
        if name in pool
    }
    tags = {"SOURCES": ", ".join(pool)}
    for key in dict.fromkeys(key for name in pool for key in told[name]):
        values = {name: told[name].get(key, "") for name in pool}
        alike = len(set(values.values())) == 1
        tags[key] = values[pool[0]] if alike else "; ".join(f"{n}: {v}" for n, v in values.items())
    return tags


def _rule(source: Source, sensor: Sensor, resampling: str) -> ReadRule:
    """Return how a source's scenes are read."""
    if sensor.refused:
        what, remedy = sensor.refused.rsplit(". ", 1)
        raise PlanError(f"source {source.name}", f"{sensor.name}: {what}", remedy)
    mask = sensor.mask
    clear = frozenset(source.clear_classes or (mask.clear if mask else ()))
    grown = (mask.grown if mask else frozenset()) - clear
    told = source.credited(sensor.credit)
    sensor = replace(sensor, credit=told.get("en") or next(iter(told.values()), ""))
    return ReadRule(sensor, clear, grown, source.cloud_grown_m, resampling, source.resolution_m)


def _pool(name: str | None, sources: Sequence[Source]) -> tuple[str, ...]:
    """Return the names of the sources that `source: name` means, in order of preference.

    Raises
    ------
    PlanError
        There is none.
    """
    found = tuple(source.name for source in sources_of(name, sources))
    if not found:
        known = ", ".join(source.name for source in sources)
        raise PlanError("products", f"no source is called {name!r}", f"There are {known}")
    return found


def _works(
    products: Sequence[tuple[Product, Settings]], context: Context, sources: Sequence[Source]
) -> tuple[Work, ...]:
    """Say what each product needs and from where."""
    made = []
    for product, settings in products:
        need = product.need(settings, context)
        pool = _pool(getattr(settings, "source", None), sources)
        made.append(Work(product.name, settings, need, pool))
    return tuple(made)


def bins_of(name: str, bands: Mapping[str, Band]) -> Bins:
    """Return the histogram's bins of an index or band."""
    if name in INDICES:
        return Bins(*INDICES[name].valid_range)
    band = bands.get(name)
    if band is None or band.is_reflectance or band.valid is None:
        return REFLECTANCE_BINS
    if band.is_power:
        return POWER_BINS
    low, high = band.valid
    return Bins(low, high, max(BIN_WIDTH, (high - low) / MOST_BINS))


def _series_item(
    number: int, pool: tuple[str, ...], sensor: Sensor, name: str, cut: tuple[Span, ...]
) -> SeriesItem:
    """Make one line of the zones' table over time."""
    band = sensor.bands.get(name)
    decibel = band is not None and band.is_power
    return SeriesItem(number, pool, sensor.name, name, bins_of(name, sensor.bands), cut, decibel)


def _series(
    settings: SeriesSettings,
    works: Sequence[Work],
    context: Context,
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
) -> tuple[SeriesItem, ...]:
    """Say which lines the zones' table over time has."""
    cut = () if settings.every == "date" else spans(settings.every, context.period)
    wanted: list[tuple[tuple[str, ...], str]] = []
    if settings.index is not None:
        pool = _pool(None, sources)
        wanted = [(pool, name) for name in settings.index]
    else:
        shown = [work for work in works if work.product.in_job]
        wanted = [(work.pool, name) for work in shown for name in work.need.quantities]
    return tuple(
        _series_item(number, pool, sensors[pool[0]], name, cut)
        for number, (pool, name) in enumerate(dict.fromkeys(wanted))
    )


def check_orbits(order: Order, scenes: Sequence[Scene]) -> None:
    """Refuse to mix radar scenes of several relative orbits.

    Each looks from its own side and angle: decibels between them are geometry, not change.

    Raises
    ------
    PlanError
        A product or series would take more than one orbit.
    """
    pools = {work.pool for work in order.works} | {item.pool for item in order.series}
    for pool in sorted(pools):
        found = Counter(scene.orbit for scene in scenes if scene.source in pool)
        if len(found) > 1:
            told = ", ".join(f"{orbit or 'unknown'}: {n}" for orbit, n in sorted(found.items()))
            raise PlanError(
                f"source {', '.join(pool)}",
                f"its scenes come from {len(found)} relative orbits ({told}), which are not "
                "comparable",
                "Give each orbit a source of its own, with name and orbit, and name one of them "
                "as the source of each product",
            )


def _check_bands(order: Order) -> None:
    """Refuse an index that a sensor has no bands for."""
    for source, bands in order.bands().items():
        sensor = order.rules[source].sensor
        missing = sorted(bands - sensor.bands.keys() - {sensor.mask.band if sensor.mask else ""})
        if missing:
            raise PlanError(
                f"source {source}",
                f"{sensor.name} has no band {', '.join(missing)}",
                f"Its bands are {', '.join(sensor.bands)}",
            )


def make_order(
    period: Period,
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
    products: Sequence[tuple[Product, Settings]],
    series: SeriesSettings,
    resampling: str,
) -> Order:
    """Turn settings into what a run is to do.

    Parameters
    ----------
    period : Period
    sources : sequence of Source
        In order of preference.
    sensors : mapping
        Source's name -> its sensor.
    products : sequence of (Product, its settings)
    series : SeriesSettings
    resampling : str
        For scenes that must be warped.

    Returns
    -------
    Order

    Raises
    ------
    PlanError
        No products, or an index whose bands the sensor lacks.
    """
    if not products:
        raise PlanError("products", "the job asks for none", "Add one, such as composite")
    names = tuple(source.name for source in sources)
    context = Context(period, names, {name: sensors[name].bands for name in names})
    works = _works(products, context, sources)
    rules = {s.name: _rule(s, sensors[s.name], resampling) for s in sources}
    items = _series(series, works, context, sources, sensors)
    order = Order(context, works, items, rules)
    _check_bands(order)
    return order
