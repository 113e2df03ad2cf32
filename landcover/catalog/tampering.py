"""Whether a lock's scene can be what a search wrote: a lock may come from anywhere.

It knows scenes and the rules that their items had to obey. It does not know files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from landcover.catalog.hrefs import check_id, check_syntax, resolve
from landcover.catalog.settings import Source
from landcover.errors import SceneError
from landcover.model import Asset, Scene
from landcover.settings import is_url

__all__ = ["check_home", "check_scene"]

DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"})
"""Types that a profile may give a band, and that files have."""

DRIVERS = frozenset({"GTiff", "JP2OpenJPEG"})


def check_scene(scene: Scene) -> None:
    """Refuse a scene that no search gives.

    Raises
    ------
    SceneError
        `what` says why.
    """
    check_id(scene.id)
    if scene.time.tzinfo is None:
        raise SceneError("datetime", "its time has no zone")
    _check_numbers("bbox", scene.footprint, 4)
    for band, asset in scene.assets.items():
        _check_asset(band, asset)


def _check_asset(band: str, asset: Asset) -> None:
    """Refuse numbers that cannot be, and names that are more than those of files."""
    check_syntax(asset.href)
    if not is_url(asset.href) and not Path(asset.href).is_absolute():
        raise SceneError(band, f"{asset.href[:120]!r} is not the whole path of a file")
    if not all(type(size) is int and size > 0 for size in asset.shape):
        raise SceneError(band, f"the shape of {band} is not two counts of pixels")
    _check_numbers(f"the transform of {band}", list(asset.transform)[:6], 6)
    _check_numbers(f"scale and offset of {band}", (asset.scale, asset.offset), 2)
    if asset.scale == 0:
        raise SceneError(band, f"the scale of {band} is 0")
    if asset.nodata is not None and not isinstance(asset.nodata, int | float):
        raise SceneError(band, f"nodata of {band} is no number")
    if asset.clip is not None:
        _check_numbers(f"clip of {band}", asset.clip, 2)
    if asset.dtype not in DTYPES or asset.driver not in DRIVERS:
        what = f"{band} is told to be {str(asset.dtype)[:20]!r} of {str(asset.driver)[:20]!r}"
        raise SceneError(band, f"{what}, which is not read")


def _check_numbers(what: str, values: Iterable[object], count: int) -> None:
    """Refuse anything but so many finite numbers."""
    listed = list(values)
    sound = all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        for one in listed
    )
    if not sound or len(listed) != count:
        raise SceneError(what, f"{what} should be {count} finite numbers")


def check_home(scene: Scene, source: Source) -> None:
    """Refuse files that the source's catalog could not have named, wherever the catalog is now.

    Raises
    ------
    SceneError
        A file lies outside its folder and `allow_paths`, at a host that it does not use, or on
        this machine though the catalog is elsewhere.
    """
    place, roots = source.catalog, _roots(source)
    for asset in scene.assets.values():
        if is_url(place) and not is_url(asset.href):
            what = f"{asset.href[:120]!r} lies on this machine, and the source's catalog does not"
            raise SceneError("href", what)
        resolve(asset.href, place, roots)


def _roots(source: Source) -> Sequence[Path]:
    """Return the folders of a local catalog, which need not be there any more."""
    if is_url(source.catalog):
        return ()
    path = Path(source.catalog)
    home = path if path.is_dir() else path.parent
    return (home.resolve(), *(folder.resolve() for folder in source.allow_paths))
