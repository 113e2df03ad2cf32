"""Band arithmetic written as text: the one meaning of an index's formula.

Knows + - * / **, sqrt, tanh, numbers and names; anything else is refused. Does not know
which indices exist, nor what their bands mean.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = ["evaluate", "names"]

Values = NDArray[np.float64]


def _divide(a: Values, b: Values) -> Values:
    """Divide; NaN wherever the denominator is 0, so that no infinity slips into a sum."""
    quotient = np.divide(a, b)
    return quotient if np.all(b) else np.where(b == 0, np.nan, quotient)


def _power(a: Values, b: Values) -> Values:
    """Raise to a power; squares without the slow general way."""
    return np.square(a) if np.ndim(b) == 0 and b == 2 else np.power(a, b)


_BINARY: Mapping[type[ast.operator], Callable[..., Values]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _divide,
    ast.Pow: _power,
}
_FUNCTIONS: Mapping[str, Callable[..., Values]] = {"sqrt": np.sqrt, "tanh": np.tanh}


@cache
def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"formula {text!r}", f"it cannot be read ({error.msg})") from error


@cache
def names(text: str) -> tuple[str, ...]:
    """Names of bands and constants in a formula, in order of first use.

    Parameters
    ----------
    text : str
        A formula such as ``(nir - red) / (nir + red)``.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> names("g * (nir - red) / (nir + red)")
    ('g', 'nir', 'red')
    """
    found = (node for node in ast.walk(_parse(text)) if isinstance(node, ast.Name))
    in_order = sorted(found, key=lambda node: node.col_offset)
    return tuple(dict.fromkeys(node.id for node in in_order if node.id not in _FUNCTIONS))


def evaluate(text: str, values: Mapping[str, Values | float]) -> Values:
    """Compute a formula.

    Parameters
    ----------
    text : str
        The formula; names are keys of `values`.
    values : mapping of float64 arrays of one shape, or numbers
        Bands in reflectance (no unit), NaN where missing; constants.

    Returns
    -------
    float64, the shape of the bands
        NaN where a band is missing, a denominator is 0, a root is taken of a negative
        number, or the result is infinite.

    Examples
    --------
    >>> evaluate("(a - b) / (a + b)", {"a": np.array([3.0, 0.0]), "b": np.array([1.0, 0.0])})
    array([0.5, nan])
    """
    with np.errstate(all="ignore"):
        result = np.asarray(_value(_parse(text), values, text), np.float64)
    return np.where(np.isfinite(result), result, np.nan)


def _value(node: ast.expr, values: Mapping[str, Values | float], text: str) -> Values:
    """Walk the formula's tree from its leaves."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return np.float64(number)  # type: ignore[return-value]
        case ast.Name(id=name) if name in values:
            return np.asarray(values[name], np.float64)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return np.negative(_value(operand, values, text))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, values, text), _value(right, values, text))
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(inner, values, text))
    raise InputError(
        f"formula {text!r}",
        f"{ast.unparse(node)!r} is not understood",
        "Use bands, constants, numbers, + - * / ** and sqrt or tanh",
    )
