"""Keys of `run` and `series`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landcover.engine.settings import RunSettings, SeriesSettings, read_bytes, write_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GB", 4_000_000_000),
        ("512MB", 512_000_000),
        ("512 mb", 512_000_000),
        ("1.5GiB", 1_610_612_736),
        ("64MiB", 67_108_864),
        ("1TB", 10**12),
        (100_000_000, 100_000_000),
    ],
)
def test_amounts_of_memory(text: str | int, size: int) -> None:
    assert read_bytes(text) == size
    assert RunSettings.model_validate({"memory": text}).memory == size


@pytest.mark.parametrize(
    "text", ["", "4", "4G", "lots", "-4GB", "4 apples", "1MB", 0, 63, True, 4.5, None, [4]]
)
def test_what_is_no_amount(text: object) -> None:
    with pytest.raises(ValidationError, match="memory"):
        RunSettings.model_validate({"memory": text})


@given(st.integers(64_000_000, 10**15))
def test_an_amount_written_is_read_back(size: int) -> None:
    assert read_bytes(write_bytes(size)) == size


def test_defaults() -> None:
    run = RunSettings()
    assert (run.memory, run.workers, run.threads, run.scheduler) == (4 * 10**9, None, None, None)
    assert SeriesSettings().every == "date"
    assert SeriesSettings.model_validate({"index": "ndvi"}).index == ("ndvi",)


@pytest.mark.parametrize(
    "keys",
    [
        {"workers": 0},
        {"workers": 2, "scheduler": "tcp://host:8786"},
        {"scheduler": "host:8786"},
        {"scheduler": "http://host:8786"},
        {"bandwidth_mbps": 0},
        {"bandwidth_mbps": float("inf")},
        {"threads": 0},
    ],
)
def test_limits(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunSettings.model_validate(keys)


def test_a_scheduler_is_an_address() -> None:
    assert RunSettings(scheduler="tcp://host:8786").scheduler == "tcp://host:8786"
    with pytest.raises(ValidationError):
        SeriesSettings.model_validate({"every": "week"})
    with pytest.raises(ValidationError):
        SeriesSettings.model_validate({"index": []})


def test_series_are_smoothed_where_there_is_a_season() -> None:
    made = SeriesSettings.model_validate({"smooth": "whittaker", "penalty": 100})
    assert (made.every, made.smooth, made.penalty) == ("date", "whittaker", 100)
    assert SeriesSettings().smooth is None
    assert SeriesSettings.model_validate({"every": "month", "smooth": "harmonic"}).penalty is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"smooth": "whittaker", "every": "year"}, "dates or months"),
        ({"penalty": 10}, "smooth: whittaker"),
        ({"smooth": "harmonic", "penalty": 10}, "smooth: whittaker"),
        ({"smooth": "whittaker", "penalty": 0}, "greater than 0"),
        ({"smooth": "savitzky"}, "whittaker"),
    ],
)
def test_what_cannot_be_smoothed_is_refused(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SeriesSettings.model_validate(keys)
