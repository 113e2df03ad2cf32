"""What is drawn when what a run left is opened."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest


def shown_first(shown: Any) -> list[tuple[str, str]]:
    """Return the raster and the key of each band that is drawn at first."""
    return [(one.facts.name, band.key) for one in shown.styles for band in one.bands if band.shown]


def without(finished: Any, folder: Path, *patterns: str) -> Any:
    """Open a copy of the run that lacks some rasters."""
    out = folder / "out"
    shutil.copytree(finished.out, out, ignore=shutil.ignore_patterns(".work", *patterns))
    return finished.shown(out)


def test_disturbances_lie_over_the_last_picture(finished: Any) -> None:
    assert shown_first(finished.shown()) == [("disturbance", "date"), ("rgb_2023", "picture")]


@pytest.mark.parametrize(
    ("lacking", "first"),
    [
        (("disturbance*", "rgb*"), [("ndvi_trend", "slope")]),
        (("disturbance*", "rgb*", "*_trend*"), [("ndvi_anomaly_2023", "anomaly")]),
        (("rgb*",), [("disturbance", "date"), ("ndvi_2023", "median")]),
        (("rgb*", "ndvi_20*"), [("disturbance", "date")]),
        (("disturbance*", "*_trend*", "*_anomaly*"), [("ndvi_2023", "median")]),
        (("disturbance*", "ndvi*"), [("rgb_2023", "picture")]),
        (("disturbance*", "ndvi*", "rgb*"), [("clear_2023", "count")]),
        (("*.tif",), []),
    ],
)  # fmt: skip
def test_something_is_drawn_at_first_whatever_was_asked(
    finished: Any, tmp_path: Path, lacking: tuple[str, ...], first: list[tuple[str, str]]
) -> None:
    assert shown_first(without(finished, tmp_path, *lacking)) == first
