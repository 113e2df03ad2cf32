"""Roads, rivers and places as a page has them: simplified until they fit."""

from __future__ import annotations

from typing import Any

from landcover.outputs.shown import Shown
from landcover.outputs.web.shapes import fit, packed_all

__all__ = ["KINDS", "context_data"]

KINDS = ("border", "river", "road", "place", "other")
"""What context may be, in the order in which it is drawn."""

CONTEXT_BYTES = 2_000_000
"""What the outlines of all layers may take as text; they share it evenly."""


def context_data(shown: Shown) -> dict[str, Any]:
    """Return the layers of context that fit, by kind, and the names of those that do not."""
    layers, left_out = [], []
    share = CONTEXT_BYTES // max(len(shown.context), 1)
    for name, frame in sorted(shown.context.items()):
        if not len(frame):
            continue
        shapes = fit(frame.geometry.tolist(), share)
        if shapes is None:
            left_out.append(name)
            continue
        kinds = frame["kind"].astype(str).tolist() if "kind" in frame.columns else []
        labels = frame["label"].tolist() if "label" in frame.columns else [None] * len(frame)
        layers.append(
            {
                "kind": kinds[0] if kinds and kinds[0] in KINDS else "other",
                "label": ["" if text is None or text != text else str(text) for text in labels],
                "shape": packed_all(shapes),
            }
        )
    layers.sort(key=lambda one: KINDS.index(one["kind"]))
    return {"layers": layers, "leftOut": left_out}
