"""`landcover plan`: how figures are laid out."""

from __future__ import annotations

from landcover.cli.plan import _choice, _clear, _hours, _over_read, _years
from landcover.engine.estimates import Estimates, MonthRow, ZoneMonths
from landcover.engine.savings import Saving

ROWS = (
    MonthRow("2020-01", "s2", 2, 40.0),
    MonthRow("2020-12", "s2", 6, 80.0),
    MonthRow("2021-02", "s2", 0, None),
    MonthRow("2021-03", "s2", 3, None),
)


def test_scenes_stand_by_source_and_year() -> None:
    first, second = _years(ROWS)
    assert first[:3] == ("s2", "2020", 2)
    assert first[3:13] == (None,) * 10  # not within the period
    assert first[13:] == (6, 70)  # (2 * 40 + 6 * 80) / 8
    assert second[3:5] == (0, 3)  # a month within the period that has no scene is 0, not empty
    assert second[14] is None


def test_clear_observations_are_averaged_over_years() -> None:
    rows = (
        ZoneMonths("A1", "2020-01", 3, 1.0),
        ZoneMonths("A1", "2021-01", 3, 2.0),
        ZoneMonths("A1", "2021-02", 3, None),
        ZoneMonths("B1", "2021-02", 3, 0.25),
    )
    months = [MonthRow(f"{year}-0{m}", "s2", 3, None) for year in (2020, 2021) for m in (1, 2)]
    first, second = _clear(rows, months)
    # February 2020 had no scene: nothing to see; that of 2021 is not known, and left out
    assert first == ("A1", 1.5, 0.0, *[None] * 10)
    assert second == ("B1", 0.0, 0.1, *[None] * 10)  # 0.25 in two years


def test_a_zone_that_no_scene_touches_stands_with_0() -> None:
    months = [MonthRow(f"2020-0{m}", "s2", 3, None) for m in (1, 2)]
    blind = [ZoneMonths("A1", row.month, 0, 0.0) for row in months]
    assert _clear(blind, months) == [("A1", 0.0, 0.0, *[None] * 10)]


def test_a_choice_is_one_row() -> None:
    months = tuple(f"2020-{month:02d}" for month in range(1, 9))
    one = Saving("s2", "best 2 a year", True, 16, 2_000_000_000, 1.5, 4.06, False, months)
    assert _choice(one) == (
        "s2", "best 2 a year (this job)", 16, "2.0 GB", "1.5 h", "about 4.1",
        "2020-01, 2020-02, 2020-03, 2020-04, 2020-05, 2020-06 and 2 more",
    )  # fmt: skip
    coarse = Saving("s2", "every scene at 20 m", False, 16, 500, None, 4.06, True)
    assert _choice(coarse)[5:] == ("at most 4.1", "")
    assert _choice(Saving("s2", "every scene", False, 16, 500, None, None))[5] == "not told"


def test_hours_and_blocks() -> None:
    assert _hours(None) == "unknown: set run.bandwidth_mbps"
    assert _hours(0.5) == "30 min"
    assert _hours(12.34) == "12.3 h"
    costs = Estimates(10, 30, 20, 0, 0, None, (), (), ())
    assert _over_read(costs) == " (decoded to needed pixels: 1.50)"
    assert _over_read(Estimates.none()) == ""
