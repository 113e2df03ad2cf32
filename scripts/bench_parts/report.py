"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what was measured, and what it should be at most (or at least)."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the figure is reached; None where there is none to reach."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(slots=True)
class Report:
    """All figures and raw runs of one session; `judged` says whether limits count."""

    judged: bool = True
    figures: list[Figure] = field(default_factory=list)
    runs: dict[str, Any] = field(default_factory=dict)

    def add(
        self, name: str, value: float, unit: str, limit: float | None = None, at_least: bool = False
    ) -> None:
        """Note a figure and print it at once."""
        figure = Figure(name, value, unit, limit if self.judged else None, at_least)
        self.figures.append(figure)
        print(line(figure), flush=True)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        content = {
            "figures": [{**asdict(figure), "holds": figure.holds} for figure in self.figures],
            "runs": self.runs,
        }
        path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")

    @property
    def missed(self) -> Sequence[Figure]:
        """Figures that should hold and do not."""
        return [figure for figure in self.figures if figure.holds is False]


def line(figure: Figure) -> str:
    """Write one row of the table."""
    limit = ""
    if figure.limit is not None:
        sign = "at least" if figure.at_least else "at most"
        limit = f"{sign} {figure.limit:g}  {'ok' if figure.holds else 'MISSED'}"
    return f"{figure.name:<58} {figure.value:>10.3f} {figure.unit:<9} {limit}".rstrip()
