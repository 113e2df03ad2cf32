"""What nobody could observe is told in a real browser: in pop-ups, and in the legend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from landcover.outputs.shown import Shown
from landcover.outputs.web import write_map

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    made: Shown = finished.shown(finished.copy(tmp_path_factory.mktemp("unseen") / "out"))
    return made


@pytest.fixture(scope="module")
def page_path(shown: Shown) -> Path:
    return write_map(shown, "en")[0]


def stands(number: Locator, shown: Shown) -> bool:
    """Say whether a number of the page is the one of the table that it names."""
    rows = shown.tables[number.get_attribute("data-table") or ""]
    for pair in (number.get_attribute("data-row") or "").split(";"):
        column, value = pair.split("=", 1)
        rows = rows[rows[column].astype(str) == value]
    told = rows[number.get_attribute("data-column") or ""].to_list()
    value = float(number.get_attribute("value") or "nan")
    return len(told) == 1 and value == pytest.approx(told[0], abs=1e-4)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_a_ring_tells_what_could_not_be_observed(
    page_of: Callable[..., Page], shown: Shown, page_path: Path, size: tuple[int, int]
) -> None:
    page = page_of(page_path, size)
    page.fill("#query", "MC0002")
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content tbody td")
    box = page.locator(".leaflet-popup-content .scroll").first
    assert box.evaluate("(one) => one.scrollWidth <= one.clientWidth"), "nothing lies beyond"
    cells = page.locator(".leaflet-popup-content td")
    table = shown.tables["disturbance_area"]
    mine = table[table["zone_id"].str.startswith("MC0002_") & (table["every"] == "year")]
    mine = mine[mine["disturbed_ha"].notna()]
    assert len(mine) > 1
    for column in ("not_observable_ha", "not_observable_fraction"):
        numbers = cells.locator(f"data[data-column={column}]").all()
        assert len(numbers) == len(mine)
        assert all(stands(one, shown) for one in numbers)
    share = mine["not_observable_fraction"].iloc[0]
    assert f"({share:.0%})" in (page.text_content(".leaflet-popup-content tbody") or "")


def test_no_0_is_told_where_nothing_could_be_observed(
    page_of: Callable[..., Page], shown: Shown, tmp_path: Path
) -> None:
    table = shown.tables["disturbance_area"].copy()
    ring = table["zone_id"].str.startswith("MC0002_") & table["disturbed_ha"].notna()
    table.loc[ring, "disturbed_ha"] = 0.0
    table.loc[ring, "not_observable_fraction"] = 1.0
    table.loc[ring, "not_observable_ha"] = table.loc[ring, "area_ha"]
    unseen = replace(shown, out=tmp_path, tables={**shown.tables, "disturbance_area": table})
    unseen.__dict__.update(patches=shown.patches, context={}, sites=shown.sites, zones=shown.zones)
    page = page_of(write_map(unseen, "en")[0])
    page.fill("#query", "MC0002")
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.locator("tbody td").first.wait_for()
    assert popup.locator("data[data-column=disturbed_ha]").count() == 0
    assert popup.locator("td", has_text="(100%)").count() > 1
    assert popup.locator("td", has_text="–").count() > 1


def test_the_legend_tells_not_judged_from_no_disturbance(
    page_of: Callable[..., Page], page_path: Path
) -> None:
    page = page_of(page_path)
    told = page.locator("#legends .judged li").all_text_contents()
    assert told == ["Not judged, or outside all zones", "Judged: no disturbance found"]
    assert "or not observed" not in (page.text_content("#legends") or "")
    page.select_option("#left-layer", "ndvi-median")
    assert page.locator("#legends .judged").count() == 0
    assert "or not observed" in (page.text_content("#legends") or "")
