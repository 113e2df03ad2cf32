"""The browser of the tests itself: it shows pages, and sees what a page should not do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Été</title>
<body><p id="said">nothing</p>{more}</body></html>"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a page into a folder whose name has a space and an accent."""
    folder = tmp_path / "a folder, été"
    folder.mkdir()

    def write_page(more: str) -> Path:
        path = folder / "page.html"
        path.write_text(PAGE.format(more=more), "utf-8")
        return path

    return write_page


def test_a_page_runs_its_script(page_of: Callable[..., Any], write: Callable[[str], Path]) -> None:
    path = write("<script>document.getElementById('said').textContent = 'été'</script>")
    page = page_of(path)
    assert page.title() == "Été"
    assert page.text_content("#said") == "été"


def test_a_page_without_script(page_of: Callable[..., Any], write: Callable[[str], Path]) -> None:
    path = write("<script>document.getElementById('said').textContent = 'script'</script>")
    assert page_of(path, script=False).text_content("#said") == "nothing"


def test_data_and_neighbours_may_be_asked_for(
    page_of: Callable[..., Any], write: Callable[[str], Path]
) -> None:
    path = write(
        '<img id="dot" alt="" src="dot.svg"><img alt="" src="data:image/gif;base64,R0lG'
        'ODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==">'
    )
    dot = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"></svg>'
    path.with_name("dot.svg").write_text(dot, "utf-8")
    assert page_of(path).evaluate("document.getElementById('dot').naturalWidth") == 7


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ("<script>console.error('ouch')</script>", "console error: ouch"),
        ("<script>console.warn('hm')</script>", "console warning: hm"),
        ("<script>missing()</script>", "exception: missing is not defined"),
        ('<img alt="" src="https://tiles.example/1.png">', "request: https://tiles.example/1.png"),
    ],
)
def test_what_a_page_should_not_do_is_seen(
    page_of: Callable[..., Any], watch: Any, write: Callable[[str], Path], more: str, seen: str
) -> None:
    page_of(write(more)).wait_for_timeout(100)
    said, watch.wrong = watch.wrong, []
    assert any(seen in one for one in said)


def test_a_page_is_as_wide_as_asked(
    page_of: Callable[..., Any], write: Callable[[str], Path]
) -> None:
    page = page_of(
        write('<meta name="viewport" content="width=device-width">'), (390, 844), phone=True
    )
    assert page.evaluate("innerWidth") == 390
    assert page.evaluate("navigator.maxTouchPoints") > 0
