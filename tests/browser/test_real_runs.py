"""What a run over real scenes left, opened in a browser: no error, no request, and it fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landcover import showing

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def out(real_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that people open."""
    folder: Path = real_run.copy(tmp_path_factory.mktemp("browser") / "out")
    showing.show(real_run.job, folder)
    return folder


@pytest.mark.parametrize("page", ["report", "map"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_open_from_the_disk(out: Path, page: str, language: str, page_of: Any) -> None:
    opened = page_of(out / f"{page}.{language}.html")
    assert opened.evaluate("document.documentElement.lang") == language
    assert "Champs de soja & maïs" in opened.content().replace("&amp;", "&")
    wide = opened.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "nothing hangs over the edge"
