"""What keys must agree on among each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from landcover.job import Job
from landcover.job.checks import did_you_mean, suggest

Read = Callable[..., Job]
Said = Callable[..., list[str]]
SOURCE = "  - {sensor: sentinel-2-l2a, catalog: scenes/catalog.json}"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "  composite: {index: [ndvi]}",
            "  {}",
            "9:3: products: no product is asked for. Name at least one: composite",
        ),
        ("  composite: {index: [ndvi]}\n", "", "8:10: products: no product is asked for. Name at"),
        (
            "{index: [ndvi]}",
            "{index: [ndvi, nvdi]}",
            "9:29: products.composite.index[1]: no index or band is called 'nvdi'. Did you mean 'n",
        ),
        (
            "{index: [ndvi]}",
            "{index: zzzzzz}",
            "9:22: products.composite.index: no index or band is called 'zzzzzz'. Known are",
        ),
        (
            "{index: [ndvi]}",
            "{every: [{start: 1999-01-01, end: 1999-07-01}]}",
            "9:23: products.composite.every[0]: 1999-01-01 to 1999-06-30 reaches beyond the job's",
        ),
        (
            "composite: {index: [ndvi]}",
            "climatology: {baseline: [1999, 2000]}",
            "9:27: products.climatology.baseline: 1999-01-01 to 2000-12-31 reaches beyond the",
        ),
        (
            "composite: {index: [ndvi]}",
            "disturbance: {history: [1999, 2000]}",
            "9:26: products.disturbance.history: the history, 1999-01-01 to 2000-12-31, must lie",
        ),
        (
            "composite: {index: [ndvi]}",
            "trend: {min_years: 50}",
            "9:22: products.trend.min_years: a trend wants 50 years, and the period ",
        ),
        (
            "composite: {index: [ndvi]}",
            "disturbance: {index: bi}",
            "9:24: products.disturbance.index: bi rises where vegetation goes, and disturbance "
            "looks for falls. Take one that falls, such as ndvi, ndmi or nbr.",
        ),
        (
            "composite: {index: [ndvi]}",
            "disturbance: {index: mndwi}",
            "9:24: products.disturbance.index: mndwi does not surely fall where vegetation goes",
        ),
        (
            "composite: {index: [ndvi]}",
            "disturbance: {index: swir22}",
            "9:24: products.disturbance.index: swir22 does not surely fall",
        ),
        (
            "composite: {index: [ndvi]}",
            "disturbance: {index: cire, robust: {least_drop: 0.8}}",
            "9:24: products.disturbance.index: the usual limits of disturbance are for indices "
            "such as ndvi, not for cire. Give products.disturbance.robust.scale_floor in its unit",
        ),
        (  # a mask's band: classes, not a quantity
            "composite: {index: [ndvi]}",
            "disturbance: {index: scl}",
            "9:24: products.disturbance.index: no index or band is called 'scl'.",
        ),
        (
            "{index: [ndvi]}",
            "{index: scl}",
            "9:22: products.composite.index: no index or band is called 'scl'.",
        ),
        (
            "",
            "series: {index: [scl]}\n",
            "10:18: series.index[0]: no index or band is called 'scl'",
        ),
        (
            "{index: [ndvi]}",
            "{source: landsat}",
            "9:23: products.composite.source: no source is called 'landsat'. Known are sentinel-2",
        ),
        ("", "series: {index: nvdi}\n", "10:17: series.index: no index or band is called 'nvdi'."),
        ("sensor: sentinel-2-l2a", "sensor: sentinel-2", "6:14: sources[0].sensor: no sensor is c"),
        ("sensor: sentinel-2-l2a", "sensor: my/s.yaml", "6:14: sources[0].sensor: "),
        (
            "sensor: sentinel-2-l2a",
            "sensor: sentinel-1-grd",
            "6:14: sources[0].sensor: sentinel-1-grd: raw GRD is uncalibrated amplitude",
        ),
        (
            SOURCE,
            SOURCE.replace("sentinel-2-l2a", "landsat-c2-l2")[:-1] + ", clear_classes: [4]}",
            "6:74: sources[0].clear_classes: the mask of landsat-c2-l2 is made of bits, not of cla",
        ),
        (
            SOURCE,
            SOURCE[:-1] + ", clear_classes: [4, 99]}",
            "6:75: sources[0].clear_classes: the mask of sentinel-2-l2a has no class 99. Its clas",
        ),
        (
            SOURCE,
            f"{SOURCE[:-1]}, name: a}}\n{SOURCE[:-1]}, name: a}}",
            "7:66: sources[1].name: two sources are called 'a'. Give each a name of its own.",
        ),
        ("", "grid: {crs: EPSG:999999}\n", "10:13: grid.crs: 'EPSG:999999' is no known CRS. Writ"),
        ("", "grid: {crs: nonsense}\n", "10:13: grid.crs: 'nonsense' is no known CRS."),
        ("", "grid: {crs: EPSG:4326}\n", "10:13: grid.crs: 'EPSG:4326' measures in degree, a gri"),
        ("id: WDPAID", "crs: EPSG:0", "4:49: zones.reserves.crs: 'EPSG:0' is no known CRS."),
        (
            "sources:",
            "  c: {from: reservs, count: 3}\nsources:",
            "5:13: zones.c.from: no group of zones is called 'reservs'. Did you mean 'reserves'?",
        ),
        (
            "sources:",
            "  c: {from: c, count: 3}\nsources:",
            "5:13: zones.c.from: 'c' is a group of controls itself. Known are reserves.",
        ),
    ],
)
def test_disagreements_at_their_place(
    said: Said, right: str, old: str, new: str, sentence: str
) -> None:
    text = right.replace(old, new, 1) if old else right + new
    assert text != right
    lines = said(text)
    assert len(lines) == 1
    assert lines[0].startswith(sentence), lines


def test_disagreements_are_told_beside_wrong_values(said: Said, right: str) -> None:
    text = right.replace("[ndvi]", "[nvdi], every: never").replace("id: WDPAID", "crs: EPSG:0")
    lines = said(text + "grid: {crs: EPSG:4326, tile_px: x}\n")
    assert [line.split(": ")[1] for line in lines] == [
        "zones.reserves.crs",
        "products.composite.index[0]",
        "products.composite.every",
        "grid.crs",
        "grid.tile_px",
    ]


@pytest.mark.parametrize(
    ("keys", "place"),
    [("{}", "7:9: period"), ("{history: [1968, 1971]}", "9:26: products.disturbance.history")],
)
def test_disturbances_before_1970_are_refused(
    said: Said, right: str, keys: str, place: str
) -> None:
    text = right.replace("composite: {index: [ndvi]}", f"disturbance: {keys}")
    line = said(text.replace("start: 2017-01-01", "start: 0001-01-01"))[-1]
    assert line.startswith(f"{place}: days of disturbances are counted from 1970-01-01, and")
    assert line.endswith("Let it begin on 1970-01-01 or later.")


def test_a_period_before_1970_is_right_where_the_history_lies_after_it(
    read: Read, right: str
) -> None:
    text = right.replace("composite: {index: [ndvi]}", "disturbance: {history: [2015, 2018]}")
    assert read(text.replace("2017-01-01", "1950-01-01")).period.start.year == 1950


def test_radar_power_tells_no_disturbance(said: Said, right: str) -> None:
    text = right.replace("sentinel-2-l2a", "sentinel-1-rtc")
    lines = said(text.replace("composite: {index: [ndvi]}", "disturbance: {index: vv}"))
    assert lines == [
        "9:24: products.disturbance.index: vv is radar power, of which disturbance knows no usual "
        "fall. Take one that falls, such as ndvi, ndmi or nbr."
    ]


def test_an_index_of_another_span_takes_limits_of_its_own(read: Read, right: str) -> None:
    limits = "disturbance: {index: cire, robust: {least_drop: 0.8, scale_floor: 0.1}}"
    job = read(right.replace("composite: {index: [ndvi]}", limits))
    assert job.wanted["disturbance"].model_dump()["index"] == "cire"


def test_a_band_is_an_index(read: Read, right: str) -> None:
    job = read(right.replace("[ndvi]", "[red, ndvi]"))
    assert job.wanted["composite"].model_dump()["index"] == ("red", "ndvi")


def test_a_python_job_is_checked_too() -> None:
    from pydantic import ValidationError

    raw = {
        "schema": 1,
        "name": "x",
        "zones": {"a": {"path": "a.csv"}},
        "sources": [{"sensor": "sentinel-2-l2a", "catalog": "a.json"}],
        "period": [2020, 2021],
        "products": {"composite": {"index": ["nvdi"]}},
    }
    with pytest.raises(ValidationError) as caught:
        Job.model_validate(raw)
    assert [error["loc"] for error in caught.value.errors()] == [
        ("products", "composite", "index", 0)
    ]


def test_suggestions() -> None:
    assert did_you_mean("NDVI", ("ndvi",)) == "Did you mean 'ndvi'?"
    assert did_you_mean("xyz", ("ndvi",)) == ""
    assert suggest("xyz", ("ndvi", "evi")) == "Known are ndvi, evi"
    assert suggest("xyz", ()) == ""
    assert suggest("?", [f"n{i}" for i in range(100)]).endswith(", …")


PROFILE = """\
name: mine
title: Mine
bands:
  red: {keys: [red], unit: reflectance, dtype: uint16, scale: 0, resolution_m: 10}
  nir: {keys: [nir], unit: reflectance, dtype: uint16, resolution_m: 10, colour: x}
"""


def test_faults_of_a_profile_are_told_at_its_own_lines(
    tmp_path: Path, right: str, said: Said
) -> None:
    """And with the faults of the job, all at once."""
    (tmp_path / "mine.yaml").write_text(PROFILE, "utf-8")
    text = right.replace("sensor: sentinel-2-l2a", "sensor: ./mine.yaml")
    two = text.replace("period:", "  - {sensor: mine.yaml, catalog: b.json, name: b}\nperiod:")
    for job in (text, two):
        profile, *rest = (line.removeprefix(str(tmp_path / "mine.yaml")) for line in said(job))
        assert profile == ":4:3: bands.red: scale is 0, so every value would be the offset."
        assert rest == [":5:74: bands.nir.colour: unknown key. Remove it, or check its spelling."]
    lines = said(text.replace("ndvi", "nvdi").replace("name: okapi", "name: ../x"))
    assert [line.removeprefix(str(tmp_path)) for line in lines[:1]] == [
        "2:7: name: '../x' cannot be a name. Use letters, digits, dot, dash and underscore, up to "
        "64, beginning with a letter."
    ]
    assert [line.split(":")[1:3] for line in lines[1:]] == [["4", "3"], ["5", "74"]]


def test_a_profile_that_is_no_yaml_is_told_at_its_line(
    tmp_path: Path, right: str, said: Said
) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nbands: {red: [\n", "utf-8")
    (line,) = said(right.replace("sensor: sentinel-2-l2a", "sensor: ./mine.yaml"))
    assert line.startswith(f"{tmp_path / 'mine.yaml'}:3:1: YAML: ")
