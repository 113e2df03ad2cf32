"""Sensor profiles: the shipped numbers, and one sentence with its place for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from landcover import sensors
from landcover.errors import InputError, JobError

SMALL = """\
name: mini
title: A small sensor
bands:
  red: {keys: [red], unit: reflectance, dtype: uint16, scale: 0.0001, resolution_m: 10}
  qa: {keys: [qa], unit: class, dtype: uint8, nodata: 0, resolution_m: 10}
mask:
  band: qa
  clear: [1]
  grown: [2]
  classes:
    - {value: 1, palette: "#00ff00", names: {en: clear}}
    - {value: 2, palette: "#ffffff", names: {en: cloud}}
"""


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mini.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_sentinel_2_numbers_are_those_of_its_metadata() -> None:
    sensor = sensors.load("sentinel-2-l2a")
    reflective = {name: band for name, band in sensor.bands.items() if band.unit == "reflectance"}
    names = "coastal blue green red rededge1 rededge2 rededge3 nir nir08 nir09 swir16 swir22"
    assert " ".join(reflective) == names
    for name, band in reflective.items():
        assert (band.scale, band.offset, band.nodata) == (1e-4, 0.0, 0), name
        assert (band.dtype, band.clip) == ("uint16", (0.0, 3.2767)), name
        assert band.keys[0] == name
        assert band.wavelength_nm is not None
    assert [n for n, b in reflective.items() if b.resolution_m == 10] == [
        "blue",
        "green",
        "red",
        "nir",
    ]
    waves = [band.wavelength_nm for band in reflective.values()]
    assert waves == sorted(waves, key=float)
    assert sensor.bands["nir08"].keys == ("nir08", "B8A", "B8A_20m")
    assert sensor.block_px == 1024
    assert sensor.credit == "Contains modified Copernicus Sentinel data [year]"


def test_the_scene_classification_keeps_vegetation_ground_and_water() -> None:
    mask = sensors.load("sentinel-2-l2a").mask
    assert mask is not None
    assert mask.band == "scl"
    assert mask.clear == {4, 5, 6}
    assert mask.grown == {3, 8, 9, 10}
    assert [one.value for one in mask.legend.classes] == list(range(12))
    assert all({"en", "fr"} == set(one.names) for one in mask.legend.classes)
    assert mask.legend.classes[4].palette == "#00a000"


@pytest.mark.parametrize("name", sensors.shipped())
def test_every_shipped_profile_loads_and_is_named_like_its_file(name: str) -> None:
    assert sensors.load(name).name == name


def test_a_profile_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    sensor = sensors.load(write(tmp_path, SMALL))
    assert sensor.name == "mini"
    assert sensor.bands["red"].offset == 0
    assert sensor.mask is not None
    assert sensor.mask.grown == {2}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("scale: 0.0001", "sclae: 0.0001", "mini.yaml:4:56: bands.red.sclae: unknown key."),
        ("scale: 0.0001", "scale: 0", "bands.red: scale is 0"),
        ("scale: 0.0001", "scale: .nan", "bands.red.scale: input should be a finite number"),
        ("unit: reflectance, ", "", "mini.yaml:4:3: bands.red.unit: missing. Add it."),
        ("dtype: uint8", "dtype: int12", "mini.yaml:5:33: bands.qa.dtype: input should be"),
        (
            "clear: [1]",
            "clear: [1, 7]",
            "mask: clear and grown name [7], which classes does not list",
        ),
        ("clear: [1]", "clear: [1, 2]", "mask: [2] are both clear and grown"),
        ("band: qa", "band: qb", "mask.band is 'qb', which bands does not list"),
        ("title: A small sensor", "name: mini", "mini.yaml:2:1: name: given twice. Keep one."),
        ("value: 2,", "value: 1,", "mask: a class is listed twice"),
        ("#ffffff", "white", "mask.classes.1.palette: string should match pattern"),
        ("name: mini", "name: [mini", "mini.yaml:2:"),
        (SMALL, "- a\n- b\n", "mini.yaml:1:1: profile: is not a mapping."),
    ],
)
def test_each_fault_is_one_sentence_with_file_and_key(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    with pytest.raises(JobError) as caught:
        sensors.load(write(tmp_path, SMALL.replace(old, new)))
    assert caught.value.exit_code == 2
    assert "mini.yaml:" in str(caught.value)
    assert expected in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("unit: class, ", "").replace("scale:", "sclae:")
    with pytest.raises(JobError) as caught:
        sensors.load(write(tmp_path, text))
    assert len(caught.value.problems) == 2


def test_aliases_are_refused(tmp_path: Path) -> None:
    text = SMALL.replace("clear: [1]", "clear: &a [1]").replace("grown: [2]", "grown: *a")
    with pytest.raises(InputError, match="uses a YAML alias"):
        sensors.load(write(tmp_path, text))


def test_an_unknown_name_draws_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"Did you mean 'sentinel-2-l2a'\?"):
        sensors.load("sentinel-2-l2")
    with pytest.raises(InputError, match="Shipped are"):
        sensors.load("xyz")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(InputError, match="not UTF-8 text"):
        sensors.load(str(path))
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(InputError, match="too large"):
        sensors.load(str(path))
