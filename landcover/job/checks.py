"""What the keys of a job must agree on among each other.

It sees sections of a job that are each right by themselves, and finds where they
contradict one another. It opens no file but sensor profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from landcover.catalog.settings import Source, sources_of
from landcover.errors import JobError, LandcoverError, Problem
from landcover.settings import Settings

if TYPE_CHECKING:
    from landcover.model import Period, Sensor
    from landcover.zones.settings import ZoneGroup

__all__ = ["ELSEWHERE", "Disagreement", "check", "did_you_mean", "elsewhere", "suggest"]

Sections = Mapping[str, Any]
"""The parts of a job that could be read, by key."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that does not fit the rest of the job."""

    path: tuple[str | int, ...]
    what: str
    remedy: str
    problem: Problem | None = None
    """Where it lies, if that is in another file than the job."""


_LISTED = 30
"""Names listed in one message (count); nobody reads more."""


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Suggest the known word nearest to `word`; empty where none is near.

    Examples
    --------
    >>> did_you_mean("nvdi", ("ndvi", "evi"))
    "Did you mean 'ndvi'?"
    """
    near = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""


def suggest(word: str, known: Sequence[str]) -> str:
    """Suggest the known word nearest to `word`, else list what there is."""
    more = ", …" if len(known) > _LISTED else ""
    listed = ", ".join(known[:_LISTED]) + more
    return did_you_mean(word, known) or (f"Known are {listed}" if known else "")


ELSEWHERE = "elsewhere"
"""Kind of error that lies in another file than the job."""


def elsewhere(problem: Problem) -> PydanticCustomError:
    """Say what is wrong in a file that the job names."""
    return PydanticCustomError(ELSEWHERE, "{what}", {"what": str(problem)})


def check(sections: Sections) -> Iterator[Disagreement]:
    """Find every disagreement between sections; sections that are missing are not judged."""
    for needs, judge in _JUDGES:
        if all(name in sections for name in needs):
            yield from judge(*(sections[name] for name in needs))


def _asked(products: Any) -> dict[str, Settings]:
    """List the products that are asked for."""
    every = {name: getattr(products, name) for name in type(products).model_fields}
    return {name: settings for name, settings in every.items() if settings is not None}


def _something_asked(products: Any) -> Iterator[Disagreement]:
    """Refuse a job that asks for nothing."""
    if not _asked(products):
        known = ", ".join(type(products).model_fields)
        yield Disagreement(("products",), "no product is asked for", f"Name at least one: {known}")


def _listed_periods_within(period: Period, products: Any, pictures: Any) -> Iterator[Disagreement]:
    """Refuse listed periods with days on which no scene is sought."""
    asked = [(("products", name), settings) for name, settings in _asked(products).items()]
    for path, settings in (*asked, (("pictures",), pictures)):
        every = getattr(settings, "every", None)
        for place, listed in enumerate(every if isinstance(every, tuple) else ()):
            if listed.start < period.start or listed.end > period.end:
                what = (
                    f"{listed.start} to {listed.span().period.last} reaches beyond the job's "
                    f"period, {period.start} to {period.last}"
                )
                remedy = "Widen `period`, or shorten this one"
                yield Disagreement((*path, "every", place), what, remedy)


def _baselines_within(period: Period, products: Any) -> Iterator[Disagreement]:
    """Refuse a baseline with days on which no scene is sought."""
    for name, settings in _asked(products).items():
        baseline = getattr(settings, "baseline", None)
        if baseline is not None and not (
            period.start <= baseline.start and baseline.end <= period.end
        ):
            what = (
                f"{baseline.start} to {baseline.last} reaches beyond the job's period, "
                f"{period.start} to {period.last}"
            )
            remedy = "Widen `period`, or shorten the baseline"
            yield Disagreement(("products", name, "baseline"), what, remedy)


def _history_leaves_something(period: Period, products: Any) -> Iterator[Disagreement]:
    """Refuse a history with days on which no scene is sought, or none left to monitor."""
    for name, settings in _asked(products).items():
        history = getattr(settings, "history", None)
        if history is None or (period.start <= history.start and history.end < period.end):
            continue
        what = (
            f"the history, {history.start} to {history.last}, must lie in the job's period, "
            f"{period.start} to {period.last}, and leave days to monitor after it"
        )
        remedy = "Widen `period`, or shorten the history"
        yield Disagreement(("products", name, "history"), what, remedy)


def _days_are_counted(period: Period, products: Any) -> Iterator[Disagreement]:
    """Refuse disturbances of days that lie before those that can be written."""
    from landcover.products.disturbance import DisturbanceSettings, too_early

    for name, settings in _asked(products).items():
        early = too_early(settings, period) if isinstance(settings, DisturbanceSettings) else None
        if early is not None:
            named = "history" in settings.model_fields_set
            yield Disagreement(("products", name, "history") if named else ("period",), *early)


def _years_make_a_trend(period: Period, products: Any) -> Iterator[Disagreement]:
    """Refuse a period of too few years for any pixel's trend to be tested."""
    from landcover.products.trend_keys import TrendSettings, too_short

    for name, settings in _asked(products).items():
        why = too_short(settings, period) if isinstance(settings, TrendSettings) else None
        if why is not None:
            yield Disagreement(("products", name, "min_years"), *why)


def _sources_named_once(sources: tuple[Source, ...]) -> Iterator[Disagreement]:
    """Refuse two sources of one name."""
    seen: set[str] = set()
    for place, source in enumerate(sources):
        if source.name in seen:
            what = f"two sources are called {source.name!r}"
            yield Disagreement(("sources", place, "name"), what, "Give each a name of its own")
        seen.add(source.name)


def _sources_exist(sources: tuple[Source, ...], products: Any) -> Iterator[Disagreement]:
    """Refuse a product whose source the job does not have."""
    known = tuple(dict.fromkeys(name for s in sources for name in (s.name, s.sensor)))
    for product, settings in _asked(products).items():
        name = getattr(settings, "source", None)
        if name is not None and name not in known:
            what = f"no source is called {name!r}"
            path = ("products", product, "source")
            yield Disagreement(path, what, suggest(name, known))


def _controls_have_a_group(zones: Mapping[str, ZoneGroup]) -> Iterator[Disagreement]:
    """Refuse controls without a group of places to be like."""
    known = tuple(name for name, group in zones.items() if group.from_ is None)
    for name, group in zones.items():
        if group.from_ is not None and group.from_ not in known:
            what = f"no group of zones is called {group.from_!r}"
            if group.from_ in zones:
                what = f"{group.from_!r} is a group of controls itself"
            remedy = suggest(group.from_, known)
            yield Disagreement(("zones", name, "from"), what, remedy)


def _near_has_a_group(zones: Mapping[str, ZoneGroup]) -> Iterator[Disagreement]:
    """Refuse `near` without a group that stands by itself."""
    for name, group in zones.items():
        if group.near is None:
            continue
        known = tuple(
            other for other, one in zones.items()
            if other != name and one.from_ is None and one.near is None
        )  # fmt: skip
        if group.near.group not in known:
            what = f"no other group of zones is called {group.near.group!r}"
            if group.near.group in zones and group.near.group != name:
                what = f"{group.near.group!r} depends on another group itself"
            remedy = suggest(group.near.group, known)
            yield Disagreement(("zones", name, "near", "group"), what, remedy)


def _grid_has_metres(grid: Any) -> Iterator[Disagreement]:
    """Refuse a grid whose CRS is unknown, or measures no metres."""
    if grid.crs == "auto":
        return
    unit = _unit_of(grid.crs)
    if unit is None:
        remedy = "Write an EPSG code as EPSG:32635, or auto"
        yield Disagreement(("grid", "crs"), f"{grid.crs[:60]!r} is no known CRS", remedy)
    elif unit != "metre":
        what = f"{grid.crs[:60]!r} measures in {unit}, a grid needs metres"
        yield Disagreement(("grid", "crs"), what, "Take a UTM zone (EPSG:32735), or auto")


def _zones_have_crs(zones: Mapping[str, ZoneGroup]) -> Iterator[Disagreement]:
    """Refuse an unknown CRS of a zone file."""
    for name, group in zones.items():
        if group.crs is not None and _unit_of(group.crs) is None:
            what = f"{group.crs[:60]!r} is no known CRS"
            path = ("zones", name, "crs")
            yield Disagreement(path, what, "Write an EPSG code as EPSG:4326")


@lru_cache(maxsize=64)
def _unit_of(crs: str) -> str | None:
    """Say in what a CRS measures (metre, degree, ...); None where nobody knows it."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        return None
    units = {axis.unit_name for axis in known.axis_info[:2]}
    return str(units.pop()) if len(units) == 1 else "mixed units"


def _sensors_are_known(sources: tuple[Source, ...]) -> Iterator[Disagreement]:
    """Refuse sensors without a profile, and clear classes that their masks lack."""
    for place, source in enumerate(sources):
        try:
            sensor = _sensor(source.sensor)
        except JobError as error:
            for one in error.problems:
                yield Disagreement((one.key,), one.what, one.remedy, one)
            continue
        except LandcoverError as error:
            yield _unknown_sensor(("sources", place, "sensor"), source.sensor, error)
            continue
        if sensor.refused:
            what, remedy = sensor.refused.rsplit(". ", 1)
            yield Disagreement(("sources", place, "sensor"), f"{sensor.name}: {what}", remedy)
        yield from _classes_are_known(("sources", place, "clear_classes"), source, sensor)


def _unknown_sensor(path: tuple[str | int, ...], name: str, error: LandcoverError) -> Disagreement:
    """Say that a shipped name does not exist, or why a file is no profile."""
    from landcover import sensors

    if any(sign in name for sign in ("/", "\\", ".y")):
        return Disagreement(path, f"{error.where}: {error.what}", error.remedy)
    remedy = suggest(name, tuple(sensors.shipped()))
    return Disagreement(path, f"no sensor is called {name!r}", remedy)


def _sensor(name: str) -> Sensor:
    """Load a profile."""
    from landcover import sensors

    return sensors.load(name)


def _classes_are_known(
    path: tuple[str | int, ...], source: Source, sensor: Sensor
) -> Iterator[Disagreement]:
    """Refuse clear classes that the sensor's mask lacks."""
    if source.clear_classes is None:
        return
    if sensor.mask is None:
        what = f"{sensor.name} has no mask to take classes from"
        yield Disagreement(path, what, "Leave the key out")
        return
    if sensor.mask.fields:
        what = f"the mask of {sensor.name} is made of bits, not of classes"
        yield Disagreement(path, what, "Leave the key out, or write a profile of your own")
        return
    known = {entry.value for entry in sensor.mask.legend.classes}
    odd = sorted(set(source.clear_classes) - known)
    if odd:
        what = f"the mask of {sensor.name} has no class {', '.join(map(str, odd))}"
        yield Disagreement(path, what, f"Its classes are {', '.join(map(str, sorted(known)))}")


def _indices_are_known(
    sources: tuple[Source, ...], products: Any, series: Any
) -> Iterator[Disagreement]:
    """Refuse indices that are unknown, or whose bands no source of theirs has."""
    try:
        bands = {s.name: _measured(_sensor(s.sensor)) for s in sources}
    except LandcoverError:
        return  # told already
    asked = [(("products", name), settings) for name, settings in _asked(products).items()]
    for path, settings in (*asked, (("series",), series)):
        pool = sources_of(getattr(settings, "source", None), sources)
        seen = frozenset[str]().union(*(bands[source.name] for source in pool))
        yield from _indices_of((*path, "index"), getattr(settings, "index", None), seen)


def _measured(sensor: Sensor) -> frozenset[str]:
    """Return the bands that measure something: classes have no median and no mean."""
    mask = sensor.mask.band if sensor.mask else ""
    return frozenset(n for n, one in sensor.bands.items() if n != mask and one.unit != "class")


def _indices_of(
    path: tuple[str | int, ...], index: object, bands: frozenset[str]
) -> Iterator[Disagreement]:
    """Judge the index or the indices of one place."""
    if isinstance(index, str):
        yield from _index(path, index, bands)
    elif isinstance(index, tuple):
        for place, name in enumerate(index):
            yield from _index((*path, place), str(name), bands)


def _index(path: tuple[str | int, ...], name: str, bands: frozenset[str]) -> Iterator[Disagreement]:
    """Judge one index."""
    from landcover.kernels.indices import INDICES

    if name in bands:
        return
    if name not in INDICES:
        known = (*sorted(bands), *INDICES)
        remedy = suggest(name, known)
        yield Disagreement(path, f"no index or band is called {name!r}", remedy)
        return
    lacking = [band for band in INDICES[name].bands if band not in bands]
    if bands and lacking:
        what = f"{name} needs the band {lacking[0]}, which its source does not have"
        yield Disagreement(path, what, "Take another index, or a source with that band")


def _losses_fall(sources: tuple[Source, ...], products: Any) -> Iterator[Disagreement]:
    """Refuse disturbances of an index that does not fall where vegetation goes."""
    from landcover.kernels.indices import BANDS, INDICES
    from landcover.products.disturbance import DisturbanceSettings, refused_index

    for name, settings in _asked(products).items():
        pool = sources_of(getattr(settings, "source", None), sources)
        if not isinstance(settings, DisturbanceSettings) or not pool:
            continue
        try:
            sensor = _sensor(pool[0].sensor)
        except LandcoverError:
            return  # told already
        refused = refused_index(settings, sensor.bands)
        if refused and settings.index in {*_measured(sensor), *BANDS, *INDICES}:
            yield Disagreement(("products", name, "index"), *refused)


_JUDGES: tuple[tuple[tuple[str, ...], Callable[..., Iterator[Disagreement]]], ...] = (
    (("products",), _something_asked),
    (("period", "products", "pictures"), _listed_periods_within),
    (("period", "products"), _baselines_within),
    (("period", "products"), _history_leaves_something),
    (("period", "products"), _days_are_counted),
    (("period", "products"), _years_make_a_trend),
    (("sources",), _sources_named_once),
    (("sources", "products"), _sources_exist),
    (("zones",), _controls_have_a_group),
    (("zones",), _near_has_a_group),
    (("zones",), _zones_have_crs),
    (("grid",), _grid_has_metres),
    (("sources",), _sensors_are_known),
    (("sources", "products", "series"), _indices_are_known),
    (("sources", "products"), _losses_fall),
)
"""What each judge needs to see, and the judge."""
