"""A real STAC server on loopback: rustac, serving made-up and recorded items."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from shapely.geometry import box

from landcover.catalog.api import list_api, look_up
from landcover.catalog.choosing import Region
from landcover.catalog.scenes import Listed
from landcover.catalog.settings import Source
from landcover.model import Period
from landcover.net import get_json
from landcover.settings import read_period

Make = Callable[..., Any]
Json = dict[str, Any]
C1 = "sentinel-2-c1-l2a"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("rustac serve did not start")


def collection(name: str) -> Json:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": name,
        "description": "made for a test",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[None, None]]},
        },
        "links": [],
    }


@pytest.fixture
def serve(
    tmp_path: Path, service: Callable[[bool, str], None]
) -> Iterator[Callable[[list[Json]], str]]:
    """Return ``serve(items)``: the address of rustac over them and their collections."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("rustac", path=beside) or shutil.which("rustac")
    service(program is not None, "rustac is not installed; it serves STAC on loopback")
    running: list[subprocess.Popen[bytes]] = []

    def start(items: list[Json]) -> str:
        names = sorted({one["collection"] for one in items})
        for name in names:
            (tmp_path / f"{name}.json").write_text(json.dumps(collection(name)))
        everything = {"type": "FeatureCollection", "features": items}
        (tmp_path / "items.json").write_text(json.dumps(everything))
        address = f"127.0.0.1:{free_port()}"
        files = [*(f"{name}.json" for name in names), "items.json"]
        command = [str(program), "serve", *files, "--addr", address]
        running.append(
            subprocess.Popen(
                command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
        wait_for(f"http://{address}")
        return f"http://{address}"

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def test_a_real_server_gives_all_pages_of_all_windows(serve: Make, item: Make, seek: Make) -> None:
    items = [
        item(
            name=f"S{n:03d}",
            when=f"202{n % 3 + 2}-0{n % 9 + 1}-10T08:20:00Z",
            **{"grid:code": f"{n}"},
        )
        for n in range(150)
    ]
    items += [item(name=f"far{n}", bounds=(10, 0, 11, 1)) for n in range(20)]
    server = serve(items)
    found = seek(server, collection=C1, period=("2022-01-01", "2025-01-01"))
    assert [s.id for s in sorted(found.scenes, key=lambda s: s.id)] == [
        f"S{n:03d}" for n in range(150)
    ]
    one_year = seek(server, collection=C1, period=("2023-01-01", "2024-01-01"))
    assert len(one_year.scenes) == 50
    assert {s.time.year for s in one_year.scenes} == {2023}


def test_a_real_server_gives_items_by_their_ids(serve: Make, item: Make, seek: Make) -> None:
    """How a lock's item is looked up that its search did not give."""
    items = [item(f"S{n}", f"2023-0{n + 1}-10T08:20:00Z") for n in range(9)]
    server = serve(items)
    scenes = seek(server, collection=C1, period=("2023-01-01", "2024-01-01")).scenes
    source = Source(sensor="sentinel-2-l2a", catalog=server, collection=C1)
    gone = replace(scenes[0], id="GONE")
    listed = look_up(source, get_json(server), [*scenes[3:5], gone])
    got = {one.item["id"] for one in listed if isinstance(one, Listed)}
    assert got >= {scenes[3].id, scenes[4].id}
    assert "GONE" not in got


RECORDED = {
    "earth-search-v1/sentinel-2-c1-l2a": "sentinel-2-c1-l2a",
    "earth-search-v1/sentinel-2-l2a": "sentinel-2-l2a",
    "planetary-computer/sentinel-1-rtc": "sentinel-1-rtc",
    "planetary-computer/landsat-c2-l2": "landsat-c2-l2",
    "digital-earth-africa/s2_l2a_c1": "s2_l2a_c1",
}
"""Folders of recorded items with a time of their own, and their collections."""


def recorded(folder: Path, name: str) -> dict[str, Json]:
    """Read the items of a collection from a folder, by id."""
    found: dict[str, Json] = {}
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        features = document.get("features") if isinstance(document, dict) else None
        for one in features if features is not None else [document]:
            if isinstance(one, dict) and one.get("collection") == name and one.get("geometry"):
                found[one["id"]] = one
    return found


def test_recorded_items_come_back_from_a_real_server_as_they_were(
    shared: Path, serve: Make
) -> None:
    items = {
        name: recorded(shared / "stac" / "items" / folder, name)
        for folder, name in RECORDED.items()
    }
    server = serve([one for found in items.values() for one in found.values()])
    landing, world = get_json(server), Region(box(-180, -90, 180, 90))
    for name, known in items.items():
        assert known, name
        source = Source(sensor="sentinel-2-l2a", catalog=server, collection=name)
        listed = list(list_api(source, landing, ALL_YEARS, world))
        assert all(isinstance(one, Listed) for one in listed)
        got = {one.item["id"]: one.item for one in listed if isinstance(one, Listed)}
        assert set(got) == set(known)
        for key, one in got.items():
            assert set(one["assets"]) == set(known[key]["assets"])


ALL_YEARS: Period = read_period([1984, 2026])
