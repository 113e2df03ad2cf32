"""When the latest state of a zone was seen is written as its table writes days."""

from __future__ import annotations

import pandas as pd
import pytest

from landcover.outputs.zone_figures import _latest


@pytest.mark.parametrize(
    ("days", "written"),
    [
        (["2023-12-01", "2024-01-01"], "2024-01"),  # of months, the latest happens to be a January
        (["2023-01-01", "2024-01-01"], "2024"),
        (["2023-12-16", "2024-01-01"], "2024-01-01"),
    ],
)
def test_a_period_is_written_as_in_its_table(days: list[str], written: str) -> None:
    series = pd.DataFrame(
        {
            "zone_id": "okapi", "index": "ndvi", "date": pd.to_datetime(days), "mean": 0.5,
            "median": 0.5, "clear_fraction": 1.0,
        }
    )  # fmt: skip
    (found,) = _latest({"zone_series": series})
    assert found.loc["okapi", "ndvi_date"] == written
