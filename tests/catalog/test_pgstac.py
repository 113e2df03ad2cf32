"""The software that the Planetary Computer and the Copernicus Data Space run, on loopback.

stac-fastapi.pgstac over Debian's PostgreSQL with PostGIS. `.ci/pgstac` installs both and prints
the environment that LANDCOVER_PGSTAC names; without it these tests are skipped, and fail in CI.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from landcover import sensors
from landcover.catalog import find_drift
from landcover.catalog.settings import Source
from landcover.model import Period
from tests.catalog.conftest import BANDS, ZONE

Make = Callable[..., Any]
Json = dict[str, Any]
C1 = "sentinel-2-c1-l2a"
ITEMS = 240
"""One every third day of 2023 and 2024."""

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Stack:
    """A PostgreSQL cluster of the test's own, and the API over it; both on loopback alone."""

    folder: Path
    programs: Path
    python: Path
    environment: dict[str, str]

    def call(self, *command: object) -> None:
        """Run a program to its end; PostgreSQL refuses to run as root."""
        words = [str(word) for word in command]
        if os.geteuid() == 0 and Path(words[0]).parent == self.programs:
            words = ["runuser", "-u", "postgres", "--", *words]
        with (self.folder / "calls.log").open("ab") as log:
            ended = subprocess.run(
                words, env=self.environment, cwd=self.folder, timeout=120, stdout=log, stderr=log,
                check=False,
            )  # fmt: skip
        if ended.returncode:
            pytest.fail(f"{words[-1]}: {(self.folder / 'calls.log').read_text()[-2000:]}")

    def start(self) -> None:
        data = self.folder / "data"
        self.call(self.programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
        options = f"-p {self.environment['PGPORT']} -h 127.0.0.1 -k {self.folder} -c fsync=off"
        self.call(
            self.programs / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start"
        )
        self.call(self.python / "pypgstac", "migrate")

    def stop(self) -> None:
        self.call(self.programs / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def load(self, kind: str, documents: list[Json]) -> None:
        """Load collections or items."""
        path = self.folder / f"{kind}.ndjson"
        path.write_text("\n".join(map(json.dumps, documents)))
        self.call(self.python / "pypgstac", "load", kind, path, "--method", "upsert")

    def set(self, name: str, value: str) -> None:
        """Change one of pgstac's settings."""
        text = (
            f"INSERT INTO pgstac.pgstac_settings (name, value) VALUES ('{name}', '{value}') "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
        self.call(self.programs / "psql", "-d", "postgres", "-c", text)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Start PostgreSQL in a folder that its own user may read."""
    python = Path(os.environ.get("LANDCOVER_PGSTAC", "no-such-folder")) / "bin"
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs or not (python / "pypgstac").exists():
        reason = "PostgreSQL with stac-fastapi.pgstac is not installed (.ci/pgstac installs it)"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"missing in CI: {reason}")
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="landcover-pgstac-"))
    folder.chmod(0o777)  # PostgreSQL runs as another user
    environment = {
        **os.environ,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(free_port()),
        "PGUSER": "postgres",
        "PGPASSWORD": "none",
        "PGDATABASE": "postgres",
    }
    made = Stack(folder, programs[-1].parent, python, environment)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[str]:
    """Serve the API over a collection of made-up items."""
    stack.load("collections", [collection(C1), collection("other")])
    mine = [made(n) for n in range(ITEMS)]
    strangers = [{**made(n), "id": f"X{n}", "collection": "other"} for n in range(20)]
    stack.load("items", mine + strangers)
    port = free_port()
    command = [
        str(stack.python / "uvicorn"), "stac_fastapi.pgstac.app:create_app", "--factory",
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env=stack.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    pytest.fail("stac-fastapi.pgstac did not start")


def collection(name: str) -> Json:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": name,
        "description": "made for a test",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }


def made(number: int) -> Json:
    from tests.catalog.conftest import make_item

    when = date(2023, 1, 2) + timedelta(days=3 * number)
    one = make_item(
        name=f"S{number:03d}", when=f"{when}T08:20:00Z", **{"grid:code": f"MGRS-{number}"}
    )
    if number % 10 == 0:
        del one["properties"]["eo:cloud_cover"]
    return one


@pytest.mark.parametrize("context", ["on", "off"])
def test_all_pages_are_read_whatever_the_counts_say(
    context: str, stack: Stack, api: str, seek: Make
) -> None:
    """The Data Space tells counts of other kinds than the Planetary Computer, which tells none."""
    stack.set("context", context)
    found = seek(api, collection=C1, period=("2023-01-01", "2025-01-01"), max_cloud_percent=80)
    assert sorted(scene.id for scene in found.scenes) == [f"S{n:03d}" for n in range(ITEMS)]
    assert {one.fate for one in found.counts} == {"used"}
    assert sum(scene.cloud_percent is None for scene in found.scenes) == ITEMS / 10


def test_an_item_comes_back_with_its_numbers(stack: Stack, api: str, seek: Make) -> None:
    """Items are stored in pieces by pgstac; what the rules read is whole again."""
    found = seek(api, collection=C1, period=("2023-01-01", "2023-01-04"))
    (scene,) = found.scenes
    assert scene.crs == "EPSG:32635"
    assert {band: asset.offset for band, asset in scene.assets.items()} == {
        "red": -0.1, "nir": -0.1, "scl": 0.0,
    }  # fmt: skip
    assert (scene.baseline, scene.assets["red"].shape) == ("05.10", (10980, 10980))


def test_drift_is_told_of_a_real_catalog(stack: Stack, api: str, seek: Make) -> None:
    """An item is replaced, one comes, one lies in another year now, and is found by its id."""
    year = Period(date(2023, 1, 1), date(2024, 1, 1))
    source = Source(name="s0", sensor="sentinel-2-l2a", catalog=api, collection=C1)
    locked = seek(api, collection=C1, period=("2023-01-01", "2024-01-01")).scenes
    profile = {"s0": sensors.load("sentinel-2-l2a")}

    def drift() -> list[tuple[str, str]]:
        found = find_drift(locked, [source], profile, {"s0": BANDS}, year, ZONE)
        return [(one.kind, one.scene) for one in found.found]

    assert drift() == []
    moved, changed, fresh = made(1), made(2), made(3)
    moved["properties"]["datetime"] = "2022-06-05T08:20:00Z"
    changed["properties"]["s2:processing_baseline"] = "05.11"
    fresh.update(id="NEW")
    fresh["properties"]["grid:code"] = "MGRS-35NNB"
    stack.load("items", [moved, changed, fresh])
    assert drift() == [("changed", "S001"), ("reprocessed", "S002"), ("new", "NEW")]
