"""How many digits hectares are written with, and how years are named that were watched in part.

It knows how a reader is told amounts and years. It does not know where they stand.
"""

from __future__ import annotations

from datetime import date

from landcover.outputs.wording import Words

__all__ = ["column_digits", "sentence_digits", "year_named"]

COARSE_HA, FINE_HA = 1000.0, 10.0
"""Hectares (ha) from which on no digit, and below which two digits, are written after the point."""


def sentence_digits(hectares: float) -> int:
    """Say how many digits after the point an amount in a sentence has."""
    size = abs(hectares)
    return 0 if size >= COARSE_HA or size == 0 else 1 if size >= FINE_HA else 2


def column_digits(most: float) -> int:
    """Say how many digits all amounts of a column have, by the largest: few are not none."""
    return 0 if most >= 100 * COARSE_HA else 1 if most >= 10 * COARSE_HA else 2


def year_named(year: str, first: date | None, last: date | None, language: str) -> str:
    """Name a year, with its days where not all of it was watched.

    Parameters
    ----------
    year : str
    first, last : date, optional
        The days of it that were watched; None where none was.
    language : str
    """
    if first is None or last is None:
        return year
    words = Words("units", language)
    late, early = (first.month, first.day) != (1, 1), (last.month, last.day) != (12, 31)
    if late and early:
        return words("year_in_part", year=year, first=first, last=last)
    if late:
        return words("year_from", year=year, first=first)
    return words("year_until", year=year, last=last) if early else year
