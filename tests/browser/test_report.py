"""The report in a real browser: on a desk, on a telephone, and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from landcover.outputs.report.page import write_report

if TYPE_CHECKING:
    from tests.conftest import Finished

pytestmark = pytest.mark.browser

OPENS_S = 2.0
"""Seconds of work within which a report opens: on a clock as well, where nothing else works."""

A4_PT = (595, 842)
"""Width and height of a page of A4 (points), rounded."""


@pytest.fixture(scope="module")
def reports(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the report in two languages, in a folder with a hard name."""
    out = finished.copy(tmp_path_factory.mktemp("opened") / "résultats d’un calcul")
    shown = finished.shown(out)
    return {language: write_report(shown, language)[0] for language in ("en", "fr")}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_opens_and_its_links_lead_somewhere(
    language: str,
    reports: dict[str, Path],
    page_of: Callable[..., Any],
    worked: Callable[[Any], float],
) -> None:
    page = page_of(reports[language])
    assert worked(page) < OPENS_S
    assert page.title()
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 100)")
    page.locator("nav a[href='#boundaries']").click()
    assert page.locator("#boundaries").bounding_box()["y"] < 800
    page.locator("a.note").first.click()
    assert page.locator("#n1").is_visible()


def test_it_reads_on_a_telephone(reports: dict[str, Path], page_of: Callable[..., Any]) -> None:
    from tests.browser.conftest import PHONE

    page = page_of(reports["fr"], size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_it_prints_whole(
    reports: dict[str, Path], page_of: Callable[..., Any], tmp_path: Path
) -> None:
    page = page_of(reports["fr"])
    page.emulate_media(media="print")
    hidden = "[...document.querySelectorAll('details td')].filter(e => !e.checkVisibility()).length"
    assert page.evaluate(hidden) == 0  # folded tables are open on paper
    page.emulate_media(media="screen")
    data = page.pdf(prefer_css_page_size=True, print_background=True)
    assert data.startswith(b"%PDF")
    boxes = {tuple(round(float(n)) for n in box.split()[2:]) for box in
             re.findall(r"/MediaBox \[([\d. ]+)\]", data.decode("latin-1"))}  # fmt: skip
    assert len(boxes) == 1
    width, height = boxes.pop()
    assert (abs(width - A4_PT[0]), abs(height - A4_PT[1])) <= (1, 1)
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") > 8
    (tmp_path / "report.pdf").write_bytes(data)
