"""The table of trends: hectares and shares of each zone, worked by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pytest
from shapely import box

from landcover.kernels.sums import WHOLE, ZoneSums
from landcover.model import Period, Zone
from landcover.outputs.trends import TREND_COLUMNS, trend_area
from landcover.products.trend import SPANS, TrendSettings

PERIOD = Period(date(2017, 1, 1), date(2025, 1, 1))


def zone(name: str) -> Zone:
    return Zone(name, name, "site", "sites", box(0, 0, 1, 1), 12.0, from_m=500.0, to_m=1000.0)


def whole(*weights_m2: float) -> ZoneSums:
    """Make sums that hold each zone's whole weight, as those of a run do, and nothing else."""
    count = len(weights_m2)
    sums = ZoneSums.empty()
    arrays = {name: np.zeros(count, array.dtype) for name, array in sums.to_arrays().items()}
    arrays |= {
        "zone": np.arange(count, dtype=arrays["zone"].dtype),
        "series": np.full(count, WHOLE, arrays["series"].dtype),
        "weight_m2": np.array(weights_m2),
        "start": np.zeros(count + 1, arrays["start"].dtype),
        "bin": arrays["bin"][:0],
        "bin_m2": arrays["bin_m2"][:0],
    }
    return ZoneSums(**arrays)


Areas = dict[str, list[list[float]]]


def over(spans: dict[str, dict[int, float]], zones: int) -> dict[str, npt.NDArray[np.float64]]:
    """Lay areas (m2) by month or year out for the first zone; the others were not tested."""
    held = {name: np.zeros((zones, 96 if "month" in name else 9)) for name in SPANS}
    for name, areas in spans.items():
        for place, area in areas.items():
            held[name][0, place] = area
    return held


def rows(
    areas: Areas, *weights_m2: float, spans: dict[str, dict[int, float]] | None = None
) -> list[dict[str, object]]:
    settings = TrendSettings(index=tuple(areas))
    held = {name: np.array(one) for name, one in areas.items()}
    for name in areas:
        held |= {name + span: one for span, one in over(spans or {}, len(weights_m2)).items()}
    zones = [zone(f"Z{k}") for k in range(len(weights_m2))]
    table = trend_area(zones, whole(*weights_m2), held, settings, PERIOD)
    assert table.columns == TREND_COLUMNS
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_hectares_and_shares_by_hand() -> None:
    """Two hectares fall, one rises, four do neither; of ten, three are untested or missing."""
    (row,) = rows({"ndvi": [[20_000.0, 10_000.0, 40_000.0, 5_000.0]]}, 100_000.0)
    got = [row[f"{name}_ha"] for name in ("declining", "rising", "none", "untested")]
    assert got == [2, 1, 4, 3]
    got = [row[f"{name}_fraction"] for name in ("declining", "rising", "none", "untested")]
    assert got == pytest.approx([0.2, 0.1, 0.4, 0.3])
    assert (row["test"], row["correction"]) == ("hamed-rao", "benjamini-hochberg")
    assert row["false_discovery_rate"] == 0.1
    assert row["index"] == "ndvi"
    assert (row["zone_id"], row["from_m"], row["area_ha"]) == ("Z0", 500.0, 12.0)


def test_a_zone_without_any_tile_is_untested_and_has_no_shares() -> None:
    one, other = rows({"ndvi": [[0.0] * 4, [0.0] * 4]}, 0.0, 50_000.0)
    assert one["untested_ha"] == 0
    assert one["untested_fraction"] is None
    assert (other["untested_ha"], other["untested_fraction"]) == (5, 1)


def test_the_days_are_of_what_was_tested_and_not_of_the_job() -> None:
    """Most is seen from May 2018 to June 2024, in six years; a tenth earlier, in eight."""
    spans = {
        " first month": {0: 1e3, 16: 9e3},
        " last month": {60: 5e3, 89: 5e3},
        " years": {6: 9e3, 8: 1e3},
    }
    tested = {"ndvi": [[0.0, 0.0, 1e4, 0.0], [0.0] * 4]}
    one, other = rows(tested, 1e4, 1e4, spans=spans)
    days = ("first_date", "last_date", "median_years")
    assert [one[name] for name in days] == [date(2017, 1, 1), date(2024, 6, 30), 6]
    assert [other[name] for name in days] == [None, None, None]
    late = spans | {" first month": {16: 1e4}, " last month": {95: 1e4}, " years": {5: 5e3, 8: 5e3}}
    one, _ = rows(tested, 1e4, 1e4, spans=late)
    assert [one[name] for name in days] == [date(2018, 5, 1), date(2024, 12, 31), 8]


def test_what_is_left_by_rounding_is_nothing() -> None:
    (row,) = rows({"ndvi": [[0.0, 0.0, 99_999.999_999_9, 0.0]]}, 100_000.0)
    assert (row["untested_ha"], row["untested_fraction"]) == (0, 0)


def test_a_row_for_each_index() -> None:
    found = rows({"ndvi": [[0, 0, 1e4, 0]], "nbr": [[1e4, 0, 0, 0]]}, 1e4)
    assert [row["index"] for row in found] == ["ndvi", "nbr"]
    assert [row["declining_fraction"] for row in found] == [0, 1]
