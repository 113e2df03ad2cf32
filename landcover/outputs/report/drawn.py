"""Figures of a report, by name, where a run can give them.

It knows where figures are drawn. It does not know what they show.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown

__all__ = ["drawn"]


def drawn(shown: Shown, language: str, *names: str) -> Iterator[Figure]:
    """Draw some figures; those that a run cannot give are left out."""
    from landcover.outputs.drawing.figures import FIGURES  # what draws takes a second to load

    for name in names:
        figure = FIGURES[name](shown, language)
        if figure is not None:
            yield figure
