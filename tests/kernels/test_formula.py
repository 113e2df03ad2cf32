"""Formulas: what they mean and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from landcover.errors import InputError
from landcover.kernels import formula


def value(text: str, **values: float) -> float:
    return float(formula.evaluate(text, values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 / 4 / 2", 1.0),
        ("5 - 3 - 1", 1.0),
        ("2 ** 3 ** 2", 512.0),
        ("-a ** 2", -9.0),
        ("sqrt(a + 1)", 2.0),
        ("tanh(a - 3)", 0.0),
    ],
)
def test_worked_by_hand(text: str, expected: float) -> None:
    assert value(text, a=3.0) == expected


@pytest.mark.parametrize(
    "text", ["a / 0", "0 / 0", "a / (a / 0)", "sqrt(-a)", "10 ** 400", "-a ** 0.5 * (0 - a) ** 0.5"]
)
def test_no_value_is_nan(text: str) -> None:
    assert np.isnan(value(text, a=3.0))


@pytest.mark.parametrize(
    "text",
    ["a.real", "a[0]", "open(a)", "__import__('os')", "a if a else a", "a < 1", "'a'", "b",
     "a // 2", "sqrt(a, a)", "lambda: 1", "True", "1j"],
)  # fmt: skip
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not understood"):
        value(text, a=3.0)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match=r"formula 'a \+': it cannot be read"):
        value("a +", a=1.0)


def test_names_come_in_order_of_use() -> None:
    assert formula.names("g * (nir - red) / sqrt(nir + red)") == ("g", "nir", "red")


def test_the_input_is_left_alone() -> None:
    b = np.array([0.0, 2.0])
    formula.evaluate("a / b", {"a": np.ones(2), "b": b})
    assert b.tolist() == [0.0, 2.0]
