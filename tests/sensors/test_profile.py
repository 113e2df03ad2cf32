"""Sensor profiles: the shipped numbers, and one sentence with its place for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from landcover import sensors
from landcover.errors import InputError, JobError
from landcover.model import BitField

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
        ("unit: reflectance", "unit: kelvin", "neither reflectance nor class needs valid"),
        ("scale: 0.0001", "valid: [1, 0], nodata: 0", "valid must be [lowest, highest]"),
        ("scale: 0.0001", "valid: [0, 1]", "valid needs nodata"),
        ("scale: 0.0001", "encoding: db", "decibels are held as power"),
        ("dtype: uint8", "dtype: float32", "the mask band's dtype must be one of"),
        ("grown: [2]", "bits: {cloud: {bit: 3}}", "give either classes with clear, or bits"),
        ("title: A", "day: {band: doy, span: 16}\ntitle: A", "day.band is 'doy'"),
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


BITS = """\
name: mini
title: A small sensor
bands:
  red: {keys: [red], unit: reflectance, dtype: uint16, scale: 0.0001, resolution_m: 10}
  qa: {keys: [qa], unit: class, dtype: uint16, nodata: 1, resolution_m: 10}
mask:
  band: qa
  nodata: 1
  bits:
    cloud: {bit: 3, grown: true}
    confidence: {bit: 8, width: 2, clear: [0, 1]}
"""


def test_a_mask_may_be_made_of_bits(tmp_path: Path) -> None:
    mask = sensors.load(write(tmp_path, BITS)).mask
    assert mask is not None
    assert mask.fields == (
        BitField("cloud", 3, 1, frozenset({0}), True),
        BitField("confidence", 8, 2, frozenset({0, 1}), False),
    )
    assert mask.clear == mask.grown == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("width: 2", "width: 9", "mask.bits.confidence.width: input should be less than"),
        ("bit: 8", "bit: 15", "the field reaches beyond bit 15"),
        ("clear: [0, 1]", "clear: [4]", "clear names [4], more than 2 bits hold"),
        ("  nodata: 1\n", "", "a mask of bits needs nodata"),
        ("  nodata: 1\n", "  nodata: 1\n  clear: [1]\n", "each field of bits has its own"),
    ],
)
def test_faults_in_bits(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(JobError) as caught:
        sensors.load(write(tmp_path, BITS.replace(old, new, 1)))
    assert expected in str(caught.value)


def test_landsat_keeps_what_none_of_the_first_six_bits_tells() -> None:
    mask = sensors.load("landsat-c2-l2").mask
    assert mask is not None
    assert [(one.first, one.width, set(one.clear)) for one in mask.fields] == [
        (bit, 1, {0}) for bit in range(6)
    ]
    assert [one.name for one in mask.fields if one.grown] == ["cirrus", "cloud", "shadow"]


@pytest.mark.parametrize("name", ["modis-13q1", "modis-13a1", "modis-13a2"])
def test_modis_s_numbers(name: str) -> None:
    sensor = sensors.load(name)
    for index in ("ndvi", "evi"):
        band = sensor.bands[index]
        assert (band.scale, band.nodata, band.valid) == (1e-4, -3000, (-0.2, 1.0))
        assert not band.is_reflectance
    assert sensor.bands["red"].nodata == -1000
    assert sensor.bands["red"].is_reflectance
    assert (sensor.day_band, sensor.day_span) == ("composite_day", 16)
    code = name.removeprefix("modis-").upper()
    assert sensor.platforms == {f"MOD{code}": "terra", f"MYD{code}": "aqua"}
    assert sensor.mask is not None
    assert (sensor.mask.nodata, sensor.mask.clear) == (-1, {0, 1})
    pixel = {"modis-13q1": 231.65635826, "modis-13a1": 463.31271653, "modis-13a2": 926.62543306}
    assert {band.resolution_m for band in sensor.bands.values()} == {pixel[name]}
