"""Where what is drawn comes from: data, days, boundaries, plane, and who is to be named.

It reads what a run says of itself. It does not draw.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.credits import credits_of, drawn_credits
from landcover.outputs.drawing.plane import plane_of
from landcover.outputs.drawing.rows import records
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

__all__ = ["boundaries_of", "credit_of", "left_out", "source_of"]


def credit_of(shown: Shown, language: str) -> str:
    """Return the sentences that providers ask for, of scenes and of what is drawn beside them."""
    told = (*credits_of(shown, language), *drawn_credits(shown))
    return ". ".join(dict.fromkeys(one.strip().rstrip(".") for one in told))


def left_out(shown: Shown, words: Words) -> tuple[str, ...]:
    """Say that ground near sensitive sites is left out of what is drawn, where it is."""
    return (words("kept_back"),) if shown.kept_back else ()


def boundaries_of(shown: Shown) -> tuple[str, ...]:
    """Name the files that zones were read from."""
    inputs = shown.run.get("inputs", ())
    told = (one for one in inputs if str(one.get("role", "")).startswith("zones."))
    return tuple(dict.fromkeys(str(one["file"]) for one in told))


def _scenes(shown: Shown, words: Words) -> Iterator[str]:
    """Say which scenes were used, a source at a time."""
    used = shown.table("data_used")
    for row in () if used is None else records(used):
        if row.scenes:
            first, last = row.first_date.date(), row.last_date.date()
            days = {"first": words.day(first), "last": words.day(last)}
            key = "source_scene" if row.scenes == 1 else "source_scenes"
            yield words(key, source=row.source, count=words.number(row.scenes, 0), **days)


def source_of(shown: Shown, language: str) -> str:
    """Say what a figure was made from: scenes and days, boundaries, pixels, and the CRS."""
    words = Words("drawing", language)
    parts = list(_scenes(shown, words))
    if files := boundaries_of(shown):
        parts.append(words("source_boundaries", files=", ".join(files)))
    return " ".join([*parts, _pixels(shown, words)])


def _pixels(shown: Shown, words: Words) -> str:
    """Say how large a pixel is, and on which plane."""
    size = plane_of(shown.grid).metres_per_x * shown.grid.resolution[0]
    crs = shown.grid.crs if len(shown.grid.crs) < 24 else words("source_own_plane")
    return words("source_pixels", side=words.number(round(size), 0), crs=crs)
