"""A real STAC server on loopback: rustac, serving items of Earth Search's shape."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

Make = Callable[..., Any]
C1 = "sentinel-2-c1-l2a"

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("rustac serve did not start")


@pytest.fixture
def server(tmp_path: Path, item: Make) -> Iterator[str]:
    program = shutil.which("rustac") or shutil.which(
        "rustac", path=str(Path(sys.executable).parent)
    )
    if program is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("rustac is not installed; it serves STAC on loopback")
    items = [
        item(
            name=f"S{n:03d}",
            when=f"202{n % 3 + 2}-0{n % 9 + 1}-10T08:20:00Z",
            **{"grid:code": f"{n}"},
        )
        for n in range(150)
    ]
    items += [item(name=f"far{n}", bounds=(10, 0, 11, 1)) for n in range(20)]
    collection = {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": C1,
        "description": "made for a test",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[None, None]]},
        },
        "links": [],
    }
    (tmp_path / "collection.json").write_text(json.dumps(collection))
    (tmp_path / "items.json").write_text(
        json.dumps({"type": "FeatureCollection", "features": items})
    )
    address = f"127.0.0.1:{free_port()}"
    command = [program, "serve", "collection.json", "items.json", "--addr", address]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(f"http://{address}")
            yield f"http://{address}"
        finally:
            process.terminate()


def test_a_real_server_gives_all_pages_of_all_windows(server: str, seek: Make) -> None:
    found = seek(server, collection=C1, period=("2022-01-01", "2025-01-01"))
    assert [s.id for s in sorted(found.scenes, key=lambda s: s.id)] == [
        f"S{n:03d}" for n in range(150)
    ]
    one_year = seek(server, collection=C1, period=("2023-01-01", "2024-01-01"))
    assert len(one_year.scenes) == 50
    assert {s.time.year for s in one_year.scenes} == {2023}
