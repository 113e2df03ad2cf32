"""Every layer that a product promises has a style, whatever the job asked for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray

from landcover import sensors
from landcover.kernels.indices import INDICES
from landcover.model import Grid, Layer, Period
from landcover.outputs.colours import colour_at, steps_of
from landcover.outputs.doors import DOORS, style_of
from landcover.outputs.doors.day_steps import day_ramp
from landcover.outputs.doors.ramps import looks
from landcover.outputs.opening import GROUPS
from landcover.outputs.style import Ramp, RasterStyle
from landcover.outputs.wording import phrases
from landcover.products import PRODUCTS
from landcover.products.base import Context
from landcover.products.pictures import PRODUCT as PICTURES
from landcover.raster.facts import RasterFacts

GRID = Grid("EPSG:32635", Affine(10, 0, 600000, 0, -10, 200000), (64, 64))
PERIOD = Period(date(2016, 1, 1), date(2024, 1, 1))
SETTINGS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "composite": (
        {"index": ["ndvi", "evi", "bi", "aweish", "red"],
         "statistic": ["median", "mean", "p10", "p97.5", "count"]},
        {"index": ["ndvi"], "every": "month"},
        {"index": ["ndvi"], "every": "quarter"},
        {"index": ["ndvi"], "every": [{"start": "2019-01-01", "end": "2019-06-01"}]},
    ),
    "climatology": (
        {"index": "ndvi", "baseline": [2016, 2020], "anomalies": "year"},
        {"index": "bi", "baseline": [2016, 2020], "anomalies": "month"},
    ),
    "trend": ({"index": ["ndvi", "bi"]},),
    "disturbance": ({"index": "ndvi", "history": ["2016-01-01", "2020-01-01"]},
                    {"index": "nbr", "history": ["2016-01-01", "2023-07-01"]}),
    "pictures": ({},),
}  # fmt: skip
"""Of each product, jobs that between them ask for every layer that it can make."""


def facts(layer: Layer) -> RasterFacts:
    """Return what a file of a layer would say of itself."""
    path = Path(f"{layer.name}.tif")
    return RasterFacts(path, GRID, layer.dtype, layer.nodata, layer.bands, layer.units, layer.tags)


def promised() -> Iterator[Layer]:
    """Yield the layers of all products."""
    bands = sensors.load("sentinel-2-l2a").bands
    context = Context(PERIOD, ("s2",), {"s2": {band.name: band for band in bands.values()}})
    for name, jobs in SETTINGS.items():
        product = PICTURES if name == "pictures" else PRODUCTS[name]
        for settings in jobs:
            made = product.Settings.model_validate(settings)
            layers = product.layers(made, context)
            if product.settle is not None:
                layers += product.settle.layers(made, context)
            yield from (layer for layer in layers if layer.kept)


STYLES = {layer.name: style_of(facts(layer)) for layer in promised()}


def test_every_product_has_a_door() -> None:
    assert set(DOORS) == set(PRODUCTS) | {"pictures"} == set(SETTINGS)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_each_layer_is_shown_whole(style: RasterStyle) -> None:
    facts = style.facts
    assert style.product == facts.tags["PRODUCT"]
    assert style.group in GROUPS
    assert style.group in phrases("groups")
    assert facts.name == (f"{style.series}_{style.step}" if style.step else style.series)
    assert str(style.first) == facts.tags["FIRST_DAY"]
    assert str(style.last) == facts.tags["LAST_DAY"]
    drawn = sorted(band.band for band in style.bands)
    assert drawn == ([1] if style.is_picture else list(range(1, len(facts.bands) + 1)))
    keys = [band.key for band in style.bands]
    assert len(set(keys)) == len(keys)
    assert all(key.replace("_", "").isalnum() for key in keys)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_each_band_is_named_and_told(style: RasterStyle) -> None:
    for texts in (style.names, *(one for band in style.bands for one in (band.names, band.what))):
        assert set(texts) == {"en", "fr"}
        assert all(text.strip() and "{" not in text for text in texts.values())
    for band in style.bands:
        unit = style.facts.units[band.band - 1]
        plain = not isinstance(band.scale, Ramp) or unit in ("1", "decimal year", "breaks")
        assert plain or set(band.unit) == {"en", "fr"}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_each_ramp_rises(style: RasterStyle) -> None:
    for scale in (band.scale for band in style.bands):
        if isinstance(scale, Ramp):
            values = [value for value, _ in scale.stops]
            assert values == sorted(set(values))
            assert len(values) > 1
            assert all(scale.low <= tick <= scale.high for tick in scale.ticks)
            assert len(scale.ticks) <= 8


def scale_of(name: str, key: str) -> Any:
    """Return the scale of a band."""
    return next(band.scale for band in STYLES[name].bands if band.key == key)


def test_one_ramp_serves_all_periods_of_an_index() -> None:
    of_ndvi = [style for style in STYLES.values() if style.series in ("ndvi", "ndvi_climatology")]
    assert len(of_ndvi) > 8 + 96
    scales = {band.scale for style in of_ndvi for band in style.bands if band.key != "count"}
    assert len(scales) == 1
    steps = [style.step for style in of_ndvi]
    assert {"2019", "2019-03", "2019-q1", "2019-01-01_2019-05-31"} <= set(steps)


@pytest.mark.parametrize(
    ("name", "key", "end"),
    [
        ("ndvi_trend", "slope", 0.05),
        ("ndvi_anomaly_2020", "anomaly", 0.3),
        ("ndvi_anomaly_2020", "z", 3.0),
        ("disturbance", "magnitude", 0.8),
        ("disturbance", "drop", 0.8),
    ],
)
def test_changes_are_drawn_symmetric_about_0(name: str, key: str, end: float) -> None:
    stops = scale_of(name, key).stops
    assert [value for value, _ in stops] == [-value for value, _ in reversed(stops)]
    assert stops[-1][0] == pytest.approx(end)
    assert stops[len(stops) // 2] == (0.0, "#e8e8e8")


def test_brown_is_lost_vegetation_also_where_an_index_rises_with_it() -> None:
    assert INDICES["bi"].loss == "rises"
    lost, gained = scale_of("ndvi_trend", "slope").stops[0][1], "#003c30"
    assert (lost, scale_of("bi_trend", "slope").stops[0][1]) == ("#543005", gained)
    falls = {name: scale_of(name, "significant").classes[0] for name in ("ndvi_trend", "bi_trend")}
    assert {one.names["en"] for one in falls.values()} == {"falls"}
    assert [one.palette for one in falls.values()] == ["#a6611a", "#018571"]


def test_dates_are_years_over_the_time_that_was_watched() -> None:
    bands = {band.key: band for band in STYLES["disturbance"].bands}
    date_ramp, before = bands["date"].scale, bands["before"].scale
    assert isinstance(date_ramp, Ramp)
    assert isinstance(before, Ramp)
    assert (date_ramp.low, date_ramp.high, date_ramp.year) == pytest.approx(
        (2023.5, 2024.0, True), abs=0.01
    )  # from July on
    assert [one["en"] for one in date_ramp.steps] == ["Jul–Sep 2023", "Oct–Dec 2023"]
    assert before.stops[1:] == date_ramp.stops  # what was last seen before the watch stands out
    assert before.steps[0]["fr"] == "avant le 2023-07-01"
    assert bands["date"].hidden == bands["confidence"].hidden == bands["breaks"].hidden == (0.0,)
    assert bands["before"].hidden == bands["magnitude"].hidden == bands["looks"].hidden == ()
    assert [band.key for band in bands.values() if band.shown] == ["date"]


def test_probabilities_go_from_0_to_1_and_counts_begin_at_0() -> None:
    p = scale_of("ndvi_trend", "p")
    assert (p.low, p.high) == (0.0, 1.0)
    assert scale_of("ndvi_trend", "count").high == 8 * 12
    assert scale_of("ndvi_climatology_years", "m01").high == 5
    assert scale_of("ndvi_anomaly_2020", "months").ticks[-1] == 12
    assert scale_of("clear_2019", "count").low == 0.0
    assert scale_of("clear_2019", "count") == scale_of("clear_2019-03", "count")


def test_names_have_their_french_article() -> None:
    named = {name: STYLES[name].names["fr"] for name in ("ndvi_trend", "bi_trend")}
    assert named == {"ndvi_trend": "Tendance du NDVI", "bi_trend": "Tendance du BI"}
    what = {name: STYLES[name].bands[0].what["fr"] for name in ("evi_2019", "red_2019")}
    assert what["evi_2019"].startswith("La valeur de l’EVI sur")
    assert what["red_2019"].startswith("La valeur de la réflectance dans le rouge sur")
    names = [band.names["fr"] for band in STYLES["red_2019"].bands]
    assert names[3] == "réflectance dans le rouge, 2019 (percentile 97,5)"


# Colours as the colour-blind see them: Machado, Oliveira and Fernandes 2009, severity 1,
# doi:10.1109/TVCG.2009.113; they act on linear sRGB.
SEEN = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}  # fmt: skip
XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
       [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip


def lab(colour: str, eyes: str) -> NDArray[np.float64]:
    """Return a colour in CIELAB (D65) as some eyes see it."""
    srgb = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array(XYZ) @ np.clip(np.array(SEEN[eyes]) @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize(
    ("name", "key"),
    [("disturbance_kind", "kind"), ("disturbance", "confidence"), ("ndvi_trend", "significant")],
)
def test_the_colour_blind_tell_classes_apart(name: str, key: str, eyes: str) -> None:
    seen = [lab(one.palette, eyes) for one in scale_of(name, key).classes]
    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 20  # side by side, 2 is just seen


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize(
    ("name", "key"),
    [("ndvi_2019", "median"), ("bi_2019", "median"), ("ndvi_climatology_spread", "m01"),
     ("ndvi_season", "amplitude"), ("ndvi_trend", "p")],
)  # fmt: skip
def test_amounts_go_one_way_in_lightness(name: str, key: str, eyes: str) -> None:
    stops = [stop for stop in scale_of(name, key).stops if stop[0] >= 0 or name == "bi_2019"]
    steps = np.diff([lab(colour, eyes)[0] for _, colour in stops])
    assert (steps > 1).all() or (steps < -1).all()


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("ground", ["#34502f", "#ffffff"])  # forest in a picture; paper
def test_dates_are_seen_on_forest_and_on_paper(ground: str, eyes: str) -> None:
    beneath = lab(ground, eyes)
    stops = day_ramp(date(2017, 1, 1), date(2024, 12, 31)).stops
    assert min(np.linalg.norm(lab(colour, eyes) - beneath) for _, colour in stops) > 25


@pytest.mark.parametrize("eyes", SEEN)
def test_the_colour_blind_tell_steps_apart(eyes: str) -> None:
    ramp = day_ramp(date(2017, 1, 1), date(2024, 12, 31), earlier=True)
    assert len(ramp.steps) == 9
    seen = [lab(colour, eyes) for colour, _ in steps_of(ramp, "en")]
    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 8
    assert (np.diff([one[0] for one in seen[1:]]) > 1).all()


def test_colours_of_vegetation_are_explained() -> None:
    whats = {name: STYLES[f"{name}_2019"].bands[0].what["en"] for name in ("ndvi", "evi", "bi")}
    assert all("dark green: dense vegetation" in whats[name] for name in ("ndvi", "evi"))
    assert "green" not in whats["bi"]


def test_a_raster_of_no_known_product_is_shown_plainly() -> None:
    layer = Layer("depth_2019-03", "wells", ("depth of water", ""), ("m", "m"))
    style = style_of(facts(layer))
    assert (style.group, style.series, style.step) == ("other", "depth", "2019-03")
    assert [band.names["fr"] for band in style.bands] == ["depth of water", "depth_2019-03 2"]
    assert style.group in phrases("groups")


@pytest.mark.parametrize(
    ("most", "names"),
    [
        (0, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (13, ["0", "1–3", "4–6", "7–9", "10–12", "13–15"]),
        (60, ["0", "1–10", "11–20", "21–30", "31–40", "41–50", "51–60"]),
        (
            1300,
            ["0", "1–200", "201–400", "401–600", "601–800", "801–1000", "1001–1200", "1201–1400"],
        ),
    ],
)
def test_looks_are_in_whole_steps_up_to_the_most(most: int, names: list[str]) -> None:
    ramp = looks(most)
    assert [one["fr"] for one in ramp.steps] == names
    assert ramp.high > most
    at = {count: colour_at(ramp, count) for count in range(most + 1)}
    assert at[0] == colour_at(ramp, 0.4) == "#d4d4d4"
    assert all(colour != at[0] for count, colour in at.items() if count)


@pytest.mark.parametrize("eyes", SEEN)
def test_the_colour_blind_tell_numbers_of_looks_apart(eyes: str) -> None:
    seen = [lab(colour, eyes) for colour, _ in steps_of(looks(60), "en")]
    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 8
