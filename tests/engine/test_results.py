"""A tile's result on disk: what goes in comes out, and nothing is stored of empty layers."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.engine.results import ResultWriter, read_layers, read_sums
from landcover.kernels.sums import ZoneSums
from landcover.model import Layer

FLOATS = Layer("ndvi_2020", "composite", ("a", "b"), ("1", "1"))
COUNTS = Layer("clear_2020", "composite", ("c",), ("days",), dtype="uint16", nodata=65535)
BARE = Layer("bare", "composite", ("c",), ("1",), dtype="uint8", nodata=None)


def written(path: Path, *layers: tuple[Layer, Any]) -> Path:
    writer = ResultWriter(path)
    for layer, planes in layers:
        writer.layer(layer, planes)
    writer.close()
    return path


def sums(zone: list[int]) -> ZoneSums:
    """Return sums of one pixel each of zones numbered so."""
    n = len(zone)
    whole, real = np.arange(n, dtype=np.int32), np.arange(1.0, n + 1)
    return ZoneSums(
        np.array(zone, np.int32), whole, whole + 7, whole, whole, real, real * 2, real * 3,
        np.arange(n + 1, dtype=np.int64), np.arange(n, dtype=np.uint16), real * 2,
    )  # fmt: skip


def test_layers_come_back_in_their_final_type(tmp_path: Path) -> None:
    planes = np.array([[[1.5, np.nan]], [[np.nan, -0.25]]])
    path = written(tmp_path / "t.npz", (FLOATS, planes), (COUNTS, np.array([[[3, 65535]]])))
    back = read_layers(path, ["ndvi_2020"])["ndvi_2020"]
    assert back is not None
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, planes)
    counts = read_layers(path, ["clear_2020"])["clear_2020"]
    assert counts is not None
    assert counts.dtype == np.uint16
    assert counts.tolist() == [[[3, 65535]]]


def test_a_layer_without_a_value_is_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.npz",
        (FLOATS, np.full((2, 3, 3), np.nan)),
        (COUNTS, np.full((1, 3, 3), 65535)),
        (BARE, np.zeros((1, 3, 3))),
    )
    assert read_layers(path, ["ndvi_2020"]) == {}
    assert read_layers(path, ["clear_2020"]) == {}
    assert read_layers(path, ["never"]) == {}
    assert "bare" in read_layers(path, ["bare"]), "without nodata, every value counts"


def test_a_layer_that_is_the_same_throughout_takes_one_pixel(tmp_path: Path) -> None:
    planes = np.full((1, 512, 512), 7, np.uint16)
    path = written(tmp_path / "t.npz", (COUNTS, planes))
    assert path.stat().st_size < 10_000
    np.testing.assert_array_equal(read_layers(path, ["clear_2020"])["clear_2020"], planes)
    planes[0, 511, 511] = 8
    path = written(tmp_path / "u.npz", (COUNTS, planes))
    np.testing.assert_array_equal(read_layers(path, ["clear_2020"])["clear_2020"], planes)


def test_a_zero_is_a_value(tmp_path: Path) -> None:
    path = written(tmp_path / "t.npz", (COUNTS, np.zeros((1, 2, 2))))
    back = read_layers(path, ["clear_2020"])["clear_2020"]
    assert back is not None
    assert not back.any()


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (
        written(tmp_path / name, (FLOATS, np.ones((2, 5, 4)))).read_bytes() for name in "ab"
    )
    assert hashlib.sha256(one).digest() == hashlib.sha256(other).digest()
    with zipfile.ZipFile(tmp_path / "a") as file:
        assert file.testzip() is None


def test_sums_come_back_numbered_as_this_run_numbers_zones(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path / "t.npz")
    writer.sums(sums([0, 1, 1]), ["fields/é", "fields/b"])
    writer.close()
    back = read_sums(tmp_path / "t.npz", {"fields/b": 4, "fields/é": 9, "x": 0})
    assert back.zone.tolist() == [9, 4, 4]
    for name, array in sums([9, 4, 4]).to_arrays().items():
        np.testing.assert_array_equal(back.to_arrays()[name], array)
        assert back.to_arrays()[name].dtype == array.dtype


def test_sums_of_nothing_come_back(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path / "t.npz")
    writer.sums(ZoneSums.empty(), [])
    writer.close()
    assert len(read_sums(tmp_path / "t.npz", {})) == 0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 4), max_size=6), st.permutations(range(5)))
def test_renumbering_is_by_name(zone: list[int], now: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        writer = ResultWriter(path)
        writer.sums(sums(zone), [f"g/{n}" for n in range(5)])
        writer.close()
        back = read_sums(path, {f"g/{n}": now[n] for n in range(5)})
    assert back.zone.tolist() == [now[n] for n in zone]
