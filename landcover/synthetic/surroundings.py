"""The country's river, road and village as the files that maps are drawn with.

It knows shapes and names. It does not know pixels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pyproj import Transformer
from shapely import LineString, Point
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover.synthetic.land import Country
from landcover.synthetic.landscape import river_centre, road_centre
from landcover.synthetic.zones import moved

__all__ = ["CONTEXT", "write_context"]

STEP_M: Final = 50.0
"""Between two corners of a line (m)."""

CONTEXT: Final[tuple[Mapping[str, str], ...]] = (
    {"path": "context/rivers.geojson", "kind": "river", "label": "name"},
    {"path": "context/roads.geojson", "kind": "road", "label": "name"},
    {"path": "context/places.geojson", "kind": "place", "label": "name"},
)
"""How a job names them."""

NAMES: Final = {
    "rivers": "Rivière inventée",
    "roads": "Route inventée",
    "places": "Village inventé",
}


def write_context(
    country: Country, folder: Path, names: Mapping[str, str] = NAMES, credit: str = ""
) -> tuple[dict[str, str], ...]:
    """Write what maps are drawn with.

    Parameters
    ----------
    country : Country
    folder : Path
        Gets `context/rivers.geojson`, `roads.geojson` and `places.geojson`.
    names : mapping
        What is called how, by file.
    credit : str
        Whom maps name for it.

    Returns
    -------
    tuple of dict
        A job's `context`.
    """
    y = np.arange(country.top_m - country.height_m, country.top_m + STEP_M, STEP_M)
    x = np.arange(country.left_m, country.left_m + country.width_m + STEP_M, STEP_M)
    shapes: dict[str, BaseGeometry] = {
        "rivers": LineString(np.column_stack([river_centre(country.river, y), y])),
        "roads": LineString(np.column_stack([x, road_centre(country.road, x)])),
        "places": Point(country.village.x_m, country.village.y_m),
    }
    (folder / "context").mkdir(parents=True, exist_ok=True)
    to_degrees = Transformer.from_crs(country.crs, "EPSG:4326", always_xy=True)
    for name, shape in shapes.items():
        _write(folder / "context" / f"{name}.geojson", names[name], moved(shape, to_degrees))
    return tuple({**one, **({"credit": credit} if credit else {})} for one in CONTEXT)


def _write(path: Path, name: str, shape: BaseGeometry) -> None:
    """Write one shape, coordinates to 1e-7 degrees (1 cm)."""
    geometry: dict[str, Any] = mapping(shape)
    places = np.round(np.asarray(geometry["coordinates"]), 7).tolist()
    feature = {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": geometry["type"], "coordinates": places},
    }
    content = {"type": "FeatureCollection", "features": [feature]}
    text = json.dumps(content, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
