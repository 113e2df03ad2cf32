"""(b) `landcover run` as a person would start it, and what its run.json says of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Measured, run


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One run: the process measured from outside, and its own record."""

    measured: Measured
    record: Mapping[str, Any]

    def step(self, name: str) -> float:
        """Return the seconds that one step took by the run's own clock."""
        return float(self.record["seconds"][name])

    @property
    def startup_s(self) -> float:
        """Seconds before the first tile and after the last file: all that is not work.

        Interpreter, imports, job, zones, catalog, plan, and starting and ending the workers.
        """
        return self.measured.seconds - self.after_startup_s

    @property
    def after_startup_s(self) -> float:
        """Seconds of all steps from the tiles on: tiles, what is made of them, tables."""
        steps = [name for name in self.record["seconds"] if name != "total"]
        return sum(self.step(name) for name in steps[steps.index("tiles") :])

    @property
    def tile_seconds(self) -> Mapping[str, float]:
        """Seconds that each part of all tiles took, added up."""
        return {str(name): float(spent) for name, spent in self.record["tile_seconds"].items()}


def run_job(
    job: Path, out: Path, environment: Mapping[str, str] | None = None, verb: str = "run"
) -> EngineRun:
    """Run a job into an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "landcover", verb, job, "--out", out, "--quiet"]
    command += ["--no-report"] if verb == "run" else []
    measured = run(command, job.parent, environment)
    record = out / "run.json"
    return EngineRun(measured, json.loads(record.read_text("utf-8")) if record.exists() else {})
