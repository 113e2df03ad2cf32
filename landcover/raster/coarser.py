"""Reading a source coarser than its files are: from the overviews that lie in them.

A value of an overview is made of all pixels under it, clear or not, before scale and offset: for
reflectance and power, which average as they are, that is what a coarser sensor would have seen. The
mask is never read so. It knows scenes, and opens a file only to say what would have been possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from affine import Affine

from landcover.errors import OverviewError, PlanError, SceneError
from landcover.model import Asset, Band, Scene
from landcover.raster.holding import UNBLENDED
from landcover.raster.planes import parse_crs
from landcover.raster.rule import ReadRule
from landcover.raster.source import open_asset

__all__ = ["check_overviews", "coarsened"]

FACTORS_TRIED = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 64)
"""Overviews that a file is asked for to say which resolutions are possible (times as coarse)."""

WHOLE = 1e-9
"""How far a ratio of pixels may lie from a whole number (relative): rounding of their sides."""


def coarsened(scenes: Sequence[Scene], rules: Mapping[str, ReadRule]) -> tuple[Scene, ...]:
    """Have the values of scenes read at the resolution that their sources ask for.

    Parameters
    ----------
    scenes : sequence of Scene
    rules : mapping
        Source's name -> how it is read.

    Returns
    -------
    tuple of Scene
        Files finer than that stand with the transform and shape of their overviews; scenes of
        other sources are as they were.

    Raises
    ------
    PlanError
        The sensor's values cannot be averaged, or the resolution is no whole number of times the
        pixels of a file, or does not divide it exactly.
    """
    if all(rule.resolution_m is None for rule in rules.values()):
        return tuple(scenes)
    made = []
    for scene in scenes:
        rule = rules.get(scene.source)
        made.append(scene if rule is None or rule.resolution_m is None else _coarse(scene, rule))
    return tuple(made)


def check_overviews(scenes: Iterable[Scene], source: str, rule: ReadRule) -> None:
    """Open overviews of a source's files until one of each band is found to be there.

    Raises
    ------
    PlanError
        A file does not hold what is asked for; it says what is possible. Files that cannot be
        opened at all are left to the run.
    """
    seen: set[str] = set()
    for scene in scenes:
        for name in sorted(scene.assets.keys() - seen):
            asset = scene.assets[name]
            if asset.overview == 1:
                continue
            try:
                with open_asset(asset):
                    seen.add(name)
            except OverviewError as error:
                remedy = _possible(_whole(asset), _mask_of(scene, rule))
                raise PlanError(_where(source), f"{error.where} {error.what}", remedy) from None
            except SceneError:
                continue


def _where(source: str) -> str:
    """Name the key."""
    return f"source {source}, resolution_m"


def _coarse(scene: Scene, rule: ReadRule) -> Scene:
    """Have one scene's values read from overviews."""
    mask = _mask_of(scene, rule)
    values = {name: asset for name, asset in scene.assets.items() if asset is not mask}
    _check_kind(scene, rule, values)
    wanted = rule.resolution_m or 0.0
    finest = min((_side(asset) for asset in values.values()), default=wanted)
    if wanted < finest * (1 - WHOLE):
        what = f"its files hold nothing finer than {finest:g} m"
        raise PlanError(_where(scene.source), what, "Leave it out to read them as they are")
    if mask is not None and not _fits(wanted, mask):
        what = f"{wanted:g} m is no whole number of the mask's pixels of {_side(mask):g} m"
        remedy = _possible(min(values.values(), key=_side), mask)
        raise PlanError(_where(scene.source), what, remedy)
    made = {name: _of(asset, scene, wanted, mask) for name, asset in values.items()}
    return replace(scene, assets={**scene.assets, **made})


def _check_kind(scene: Scene, rule: ReadRule, values: Mapping[str, Asset]) -> None:
    """Refuse what has no mean, or no metres."""
    where, remedy = _where(scene.source), "Leave it out to read the files as they are"
    sensor = rule.sensor
    if not parse_crs(scene.crs).is_projected:
        raise PlanError(where, f"pixels of {scene.id} are in degrees, not metres", remedy)
    if sensor.day_band:
        what = f"each pixel of {sensor.name} has a day of its own, and days have no mean"
        raise PlanError(where, what, remedy)
    for name, asset in values.items():
        if why := _no_mean(sensor.bands[name], asset):
            raise PlanError(where, f"{name} of {sensor.name} {why}", remedy)


def _no_mean(band: Band, asset: Asset) -> str:
    """Say why overviews of a band's files are no means of its values; nothing if they are."""
    if band.unit in UNBLENDED:
        return f"holds a {band.unit}, and the mean of two is neither"
    if band.encoding != "linear":
        return "is stored in decibels, whose mean is not that of power"
    if band.valid is not None and band.unit != "power":  # noise around 0 belongs to mean power
        low, high = band.valid
        return f"may hold numbers beyond {low:g} to {high:g}, which overviews may have averaged in"
    return "lies in JPEG 2000, which holds no overviews apart" if asset.driver != "GTiff" else ""


def _side(asset: Asset) -> float:
    """Return the side of a file's pixels as they are read (CRS units)."""
    return float(abs(asset.transform.a))


def _ratio(coarse: float, fine: float) -> int:
    """Return how many times one side is the other; 0 where that is no whole number."""
    times = round(coarse / fine)
    return times if times and abs(coarse / fine - times) <= WHOLE * times else 0


def _mask_of(scene: Scene, rule: ReadRule) -> Asset | None:
    """Return a scene's mask; None where it has none."""
    return scene.assets.get(rule.sensor.mask.band) if rule.sensor.mask else None


def _fits(wanted: float, mask: Asset | None) -> bool:
    """Whether the mask's pixels are whole parts of those of a side, or whole multiples."""
    if mask is None:
        return True
    return bool(_ratio(wanted, _side(mask)) or _ratio(_side(mask), wanted))


def _of(asset: Asset, scene: Scene, wanted: float, mask: Asset | None) -> Asset:
    """Have one file read from the overview of a resolution; a coarser one is left as it is."""
    side, where = _side(asset), _where(scene.source)
    if side > wanted * (1 + WHOLE):
        if _ratio(side, wanted):
            return asset
        what = f"pixels of {asset.band} are {side:g} m, no whole number of times {wanted:g} m"
        raise PlanError(where, what, "Take a part of them, or leave it out")
    factor = _ratio(wanted, side)
    if factor == 1:
        return asset
    if not factor or any(length % factor for length in asset.shape):
        rows, columns = asset.shape
        why = f"1/{factor} of its {columns:,} x {rows:,} pixels is no whole number"
        what = f"{asset.band} of {scene.id} cannot be read at {wanted:g} m: " + (
            why if factor else f"its pixels are {side:g} m"
        )
        raise PlanError(where, what, _possible(asset, mask))
    return _read_at(asset, factor)


def _read_at(asset: Asset, factor: int) -> Asset:
    """Have a file read from an overview that divides it exactly."""
    shape = (asset.shape[0] // factor, asset.shape[1] // factor)
    place = asset.transform @ Affine.scale(factor)
    return replace(asset, transform=place, shape=shape, overview=asset.overview * factor)


def _whole(asset: Asset) -> Asset:
    """Return a file as it is, whatever was to be read of it."""
    factor = asset.overview
    return replace(
        asset,
        transform=asset.transform @ Affine.scale(1 / factor),
        shape=(asset.shape[0] * factor, asset.shape[1] * factor),
        overview=1,
    )


def _possible(asset: Asset, mask: Asset | None) -> str:
    """Say at which resolutions a file can be read."""
    sides = []
    for factor in FACTORS_TRIED:
        even = not any(length % factor for length in asset.shape)
        if not even or not _fits(factor * _side(asset), mask):
            continue
        coarse = _read_at(asset, factor)
        try:
            with open_asset(coarse):
                sides.append(f"{_side(coarse):g}")
        except SceneError:
            continue
    if not sides:
        return "It holds no overview that can be read: leave resolution_m out"
    return f"Its overviews give {', '.join(sides)} m; leave resolution_m out for {_side(asset):g} m"
