"""How a band is drawn: the renderer as QGIS reads it, its colours and the words of its legend."""

from pathlib import Path
from xml.etree import ElementTree as ET

from affine import Affine

from landcover.model import Grid, Legend, LegendClass
from landcover.outputs.qgis.elements import clean, text_in
from landcover.outputs.qgis.renderers import items_of, raster_renderer
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.raster.facts import RasterFacts

NAMES = {"en": "Change", "fr": "Changement"}
FACTS = RasterFacts(
    Path("change.tif"), Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2)), "float32",
    None, ("change",), ("1",), {},
)  # fmt: skip
STYLE = RasterStyle(FACTS, "made-up", "changed", NAMES, (), "change")
RAMP = Ramp(((-0.5, "#800000"), (0.0, "#ffffff"), (0.5, "#000080")), ticks=(-0.5, 0.0, 0.25, 0.5))
KINDS = Legend(
    "kinds",
    (
        LegendClass(0, {"en": "none", "fr": "aucune"}, "#000000"),
        LegendClass(2, {"en": 'A <b> & "é"', "fr": "B"}, "#ff8800"),
    ),
)


def drawn(band: BandStyle, language: str = "en") -> ET.Element:
    """Return a renderer as it comes back from a file."""
    return ET.fromstring(ET.tostring(raster_renderer(STYLE, band, language)))


def test_a_ramp_has_its_stops_and_its_ticks_in_the_words_of_the_language() -> None:
    root = drawn(BandStyle(2, "drop", NAMES, RAMP), "fr")
    assert (root.get("type"), root.get("band")) == ("singlebandpseudocolor", "2")
    items = [(one.get("value"), one.get("color"), one.get("label")) for one in root.iter("item")]
    assert items == [
        ("-0.5", "#800000", "\u22120,50"),
        ("0", "#ffffff", "0,00"),
        ("0.25", "#8080c0", "0,25"),  # halfway between white and the blue
        ("0.5", "#000080", "0,50"),
    ]


def test_a_stop_that_is_no_tick_has_no_word() -> None:
    ramp = Ramp(((0.0, "#000000"), (0.3, "#123456"), (1.0, "#ffffff")), ticks=(0.0, 1.0))
    assert items_of(ramp, "en") == (
        (0.0, "#000000", "0"), (0.3, "#123456", ""), (1.0, "#ffffff", "1")
    )  # fmt: skip


def test_by_itself_a_style_has_a_word_for_every_stop() -> None:
    ramp = Ramp(((0.0, "#000000"), (0.25, "#123456"), (1.0, "#ffffff")), ticks=(0.0, 1.0))
    labels = [label for _, _, label in items_of(ramp, "fr", every=True)]
    assert labels == ["0,00", "0,25", "1,00"]
    root = raster_renderer(STYLE, BandStyle(1, "slope", NAMES, ramp), "fr", alone=True)
    assert [one.get("label") for one in root.iter("item")] == labels


def test_a_year_is_written_as_a_year() -> None:
    ramp = Ramp(((2020.0, "#000000"), (2024.0, "#ffffff")), year=True)
    assert [label for _, _, label in items_of(ramp, "fr")] == ["2020", "2024"]
    amount = Ramp(((0.0, "#000000"), (2500.0, "#ffffff")))
    assert [label for _, _, label in items_of(amount, "fr")] == ["0", "2\u202f500"]


def test_a_step_has_one_colour_up_to_its_end_and_the_last_one_for_ever() -> None:
    names = ({"en": "2022", "fr": "2022"}, {"en": "2023 (to May)", "fr": "2023 (jusqu’en mai)"})
    stops = ((2022.0, "#800000"), (2023.0, "#ffffff"), (2023.4, "#ffffff"))
    root = drawn(BandStyle(1, "date", NAMES, Ramp(stops, year=True, steps=names)), "fr")
    (shader,) = root.iter("colorrampshader")
    assert shader.get("colorRampType") == "DISCRETE"
    items = [(one.get("value"), one.get("color"), one.get("label")) for one in root.iter("item")]
    assert items == [("2023", "#800000", "2022"), ("inf", "#ffffff", "2023 (jusqu’en mai)")]


def test_classes_are_a_palette_and_hidden_ones_are_left_out() -> None:
    root = drawn(BandStyle(1, "kind", NAMES, KINDS, hidden=(0.0,)))
    assert root.get("type") == "paletted"
    entries = [dict(one.attrib) for one in root.iter("paletteEntry")]
    assert entries == [{"value": "2", "color": "#ff8800", "alpha": "255", "label": 'A <b> & "é"'}]


def test_a_hidden_amount_is_drawn_as_nothing() -> None:
    root = drawn(BandStyle(1, "date", NAMES, RAMP, hidden=(0.0,)))
    (entry,) = root.iter("pixelListEntry")
    assert entry.attrib == {"min": "0", "max": "0", "percentTransparent": "100"}


def test_a_hidden_amount_has_a_pale_colour_where_nothing_lies_beneath() -> None:
    ramp = Ramp(((2022.0, "#800000"), (2024.0, "#ffffff")), year=True)
    nothing = {"en": "no break", "fr": "aucune"}
    band = BandStyle(1, "date", NAMES, ramp, hidden=(0.0,), nothing=nothing)
    root = raster_renderer(STYLE, band, "fr", alone=True)
    items = [(one.get("value"), one.get("color"), one.get("label")) for one in root.iter("item")]
    assert items[0] == ("0", "#f3efe2", "aucune")
    assert len(items) == 3
    assert not list(root.iter("pixelListEntry"))


def test_a_picture_is_drawn_as_it_is() -> None:
    root = drawn(BandStyle(1, "picture", NAMES, None))
    bands = [root.get(f"{name}Band") for name in ("red", "green", "blue")]
    assert (root.get("type"), bands) == ("multibandcolor", ["1", "2", "3"])
    assert {one.text for one in root.iter("algorithm")} == {"NoEnhancement"}


def test_what_no_xml_may_hold_is_left_out() -> None:
    assert clean("a\x00\x0b\ufffe\udc80b\té") == "ab\té"


def test_a_text_is_found_in_another_language_rather_than_not_at_all() -> None:
    assert text_in({"fr": "oui", "en": "yes"}, "fr") == "oui"
    assert text_in({"en": "yes"}, "fr") == "yes"
    assert text_in({}, "fr") == ""
