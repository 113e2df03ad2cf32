"""The map's page: one file, safe names, figures of the tables, the same bytes twice."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from PIL import Image

from landcover.outputs.colours import rgb_of
from landcover.outputs.shown import KEPT_BACK, Shown
from landcover.outputs.web import write_map
from landcover.outputs.web.budget import draw, that_fit
from landcover.outputs.web.content import as_script, content
from landcover.outputs.web.figures import monitored
from landcover.outputs.web.overlays import at_most, offered
from landcover.outputs.web.painting import UNJUDGED

HOSTILE = "</script><script>alert(1)</script>&\u2028\u2029"


class Parts(HTMLParser):
    """Collects what tests look at: texts of scripts and styles, attributes, numbers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, Any], str]] = []
        self.styles: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self._open: dict[str, Any] | None = None
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in, self._open = tag, dict(attrs)

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts.append((self._open or {}, data))
        elif self._in == "style":
            self.styles.append(data)
        self._in = ""


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return finished.shown(finished.copy(tmp_path_factory.mktemp("map") / "out"))


@pytest.fixture(scope="module")
def page(shown: Shown) -> str:
    (path,) = write_map(shown, "en")
    assert path == shown.out / "map.en.html"
    return path.read_text("utf-8")


def test_the_vendored_files_are_as_they_were() -> None:
    folder = files("landcover.outputs").joinpath("vendor", "leaflet")
    lines = folder.joinpath("SHA256SUMS").read_text("utf-8").splitlines()
    told = dict(reversed(line.split("  ")) for line in lines)
    assert set(told) == {"LICENSE", "leaflet.css", "leaflet.js"}
    for name, digest in told.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest, name


def test_only_the_page_s_own_script_may_run(page: str) -> None:
    parts = Parts(page)
    (policy,) = (a["content"] for tag, a in parts.tags if a.get("http-equiv"))
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    running = [text for attrs, text in parts.scripts if attrs.get("type") != "application/json"]
    assert len(running) == 2
    for text in [*running, *parts.styles]:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert [a for _, a in parts.tags if any(name.startswith("on") for name in a)] == []
    assert [a for _, a in parts.tags if "style" in a] == []


def test_nothing_is_fetched(page: str) -> None:
    parts = Parts(page)
    asked = [a[name] for _, a in parts.tags for name in ("src", "href", "srcset") if name in a]
    linked = {"map.fr.html", "report.en.html"}
    assert all(one.startswith("data:image/") or one in linked for one in asked)
    assert "sourceMappingURL" not in page
    assert "url(" not in "".join(parts.styles)


def test_names_from_outside_stay_text(page: str) -> None:
    assert "</script><script>alert" not in page
    assert "<i>made-up" not in page
    text = as_script({"name": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": HOSTILE}


def test_every_number_of_the_table_stands_in_the_tables(page: str, shown: Shown) -> None:
    numbers = [attrs for tag, attrs in Parts(page).tags if tag == "data"]
    assert len(numbers) > 30
    for one in numbers:
        rows = shown.tables[one["data-table"]].astype({"zone_id": str})
        for column, value in (pair.split("=", 1) for pair in one["data-row"].split(";")):
            rows = rows[rows[column].astype(str) == value]
        assert len(rows) == 1, one
        assert float(one["value"]) == pytest.approx(rows[one["data-column"]].iloc[0], abs=1e-4)


def test_the_same_run_is_the_same_bytes(page: str, shown: Shown) -> None:
    (path,) = write_map(shown, "en")
    assert path.read_text("utf-8") == page


def test_no_path_of_this_machine_is_in_it(page: str, finished: Any) -> None:
    assert str(Path(finished.out).parent) not in page


def test_other_languages_are_linked(page: str, shown: Shown) -> None:
    assert '<html lang="en">' in page
    assert 'href="map.fr.html"' in page
    (path,) = write_map(shown, "fr")
    french = path.read_text("utf-8")
    assert '<html lang="fr">' in french
    assert "Cartographié, non estimé\u00a0:" in french


def test_the_report_is_linked_where_there_is_one(finished: Any, tmp_path: Path) -> None:
    other = finished.shown(finished.copy(tmp_path / "out"))
    assert "report.en.html" not in write_map(other, "en")[0].read_text("utf-8")
    (other.out / "report.en.html").touch()
    assert 'href="report.en.html"' in write_map(other, "en")[0].read_text("utf-8")


def test_secret_sites_are_not_in_it(finished: Any, tmp_path: Path) -> None:
    from landcover.outputs.sharing import for_readers

    whole = finished.shown(finished.copy(tmp_path / "out"))
    secret = whole.zones[whole.zones["sensitive"].astype(bool)]
    assert len(secret)
    (path,) = write_map(for_readers(whole), "fr")
    text = path.read_text("utf-8")
    assert [
        one for one in (*secret["zone_id"], *secret["name"]) if as_script(one)[1:-1] in text
    ] == []


def bare(shown: Shown, **parts: Any) -> Shown:
    """Return a run that lacks what others have."""
    made = replace(shown, styles=(), tables={}, **parts)
    made.__dict__.update(patches=None, context={}, sites=shown.sites.head(0))
    return made


def test_a_run_with_hardly_anything_has_a_map(shown: Shown, tmp_path: Path) -> None:
    made = bare(shown, out=tmp_path)
    made.__dict__["zones"] = shown.zones.head(1).drop(columns=["from_m", "to_m"])
    made.__dict__["zones"] = made.zones.assign(from_m=float("nan"), to_m=float("nan"))
    (path,) = write_map(made, "en")
    text = path.read_text("utf-8")
    assert "Map of the zones. Zones outlined: 1; sites: 0" in text
    assert '"overlays":[]' in text


def test_overlays_are_drawn_coarser_until_they_fit(shown: Shown) -> None:
    fine = draw(offered(shown))
    size = sum(len(one.data) for overlay in fine for one in overlay.pictures)
    assert {"disturbance-date", "ndvi-median", "clear-count", "rgb-picture"} <= {
        one.key for one in fine
    }
    assert size < 3_000_000
    steps = {one.key: [p.step for p in one.pictures] for one in fine}
    assert steps["ndvi-median"] == ["2020", "2021", "2022", "2023"]


def test_what_was_not_judged_is_told_apart_from_no_break(shown: Shown) -> None:
    told = {one["id"]: one["unjudged"] for one in content(shown, "en")["overlays"]}
    keys = {"disturbance-date", "disturbance-confidence", "disturbance-magnitude"}
    assert {one for one in told if told[one]} == keys
    assert "Not judged, or outside all zones" in write_map(shown, "en")[0].read_text("utf-8")


@pytest.mark.parametrize("key", ["date", "magnitude"])
def test_as_much_is_hatched_as_nobody_could_judge(shown: Shown, key: str) -> None:
    """A magnitude has no value of its own for "no break": the dates tell."""
    overlay = next(one for one in offered(shown) if one.key == f"disturbance-{key}")
    picture = at_most(overlay.styles[0], overlay.band, 2048)
    seen = np.array(Image.open(BytesIO(picture.data)).convert("RGBA"))
    with rasterio.open(overlay.styles[0].facts.path) as file:
        dates = file.read(1)
    clear, hatched = seen[..., 3] == 0, (seen[..., :3] == rgb_of(UNJUDGED)).all(axis=2)
    drawn = ~clear & ~hatched
    assert clear.mean() == pytest.approx((dates == 0).mean(), abs=0.02)
    assert (hatched & ~clear).mean() == pytest.approx(np.isnan(dates).mean(), abs=0.02)
    assert drawn.mean() == pytest.approx((dates > 0).mean(), rel=0.1)


def test_every_index_is_offered_the_most_asked_for_first(shown: Shown) -> None:
    def of_index(style: Any, name: str) -> Any:
        return replace(style, series=style.series.replace("ndvi", name))

    kept = ("ndvi", "ndvi_trend", "ndvi_anomaly")
    some = [one for one in shown.styles if one.series in kept]
    more = tuple(of_index(one, "nbr") for one in some)
    made = offered(replace(shown, styles=(*more, *shown.styles)))
    named = [one.key for one in made if one.named]
    others = [one.key for one in made if not one.named]
    assert named[:2] == ["disturbance-date", "disturbance_kind-kind"]
    assert {"ndvi-median", "clear-count", "rgb-picture", "ndvi_trend-slope"} <= set(named)
    assert {"nbr-median", "nbr_trend-slope"} <= set(others)
    assert len({*named, *others}) == len(made)


def test_what_has_no_room_is_left_out_and_said(shown: Shown) -> None:
    made = offered(shown)
    named = tuple(replace(one, named=one.key != "clear-count") for one in made)
    size = {one.key: sum(len(p.data) for p in one.pictures) for one in draw(named)}
    least = sum(size.values()) - size["clear-count"]
    drawn = {one.key: one for one in that_fit(draw(named), least)}
    assert drawn["clear-count"].pictures == ()
    assert drawn["clear-count"].left_out == 4
    assert all(one.left_out == 0 for key, one in drawn.items() if key != "clear-count")
    some = {one.key: one for one in that_fit(draw(named), least + size["clear-count"] // 2)}
    steps = [one.step for one in some["clear-count"].pictures]
    assert 0 < len(steps) < 4
    assert steps[-1] == "2023"


def test_the_page_says_what_it_left_out(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landcover.outputs.web.budget.ALL_BYTES", 60_000)
    monkeypatch.setattr("landcover.outputs.web.figures.MOST_VALUES", 100)
    told = content(replace(shown), "en")
    steps = [step for one in told["overlays"] for step in one["steps"]]
    assert sum(len(step["src"]) for step in steps) < 60_000 * 4 / 3 + 50 * len(steps)
    assert len(told["overlaysLeftOut"]) >= 2
    assert all("left out" in one or "periods" in one for one in told["overlaysLeftOut"])
    series = shown.tables["zone_series"]
    assert told["series"]["leftOut"] == series["zone_id"].nunique() - told["series"]["told"]


def test_the_picture_says_that_ground_is_left_out(shown: Shown) -> None:
    cut = replace(shown, run={**shown.run, KEPT_BACK: True})
    text = write_map(cut, "en")[0].read_text("utf-8")
    caption = text[text.index("<figcaption>") : text.index("</figcaption>")]
    assert "left out of this copy" in caption


def test_days_are_told_of_what_was_watched(shown: Shown, tmp_path: Path) -> None:
    kinds = shown.tables["disturbance_kinds"].copy()
    days = ["monitored_first_date", "monitored_last_date"]
    whole = monitored(shown)
    assert whole is not None
    kinds.loc[kinds.index[0], days] = None
    assert monitored(replace(shown, tables={"disturbance_kinds": kinds})) == whole
    kinds[days] = pd.NaT
    assert monitored(replace(shown, tables={"disturbance_kinds": kinds})) is None


def test_phrases_of_the_script_exist() -> None:
    from landcover.outputs.wording import phrases

    room = files("landcover.outputs").joinpath("web")
    code = "".join(one.read_text("utf-8") for one in room.iterdir() if one.name.endswith(".js"))
    code += files("landcover.outputs").joinpath("templates", "map.html").read_text("utf-8")
    asked = set(re.findall(r"(?:say|\bt)\(\s*'(\w+)'", code))
    assert len(asked) > 40
    assert asked - set(phrases("map")) == set()


def test_our_scripts_are_short_and_read_no_markup() -> None:
    room = files("landcover.outputs").joinpath("web")
    scripts = [one for one in room.iterdir() if one.name.endswith((".js", ".css"))]
    assert len(scripts) == 11
    for one in scripts:
        text = one.read_text("utf-8")
        assert text.count("\n") <= 400, one.name
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\b", text)
