"""Parts of drawings against known truth: colours, planes, round lengths, letters."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from PIL import Image

from landcover.model import Grid, Legend, LegendClass
from landcover.outputs import prints
from landcover.outputs.colours import rgb_of
from landcover.outputs.drawing.axes import CONFIDENCES, LINES
from landcover.outputs.drawing.canvas import INK, QUIET, legible, short
from landcover.outputs.drawing.families import distance_text
from landcover.outputs.drawing.layers import ZONE_LOOKS
from landcover.outputs.drawing.paint import paint, tick_texts
from landcover.outputs.drawing.palette import paletted
from landcover.outputs.drawing.plane import Plane, degrees_text, plane_of, round_down
from landcover.outputs.style import BandStyle, Ramp
from landcover.outputs.wording import Words, phrases

RAMP = Ramp(((0.0, "#000000"), (1.0, "#ffffff")))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    parts = np.array(rgb_of(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast_on_white(colour: str) -> float:
    """Return the contrast of a colour on white."""
    return 1.05 / (luminance(colour) + 0.05)


def test_text_and_lines_contrast_as_wcag_asks() -> None:
    assert all(contrast_on_white(ink) >= 4.5 for ink in (INK, QUIET))
    assert all(contrast_on_white(ink) >= 3.0 for ink in LINES)
    assert all(contrast_on_white(look.ink) >= 3.0 for look in ZONE_LOOKS.values())


def test_confidences_differ_in_lightness() -> None:
    light = [luminance(fill) for fill in CONFIDENCES.values()]
    assert np.all(np.diff(light) > 0.15)


def test_what_is_hidden_or_missing_is_clear() -> None:
    band = BandStyle(1, "x", {"en": "x"}, RAMP, hidden=(0.0,))
    values = np.array([[0.0, 1.0, np.nan]])
    got = paint(band, values, ~np.isnan(values))
    assert got[0, :, 3].tolist() == [0, 255, 0]


def test_classes_have_their_own_colours() -> None:
    legend = Legend("l", (LegendClass(2, {"en": "two"}, "#010203"),))
    got = paint(
        BandStyle(1, "x", {"en": "x"}, legend), np.array([[2, 3]]), np.array([[True, True]])
    )
    assert got[0].tolist() == [[1, 2, 3, 255], [0, 0, 0, 0]]


def test_a_picture_has_no_scale_to_be_painted_by() -> None:
    band = BandStyle(1, "rgb", {"en": "x"}, None)
    with pytest.raises(TypeError, match="rgb has no scale"):
        paint(band, np.zeros((1, 1)), np.ones((1, 1), bool))


def test_ticks_are_written_as_the_language_does() -> None:
    french = Words("drawing", "fr")
    assert list(tick_texts(Ramp(((0.0, "#000000"), (0.5, "#ffffff"))), french)) == [
        (0.0, "0,0"),
        (0.5, "0,5"),
    ]
    years = Ramp(((2020.0, "#000000"), (2021.0, "#ffffff")), year=True)
    assert [text for _, text in tick_texts(years, french)] == ["2020", "2021"]


@pytest.mark.parametrize(
    ("value", "round_one"), [(1.0, 1.0), (1.99, 1.0), (4.9, 2.0), (999.0, 500.0), (0.07, 0.05)]
)
def test_lengths_are_round(value: float, round_one: float) -> None:
    assert round_down(value) == pytest.approx(round_one)


def test_a_degree_is_as_long_as_it_is() -> None:
    # WGS84: one degree of longitude at the equator is 111,319.49 m; of latitude 110,574.28 m
    plane = Plane("EPSG:4326", (27.5, -0.5, 28.5, 0.5))
    assert plane.metres_per_x == pytest.approx(111_319.49, rel=1e-6)
    assert plane.metres_per_y == pytest.approx(110_574.28, rel=1e-5)
    assert plane.north == pytest.approx((0.0, 1.0), abs=1e-9)
    assert plane.crossings(2)[0] == 0.5


def test_north_leans_as_meridians_converge() -> None:
    # UTM: the angle of grid north is atan(tan(lon - lon0) sin lat); at 29.9 E, 60 N of zone 35
    plane = Plane("EPSG:32635", (659_000, 6_652_000, 661_000, 6_654_000))
    lon, lat = plane.degrees(*plane.middle)
    angle = np.arctan(np.tan(np.radians(float(lon) - 27)) * np.sin(np.radians(float(lat))))
    assert plane.north[0] == pytest.approx(-np.sin(angle), rel=1e-3)


def test_lines_of_a_graticule_meet_the_edges() -> None:
    plane = plane_of(Grid("EPSG:32635", Affine(10, 0, 663_520, 0, -10, 180_210), (600, 600)))
    step, east, north = plane.crossings(3)
    assert step == 0.02
    assert len(east) >= 3
    assert len(north) >= 3
    left, bottom, right, _ = plane.bounds
    assert all(left <= x <= right for _, x in east)
    lon, _ = plane.degrees([x for _, x in east], [bottom] * len(east))
    np.testing.assert_allclose(lon, [degrees for degrees, _ in east], atol=1e-6)


def test_degrees_are_written_with_the_side_they_are_on() -> None:
    assert degrees_text(-2.5, 0.5, ("N", "S"), ",") == "2,5° S"
    assert degrees_text(28.0, 1.0, ("E", "O"), ",") == "28° E"
    assert degrees_text(0.0, 1.0, ("E", "O"), ",") == "0°"


def test_distances_are_short() -> None:
    english = Words("drawing", "en")
    assert distance_text(0, 250, english) == "0–250 m"
    assert distance_text(500, 1000, english) == "500–1,000 m"
    assert distance_text(0, 5000, english) == "0–5 km"
    assert distance_text(1000, 2500, english) == "1–2.5 km"


def test_letters_that_cannot_be_written_are_boxes() -> None:
    assert legible("Itombwe\n\tmwami") == "Itombwe mwami"
    assert legible("矿") == "□"
    assert legible("a\u202eb\x00c") == "abc"
    assert short("x" * 50, 10) == "xxxxxxxxx…"


def decoded(data: bytes) -> np.ndarray:
    """Return the pixels of a PNG, uint8 (Y, X, 3)."""
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "P"
        return np.asarray(picture.convert("RGB"))


def test_few_colours_are_kept_as_they_are() -> None:
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (200, 3), dtype=np.uint8)
    pixels = colours[rng.integers(0, 200, (64, 64))]
    np.testing.assert_array_equal(decoded(paletted(pixels)), pixels)


def test_of_many_colours_the_commonest_and_a_small_ramp_survive() -> None:
    rng = np.random.default_rng(2)
    pixels = np.full((300, 300, 3), 255, np.uint8)
    pixels[:200, :200] = rng.integers(90, 140, (200, 200, 3))
    ramp = np.linspace(0, 255, 128).astype(np.uint8)
    pixels[250:252, :128] = np.stack([ramp, 255 - ramp, ramp // 2], axis=-1)
    got = decoded(paletted(pixels)).astype(int)
    assert (got[260, 260] == 255).all()
    assert np.abs(got[250, :128] - pixels[250, :128]).max() <= 40
    assert len({tuple(one) for one in got[250, :128].tolist()}) > 12


def test_every_phrase_is_used() -> None:
    folder = Path(prints.__file__).parent
    code = "".join(path.read_text("utf-8") for path in folder.glob("drawing/*.py"))
    code += Path(prints.__file__).read_text("utf-8")
    made = ("zone_", "zones_", "context_", "sure_")  # their ends come from tables
    ends = ("_title", "_caption", "_alt")  # of each figure
    told = [k for k in phrases("drawing") if not k.startswith(made) and not k.endswith(ends)]
    assert [k for k in told if not re.search(rf"[\"']{k}[\"']", code)] == []
