"""(k) What people open of a finished run: how long it takes to write, and how large it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Measured, child, run

__all__ = ["KEYS", "MOST_MB", "Showing", "show", "show_large"]

KEYS: Mapping[str, Any] = {"report": {"languages": ["en", "fr"]}}
"""What a job must ask for: two languages. No pictures: the scenes at hand lack blue."""

KINDS = ("report.*.html", "map.*.html", "project.*.qgz", "tables.*.xlsx")
"""Files whose size is told: the largest of each kind."""

MOST_MB: Mapping[str, float] = {"report.*.html": 15.0, "map.*.html": 25.0}
"""What pages of 3,409 sites may take (MB)."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What one `landcover report` took, and the largest file of each kind (bytes)."""

    measured: Measured
    largest: Mapping[str, int]


def show(job: Path, out: Path) -> Showing:
    """Write what people open once more."""
    command = [sys.executable, "-m", "landcover", "report", job, "--out", out, "--quiet"]
    measured = run(command, out.parent)
    sizes = {kind: max((one.stat().st_size for one in out.glob(kind)), default=0) for kind in KINDS}
    return Showing(measured, sizes)


def show_large(folder: Path, sites: int) -> Showing:
    """Make up the run of a country as large as Okapi, and write what people open of it."""
    shutil.rmtree(folder, ignore_errors=True)
    made = run([*child("large", folder), "--sites", str(sites)], folder.parent).said
    return show(Path(made["job"]), Path(made["out"]))
