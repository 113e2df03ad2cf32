"""Scenes on a bad network: the same bytes as from this machine, and a dead file named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover.engine import scenes as engine_scenes

pytestmark = pytest.mark.slow

Same = Callable[..., None]


def send_away(scenes: Path, server: Any) -> None:
    """Let every item of a catalog on this machine name its files on a server."""
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{server.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")


@pytest.fixture
def server(own_study: Any, faulty: Any, at_once: None) -> Any:
    """Serve the scenes; the catalog stays on this machine."""
    scenes = own_study.world.folder / "scenes"
    made = faulty(scenes)
    send_away(scenes, made)
    return made


def asked(server: Any) -> Counter[tuple[str, str]]:
    """Count the requests by file and range."""
    return Counter(server.asked)


@pytest.mark.parametrize(
    ("rate", "latency_s", "threads"),
    [
        (0.3, 0.0, None),
        pytest.param(0.3, 0.1, None, marks=pytest.mark.slow),
        pytest.param(0.3, 0.02, 1, marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_over_a_faulty_network(
    own_study: Any, server: Any, calm: Path, same: Same, rate: float, latency_s: float,
    threads: int | None,
) -> None:  # fmt: skip
    server.faults.rate, server.faults.latency_s = rate, latency_s
    ended = own_study.run(run={"threads": threads})
    assert ended.code == 0
    same(ended.out, calm)
    assert min(server.failed[kind] for kind in server.faults.kinds) > 5
    assert len(server.failed) == len(server.faults.kinds)


def test_nothing_is_fetched_twice(own_study: Any, server: Any, calm: Path, same: Same) -> None:
    ended = own_study.run()
    assert ended.code == 0
    same(ended.out, calm)
    bands = Counter({key: times for key, times in asked(server).items() if "SCL" not in key[0]})
    # one look at a file tells the plan how files are blocked, one reads all of its tiles
    heads = {key: times for key, times in bands.items() if key[1].startswith("bytes=0-")}
    assert max(heads.values()) <= 2
    assert max((bands - Counter(heads)).values()) == 1


def test_a_dead_file_costs_its_scene_and_is_named(
    own_study: Any, server: Any, calm: Path, same: Same, read_table: Callable[..., Any]
) -> None:
    scene = sorted(path for path in server.folder.iterdir() if path.is_dir())[3]
    server.faults.rate, server.faults.dead = 0.3, f"{scene.name}/B08"
    ended = own_study.run()
    assert ended.code == 3
    failures = read_table(ended.out, "failures")
    assert set(failures["scene"]) == {scene.name}
    assert set(failures["band"]) == {"nir"}
    reason = failures["reason"].iloc[0]
    assert reason.startswith("nir (B08.tif): cannot be fetched: the server answered 503, ")
    assert server.address not in reason
    server.faults.dead = ""
    again = own_study.run()
    assert again.code == 0
    assert "a scene that had failed can be read now" in again.heard.text
    same(again.out, calm)


def test_a_file_replaced_in_the_midst_is_an_error_of_its_scene(
    own_study: Any, server: Any, calm: Path, same: Same, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its directory is known, then another file lies there: no pixel of both is mixed."""
    scene = sorted(path for path in server.folder.iterdir() if path.is_dir())[5]
    path, real, asked_before = f"/{scene.name}/B04.tif", server.fault, engine_scenes.ask_pixels
    begun: list[bool] = []

    def ask_pixels(*args: Any, **kwargs: Any) -> Any:
        """Ask the file as it was, before the run."""
        try:
            return asked_before(*args, **kwargs)
        finally:
            begun.append(True)

    def fault(asked: str, span: str) -> str:
        if begun and asked == path and span and not span.startswith("bytes=0-"):
            server.etags[path] = '"new"'
        return str(real(asked, span))

    monkeypatch.setattr(engine_scenes, "ask_pixels", ask_pixels)
    monkeypatch.setattr(server, "fault", fault)
    ended = own_study.run()
    # the tile in which it happened is made again at the end, from the new file alone
    assert ended.code == 0
    assert "a scene that had failed can be read now" in ended.heard.text
    same(ended.out, calm)
