"""River, road and village lie where the country has them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landcover.synthetic import country
from landcover.synthetic.landscape import river_centre
from landcover.synthetic.surroundings import write_context


def test_shapes_lie_on_the_covers_that_they_name(tmp_path: Path) -> None:
    land = country(256)
    layers = write_context(land, tmp_path, credit="nobody")
    assert [one["kind"] for one in layers] == ["river", "road", "place"]
    assert {one["credit"] for one in layers} == {"nobody"}
    river, _, place = (gpd.read_file(tmp_path / one["path"]).to_crs(land.crs) for one in layers)
    x, y = shapely.get_coordinates(river.geometry).T
    assert np.abs(river_centre(land.river, y) - x).max() < 0.1  # m
    assert y.max() - y.min() >= land.height_m
    assert place.geometry[0].distance(shapely.Point(land.village.x_m, land.village.y_m)) < 0.1
    assert river["name"].tolist() == ["Rivière inventée"]


def test_a_job_without_credit_names_none(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write_context(country(256), tmp_path)[0]["credit"]
