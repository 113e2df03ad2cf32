"""How files are blocked is seen once: a finished run stays so when its files cannot be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from landcover.engine import blocks
from landcover.engine.blocks import are_remembered, keep_layouts, layouts_of
from landcover.engine.workspace import Workspace
from landcover.errors import SceneError
from landcover.raster.source import Layout

SEEN = Layout((256, 128), 2, 1234.5)
SOURCE = "sentinel-2-l2a"
DAY, LATER = date(2020, 1, 1), date(2020, 1, 6)


def _unreachable(asset: object) -> Layout:
    raise SceneError("file", "does not answer")


def _moved(scene: Any, folder: str) -> Any:
    """Let a scene's files lie in a folder of its own."""
    assets = {k: replace(a, href=folder + a.href) for k, a in scene.assets.items()}
    return replace(scene, assets=assets)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    Workspace(tmp_path).prepare()
    return tmp_path


def test_what_was_seen_is_taken_without_a_look(
    out: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, scenes = build.order(), [build.scene(DAY), build.scene(LATER)]
    monkeypatch.setattr(blocks, "layout_of", lambda asset: SEEN)
    assert not are_remembered(order, scenes, out)
    keep_layouts(layouts_of(order, scenes, out), order, scenes, out)
    monkeypatch.setattr(blocks, "layout_of", _unreachable)
    assert are_remembered(order, scenes, out)
    assert layouts_of(order, scenes, out) == {SOURCE: SEEN}


def test_an_assumption_is_not_remembered(
    out: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, scenes = build.order(), [build.scene(DAY)]
    monkeypatch.setattr(blocks, "layout_of", _unreachable)
    assumed = layouts_of(order, scenes, out)
    assert assumed[SOURCE].block == (1024, 1024)  # the profile's block_px
    keep_layouts(assumed, order, scenes, out)
    assert not are_remembered(order, scenes, out)
    monkeypatch.setattr(blocks, "layout_of", lambda asset: SEEN)
    assert layouts_of(order, scenes, out) == {SOURCE: SEEN}


def test_other_files_and_broken_memories_are_looked_at(
    out: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, scene = build.order(), build.scene(DAY)
    monkeypatch.setattr(blocks, "layout_of", lambda asset: SEEN)
    keep_layouts(layouts_of(order, [scene], out), order, [scene], out)
    other = {k: replace(a, href=a.href + ".other") for k, a in scene.assets.items()}
    monkeypatch.setattr(blocks, "layout_of", lambda asset: Layout((64, 64), 2, 1.0))
    assert layouts_of(order, [replace(scene, assets=other)], out)[SOURCE].block == (64, 64)
    memory = Workspace(out).work / blocks.MEMORY
    memory.write_text(memory.read_text("utf-8").replace("256,", '"x",'), "utf-8")
    assert layouts_of(order, [scene], out)[SOURCE].block == (64, 64)


def test_stored_bytes_are_those_of_scenes_spread_over_time(
    out: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first scene may be the cloudiest: of 100, twelve are weighed, one in each twelfth."""
    order = build.order()
    days = [date(2020, 1, 1) + timedelta(5 * n) for n in range(100)]
    scenes = [_moved(build.scene(day), f"/{n}") for n, day in enumerate(days)]
    sizes = {scene.assets["nir"].href: 100.0 * n for n, scene in enumerate(scenes)}
    looked: list[str] = []

    def look(asset: Any) -> Layout:
        looked.append(asset.href)
        return replace(SEEN, stored_block_bytes=sizes[asset.href])

    monkeypatch.setattr(blocks, "layout_of", look)
    seen = layouts_of(order, scenes, out)
    assert len(set(looked)) == 13  # the first one tells the blocks
    expected = [(2 * n + 1) * 100 // 24 for n in range(12)]
    assert seen[SOURCE].stored_block_bytes == pytest.approx(100.0 * sum(expected) / 12)
    keep_layouts(seen, order, scenes, out)
    assert are_remembered(order, scenes, out)
    assert not are_remembered(order, scenes[:50], out)
    monkeypatch.setattr(blocks, "layout_of", lambda asset: replace(SEEN, block=(8, 8)))
    later = layouts_of(order, scenes[:50], out)[SOURCE]
    assert later.block == SEEN.block  # tiles follow blocks: they stay
    assert later.stored_block_bytes == SEEN.stored_block_bytes
    monkeypatch.setattr(blocks, "layout_of", _unreachable)
    assert layouts_of(order, scenes[:50], out) == seen
