"""Series are smoothed where a job asks, and asking later costs no tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize("every", ["date", "month"])
def test_every_date_between_clear_ones_has_a_smoothed_value(
    small_study: Any, read_table: Any, every: str
) -> None:
    small_study.run(series={"every": every})
    ended = small_study.run(series={"every": every, "smooth": "whittaker"})
    assert (ended.code, ended.heard.made) == (0, [])
    table = read_table(ended.out, "zone_series").sort_values(["zone_id", "date"])
    assert list(table.columns)[-1] == "median_smoothed"
    filled = 0
    for _, rows in table.groupby("zone_id"):
        clear = np.flatnonzero(rows["median"].notna())
        if len(clear) < 3:
            assert rows["median_smoothed"].isna().all()
            continue
        inside = np.zeros(len(rows), bool)
        inside[clear[0] : clear[-1] + 1] = True
        smoothed = rows["median_smoothed"]
        assert (smoothed.notna().to_numpy() == inside).all()
        assert smoothed[inside].between(-1, 1).all()
        filled += int((rows["median"].isna() & smoothed.notna()).sum())
    assert filled or every == "month"
