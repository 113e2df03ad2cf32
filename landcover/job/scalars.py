"""What a bare word of YAML means in a job: text, a number, true, false or nothing.

Only what every reader of YAML agrees on is a number; what some read one way and some
another (012, 12:30, 1e3) is refused with a sentence. It knows no keys.
"""

from __future__ import annotations

import re

__all__ = ["resolve", "trap"]

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,30}([eE][-+][0-9]{1,3})?")
_WHOLE_WITH_POINT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.")

_TRAPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[-+]?0[0-9]+"), "starts with 0, which some programs read in base 8"),
    (re.compile(r"[-+]?0[0-9]+\.[0-9]*"), "starts with 0"),
    (re.compile(r"[-+]?0[xob][0-9A-Fa-f_]+"), "is not written in base 10"),
    (
        re.compile(r"[-+]?[0-9]+(:[0-9]{1,2})+(\.[0-9]*)?"),
        "looks like a time, which some programs read as a number in base 60",
    ),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"), "has an underscore within a number"),
    (
        re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+"),
        "has an exponent, which some programs read as text",
    ),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), "is not a finite number"),
    (re.compile(r"[-+]?[0-9]{19,}\.?[0-9]*"), "has too many digits"),
)


def resolve(text: str) -> str | int | float | bool | None:
    """Say what a bare word means.

    Examples
    --------
    >>> [resolve(word) for word in ("no", "12", "0.5", "true", "~", "2024-01-01")]
    ['no', 12, 0.5, True, None, '2024-01-01']
    """
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) or _WHOLE_WITH_POINT.fullmatch(text):
        return float(text)
    return text


def trap(text: str) -> tuple[str, str] | None:
    """Say what is wrong with a bare word that programs read in different ways, and what to write.

    Examples
    --------
    >>> trap("012")[0]
    "'012' starts with 0, which some programs read in base 8"
    """
    if resolve(text) != text:
        return None
    for pattern, why in _TRAPS:
        if pattern.fullmatch(text):
            return f"{text[:40]!r} {why}", _remedy(text)
    return None


def _remedy(text: str) -> str:
    """Say how to write what was probably meant."""
    quoted = f"{text[:40]!r} in quotes if it is text"
    plain = _in_base_10(text)
    return f"Write {plain}, or {quoted}" if plain else f"Write a plain number, or {quoted}"


def _in_base_10(text: str) -> str | None:
    """Write a number without its oddity, where that is certain."""
    if ":" in text or len(text) > 40:
        return None
    try:
        number = float(text.replace("_", ""))
    except ValueError:  # base 2, 8 or 16
        return None
    return f"{number:.15g}" if abs(number) < 1e15 else None
