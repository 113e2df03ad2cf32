"""Signs stand out from the ground of a map: 3 to 1, as criterion 1.4.11 of WCAG 2.1 asks."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from landcover.outputs.colours import rgb_of
from landcover.outputs.web.painting import UNJUDGED

STANDS_OUT = 3.0
GROUND, BEYOND, FOREST = "#e9ecef", "#ffffff", "#2f4a2b"
"""What a map shows within its rasters and beyond where nothing is drawn; dense forest."""


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb"."""
    shares = (one / 255 for one in rgb_of(colour))
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the ratio of contrast of two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def script(name: str) -> str:
    return files("landcover.outputs").joinpath("web", name).read_text("utf-8")


def inks(constant: str) -> dict[str, str]:
    """Return the colours of a constant of the map's script."""
    text = script("places.js")
    body = text[text.index(f"const {constant} = {{") :]
    body = body[: body.index("};")]
    return dict(re.findall(r"\b(?!fillColor)(\w+): (?:\{ color: )?'(#[0-9a-f]{6})'", body))


def test_the_sum_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_ground_is_the_page_s_own() -> None:
    style = script("map.css")
    assert f"#map .judged-ground {{ background: {GROUND}; }}" in style
    assert re.search(r"#map \{[^}]*background: #fff;", style)


def test_hatching_stands_out() -> None:
    assert contrast(UNJUDGED, GROUND) >= STANDS_OUT


@pytest.mark.parametrize("ground", [GROUND, BEYOND])
def test_every_line_stands_out_from_the_empty_ground(ground: str) -> None:
    lines, casings = inks("INK"), inks("CASING")
    assert {"reserve", "dot", "patch", "river", "ring"} <= set(lines)
    for name, colour in lines.items():
        edges = (colour, casings.get(name, colour))
        assert max(contrast(one, ground) for one in edges) >= STANDS_OUT, name


@pytest.mark.parametrize("name", sorted(inks("CASING")))
def test_lines_with_a_casing_stand_out_from_forest_too(name: str) -> None:
    edges = (inks("INK")[name], inks("CASING")[name])
    assert max(contrast(one, FOREST) for one in edges) >= STANDS_OUT
