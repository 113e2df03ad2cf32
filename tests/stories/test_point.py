"""One place through time: the run's own numbers, and a page that says the same."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from landcover import fetching, pipeline, pointing
from landcover import job as jobs
from landcover.cli import main
from landcover.engine import point as engine
from landcover.errors import CatalogError, InputError
from landcover.kernels.breaks import SHORT, UNSEEN, UNSTABLE
from landcover.kernels.dates import decimal_year
from landcover.outputs.point import COLUMNS, Story, file_stem, point_text
from landcover.outputs.point_page import page
from landcover.outputs.wording import Words
from landcover.products.pictures import BANDS
from landcover.synthetic import Writing, country, dates, write

pytestmark = pytest.mark.slow  # a run of 74 dates, and detectors that may still compile

DAYS = dates(date(2018, 1, 3), date(2022, 1, 1), 20)
SINGLE = DAYS[::6]
"""Days of which the run leaves a raster each."""
PIXELS = [(0, 0), (63, 63), (64, 64), (127, 127), (128, 128), (76, 34), (100, 91), (20, 140)]
"""Row and column in the country, of blocks' and tiles' edges among others."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished run of a country."""

    study: Any
    job: Path
    out: Path

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Return longitude and latitude of a pixel's centre in the country."""
        grid = self.study.world.land.grid
        x, y = grid.transform @ (column + 0.5, row + 0.5)
        lon, lat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(x, y)
        return float(lon), float(lat)

    def raster(self, name: str, row: int, column: int) -> Any:
        """Return all bands of a raster at a pixel of the country."""
        grid = self.study.world.land.grid
        with rasterio.open(self.out / "rasters" / f"{name}.tif") as source:
            left, top = ~source.transform @ (grid.transform.c, grid.transform.f)
            return source.read()[:, round(top) + row, round(left) + column]

    def story(self, row: int, column: int, **more: Any) -> Story:
        """Follow a pixel."""
        return pointing.point(jobs.load(self.job), self.out, self.centre(row, column), **more)


@pytest.fixture(scope="module")
def made(study_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a run with disturbances, and rasters of single days, in tiles of 128 px."""
    study = study_in(tmp_path_factory.mktemp("point"), country((140, 160)), DAYS[:1])
    scenes = study.world.folder / "scenes"
    write(study.world.land, scenes, DAYS, writing=Writing(64, bands=(*BANDS, "nir")))
    every = [
        {"start": str(day), "end": str(day + timedelta(days=1)), "name": f"{day:%Y%m%d}"}
        for day in SINGLE
    ]
    products = {
        "composite": {"index": ["ndvi"], "every": every, "statistic": ["median"]},
        "disturbance": {"history": ["2018-01-01", "2020-01-01"], "min_ha": 0},
    }
    ended = study.run(
        period=["2018-01-01", "2022-01-01"], products=products, report={"languages": ["en", "fr"]}
    )
    assert ended.code == 0
    return Made(study, study.folder / "job.yaml", ended.out)


def mine_pixel(made: Made) -> tuple[int, int]:
    """Return the pixel of the country that lost most, by the run."""
    grid = made.study.world.land.grid
    with rasterio.open(made.out / "rasters" / "disturbance.tif") as source:
        drop, left_top = source.read(5), ~source.transform @ (grid.transform.c, grid.transform.f)
    row, column = np.unravel_index(np.nanargmin(drop), drop.shape)
    return int(row - round(left_top[1])), int(column - round(left_top[0]))


@pytest.mark.parametrize(("row", "column"), PIXELS)
def test_values_are_the_runs_own(made: Made, row: int, column: int) -> None:
    story = made.story(row, column, pictures=False)
    values = dict(zip(story.followed.dates, story.followed.values, strict=True))
    assert set(values) == set(DAYS)
    for day in SINGLE:
        (own,) = made.raster(f"ndvi_{day:%Y%m%d}", row, column)
        np.testing.assert_array_equal(values[day], own)
    assert sum(look.used for look in story.looks) == np.isfinite(story.followed.values).sum()
    assert {look.state for look in story.looks} <= {"clear", "class", "grown", "nodata", "outside"}


def test_breaks_are_the_runs_own(made: Made) -> None:
    for row, column in [*PIXELS, mine_pixel(made)]:
        told = made.story(row, column, pictures=False).followed
        first, magnitude, confidence, used, drop, before, count = made.raster(
            "disturbance", row, column
        )
        assert made.raster("disturbance_kind", row, column)[0] == told.kind
        if told.kind in (UNSEEN, SHORT, UNSTABLE):
            assert np.isnan([first, count]).all()
            continue
        assert (told.count, told.used_looks) == (count, used)
        if not told.breaks:
            assert first == 0
            continue
        one = told.breaks[0]
        assert np.float32(decimal_year(one.day)) == first
        assert one.before is not None
        assert np.float32(decimal_year(one.before)) == before
        assert one.confidence == confidence
        assert one.kind == told.kind
        assert (one.magnitude, one.drop) == pytest.approx((magnitude, drop), abs=1e-6)
    assert told.breaks  # the last was a mine


def test_a_run_of_low_looks_begins_at_the_break(made: Made) -> None:
    told = made.story(*mine_pixel(made), pictures=False).followed
    at = told.dates.index(told.breaks[0].day)
    seen = np.isfinite(told.values)
    later = np.flatnonzero(seen[at:])[:4] + at
    assert (told.values[later] < told.expected[later] - 0.1).all()
    assert (told.values[later] < told.boundary[later]).all()


def test_only_the_blocks_of_the_place_are_read(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies: list[Any] = []

    def counting() -> Any:
        tallies.append(engine_reads())
        return tallies[-1]

    engine_reads = engine.Reads
    monkeypatch.setattr(engine, "Reads", counting)
    story = made.story(32, 32, pictures=False)  # the middle of a block of values, and of a mask
    (tally,) = tallies
    clear = sum(look.state == "clear" for look in story.looks)
    assert tally.value_blocks == 2 * clear  # red and nir
    assert tally.mask_blocks == len(story.looks)


# --- what it writes ----------------------------------------------------------------------------


def call(capfd: Any, *arguments: object) -> tuple[int, str, str]:
    """Call the command line; return exit code, stdout and stderr."""
    capfd.readouterr()
    code = main(["point", *map(str, arguments)])
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def test_a_table_and_a_page_a_language(made: Made, capfd: Any) -> None:
    lon, lat = made.centre(*mine_pixel(made))
    code, out, err = call(capfd, made.job, lon, lat, "--out", made.out)
    assert (code, err) == (0, "")
    paths = [Path(line) for line in out.splitlines()]
    stem = file_stem(lon, lat)
    names = [f"{stem}.csv", f"{stem}.en.html", f"{stem}.fr.html"]
    assert [path.relative_to(made.out / "points").name for path in paths] == names
    rows = list(csv.DictReader(io.StringIO(paths[0].read_text("utf-8"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(DAYS)
    (first,) = (row["date"] for row in rows if row["break"] == "1")
    masked = [row for row in rows if row["state"] == "class"]
    assert all(row["mask_code"] and row["mask_name"] and not row["value"] for row in masked)
    english, french = (unescape(path.read_text("utf-8")) for path in paths[1:])
    for text in (english, french):
        assert first in text
        assert not re.search(r"(src|href)=\"(?!data:)", text)  # nothing is asked of a network
        assert "<script" not in text
        assert all(row["scene"] in text for row in rows)
    assert "A break of NDVI" in english
    assert "Une rupture de NDVI" in french
    assert "Cloud, high probability" in english
    assert "Nuage, probabilité forte" in french


def test_csv_to_stdout_is_the_file(made: Made, capfd: Any) -> None:
    lon, lat = made.centre(64, 64)
    assert call(capfd, made.job, lon, lat, "--out", made.out)[0] == 0
    file = made.out / "points" / f"{file_stem(lon, lat)}.csv"
    code, out, _ = call(capfd, made.job, lon, lat, "--out", made.out, "--csv", "--offline")
    assert code == 0
    assert out == file.read_text("utf-8")
    assert len(list(csv.reader(io.StringIO(out)))) == 1 + len(DAYS)


def test_a_patch_is_a_place(made: Made, capfd: Any) -> None:
    with (made.out / "tables" / "patches.csv").open(encoding="utf-8") as file:
        patch = next(csv.DictReader(file))
    code, out, _ = call(capfd, made.job, patch["patch_id"], "--out", made.out, "--csv")
    assert code == 0
    days = [row["date"] for row in csv.DictReader(io.StringIO(out)) if row["break"]]
    assert patch["first_date"] <= days[0] <= patch["last_date"]
    story = pointing.point(jobs.load(made.job), made.out, patch["patch_id"], pictures=False)
    assert story.patch == patch["patch_id"]
    assert patch["patch_id"] in page(story, "fr", "0", "x.csv")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("-28.5", "-1.5"), "lies in no zone of the job"),
        (("1.5", "28.5"), "longitude comes first"),
        (("200", "1"), "no place on Earth"),
        (("28.5",), "neither a longitude and a latitude nor the id of a patch"),
        (("28.5", "north"), "neither a longitude and a latitude nor the id of a patch"),
        (("mine",), "neither a place nor a patch"),
        (("20200101-aaaaaaaa",), "not this one"),
        (("28.5", "1.5", "--csb"), "there is no option --csb"),
        (("nan", "1.5"), "neither a longitude"),
    ],
)
def test_a_wrong_place_is_one_sentence(
    made: Made, capfd: Any, where: tuple[str, ...], said: str
) -> None:
    code, out, err = call(capfd, made.job, *where, "--out", made.out)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_place_that_no_scene_reaches_is_exit_1(made: Made, capfd: Any, tmp_path: Path) -> None:
    far = tmp_path / "far.yaml"
    text = made.job.read_text("utf-8")
    zones = "zones:\n  far: {at: [29.4, 1.6], rings_m: [500]}\n"
    start, end = text.index("zones:"), text.index("sources:")
    far.write_text(text[:start] + zones + text[end:], "utf-8")
    code, _, err = call(capfd, far, 29.4, 1.6)
    assert code == 1
    assert err.count("\n") == 1


def test_without_the_product_its_usual_settings_are_said(made: Made) -> None:
    job = jobs.load(made.job, ('products={"composite": {"index": ["ndvi"]}}',))
    story = pointing.point(job, made.out.parent / "other", made.centre(64, 64), pictures=False)
    assert not story.own
    assert str(story.followed.history.end) == "2020-01-01"  # half of the period
    assert "no product “disturbance”" in page(story, "en", "0", "x.csv")
    french = page(story, "fr", "0", "x.csv").replace("\u00a0", " ")
    assert "Le job n’a pas de produit « disturbance »" in french


def test_bfast_draws_its_sums(made: Made) -> None:
    keys = 'products.disturbance={"history": ["2018-01-01", "2020-01-01"], "method": "bfast"}'
    job = jobs.load(made.job, (keys,))
    story = pointing.point(job, made.out, made.centre(*mine_pixel(made)), pictures=False)
    told = story.followed
    assert np.isnan(told.boundary).all()
    assert np.isfinite(told.process).any()
    text = page(story, "fr", "0", "x.csv")
    assert Words("point", "fr")("key_process") in text
    (one,) = told.breaks
    assert told.alarm is not None
    assert one.day <= told.alarm
    at = told.dates.index(told.alarm)
    assert abs(told.process[at]) > told.limit[at]
    assert f"L’alerte est du {told.alarm}." in text
    assert f"la première observation basse est du {one.day}" in text


# --- pictures ----------------------------------------------------------------------------------


def test_pictures_are_two_before_the_break_and_four_from_it(made: Made) -> None:
    story = made.story(*mine_pixel(made))  # the run's lock lists red and nir alone: it searches
    first = story.followed.breaks[0].day
    used = [look.day for look in story.looks if look.used]
    at = used.index(first)
    assert [chip.day for chip in story.chips] == used[at - 2 : at + 4]
    assert [chip.after for chip in story.chips] == [chip.day >= first for chip in story.chips]
    chip = story.chips[0]
    assert chip.pixels.shape == (engine.CHIP_PX, engine.CHIP_PX, 3)
    green = chip.pixels[chip.row, chip.column]
    assert green[1] > green[0]
    assert green[1] > green[2]
    bare = story.chips[-1].pixels[chip.row, chip.column].astype(int)
    assert bare[0] > green[0] + 30  # soil is brighter than forest
    for language in ("en", "fr"):
        text = page(story, language, "0", "x.csv")
        assert text.count("data:image/png;base64,") == len(story.chips)
        assert all(chip.day.isoformat() in text for chip in story.chips)


def test_colours_are_looked_up_for_the_scenes_that_are_drawn_alone(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, given = [], []
    search, ask = pointing.Asked.search, pointing.ask_pixels

    def searching(one: Any) -> Any:
        asked.append(one)
        return search(one)

    def asking(found: Any, *more: Any) -> Any:
        given.append(found)
        return ask(found, *more)

    monkeypatch.setattr(pointing.Asked, "search", searching)
    monkeypatch.setattr(pointing, "ask_pixels", asking)
    story = made.story(*mine_pixel(made))
    (one,), (found,) = asked, given
    days = [chip.day for chip in story.chips]
    period = one.order.context.period
    assert (period.start, period.last) == (min(days), max(days))
    assert len(found.scenes) == len(days) == 6
    assert found.spare == ()


@pytest.mark.parametrize("error", [CatalogError, InputError])
def test_without_colours_the_page_says_why(
    made: Made, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def silent(*_: Any, **__: Any) -> None:
        raise error("source x", "does not answer")  # a folder that was moved is an InputError

    monkeypatch.setattr(pointing, "ask_pixels", silent)
    for offline in (False, True):
        story = made.story(64, 64, offline=offline)
        assert (story.chips, story.why) == ((), "why_search")
    monkeypatch.setattr(pointing, "refuse_search", silent)  # its catalog lies far away
    if error is InputError:
        assert made.story(64, 64, offline=True).why == "why_lock"
    for why in ("why_bands", "why_lock", "why_search", "why_unread", "why_nothing"):
        for language in ("en", "fr"):
            said = Words("point", language)(why, sensor=story.sensor)
            assert said in page(replace(story, why=why), language, "0", "x.csv")


def test_what_could_not_be_read_is_told(made: Made) -> None:
    story = made.story(64, 64, pictures=False)
    lost = replace(story.looks[0], state="unread", value=None, reason="no answer")
    text = page(replace(story, looks=(lost, *story.looks[1:])), "en", "0", "x.csv")
    assert "could not be read: no answer" in text
    assert "Scenes that could not be read: 1." in text


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (1, "incomplete: 1 scene could not be read and is missing from the series."),
        (7, "incomplete: 7 scenes could not be read and are missing from the series."),
    ],
)
def test_lost_scenes_are_named_on_the_terminal(
    made: Made, capfd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int, said: str
) -> None:
    story = made.story(64, 64, pictures=False)
    reason = "https://a.example/b.tif?sig=abc%3D does not answer"
    gone = [replace(one, state="unread", value=None, reason=reason) for one in story.looks[:lost]]
    made_up = replace(story, looks=(*gone, *story.looks[lost:]))
    monkeypatch.setattr(pointing, "point", lambda *_, **__: made_up)
    code, _, err = call(capfd, made.job, 28.5, 1.5, "--out", tmp_path)
    lines = err.splitlines()
    assert code == 3
    assert lines[-1] == said
    assert len(lines) == min(lost, 5) + (lost > 5) + 1
    assert ("and 2 more" in lines) == (lost > 5)
    assert "abc" not in err


# --- beside the run ----------------------------------------------------------------------------


def copied(made: Made, out: Path) -> Path:
    """Copy what a run left."""
    shutil.copytree(made.out, out)
    return out


def test_a_place_is_compared_with_the_runs_map(made: Made, tmp_path: Path) -> None:
    mine, job = mine_pixel(made), jobs.load(made.job)
    same = made.story(*mine, pictures=False)
    assert same.on_map is not None
    assert (same.on_map.state, same.on_map.kept) == ("same", (True,) * len(same.followed.breaks))
    assert "says the same" in page(same, "en", "0", "x.csv")
    large = jobs.load(made.job, ("products.disturbance.min_ha=100",))
    where = made.centre(*mine)
    unlike = pointing.point(large, made.out, where, pictures=False)  # no run has been made with it
    assert unlike.on_map is not None
    assert unlike.on_map.state == "other"
    out = copied(made, tmp_path / "out")
    pipeline.run(large, out)
    left = pointing.point(large, out, where, pictures=False)
    assert left.on_map is not None
    assert left.followed.breaks  # the detector finds it, and the map leaves it out
    assert (left.on_map.state, left.on_map.least_px) == ("left_out", 10_000)
    rows = list(csv.DictReader(io.StringIO(point_text(left))))
    assert {row["mapped"] for row in rows if row["break"]} == {"false"}
    said = "smaller than 100 ha (10,000 pixels), and was left out"
    assert said in page(left, "en", "0", "x.csv")
    shutil.rmtree(out / "rasters")
    none = pointing.point(large, out, where, pictures=False)
    assert none.on_map is not None
    assert none.on_map.state == "none"
    assert same.digest == pointing.point(job, out, where, pictures=False).digest
    assert same.digest != left.digest


def test_a_place_of_other_scenes_than_the_run_says_so(
    made: Made, capfd: Any, tmp_path: Path
) -> None:
    where, out = made.centre(*mine_pixel(made)), tmp_path / "out"
    out.mkdir()
    lock = json.loads((made.out / "scenes.json").read_text("utf-8"))
    lock["features"] = lock["features"][::2]
    (out / "scenes.json").write_text(json.dumps(lock), "utf-8")
    arguments = (made.job, *where, "--out", out, "--csv")
    code, text, err = call(capfd, *arguments)
    assert code == 0
    assert "scenes were searched anew" in err
    assert "give point --locked, too" in err
    assert len(text.splitlines()) == 1 + len(DAYS)
    code, locked, err = call(capfd, *arguments, "--locked")
    assert (code, err) == (0, "")
    assert len(locked.splitlines()) == 1 + len(DAYS[::2])
    job = jobs.load(made.job)
    handed_on = tmp_path / "handed on"  # without .work
    handed_on.mkdir()
    shutil.copy(made.out / "scenes.json", handed_on)
    origins = [
        pointing.point(job, folder, where, pictures=False, locked=asked).origin
        for folder, asked in (
            (out, False),
            (out, True),
            (made.out, False),
            (tmp_path, False),
            (handed_on, False),
        )
    ]
    assert origins == ["anew", "lock", "lock", "new", "lock"]
    red = jobs.load(made.job, ('products={"composite": {"index": ["red"]}}',))  # judged by NDVI
    assert len(pointing.point(red, out, where, pictures=False, locked=True).looks) == len(DAYS[::2])
    for item in lock["features"]:
        del item["assets"]["nir"]
    (out / "scenes.json").write_text(json.dumps(lock), "utf-8")
    with pytest.raises(InputError, match="lacks bands of ndvi"):
        pointing.point(red, out, where, locked=True)


def test_pages_of_former_languages_go(made: Made, tmp_path: Path) -> None:
    story = replace(made.story(64, 64, pictures=False), lon=28.5, lat=-1.0)
    near = replace(story, lat=-1.25)  # its name begins alike
    job = jobs.load(made.job)
    for one in (story, near):
        pointing.write(job, tmp_path, one)
    one_language = jobs.load(made.job, ('report.languages=["en"]',))
    pointing.write(one_language, tmp_path, story)
    names = sorted(path.name for path in (tmp_path / "points").iterdir())
    assert names == [
        "28.5_-1.25.csv", "28.5_-1.25.en.html", "28.5_-1.25.fr.html",
        "28.5_-1.csv", "28.5_-1.en.html",
    ]  # fmt: skip


def test_a_page_escapes_what_a_file_says(made: Made) -> None:
    story = made.story(64, 64, pictures=False)
    bad = replace(
        story, zones=(("<script>alert(1)</script>", "site"),), titles={"en": "<b>", "fr": "<b>"}
    )
    text = page(bad, "en", "0", "x.csv")
    assert "<script" not in text
    assert "<b>" not in text


def test_the_same_place_gives_the_same_bytes(made: Made) -> None:
    texts: list[Callable[[], str]] = [
        lambda: page(made.story(76, 34, pictures=False), "fr", "0", "x.csv"),
        lambda: point_text(made.story(76, 34, pictures=False)),
    ]
    for text in texts:
        assert text() == text()


def test_places_beyond_the_country_are_no_pixels(made: Made) -> None:
    with pytest.raises(InputError, match="lies in no zone"):
        made.story(-50, -50)


def test_what_was_fetched_serves_without_network(
    study_of: Any, faulty: Any, at_once: None, tmp_path: Path
) -> None:
    del at_once
    study = study_of(country(96), DAYS[:8])
    grid, scenes = study.world.land.grid, study.world.folder / "scenes"
    where = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(
        *(grid.transform @ (40.5, 50.5))
    )
    period = ["2018-01-01", "2019-01-01"]
    near = pointing.point(jobs.load(study.job(period=period)), tmp_path / "near", where)
    server = faulty(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{server.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    job, out, store = jobs.load(study.job(period=period)), tmp_path / "out", tmp_path / "store"
    far = pointing.point(job, tmp_path / "far", where, pictures=False)
    fetching.fetch(job, out, store)
    server.stop()
    kept = pointing.point(job, out, where, offline=True, store=store)
    for story in (far, kept):
        np.testing.assert_array_equal(story.followed.values, near.followed.values)
        assert [look.state for look in story.looks] == [look.state for look in near.looks]
    with pytest.raises(InputError, match="refuses the network"):
        pointing.point(job, tmp_path / "new", where, offline=True)
