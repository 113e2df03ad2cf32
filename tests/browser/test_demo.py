"""The demonstration's pages, as its reader opens them: from a disk, at a desk or on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline, showing
from landcover.synthetic import write_demo

pytestmark = pytest.mark.slow  # a whole run

LARGEST = {"report": 3_000_000, "map": 5_000_000}
"""Bytes that a page may have."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the demonstration left, with all that people open."""
    path = write_demo(tmp_path_factory.mktemp("demo"))
    job, out = jobs.load(path), path.parent / "out"
    assert pipeline.run(job, out, report=False).exit_code == 0
    showing.show(job, out)
    return out


@pytest.mark.parametrize("page", sorted(LARGEST))
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_pages_of_the_demonstration(
    out: Path, page: str, language: str, size: tuple[int, int], page_of: Any
) -> None:
    path = out / f"{page}.{language}.html"
    assert path.stat().st_size <= LARGEST[page]
    opened = page_of(path, size=size, phone=size[0] < 500)
    assert opened.evaluate("document.documentElement.lang") == language
    wide = opened.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "nothing hangs over the edge"
    assert opened.evaluate("[...document.images].every(one => one.complete && one.naturalWidth)")
