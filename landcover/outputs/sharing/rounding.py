"""Hectares added up, rounded so that parts still make up their total.

Rounded one by one, 3.27, 9.36 and 0.35 (13.0 in all) would be 3.3, 9.4 and 0.4. So the total is
rounded, and its parts each up or down to the digit beside them: those up that lose most
(largest remainders). What was disturbed is rounded by itself, and never to nothing; the rest of
the ground makes room for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, islice

__all__ = ["DIGITS", "rounded"]

DIGITS = 1
"""Digits after the point of hectares added up: exact ones could be found again by trying."""

SPLITS = (
    ("area_ha", ("disturbed_ha", "no_break_ha", "not_observable_ha")),
    ("area_ha", ("stable_ha", "disturbed_ha", "history_too_short_ha", "history_unstable_ha",
                 "outside_images_ha", "not_watched_ha")),
    ("area_ha", ("declining_ha", "rising_ha", "none_ha", "untested_ha")),
    ("disturbed_ha", ("confirmed_ha", "provisional_ha", "low_ha")),
    ("disturbed_ha", ("abrupt_ha", "gradual_ha", "recovering_ha")),
)  # fmt: skip
"""Totals and what they are made of, wholes before parts; a table has some of them."""

FIXED = "disturbed_ha"
"""What is rounded by itself: a loss that is told as 0.0 would be a loss denied."""

WITHIN = (
    ("perhaps_before_watch_ha", ("disturbed_ha",)),
    ("not_followed_ha", ("abrupt_ha", "gradual_ha")),
)
"""What lies within other columns, and may so not be more than they are together."""

SAME_HA = 0.04
"""Hectares (ha) by which parts may miss a total that they make up, less than half a last digit: a
zone's area is that of its outline, its parts are of pixels."""

_UNIT = 10.0**-DIGITS
"""The least that is told of what is more than nothing (ha)."""

_TINY = 6
"""Digits of a tenth of a hectare beyond which a value is as good as whole."""


def rounded(sums: Mapping[str, float]) -> dict[str, float]:
    """Round the hectares of one row.

    Parameters
    ----------
    sums : mapping
        Column -> hectares, exact; NaN where nobody looked.

    Returns
    -------
    dict
        The same columns to `DIGITS`. Each is within two units of its last digit, what was
        disturbed within one, and parts that make up a total do so still.
    """
    found = {name: round(value, DIGITS) for name, value in sums.items()}
    if _units(sums.get(FIXED, 0.0)) > 0:
        found[FIXED] = max(found[FIXED], _UNIT)
        if "area_ha" in found:
            found["area_ha"] = max(found["area_ha"], found[FIXED])
    for total, names in SPLITS:
        parts = [name for name in names if name in sums]
        missed = abs(sum(sums[name] for name in parts) - sums.get(total, math.nan))
        # NaN is not close to anything: such are rounded singly
        if len(parts) > 1 and missed <= SAME_HA:
            fixed = found[FIXED] if FIXED in parts else 0.0
            rest = [name for name in parts if name != FIXED]
            made = _apportioned([sums[name] for name in rest], found[total] - fixed)
            found.update(zip(rest, made, strict=True))
    for part, wholes in WITHIN:
        if part in found and all(one in found for one in wholes):
            found[part] = min(found[part], round(sum(found[one] for one in wholes), DIGITS))
    return found


def _units(amount: float) -> float:
    """Return hectares in units of the last digit."""
    return round(amount * 10**DIGITS, _TINY)


def _apportioned(amounts: Sequence[float], total: float) -> list[float]:
    """Round amounts up or down so that they add up to a total that is rounded already."""
    units = [_units(one) for one in amounts]
    whole = [math.floor(one) for one in units]
    left = round(total * 10**DIGITS) - sum(whole)
    most = sorted(
        (n for n, one in enumerate(units) if one > 0), key=lambda n: (whole[n] - units[n], n)
    )
    for n in islice(cycle(most), max(0, left)):
        whole[n] += 1
    for n in reversed(most):  # those that lose least, where the total is below all of them
        less = min(whole[n], max(0, -left), 1)
        whole[n] -= less
        left += less
    return [round(one / 10**DIGITS, DIGITS) for one in whole]
