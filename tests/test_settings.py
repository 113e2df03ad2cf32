"""What every room's settings share: strict scalars, paths, names, periods."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from landcover.model import Period
from landcover.settings import (
    JobPath,
    JobPeriod,
    NameOrPath,
    Names,
    PathOrUrl,
    Settings,
    is_url,
    read_period,
    wrong,
)


class Sample(Settings):
    """One key of each sort."""

    whole: int = 1
    number: float = 1.0
    truth: bool = False
    text: str = ""
    numbers: tuple[float, ...] = ()
    maybe: int | None = None


@pytest.mark.parametrize(
    "keys",
    [
        {"whole": "1"},
        {"whole": 1.0},
        {"whole": True},
        {"number": "1.5"},
        {"number": True},
        {"truth": "yes"},
        {"truth": 1},
        {"text": 2024},
        {"text": True},
        {"numbers": ["1"]},
        {"numbers": [True]},
        {"numbers": "1"},
        {"maybe": "1"},
        {"unknown": 1},
    ],
)
def test_nothing_is_guessed(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate(keys)


def test_what_needs_no_guess_is_taken() -> None:
    sample = Sample.model_validate({"number": 2, "numbers": [1, 2.5], "maybe": None})
    assert (sample.number, sample.numbers, sample.maybe) == (2.0, (1.0, 2.5), None)
    with pytest.raises(ValidationError, match="frozen"):
        sample.whole = 2  # type: ignore[misc]


def read(kind: Any, value: object, base: Path = Path("/study")) -> Any:
    """Read one value of a job that lies in `base`."""
    return TypeAdapter(kind).validate_python(value, context={"base": base})


def test_paths_start_at_the_job(tmp_path: Path) -> None:
    assert read(JobPath, "a/b.csv", tmp_path) == tmp_path / "a" / "b.csv"
    assert read(JobPath, "../b.csv", tmp_path / "x") == tmp_path / "b.csv"
    assert read(JobPath, str(tmp_path / "c"), Path("/other")) == tmp_path / "c"
    assert read(PathOrUrl, "a.json", tmp_path) == str(tmp_path / "a.json")
    assert read(PathOrUrl, "https://a.org/../b") == "https://a.org/../b"
    assert read(NameOrPath, "sentinel-2-l2a", tmp_path) == "sentinel-2-l2a"
    assert read(NameOrPath, "my.yaml", tmp_path) == str(tmp_path / "my.yaml")
    assert read(NameOrPath, "sub/my", tmp_path) == str(tmp_path / "sub" / "my")


@pytest.mark.parametrize("kind", [JobPath, PathOrUrl])
@pytest.mark.parametrize("text", ["a\0b", "~no-such-user-here/x"])
def test_what_is_no_path_is_a_sentence(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError, match="is no path"):
        read(kind, text)


def test_addresses() -> None:
    assert is_url("HTTPS://a.org")
    assert not is_url("file:///etc/passwd")
    assert not is_url("s3://bucket/key")


def test_one_name_is_a_list_of_one() -> None:
    assert read(Names, "ndvi") == ("ndvi",)
    assert read(Names, ["ndvi", "evi"]) == ("ndvi", "evi")


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ([2015, 2021], date(2015, 1, 1), date(2022, 1, 1)),
        ([2015, 2015], date(2015, 1, 1), date(2016, 1, 1)),
        (["2017-01-01", "2020-01-01"], date(2017, 1, 1), date(2020, 1, 1)),
        ({"start": "2017-01-01", "end": "2020-01-01"}, date(2017, 1, 1), date(2020, 1, 1)),
        ({"start": date(2017, 1, 1), "end": date(2017, 1, 2)}, date(2017, 1, 1), date(2017, 1, 2)),
        ({"start": "2024-02-28", "end": "2024-02-29"}, date(2024, 2, 28), date(2024, 2, 29)),
    ],
)
def test_periods(value: object, start: date, end: date) -> None:
    assert read_period(value) == Period(start, end)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2015, "expected a start and an end"),
        ("2015", "expected a start and an end"),
        ([2015], "expected a start and an end"),
        ([2015, 2016, 2017], "expected a start and an end"),
        ({"start": 2015, "ende": 2016}, "expected a start and an end"),
        ([2021, 2015], "it ends (2016-01-01) before it starts (2021-01-01)"),
        (["2020-01-01", "2020-01-01"], "it ends (2020-01-01) before it starts"),
        ([2015, "2016-01-01"], "one end is a year and the other a date"),
        (["2015-1-1", 2016], "expected a date or a year, got '2015-1-1'"),
        (["2015-01-01T00:00:00Z", "2016-01-01"], "expected a date or a year"),
        (["2023-02-29", "2024-01-01"], "'2023-02-29' is no date: day is out of range"),
        ([True, 2016], "expected a date or a year, got 'True'"),
        ([20150, 2016], "expected a date or a year, got '20150'"),
        ([None, 2016], "expected a date or a year, got 'None'"),
    ],
)
def test_wrong_periods(value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(JobPeriod).validate_python(value)
    assert any(said in error["msg"] for error in caught.value.errors())


def test_both_ends_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(JobPeriod).validate_python({"start": "x", "end": "y"})
    assert [error["loc"] for error in caught.value.errors()] == [("start",), ("end",)]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 30)), st.integers(1, 4000))
def test_a_period_written_is_read_back(start: date, days: int) -> None:
    adapter = TypeAdapter(JobPeriod)
    end = date.fromordinal(start.toordinal() + days)
    period = Period(start, end)
    assert adapter.validate_python(adapter.dump_python(period)) == period


def test_wrong_carries_what_to_do() -> None:
    error = wrong("it is {odd}", "Do this")
    assert error.message() == "it is {odd}"
    assert error.context == {"what": "it is {odd}", "remedy": "Do this"}
