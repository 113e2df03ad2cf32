"""Hectares added up, rounded so that parts still make up their total.

Rounded one by one, 3.27, 9.36 and 0.35 (13.0 in all) would be 3.3, 9.4 and 0.4. So the total is
rounded, and its parts each up or down to the digit beside them: those up that lose most
(largest remainders).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["DIGITS", "rounded"]

DIGITS = 1
"""Digits after the point of hectares added up: exact ones could be found again by trying."""

SPLITS = (
    ("area_ha", ("disturbed_ha", "no_break_ha", "not_observable_ha")),
    ("area_ha", ("stable_ha", "disturbed_ha", "history_too_short_ha", "history_unstable_ha",
                 "outside_images_ha", "not_watched_ha")),
    ("area_ha", ("declining_ha", "rising_ha", "none_ha", "untested_ha")),
    ("disturbed_ha", ("confirmed_ha", "provisional_ha", "low_ha")),
    ("disturbed_ha", ("abrupt_ha", "gradual_ha", "recovering_ha", "not_followed_ha")),
)  # fmt: skip
"""Totals and what they are made of, wholes before parts; a table has some of them."""

WITHIN = (("perhaps_before_watch_ha", "disturbed_ha"),)
"""What lies within another column, and may so not be more than it."""

SAME_HA = 1e-3
"""Hectares (ha) by which parts may miss a total that they make up: sums of binary fractions."""

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
        The same columns to `DIGITS`. Each is within one unit of its last digit, and parts that
        make up a total do so still.
    """
    found = {name: round(value, DIGITS) for name, value in sums.items()}
    for total, names in SPLITS:
        parts = [name for name in names if name in sums]
        amounts = [sums[name] for name in parts]
        # NaN is not close to anything: such are rounded singly
        if total in sums and len(parts) > 1 and abs(sum(amounts) - sums[total]) <= SAME_HA:
            found.update(zip(parts, _apportioned(amounts, found[total]), strict=True))
    for part, whole in WITHIN:
        if part in found and found[part] > found.get(whole, math.inf):
            found[part] = found[whole]
    return found


def _apportioned(amounts: Sequence[float], total: float) -> list[float]:
    """Round amounts up or down so that they add up to a total that is rounded already."""
    units = [round(one * 10**DIGITS, _TINY) for one in amounts]
    whole = [math.floor(one) for one in units]
    left = round(total * 10**DIGITS) - sum(whole)
    most = sorted(range(len(units)), key=lambda n: (whole[n] - units[n], n))
    for n in most[: max(0, left)]:
        whole[n] += 1
    return [round(one / 10**DIGITS, DIGITS) for one in whole]
