"""The map in a real browser: every control is driven, with a mouse, a keyboard and a finger."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from landcover.outputs.minerals import mineral as naming
from landcover.outputs.shown import Shown
from landcover.outputs.web import write_map

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PHONE = (390, 844)
OPENS_WITHIN_S = 2.0
"""How long a small map may take to open."""


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    out = finished.copy(tmp_path_factory.mktemp("a map, été") / "out")
    shown: Shown = finished.shown(out)
    west, south, east, north = shown.zones.total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    around: dict[str, tuple[str, Any]] = {
        "rivers": ("<b>Epulu</b>", shapely.LineString([(west, south), middle, (east, south)])),
        "roads": ("RN4", shapely.LineString([(west, north), middle])),
        "places": ("Épulu & <i>co</i>", shapely.MultiPoint([middle])),
    }
    for name, (label, shape) in around.items():
        frame = {"kind": [name[:-1]], "label": [label], "credit": ["© <OSM> & contributors"]}
        layer = gpd.GeoDataFrame(frame, geometry=[shape], crs="EPSG:4326")
        layer.to_file(out / "context.gpkg", layer=name, engine="pyogrio")
    return shown


@pytest.fixture(scope="module")
def paths(shown: Shown) -> dict[str, Path]:
    return {one: write_map(shown, one)[0] for one in ("en", "fr")}


@pytest.fixture
def page(page_of: Callable[..., Page], paths: dict[str, Path]) -> Page:
    return page_of(paths["en"])


def drawn(page: Page, side: str) -> list[Any]:
    """Say which overlay a side draws, and of which time."""
    found: list[Any] = page.evaluate(
        f"(() => {{ const s = page.panel.sides.{side}; return [s.id, s.step, !!s.layer]; }})()"
    )
    return found


def slide(page: Page, selector: str, value: int) -> None:
    """Move a slider as a person does."""
    page.locator(selector).fill(str(value))


def test_it_opens_quickly_on_what_changed(
    page_of: Callable[..., Page], paths: dict[str, Path], worked: Callable[[Page], float]
) -> None:
    page = page_of(paths["en"])
    page.wait_for_selector(".leaflet-image-layer")
    assert 0 < worked(page) < OPENS_WITHIN_S
    assert drawn(page, "left") == ["disturbance-date", 0, True]
    assert page.locator("#app").is_visible()
    assert page.locator(".leaflet-control-scale-line").is_visible()
    assert "2022" in (page.text_content("#legends") or "")


def test_layers_and_years(page: Page) -> None:
    page.select_option("#left-layer", "ndvi-median")
    assert drawn(page, "left") == ["ndvi-median", 3, True]
    assert page.text_content("#left-said") == "2023"
    before = page.get_attribute(".leaflet-image-layer", "src")
    slide(page, "#left-step", 0)
    assert page.text_content("#left-said") == "2020"
    assert page.get_attribute("#left-step", "aria-valuetext") == "2020"
    assert page.get_attribute(".leaflet-image-layer", "src") != before
    page.focus("#left-step")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#left-said") == "2021"
    page.select_option("#left-layer", "")
    assert drawn(page, "left")[2] is False
    assert page.locator("#left-time").is_hidden()


def test_every_layer_is_drawn_and_has_a_legend(page: Page) -> None:
    for option in page.locator("#left-layer option").all()[1:]:
        page.select_option("#left-layer", option.get_attribute("value"))
        page.wait_for_function(
            "(i => i && i.complete && i.naturalWidth > 50)"
            "(document.querySelector('.leaflet-image-layer'))"
        )
        assert page.locator("#legends .key h3").text_content() == option.text_content() or (
            page.locator("#legends .key h3").text_content() or ""
        ).startswith(option.text_content() or "?")


def test_opacity(page: Page) -> None:
    slide(page, "#opacity", 40)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.leaflet-image-layer')).opacity")
        == "0.4"
    )


def test_two_layers_are_compared_along_a_line(page: Page) -> None:
    """At first, the last picture before the watch, and the last of all."""
    page.check("#compare")
    assert page.evaluate("data.monitored")[0][:4] == "2022"
    assert drawn(page, "left") == ["rgb-picture", 1, True]
    assert page.text_content("#left-said") == "2021"
    assert drawn(page, "right") == ["rgb-picture", 3, True]
    clip = "page.panel.sides.{}.pane.style.clipPath"
    before = [page.evaluate(clip.format(side)) for side in ("left", "right")]
    assert all(one.startswith("polygon(") for one in before)
    box = page.locator("#divider").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 150, box["y"] + 200, steps=4)
    page.mouse.up()
    share = int(page.get_attribute("#divider", "aria-valuenow") or 0)
    assert 25 < share < 45
    assert page.evaluate(clip.format("left")) != before[0]
    page.focus("#divider")
    page.keyboard.press("ArrowRight")
    assert int(page.get_attribute("#divider", "aria-valuenow") or 0) == share + 2
    page.select_option("#right-layer", "ndvi-median")
    assert page.locator("#legends .key").count() == 2
    page.uncheck("#compare")
    assert drawn(page, "left") == ["disturbance-date", 0, True]
    assert page.evaluate(clip.format("left")) == ""


def test_what_is_compared_is_written_on_the_map(page: Page) -> None:
    assert page.locator("#left-tag").is_hidden()
    page.check("#compare")
    slide(page, "#left-step", 1)
    assert (page.text_content("#left-tag"), page.text_content("#right-tag")) == ("2021", "2023")
    page.select_option("#right-layer", "ndvi-median")
    assert page.text_content("#left-tag") == "Picture in true colour, 2021"
    assert page.text_content("#right-tag") == "NDVI (median), 2023"
    page.uncheck("#compare")
    assert page.locator("#right-tag").is_hidden()


def test_a_button_shows_everything_again(page: Page) -> None:
    whole = page.evaluate("page.map.getBounds().toBBoxString()")
    page.fill("#query", "MC0002")
    page.keyboard.press("Enter")
    assert page.evaluate("page.map.getBounds().toBBoxString()") != whole
    page.get_by_role("button", name="Show everything").click()
    assert page.evaluate("page.map.getBounds().toBBoxString()") == whole
    assert page.locator(".leaflet-popup").count() == 0


INK_AT = """(offsets) => {
  const at = page.map.latLngToContainerPoint(page.shown.siteLayers.find((one) => one).getLatLng());
  const canvas = document.querySelector('canvas'), box = canvas.getBoundingClientRect();
  const map = byId('map').getBoundingClientRect();
  const ratio = canvas.width / parseFloat(getComputedStyle(canvas).width);
  const ink = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return offsets.map((dx) => {
    const x = Math.round((at.x + dx + map.x - box.x) * ratio);
    const place = 4 * (Math.round((at.y + map.y - box.y) * ratio) * canvas.width + x);
    return [...ink.slice(place, place + 4)];
  });
}"""
"""The colours drawn right of the first site (px)."""


def test_a_mark_does_not_hide_what_lies_in_it(page: Page) -> None:
    """Within the ring there is nothing; on it, yellow; around it, dark."""
    page.evaluate(
        "page.shown.groups.forEach((group, key) => { group.shown = key === 'sites'; });"
        "page.shown.arrange();"
    )
    page.wait_for_timeout(300)
    radius = page.evaluate("page.shown.radius")
    within, on, around = page.evaluate(INK_AT, [0, radius, radius + 2])
    assert within[3] == 0
    assert on[:2] == [255, 212]
    assert max(around[:3]) < 130
    page.evaluate("page.map.setZoom(page.map.getMinZoom(), { animate: false })")
    assert page.evaluate("page.shown.radius") < radius


def test_a_site_is_found_by_name_and_told(page: Page) -> None:
    page.fill("#query", "MC0002")
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert popup.locator("h2").count() == 1
    assert popup.locator("tbody tr").count() >= 1
    assert popup.locator("svg circle.dot").count() > 10
    assert popup.locator(".chips img").count() >= 2
    assert page.evaluate("page.shown.around.getLayers().length") >= 1
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert page.evaluate("page.shown.around.getLayers().length") == 0
    assert page.evaluate("document.activeElement.id") == "query"


def test_hostile_names_are_only_text(page: Page, shown: Shown) -> None:
    names = [str(one) for one in shown.sites["name"] if one]
    assert any("<script>" in one for one in names)
    for name in names:
        page.fill("#query", name)
        page.keyboard.press("Enter")
        assert page.locator(".leaflet-popup-content h2").text_content() == name
    assert page.evaluate("document.querySelectorAll('script').length") == 3


def test_results_are_walked_through_with_keys(page: Page) -> None:
    page.fill("#query", "a")
    assert page.locator("#found li").count() > 2
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    place = page.evaluate(
        "[...document.querySelectorAll('#found button')].indexOf(document.activeElement)"
    )
    assert place == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "query"
    page.fill("#query", "no such name")
    assert page.text_content("#found-said") == "Nothing has this name."


def stands(number: Locator, shown: Shown) -> bool:
    """Say whether a number of the page is the one of the table that it names."""
    rows = shown.tables[number.get_attribute("data-table") or ""]
    for pair in (number.get_attribute("data-row") or "").split(";"):
        column, value = pair.split("=", 1)
        rows = rows[rows[column].astype(str) == value]
    told = rows[number.get_attribute("data-column") or ""].to_list()
    value = float(number.get_attribute("value") or "nan")
    return len(told) == 1 and value == pytest.approx(told[0], abs=1e-4)


def test_figures_of_pop_ups_stand_in_the_tables(page: Page, shown: Shown) -> None:
    for zone in (
        shown.zones["zone_id"].iloc[0],
        shown.zones[shown.zones["kind"] == "region"]["zone_id"].iloc[0],
    ):
        page.fill("#query", str(zone))
        page.keyboard.press("Enter")
        page.wait_for_selector(".leaflet-popup-content dl data")
        numbers = page.locator(".leaflet-popup-content data").all()
        assert len(numbers) > 5
        for one in numbers:
            assert stands(one, shown)


def test_a_site_says_how_far_the_reserve_is(page: Page, shown: Shown) -> None:
    page.fill("#query", str(shown.sites["site_id"].iloc[0]))
    page.keyboard.press("Enter")
    one = page.locator(".leaflet-popup-content data[data-column=reserve_distance_m]")
    one.wait_for()
    assert stands(one, shown)
    near = page.locator(".leaflet-popup-content dl").first.text_content() or ""
    assert str(shown.sites["nearest_reserve_name"].iloc[0]) in near


def test_a_disturbance_is_clicked(page: Page, shown: Shown) -> None:
    spot = page.evaluate(
        "(() => { const at = page.shown.patchLayers[0].getBounds().getCenter();"
        " const p = page.map.latLngToContainerPoint(at);"
        " const b = byId('map').getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })()"
    )
    page.mouse.click(*spot)
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    patches = shown.patches
    assert patches is not None
    first = patches.iloc[0]
    text = popup.text_content() or ""
    assert first["patch_id"] in text
    parts = popup.locator("data[data-column=confirmed_ha], data[data-column=provisional_ha]")
    assert parts.count() >= 1
    assert all(stands(one, shown) for one in parts.all())
    area = popup.locator("data[data-column=area_ha]").get_attribute("value")
    assert float(area or "nan") == pytest.approx(first["area_ha"], abs=1e-4)


def test_filters_leave_those_that_pass(page: Page, shown: Shown) -> None:
    everything = page.text_content("#count") or ""
    all_sites = len(shown.sites)
    assert everything.startswith(f"{all_sites} of {all_sites} sites")
    mineral = page.locator("#filter-mineral option").all()[1].text_content()
    page.select_option("#filter-mineral", label=mineral)
    told = shown.sites["mineral1"].map(lambda text: naming(str(text), "en"))
    kept = int((told == mineral).sum())
    assert 0 < kept < all_sites
    assert (page.text_content("#count") or "").startswith(f"{kept} of {all_sites} sites")
    page.click("#reset")
    assert page.text_content("#count") == everything
    page.select_option("#filter-near", "0")
    inside = int(
        shown.sites.within(shown.zones[shown.zones["kind"] == "reserve"].union_all()).sum()
    )
    assert (page.text_content("#count") or "").startswith(f"{inside} of {all_sites} sites")
    page.click("#reset")
    page.select_option("#filter-year", "2023")
    patches = shown.patches
    assert patches is not None
    seen = shown.tables["patch_years"]
    begun = seen[(seen["year"] == 2023) & (seen["disturbed_ha"] > 0)]["patch_id"].nunique()
    assert 0 < begun < len(patches)
    assert f"{begun} of {len(patches)} disturbances" in (page.text_content("#count") or "")


def test_what_else_is_drawn_is_switched(page: Page) -> None:
    shown = (
        "page.shown.groups.get('{}').shown && page.map.hasLayer(page.shown.groups.get('{}').layer)"
    )
    for key, first in (("sites", True), ("patches", True), ("zones", True), ("rings", False)):
        assert page.evaluate(shown.format(key, key)) is first
        page.locator(f"#show-{key}").click()
        assert page.evaluate(shown.format(key, key)) is not first
    assert page.locator(".label.degree").count() == 0
    page.check("#show-graticule")
    assert page.locator(".label.degree").count() > 2


def test_context_is_drawn_found_and_credited(page: Page) -> None:
    for key in ("river", "road", "place"):
        assert page.locator(f"#show-{key}").is_checked()
    assert page.locator(".label bdi").all_text_contents().count("Épulu & <i>co</i>") == 1
    page.uncheck("#show-place")
    assert "Épulu & <i>co</i>" not in page.locator(".label bdi").all_text_contents()
    page.fill("#query", "epulu &")
    page.keyboard.press("Enter")
    assert page.text_content(".leaflet-popup-content h2") == "Épulu & <i>co</i>"
    assert "© <OSM> & contributors" in (page.text_content(".credits") or "")
    assert page.locator("#notes").text_content() == ""
    assert page.locator("#show-graticule").is_checked() is False


def test_keys_move_the_map(page: Page) -> None:
    page.focus("#map")
    zoom = page.evaluate("page.map.getZoom()")
    page.keyboard.press("+")
    assert page.evaluate("page.map.getZoom()") > zoom
    centre = page.evaluate("page.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"page.map.getCenter().lng > {centre}")


def test_a_map_without_sites_disturbances_or_rasters(
    page_of: Callable[..., Page], shown: Shown, tmp_path: Path
) -> None:
    bare = replace(shown, out=tmp_path, styles=(), tables={})
    bare.__dict__.update(patches=None, context={}, sites=shown.sites.head(0), zones=shown.zones)
    (path,) = write_map(bare, "en")
    page = page_of(path)
    assert page.locator("#filters").is_hidden()
    assert "names none under “context”" in (page.text_content("#notes") or "")
    page.check("#compare")
    page.uncheck("#compare")
    page.fill("#query", str(shown.zones["zone_id"].iloc[0]))
    page.keyboard.press("Enter")
    assert "no figures" in (page.text_content(".leaflet-popup-content") or "")


def test_without_a_script_there_is_a_picture_and_a_table(
    page_of: Callable[..., Page], paths: dict[str, Path]
) -> None:
    page = page_of(paths["fr"], script=False)
    assert page.locator("#app").is_hidden()
    assert page.locator("figure > svg image").count() == 2
    assert page.locator("figure > svg").get_attribute("aria-label")
    assert page.locator("#figures table").is_visible()
    assert page.locator("#figures tbody tr").count() > 5
    signs = page.locator("figure .key li").all_text_contents()
    assert {"Non jugé, ou hors de toute zone", "réserve", "site"} <= set(signs)


def test_on_a_phone_nothing_lies_beyond_the_edge(
    page_of: Callable[..., Page], paths: dict[str, Path]
) -> None:
    page = page_of(paths["fr"], PHONE, phone=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.locator("#map").bounding_box()["height"] > 400  # type: ignore[index]
    small = page.evaluate(
        "[...document.querySelectorAll('#panel select, #panel button, #panel .check')]"
        ".filter((e) => e.offsetParent && e.getBoundingClientRect().height < 28).map((e) => e.id)"
    )
    assert small == []
    page.tap("#compare")
    assert page.locator("#divider").is_visible()
    page.select_option("#filter-mineral", index=1)
    left, all_left = re.findall(r"\d+", page.text_content("#count") or "")[:2]
    assert (page.text_content("#count") or "").startswith(
        f"{left} site{'s' if int(left) > 1 else ''} sur {all_left}"
    )
    page.locator("#reset").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert box["y"] >= 0  # the map stays in view while its filters are used
    page.fill("#query", "MC0001")
    page.keyboard.press("Enter")
    box = page.locator(".leaflet-popup-content-wrapper").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]


def test_what_is_seen_has_names(page: Page) -> None:
    nameless = page.evaluate(
        "[...document.querySelectorAll('input, select, button, img, [role=slider], [role=region]')]"
        ".filter((e) => e.offsetParent && !(e.labels && e.labels.length) && !e.ariaLabel && !e.alt"
        " && !e.textContent.trim() && !e.title).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []
    assert page.title() == "A <i>made-up</i> country & its names: map"
    assert page.locator("h1").count() == 1


def light(colour: str) -> float:
    """Relative luminance of a colour "rgb(r, g, b)", after WCAG 2.1."""
    parts = [int(one) / 255 for one in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("selector", [".caveat", ".small", "h1", "header a", ".time output"])
def test_text_stands_out(page: Page, selector: str) -> None:
    page.check("#compare")
    ink, ground = page.evaluate(
        "(s) => { let e = document.querySelector(s); const ink = getComputedStyle(e).color;"
        " const back = (e) => getComputedStyle(e).backgroundColor;"
        " while (e && back(e) === 'rgba(0, 0, 0, 0)') e = e.parentElement;"
        " return [ink, e ? back(e) : 'rgb(255, 255, 255)']; }",
        selector,
    )
    lights = sorted((light(ink), light(ground)))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5
