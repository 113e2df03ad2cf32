"""The same job gives the same bytes, however it is cut, shared out and listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.synthetic import Weather, country, dates

Same = Callable[..., None]


@pytest.mark.parametrize("tile_px", [64, 100, 256, 512])
def test_tile_sizes(study: Any, calm: Path, same: Same, tile_px: int) -> None:
    ended = study.run(grid={"tile_px": tile_px})
    assert ended.code == 0
    assert len(ended.heard.made) >= (1 if tile_px == 512 else 4)
    same(ended.out, calm)


def test_chosen_by_the_plan(study: Any, calm: Path, same: Same) -> None:
    same(study.run(grid={"tile_px": None}, run={"memory": "2GB", "threads": 3}).out, calm)


@pytest.mark.slow
def test_two_workers(study: Any, calm: Path, same: Same) -> None:
    ended = study.call(run={"workers": 2})
    assert ended.code == 0, ended.err
    same(ended.out, calm)


@pytest.mark.slow
def test_one_worker(study: Any, calm: Path, same: Same) -> None:
    ended = study.call(run={"workers": 1})
    assert ended.code == 0, ended.err
    same(ended.out, calm)


def shuffle(catalog: Path, name: str) -> None:
    """Write the catalog's items into one file in an odd order."""
    paths = sorted(catalog.glob("*/*.json"), key=lambda path: path.name[::-1])
    items = []
    for path in reversed(paths[1:] + paths[:1]):
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            asset["href"] = f"./{path.parent.name}/{asset['href'].removeprefix('./')}"
        items.append(item)
    assert [one["id"] for one in items] != sorted(one["id"] for one in items)
    content = {"type": "FeatureCollection", "features": items}
    (catalog / name).write_text(json.dumps(content), "utf-8")


def test_shuffled_items(own_study: Any, calm: Path, same: Same) -> None:
    shuffle(own_study.world.folder / "scenes", "shuffled.json")
    source = {"sensor": "sentinel-2-l2a", "catalog": "scenes/shuffled.json"}
    ended = own_study.run(sources=[source])
    assert ended.code == 0
    same(ended.out, calm)


@pytest.mark.parametrize("layout", ["two_squares", "two_zones"])
def test_two_squares(layout: str, study_of: Any, same: Same) -> None:
    land = country(
        (280, 300), lon=29.98 if layout == "two_zones" else 28.5, layout=layout,
        weather=Weather(swath_edge=0.3),
    )  # fmt: skip
    study = study_of(land, dates(date(2021, 10, 1), date(2022, 5, 1), 30))
    grids = [{"tile_px": 256}, {"tile_px": 512}, {"tile_px": 100}]
    first, *others = (
        study.run(f"out{number}", grid=grid, run={"threads": number + 1})
        for number, grid in enumerate(grids)
    )
    assert {first.code, *(one.code for one in others)} == {0}
    for other in others:
        same(first.out, other.out)


def test_bilinear_warps(study_of: Any, same: Same) -> None:
    land = country((160, 200), lon=29.98, layout="two_zones", weather=Weather(clouds=0.2))
    study = study_of(land, dates(date(2021, 10, 1), date(2022, 2, 1), 30))
    outs = [
        study.run(f"out{tile_px}", grid={"tile_px": tile_px, "resampling": "bilinear"}).out
        for tile_px in (64, 256)
    ]
    same(*outs)
