"""Bare words: what each means, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.job.scalars import resolve, trap


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.5e+3", 1500.0),
        ("1.0e-07", 1e-07),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("no", "no"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-01", "2024-13-01"),
        ("tcp://host:8786", "tcp://host:8786"),
        ("EPSG:32635", "EPSG:32635"),
    ],
)
def test_what_every_reader_agrees_on(word: str, value: object) -> None:
    assert resolve(word) == value
    assert type(resolve(word)) is type(value)
    assert trap(word) is None


@pytest.mark.parametrize(
    ("word", "why", "instead"),
    [
        ("012", "starts with 0", "Write 12,"),
        ("-012", "starts with 0", "Write -12,"),
        ("007.5", "starts with 0", "Write 7.5,"),
        ("0x1F", "not written in base 10", "Write a plain number,"),
        ("0o17", "not written in base 10", "Write a plain number,"),
        ("0b101", "not written in base 10", "Write a plain number,"),
        ("12:30:00", "looks like a time", "Write a plain number,"),
        ("12:30", "looks like a time", "Write a plain number,"),
        ("1_000", "underscore", "Write 1000,"),
        ("1e3", "exponent", "Write 1000,"),
        ("1.5e3", "exponent", "Write 1500,"),
        ("1E400", "exponent", "Write a plain number,"),
        (".inf", "not a finite number", "Write a plain number,"),
        ("-.inf", "not a finite number", "Write a plain number,"),
        (".NaN", "not a finite number", "Write a plain number,"),
        ("9" * 30, "too many digits", "Write a plain number,"),
    ],
)
def test_what_readers_disagree_on_is_refused(word: str, why: str, instead: str) -> None:
    caught = trap(word)
    assert caught is not None
    what, remedy = caught
    assert why in what
    assert remedy.startswith(instead)
    assert "in quotes if it is text" in remedy


@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_are_read_back(number: int) -> None:
    assert resolve(str(number)) == number
    assert trap(str(number)) is None


@given(st.text(max_size=50))
def test_any_word_is_read_or_refused_in_a_sentence(word: str) -> None:
    caught = trap(word)
    assert caught is None or (resolve(word) == word and all(caught))
