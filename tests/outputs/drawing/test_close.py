"""Places close up: what is on the ground is in the picture, and what is not there is not drawn."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image

from landcover.outputs.colours import colour_at, rgb_of
from landcover.outputs.drawing import close
from landcover.outputs.drawing.close import close_up
from landcover.outputs.drawing.map_figures import find_band
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown
from landcover.outputs.style import Ramp
from tests.outputs.drawing.conftest import HOSTILE, SHAPE, set_frames

BROKEN = 2021.4
"""The only date in the raster of the run made by hand."""


def pixels(figure: Figure | None) -> NDArray[np.uint8]:
    assert figure is not None
    return np.asarray(Image.open(BytesIO(figure.data)).convert("RGB"))


def panel(image: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    left = n * (close.PANEL_PX + close.GAP_PX)
    return image[close.HEAD_PX : -close.FOOT_PX, left : left + close.PANEL_PX]


def has(image: NDArray[np.uint8], colour: str) -> bool:
    return bool((image == rgb_of(colour)).all(axis=-1).any())


def dates(shown: Shown) -> Ramp:
    found = find_band(shown, "disturbance", "date")
    assert found is not None
    assert isinstance(found[1].scale, Ramp)
    return found[1].scale


def around(shown: Shown, rows: tuple[int, int], columns: tuple[int, int]) -> gpd.GeoDataFrame:
    """Return a place that holds some pixels of the run."""
    left, top = shown.grid.transform @ (columns[0], rows[0])
    right, bottom = shown.grid.transform @ (columns[1], rows[1])
    box = shapely.box(left, bottom, right, top)
    return gpd.GeoDataFrame({"zone_id": ["X"]}, geometry=[box], crs=shown.grid.crs).to_crs(4326)


def test_what_broke_has_the_colour_of_its_day(run: Shown) -> None:
    colour = colour_at(dates(run), BROKEN)
    there = pixels(close_up(run, "en", around(run, (15, 35), (15, 35)), "x", "here"))
    assert has(panel(there, 2), colour)
    away = pixels(close_up(run, "en", around(run, (50, 70), (60, 80)), "x", "there"))
    assert not has(panel(away, 2), colour)


def test_ground_without_a_value_is_hatched(run: Shown) -> None:
    seen = pixels(close_up(run, "en", around(run, (40, 60), (40, 60)), "x", "a"))
    unseen = pixels(close_up(run, "en", around(run, (0, 20), (40, 60)), "x", "b"))
    assert not has(panel(seen, 2), close.HATCH_GROUND)
    assert has(panel(unseen, 2), close.HATCH_GROUND)
    assert has(panel(unseen, 2), close.HATCH_LINE)


def test_a_patch_that_is_too_small_is_marked(run: Shown) -> None:
    shown = replace(run)
    x, y = run.grid.transform @ (60.5, 60.5)
    spot = gpd.GeoSeries([shapely.Point(x, y).buffer(4)], crs=run.grid.crs).to_crs(4326)
    patch = gpd.GeoDataFrame({"first_date": pd.to_datetime(["2021-05-26"])}, geometry=spot)
    frames = {"zones": run.zones, "sites": run.sites, "context": {}}
    whole = around(run, (0, SHAPE[0]), (0, SHAPE[1]))
    set_frames(shown, **frames, patches=patch.iloc[:0])
    without = pixels(close_up(shown, "en", whole, "x", "a"))
    set_frames(shown, **frames, patches=patch)
    marked = pixels(close_up(shown, "en", whole, "x", "a"))
    moved = (panel(marked, 2) != panel(without, 2)).any(axis=-1)
    assert moved.sum() == close.DOT_PX**2
    assert (panel(marked, 2)[moved] == rgb_of(colour_at(dates(run), 2021.4))).all()
    assert (panel(marked, 0) == panel(without, 0)).all()


def test_the_shape_stays_within_limits(run: Shown) -> None:
    for rows, columns in (((10, 12), (10, 110)), ((5, 85), (50, 51))):
        high = panel(pixels(close_up(run, "en", around(run, rows, columns), "x", "a")), 0).shape[0]
        assert close.FLAT - 0.01 <= high / close.PANEL_PX <= close.TALL + 0.3


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_says_what_it_shows(run: Shown, language: str) -> None:
    figure = close_up(run, language, around(run, (15, 35), (15, 35)), "x", HOSTILE[0])
    assert figure is not None
    assert HOSTILE[0] in figure.title
    assert HOSTILE[0] in figure.alt
    assert "2020, 2021" in figure.caption
    assert figure.source
    again = close_up(run, language, around(run, (15, 35), (15, 35)), "x", HOSTILE[0])
    assert again == figure


def test_without_pictures_and_dates_there_is_none(maker: Any) -> None:
    empty = maker(empty=True)
    assert close_up(empty, "en", empty.zones, "x", "a") is None


def test_without_a_shape_there_is_none(run: Shown) -> None:
    assert close_up(run, "en", run.zones.iloc[:0], "x", "a") is None


def test_dates_alone_are_shown_alone(run: Shown) -> None:
    only = replace(run, styles=tuple(one for one in run.styles if one.series == "disturbance"))
    set_frames(only, zones=run.zones, sites=run.sites, context={}, patches=None)
    image = pixels(close_up(only, "en", around(run, (15, 35), (15, 35)), "x", "a"))
    assert image.shape[1] == close.PANEL_PX
    assert has(image, colour_at(dates(run), BROKEN))
