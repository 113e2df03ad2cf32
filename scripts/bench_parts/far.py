"""Reading over HTTP with a delay: the run's own reading beside plain reads of the same ranges."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from engine import run_job
from jobs import write_job
from measure import HERE, child, run
from scenes import Listing

LATENCY_MS = 100
"""Delay of each answer (ms): a server on another continent."""
PLAIN_CONNECTIONS = 32
TILE_M = 5_120
"""Side of the one tile (m): one block of 512 px of each value band, so that delay counts."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One run's reading and plain reads of its ranges (s), and what both moved."""

    reading_s: float
    plain_s: float
    bytes: int
    requests: int


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """Serve a folder's files; yield the address."""
    command = [sys.executable, str(HERE / "serving.py"), str(folder), str(LATENCY_MS), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["address"])
        finally:
            process.kill()


def _sent_away(scenes: Listing, address: str) -> Listing:
    """List the same scenes by the addresses of their files."""
    document = json.loads(scenes.items.read_text("utf-8"))
    for feature in document["features"]:
        for asset in feature["assets"].values():
            asset["href"] = f"{address}/{Path(asset['href']).name}"
    path = scenes.items.with_name(f"far_{scenes.items.name}")
    path.write_text(json.dumps(document), "utf-8")
    return replace(scenes, items=path)


def measure(folder: Path, scenes: Listing, connections: int) -> Pair:
    """Run a job on one tile over a delayed server, then fetch its ranges plainly."""
    log, out = folder / "ranges.log", folder / "out_far"
    with serving(scenes.items.parent, log) as address:
        far = _sent_away(scenes, address)
        job = write_job(
            folder, "far", far, zone=far.rectangle(TILE_M), grid={"tile_px": 512},
            run={"workers": 1, "connections": connections},
        )  # fmt: skip
        run_job(job, out, verb="plan")
        planned = len(log.read_text("utf-8").splitlines())
        run_job(job, out)
        lines = (out / ".work" / "manifest.jsonl").read_text("utf-8").splitlines()
        reading_s = sum(json.loads(line)["seconds"]["read"] for line in lines)
        asked = folder / "asked.log"
        # the run plans once more, in a folder as empty; what remains is what its tile has asked
        spans = log.read_text("utf-8").splitlines(keepends=True)[2 * planned :]
        asked.write_text("".join(spans), "utf-8")
        plain = run(child("plain", address, asked, str(PLAIN_CONNECTIONS)), folder).said
    return Pair(reading_s, float(plain["work_seconds"]), plain["bytes"], plain["requests"])
