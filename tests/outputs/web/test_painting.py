"""Values in colours: ramps, legends, pictures."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from landcover.model import Legend, LegendClass
from landcover.outputs.colours import rgb_of
from landcover.outputs.style import BandStyle, Ramp
from landcover.outputs.web.painting import UNJUDGED, painted, photo

NAMES = {"en": "a", "fr": "b"}
RAMP = Ramp(((-1.0, "#800000"), (0.0, "#ffffff"), (1.0, "#000080")))
LEGEND = Legend("l", (LegendClass(1, NAMES, "#ff0000"), LegendClass(7, NAMES, "#00ff00")))


def pixels(data: bytes) -> np.ndarray:
    return np.array(Image.open(BytesIO(data)).convert("RGBA"))


def test_a_ramp_is_linear_and_holds_at_its_ends() -> None:
    values = np.array([[-3.0, -1.0, 0.016, 1.0, 9.0]])
    seen = pixels(painted(values, np.ones(values.shape, bool), BandStyle(1, "b", NAMES, RAMP)))
    assert seen[0, 0].tolist() == seen[0, 1].tolist() == [128, 0, 0, 255]
    assert seen[0, 3].tolist() == seen[0, 4].tolist() == [0, 0, 128, 255]
    assert np.abs(seen[0, 2, :3].astype(int) - 255).max() <= 5


def test_what_is_hidden_or_missing_is_clear() -> None:
    values, valid = np.array([[0.0, 0.5, np.nan]]), np.array([[True, True, False]])
    band = BandStyle(1, "b", NAMES, RAMP, hidden=(0.0,))
    assert pixels(painted(values, valid, band))[0, :, 3].tolist() == [0, 255, 0]


def test_what_nobody_could_judge_is_hatched_and_what_is_hidden_is_clear() -> None:
    values = np.array([[0.0] * 8, [np.nan] * 8])
    band = BandStyle(1, "b", NAMES, RAMP, hidden=(0.0,))
    seen = pixels(painted(values, ~np.isnan(values), band, unjudged=np.isnan(values)))
    assert seen[0, :, 3].tolist() == [0] * 8
    assert sorted(seen[1, :, 3].tolist()) == [64] * 5 + [255] * 3
    assert {tuple(one) for one in seen[1, :, :3].tolist()} == {rgb_of(UNJUDGED)}


def test_classes_have_their_own_colours_and_others_none() -> None:
    values = np.array([[1, 7, 3]], np.uint8)
    seen = pixels(painted(values, np.ones((1, 3), bool), BandStyle(1, "b", NAMES, LEGEND)))
    assert seen.tolist() == [[[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 0, 0]]]


def test_the_same_values_are_the_same_bytes() -> None:
    values = np.linspace(-1, 1, 600).reshape(20, 30)
    band = BandStyle(1, "b", NAMES, RAMP)
    made = [painted(values, np.ones(values.shape, bool), band) for _ in range(2)]
    assert made[0] == made[1]


def test_a_picture_is_clear_where_a_band_has_no_value() -> None:
    values = np.full((3, 8, 8), 100, np.uint8)
    valid = np.ones(values.shape, bool)
    valid[1, :4] = False
    seen = pixels(photo(values, valid))
    assert (seen[:4, :, 3] == 0).all()
    assert (seen[4:, :, 3] == 255).all()
    assert np.abs(seen[5, 5, :3].astype(int) - 100).max() <= 3


def test_a_ramp_in_steps_has_no_colour_between_two() -> None:
    stops = ((2022.0, "#800000"), (2023.0, "#ffffff"), (2023.5, "#ffffff"))
    band = BandStyle(1, "b", NAMES, Ramp(stops, steps=(NAMES, NAMES)), hidden=(0.0,))
    values = np.array([[0.0, 2022.0, 2022.99, 2023.01, 2030.0, np.nan]])
    seen = pixels(painted(values, ~np.isnan(values), band))
    assert seen[0, :, 3].tolist() == [0, 255, 255, 255, 255, 0]
    assert seen[0, 1:5, 1].tolist() == [0, 0, 255, 255]
