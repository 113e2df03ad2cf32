"""(k) What people open of a finished run: how long it takes to write, and how large it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Measured, run

__all__ = ["KEYS", "Showing", "show"]

KEYS: Mapping[str, Any] = {"report": {"languages": ["en", "fr"]}}
"""What a job must ask for: two languages. No pictures: the scenes at hand lack blue."""

KINDS = ("report.*.html", "map.*.html", "project.*.qgz", "tables.*.xlsx")
"""Files whose size is told: the largest of each kind."""


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
