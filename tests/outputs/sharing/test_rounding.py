"""Hectares added up: rounded, and parts still make up their total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.outputs.report.sheet import Sheet
from landcover.outputs.report.teller import Teller, Told
from landcover.outputs.section import Fact
from landcover.outputs.sharing.merging import added_up
from landcover.outputs.sharing.rounding import DIGITS, rounded

KINDS = ("abrupt_ha", "gradual_ha", "recovering_ha")
SURE = ("confirmed_ha", "provisional_ha", "low_ha")
REST = ("stable_ha", "history_too_short_ha", "history_unstable_ha", "outside_images_ha",
        "not_watched_ha")  # fmt: skip


def test_three_parts_make_up_their_total() -> None:
    # rounded one by one these are 3.3 + 9.4 + 0.4 = 13.1
    found = rounded(
        {"disturbed_ha": 12.98, "confirmed_ha": 3.27, "provisional_ha": 9.36, "low_ha": 0.35}
    )
    assert list(found.values()) == [13.0, 3.3, 9.4, 0.3]


def test_what_is_within_is_not_more() -> None:
    found = rounded({"area_ha": 0.48, "stable_ha": 0.24, "disturbed_ha": 0.24,
                     "perhaps_before_watch_ha": 0.24, "abrupt_ha": 0.24})  # fmt: skip
    assert found["stable_ha"] + found["disturbed_ha"] == found["area_ha"] == 0.5
    assert found["perhaps_before_watch_ha"] <= found["disturbed_ha"]


def test_unseen_ground_stays_unseen() -> None:
    found = rounded({"area_ha": 10.04, "disturbed_ha": float("nan"), "not_observable_ha": 3.16})
    assert found["disturbed_ha"] != found["disturbed_ha"]
    assert (found["area_ha"], found["not_observable_ha"]) == (10.0, 3.2)


@pytest.mark.parametrize("exact_ha", [0.004, 0.06, 0.64, 3.46])
def test_a_loss_is_rounded_by_itself_and_never_denied(exact_ha: float) -> None:
    found = rounded({"area_ha": 100.0, "disturbed_ha": exact_ha, "no_break_ha": 60.07,
                     "not_observable_ha": 39.93 - exact_ha})  # fmt: skip
    assert found["disturbed_ha"] == max(0.1, round(exact_ha, 1))
    parts = found["disturbed_ha"] + found["no_break_ha"] + found["not_observable_ha"]
    assert parts == pytest.approx(found["area_ha"])
    assert rounded({"area_ha": 1.0, "disturbed_ha": 0.0})["disturbed_ha"] == 0


def test_outlines_and_pixels_may_differ_a_little() -> None:
    found = rounded({"area_ha": 100.05, "disturbed_ha": 3.33, "no_break_ha": 60.33,
                     "not_observable_ha": 36.38})  # fmt: skip
    parts = found["disturbed_ha"] + found["no_break_ha"] + found["not_observable_ha"]
    assert parts == pytest.approx(found["area_ha"])


@given(
    st.lists(st.floats(0, 500), min_size=3, max_size=3),
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    st.lists(st.floats(0, 5000), min_size=5, max_size=5),
    st.floats(0, 1),
)
def test_all_parts_make_up_all_totals(
    kinds: list[float], shares: list[float], rest: list[float], followed: float
) -> None:
    disturbed = sum(kinds)
    sure = [disturbed * share / sum(shares) for share in shares]
    exact = {"area_ha": disturbed + sum(rest), "disturbed_ha": disturbed}
    exact.update(zip((*KINDS, *SURE, *REST), (*kinds, *sure, *rest), strict=True))
    exact["not_followed_ha"] = followed * (kinds[0] + kinds[1])
    found = rounded(exact)
    assert found["not_followed_ha"] <= found["abrupt_ha"] + found["gradual_ha"] + 1e-9
    assert found["disturbed_ha"] > 0 or disturbed < 1e-6
    assert abs(found["disturbed_ha"] - disturbed) <= 0.1
    assert sum(found[name] for name in KINDS) == pytest.approx(found["disturbed_ha"])
    assert sum(found[name] for name in SURE) == pytest.approx(found["disturbed_ha"])
    whole = sum(found[name] for name in ("disturbed_ha", *REST))
    assert whole == pytest.approx(found["area_ha"])
    for name, value in found.items():
        assert abs(value - exact[name]) <= 0.2 + 1e-5, name
        assert value == round(value, DIGITS)
        assert value >= 0


# --- how a report writes them ----------------------------------------------------------------


def _zones() -> pd.DataFrame:
    """Return a public ring and one that was added up, as a folder handed on has them."""
    return pd.DataFrame(
        {"zone_id": ["M1_0-500m", "mines_T1_0-500m"], "kind": "ring", "group": ["open", "mines"],
         "name": ["Mine", "mines: Ouest"], "parent": ["M1", "mines_T1"], "from_m": 0.0,
         "to_m": 500.0, "area_ha": [3.27, 3.3]}
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Shown:
    """As much of a run as hectares are written by."""

    tables: dict[str, pd.DataFrame]
    kept_back: bool


def _teller(kept_back: bool) -> Teller:
    """Return who tells of these."""
    shown: Any = _Shown({"zones": _zones()}, kept_back)
    return Teller(shown, "fr")


def test_only_rows_added_up_are_known_as_such() -> None:
    assert added_up(_zones()) == {"mines_T1_0-500m"}


@pytest.mark.parametrize(("kept_back", "text"), [(True, "3,3"), (False, "3,30")])
def test_a_report_writes_no_digit_that_was_not_kept(kept_back: bool, text: str) -> None:
    teller = _teller(kept_back)
    sheet = Sheet("zones", teller.shown.tables["zones"])
    rows = [(("zone_id", one),) for one in sheet.frame["zone_id"]]
    assert [teller.hectares(sheet, row, "area_ha").text for row in rows] == [
        "3,27\u00a0ha", f"{text}\u00a0ha",
    ]  # fmt: skip
    told = (Told("area", "area_ha", "ha"),)
    view = teller.table("all_zones", sheet, ("id",), told, [((r[0][1],), r) for r in rows])
    cells = [row[1] for row in view.rows]
    assert [one.text for one in cells if isinstance(one, Fact)] == ["3,27", text]
    both = (("to_m", "500"),)
    assert teller.hectares(sheet, both, "area_ha").text.startswith("6,6" if kept_back else "6,57")
