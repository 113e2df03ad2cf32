"""``README.html`` in a browser: at a desk and on a telephone, without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from landcover.outputs.readme_page import write_readme


def test_the_page_opens_and_fits(
    finished: Any, page_of: Callable[..., Any], tmp_path: Path
) -> None:
    shown = finished.shown(finished.copy(tmp_path / "un dossier, été"))
    (path,) = write_readme(shown)
    page = page_of(path)
    assert "made-up" in page.title()
    assert page.locator("main article h1").count() == 2
    assert page.locator("article#fr h1").inner_text().endswith("ce que contient ce dossier")
    page.locator("article#en summary").first.click()
    assert page.get_by_role("link", name="disturbance_kind.tif").first.is_visible()
    phone = page_of(path, size=(390, 844), phone=True)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
