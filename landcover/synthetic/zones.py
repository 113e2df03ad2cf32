"""The country's reserve, mines and territories as the files that people are given.

It knows shapes and tables. It does not know pixels.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Proj, Transformer
from shapely import Polygon, box, prepare, segmentize, transform
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover.model import Grid
from landcover.synthetic.chance import FloatArray
from landcover.synthetic.land import Country, Mine

__all__ = ["degrees", "ground_m2", "inside", "reserve", "territories", "write_zones"]

_STRAIGHT_M = 250.0
"""Longest side of a polygon before it goes to degrees (m): it then strays under 1 mm."""

_BORDER = 0.40
"""Where the border between the two territories runs (share of the width)."""


def reserve(country: Country) -> Polygon:
    """Return the reserve in the home plane."""
    return Polygon(country.reserve)


def territories(country: Country) -> dict[str, Polygon]:
    """Return two territories that share the country, by code, in the home plane."""
    left, top = country.left_m, country.top_m
    middle = left + _BORDER * country.width_m
    return {
        "MC61": box(left, top - country.height_m, middle, top),
        "MC62": box(middle, top - country.height_m, left + country.width_m, top),
    }


def degrees(country: Country, shape: Polygon) -> Polygon:
    """Bring a shape of the home plane to longitude and latitude, its sides kept straight."""
    to_degrees = Transformer.from_crs(country.crs, "EPSG:4326", always_xy=True)
    there: Polygon = moved(segmentize(shape, _STRAIGHT_M), to_degrees)
    return there


def moved(shape: BaseGeometry, transformer: Transformer) -> Any:
    """Bring a shape to another CRS, corner by corner."""
    return transform(shape, lambda xy: np.column_stack(transformer.transform(*xy.T)))


def inside(shape: Polygon, grid: Grid) -> FloatArray:
    """Covered fraction of each pixel, by exact polygon clipping.

    Parameters
    ----------
    shape : Polygon
        In the grid's own CRS.

    Returns
    -------
    float64 (Y, X), 0 to 1
    """
    covered = np.zeros(grid.shape)
    prepare(shape)
    width, height = grid.resolution
    for row in range(grid.shape[0]):
        top = grid.transform.f - row * height
        for column in range(grid.shape[1]):
            left = grid.transform.c + column * width
            covered[row, column] = _share(shape, box(left, top - height, left + width, top))
    return covered


def _share(shape: Polygon, pixel: Polygon) -> float:
    """Share of a pixel that a shape covers."""
    if shape.contains(pixel):
        return 1.0
    return float(shape.intersection(pixel).area / pixel.area) if shape.intersects(pixel) else 0.0


def ground_m2(grid: Grid) -> FloatArray:
    """Measure each pixel on the ellipsoid: planar area / areal scale of the projection.

    Returns
    -------
    float64 (Y, X), m²
    """
    rows, columns = grid.shape
    width, height = grid.resolution
    x = grid.transform.c + (np.arange(columns)[None, :] + 0.5) * width
    y = grid.transform.f - (np.arange(rows)[:, None] + 0.5) * height
    plane = Proj(grid.crs)
    wide_x, wide_y = np.broadcast_arrays(x, y)
    lon, lat = plane(wide_x, wide_y, inverse=True)
    scale: NDArray[np.float64] = np.asarray(plane.get_factors(lon, lat).areal_scale)
    return width * height / scale


def write_zones(country: Country, folder: Path, delimiter: str = ",") -> None:
    """Write the zones of the country.

    Parameters
    ----------
    country : Country
    folder : Path
        Gets `reserves.geojson`, `territories.geojson` and `sites.csv`.
    delimiter : "," or ";"
        With ";" numbers have a decimal comma and the text is cp1252, as Excel writes in
        French.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = {"WDPAID": 900001, "NAME": "Réserve du Pays inventé"}
    _write_shapes(folder / "reserves.geojson", [(about, degrees(country, reserve(country)))])
    names = {"MC61": "Ouest", "MC62": "Est"}
    shapes = [
        ({"ADM2_PCODE": code, "ADM2_FR": names[code]}, degrees(country, shape))
        for code, shape in territories(country).items()
    ]
    _write_shapes(folder / "territories.geojson", shapes)
    _write_sites(country, folder / "sites.csv", delimiter)


def _write_shapes(path: Path, shapes: list[tuple[dict[str, Any], Polygon]]) -> None:
    """Write a GeoJSON file, coordinates to 1e-9 degrees (0.1 mm)."""
    features = [
        {"type": "Feature", "properties": about, "geometry": _rounded(mapping(shape))}
        for about, shape in shapes
    ]
    content = {"type": "FeatureCollection", "features": features}
    text = json.dumps(content, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Round the coordinates of a polygon."""
    rings = [
        [[round(value, 9) for value in corner] for corner in ring]
        for ring in geometry["coordinates"]
    ]
    return {"type": geometry["type"], "coordinates": rings}


def _write_sites(country: Country, path: Path, delimiter: str) -> None:
    """Write the table of mines."""
    encoding = "cp1252" if delimiter == ";" else "utf-8"
    to_degrees = Transformer.from_crs(country.crs, "EPSG:4326", always_xy=True)
    with path.open("w", encoding=encoding, newline="") as file:
        table = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        table.writerow(("pcode", "name", "longitude", "latitude", "mineral1", "opened"))
        for mine in country.mines:
            table.writerow(_site(mine, to_degrees, delimiter))


def _site(mine: Mine, to_degrees: Transformer, delimiter: str) -> tuple[str, ...]:
    """One row of the table of mines."""
    numbers = (f"{value:.8f}" for value in to_degrees.transform(mine.x_m, mine.y_m))
    lon, lat = (text.replace(".", ",") if delimiter == ";" else text for text in numbers)
    return (mine.code, mine.name, lon, lat, mine.mineral, mine.opened.isoformat())
