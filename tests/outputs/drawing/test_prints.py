"""Printed pages and the time-lapse: A4, named safely, in both languages, the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from landcover.outputs import prints
from landcover.outputs.drawing import pages
from landcover.outputs.drawing.plane import Plane
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words
from landcover.products.composite import CompositeSettings
from landcover.products.pictures import PictureSettings
from tests.outputs.drawing.conftest import FEW_DPI, HOSTILE, Maker, set_frames

pytestmark = pytest.mark.slow  # pages at 300 dots an inch


def asking(shown: Shown, title: str = "A run", all_of_it: bool = True) -> Shown:
    """Ask for the products whose rasters the run has."""
    every = {"composite": CompositeSettings(index=("ndvi",)), "pictures": PictureSettings()}
    wanted = every if all_of_it else {}
    about = replace(shown.about, products=wanted, titles={"fr": title})
    made = replace(shown, about=about)
    set_frames(made, zones=shown.zones, sites=shown.sites, patches=None, context={})
    return made


@pytest.fixture(scope="module")
def written(maker: Maker) -> tuple[Path, ...]:
    return prints.write_pictures(asking(maker(), HOSTILE[0]), "fr")


def test_pages_are_a4_at_300_dots(written: tuple[Path, ...]) -> None:
    assert pages.DPI == 300
    sides = {round(297 / 25.4 * FEW_DPI), round(210 / 25.4 * FEW_DPI)}
    for path in written:
        if path.suffix == ".png":
            with Image.open(path) as page:
                assert all(min(abs(side - one) for one in sides) <= 1 for side in page.size)
                assert page.info["dpi"][0] == pytest.approx(FEW_DPI, rel=0.01)
                assert len(page.convert("RGB").getcolors(2**20) or ()) > 20


def test_each_page_is_a_picture_and_a_pdf(written: tuple[Path, ...]) -> None:
    names = [path.name for path in written]
    themes = ("locator", "before_after", "ndvi_median", "clear_count", "rgb_picture")
    assert names == [
        *(f"{name}.fr.{ending}" for name in themes for ending in ("png", "pdf")),
        "time_lapse.fr.webp",
    ]
    assert all(re.fullmatch(r"[a-z0-9_]+\.fr\.[a-z]+", name) for name in names)


def test_pdfs_hold_letters_and_no_time(written: tuple[Path, ...]) -> None:
    for path in written:
        if path.suffix == ".pdf":
            data = path.read_bytes()
            assert data.startswith(b"%PDF-")
            assert b"/Font" in data
            assert b"CreationDate" not in data
            assert str(path.parent).encode() not in data


def test_the_time_lapse_moves(written: tuple[Path, ...]) -> None:
    with Image.open(written[-1]) as lapse:
        assert lapse.n_frames == 2
        first = lapse.convert("RGB").tobytes()
        lapse.seek(1)
        assert lapse.convert("RGB").tobytes() != first


def test_equal_runs_give_equal_files(maker: Maker, written: tuple[Path, ...]) -> None:
    again = prints.write_pictures(asking(maker(), HOSTILE[0], all_of_it=False), "fr")
    former = {one.name: one.read_bytes() for one in written}
    assert len(again) == 5
    for one in again:
        assert one.read_bytes() == former[one.name], one.name


def test_a_run_with_nothing_to_show_has_a_locator(maker: Maker) -> None:
    got = prints.write_pictures(asking(maker(empty=True)), "en")
    assert [path.name for path in got] == ["locator.en.png", "locator.en.pdf"]


@pytest.mark.parametrize(("bounds", "wide"), [((0, 0, 2e4, 1e4), True), ((0, 0, 1e4, 2e4), False)])
def test_a_page_is_turned_to_fit_its_map(
    bounds: tuple[float, float, float, float], wide: bool
) -> None:
    plane = Plane("EPSG:3857", bounds)
    text = pages.PageText("t", "s", ("a foot " * 60,))
    made = pages.a4(plane, 1, text, Words("drawing", "en"))
    width, height = made.sheet.get_size_inches()
    assert bool(width > height) is wide
    box = made.maps[0].get_position()
    assert box.x0 > 0
    assert box.x1 < 1
    assert box.y0 > 0
    assert box.y1 < 1
    assert box.height * height / (box.width * width) == pytest.approx(plane.aspect, rel=1e-6)


def test_pictures_that_were_not_drawn_again_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    assert not prints.were_drawn(tmp_path)
    folder.mkdir()
    for name in ("locator.en.png", "locator.fr.png", "time_lapse.fr.webp", "Mine.png", "notes.txt"):
        (folder / name).write_bytes(b"")
    assert prints.were_drawn(tmp_path)
    prints.forget_others(tmp_path, [folder / "locator.en.png"])
    assert {path.name for path in folder.iterdir()} == {"locator.en.png", "Mine.png", "notes.txt"}
