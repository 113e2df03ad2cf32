"""Numbers and angles as people write them, in English and in French.

This module knows notations. It does not know tables, columns or coordinate systems.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

__all__ = ["Axis", "decimal_comma", "degrees", "number"]

Axis = Literal["lon", "lat"]

SIDES: dict[str, tuple[Axis, int]] = {
    "n": ("lat", 1),
    "north": ("lat", 1),
    "nord": ("lat", 1),
    "s": ("lat", -1),
    "south": ("lat", -1),
    "sud": ("lat", -1),
    "e": ("lon", 1),
    "east": ("lon", 1),
    "est": ("lon", 1),
    "w": ("lon", -1),
    "west": ("lon", -1),
    "o": ("lon", -1),
    "ouest": ("lon", -1),
}
"""What a side of the world means; O is the French ouest."""

SIDE = "|".join(sorted(SIDES, key=len, reverse=True))
MARKED = re.compile(rf"^(?P<before>{SIDE})?[\s.:]*(?P<angle>[-+]?\d.*?)\s*(?P<after>{SIDE})?\.?$")
ANGLE = re.compile(r"^([-+]?)(\d+(?:\.\d+)?)(?: (\d+(?:\.\d+)?))?(?: (\d+(?:\.\d+)?))?$")
SECONDS_AS_S = re.compile(rf"(?<=\d)\s*s(?=\s*(?:{SIDE})?\.?$)")
SIGNS = re.compile(r"deg(?:rees|rés)?|min(?:utes)?|sec(?:onds|ondes)?|[°º˚∘d'’‘′´`m\"”“″:]")
NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$")
THOUSANDS_OR_DECIMALS = re.compile(r"^[-+]?[1-9]\d{0,2},\d{3}$")
"""1,234 is 1234 in English and 1.234 in French."""
SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")


def decimal_comma(cells: Iterable[object]) -> bool:
    """Whether any cell of a column shows that its comma is a decimal sign.

    Examples
    --------
    >>> decimal_comma(["1,234", "1,5"]), decimal_comma(["1,234", "1.5"])
    (True, False)
    """
    texts = (SPACES.sub("", cell) for cell in cells if isinstance(cell, str))
    return any(
        text.count(",") == 1
        and text.rfind(",") > text.rfind(".")
        and NUMBER.match(_with_point(text).lower()) is not None
        and not THOUSANDS_OR_DECIMALS.match(text)
        for text in texts
    )


def number(cell: object, *, comma_is_decimal: bool = False) -> float:
    """Read a number, with a decimal point or comma and thousands apart or not.

    Parameters
    ----------
    cell : text or number
    comma_is_decimal : bool
        How to read 1,234, which is refused otherwise: other cells of its column tell
        (`decimal_comma`).

    Raises
    ------
    ValueError
        Where it is not one finite number.

    Examples
    --------
    >>> number("9 876 543,21")
    9876543.21
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        value = float(cell)
    else:
        bare = SPACES.sub("", str(cell)).replace("−", "-").replace("'", "")
        if THOUSANDS_OR_DECIMALS.match(bare) and not comma_is_decimal:
            raise ValueError(f"{str(cell)!r} may be thousands or decimals")
        text = _with_point(bare).lower()
        if not NUMBER.match(text):
            raise ValueError(f"{str(cell)!r} is not a number")
        value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{cell!r} is not a finite number")
    return value


def _with_point(text: str) -> str:
    """Turn the decimal sign, the last of comma and point, into a point."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point:
        return text.replace(".", "").replace(",", ".") if text.count(",") == 1 else text
    return text.replace(",", "")


def degrees(cell: object, axis: Axis) -> float:
    r"""Read an angle: decimal degrees, or degrees and minutes, or seconds as well.

    Parameters
    ----------
    cell : text or number
        ``28.5``, ``28,5``, ``1°23'45"N``, ``1 23 45 S``, ``01°23.75' S``, ``29° 4′ O``.
    axis : lon or lat
        A side of the world that belongs to the other axis is refused.

    Returns
    -------
    float, degrees
        South and west are negative.

    Raises
    ------
    ValueError
        Where it cannot be read, with the reason.

    Examples
    --------
    >>> degrees("1 30 36 S", "lat")
    -1.51
    """
    if isinstance(cell, int | float):
        return number(cell)
    text = SPACES.sub(" ", str(cell)).strip().casefold().replace("−", "-")
    found = MARKED.match(SECONDS_AS_S.sub('"', text) if "d" in text or "m" in text else text)
    if found is None:
        raise ValueError(f"{str(cell)!r} is not an angle")
    size, negative = _angle(found["angle"], str(cell))
    return size * _sign(found["before"], found["after"], axis, str(cell), negative=negative)


def _sign(before: str | None, after: str | None, axis: Axis, cell: str, *, negative: bool) -> int:
    """Return 1 or -1 from a side of the world or a minus sign, never from both."""
    side = before or after
    if side is None:
        return -1 if negative else 1
    if before and after:
        raise ValueError(f"{cell!r} names two sides of the world")
    if negative:
        raise ValueError(f"{cell!r} has a minus sign and a side of the world")
    named, sign = SIDES[side]
    if named != axis:
        kind = "latitude" if named == "lat" else "longitude"
        raise ValueError(f"{cell!r} is a {kind}")
    return sign


def _angle(text: str, cell: str) -> tuple[float, bool]:
    """Add degrees, minutes and seconds; say whether a minus sign stood before them."""
    plain = SPACES.sub(" ", SIGNS.sub(" ", text.replace("''", '"'))).strip().replace(",", ".")
    found = ANGLE.match(plain)
    if found is None:
        raise ValueError(f"{cell!r} is not an angle")
    parts = [part for part in found.groups()[1:] if part is not None]
    if any("." in part for part in parts[:-1]):
        raise ValueError(f"{cell!r} has a fraction before its last part")
    values = [float(part) for part in parts]
    if any(value >= 60 for value in values[1:]):
        raise ValueError(f"{cell!r} has 60 or more minutes or seconds")
    return sum(value / 60**power for power, value in enumerate(values)), found[1] == "-"
