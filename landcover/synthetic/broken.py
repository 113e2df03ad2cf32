"""Breaks scenes on purpose, each in one known way, so that tests can see what follows.

Each function takes the folder of one scene (`<catalog>/<id>`) and the key of a band.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landcover.raster.scenefile import write_empty_tiff
from landcover.synthetic.stac import FILES, write_json

__all__ = [
    "doubtful",
    "huge_block",
    "huge_sparse",
    "truncated",
    "vrt_in_disguise",
    "without_asset",
    "without_file",
    "without_projection",
    "wrong_baseline",
    "wrong_offset",
    "wrong_shape",
]

HUGE_PX = 400_000
"""Side of the huge sparse file (px): 320 GB of uint16, if it were read."""

HUGE_BLOCK_PX = 30_000
"""Side of the huge block (px): 1.8 GB of uint16 at one read."""


def _file(scene: Path, band: str) -> Path:
    """Return the path of a band's file."""
    return scene / f"{FILES[band]}.tif"


def _read(scene: Path) -> dict[str, Any]:
    """Read a scene's item."""
    text = (scene / f"{scene.name}.json").read_text(encoding="utf-8")
    item: dict[str, Any] = json.loads(text)
    return item


def _edit(scene: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a scene's item."""
    item = _read(scene)
    change(item)
    write_json(scene / f"{scene.name}.json", item)


def truncated(scene: Path, band: str = "red", keep: float = 0.5) -> None:
    """Cut a file off after a share of its bytes: its header opens, its later blocks do not."""
    path = _file(scene, band)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])


def vrt_in_disguise(scene: Path, band: str = "red", target: Path | None = None) -> None:
    """Replace a file by a VRT that points elsewhere, under the name of a TIFF.

    It has the size and the place that the item states: only its driver betrays it.
    """
    item = _read(scene)
    asset = item["assets"][band]
    rows, columns = asset["proj:shape"]
    size_m, _, left, _, _, top = asset["proj:transform"]
    elsewhere = target or _file(scene, "nir")
    _file(scene, band).write_text(
        f'<VRTDataset rasterXSize="{columns}" rasterYSize="{rows}">'
        f"<SRS>EPSG:{item['properties']['proj:epsg']}</SRS>"
        f"<GeoTransform>{left}, {size_m}, 0, {top}, 0, {-size_m}</GeoTransform>"
        '<VRTRasterBand dataType="UInt16" band="1"><NoDataValue>0</NoDataValue><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{elsewhere}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>\n",
        encoding="utf-8",
    )


def without_asset(scene: Path, band: str = "red") -> None:
    """Leave a band out of the item; its file stays."""
    _edit(scene, lambda item: item["assets"].pop(band))


def without_file(scene: Path, band: str = "red") -> None:
    """Delete a file; the item still names it."""
    _file(scene, band).unlink()


def without_projection(scene: Path) -> None:
    """Take every projection field out of the item."""

    def strip(item: dict[str, Any]) -> None:
        for fields in (item["properties"], *item["assets"].values()):
            for name in [name for name in fields if name.startswith("proj:")]:
                del fields[name]

    _edit(scene, strip)


def wrong_shape(scene: Path, band: str = "red", factor: int = 2) -> None:
    """Let the item claim more pixels than the file has."""

    def stretch(item: dict[str, Any]) -> None:
        asset = item["assets"][band]
        asset["proj:shape"] = [side * factor for side in asset["proj:shape"]]

    _edit(scene, stretch)


def wrong_baseline(scene: Path, baseline: str = "02.14") -> None:
    """Let the item state another processing baseline than its pixels have."""
    _edit(scene, lambda item: item["properties"].update({"s2:processing_baseline": baseline}))


def huge_sparse(scene: Path, band: str = "red") -> None:
    """Replace a file by an empty one of 400,000 x 400,000 px that takes little room."""
    write_empty_tiff(_file(scene, band), (HUGE_PX, HUGE_PX), 512 * 16)


def huge_block(scene: Path, band: str = "red") -> None:
    """Replace a file by an empty one that is a single block of some 30,000 x 30,000 px."""
    side = HUGE_BLOCK_PX // 16 * 16
    write_empty_tiff(_file(scene, band), (side, side), side)


def wrong_offset(scene: Path, offset: float) -> None:
    """Let every band of reflectance declare an offset, whatever its pixels have."""

    def declare(item: dict[str, Any]) -> None:
        for asset in item["assets"].values():
            if "offset" in asset["raster:bands"][0]:
                asset["raster:bands"][0]["offset"] = offset

    _edit(scene, declare)


def doubtful(scene: Path, baseline: str = "05.00") -> None:
    """Let the item be one of Earth Search whose declaration is known to be unreliable.

    It is of `sentinel-2-l2a`, of a baseline from 04.00 on, declares -0.1, and its flag says that
    pixels are not shifted. What they have stays as it is.
    """

    def doubt(item: dict[str, Any]) -> None:
        item["collection"] = "sentinel-2-l2a"
        item["properties"].update(
            {"earthsearch:boa_offset_applied": False, "s2:processing_baseline": baseline}
        )

    _edit(scene, doubt)
    wrong_offset(scene, -0.1)
