"""One place through time, as a table: a row a scene, with its value or why there is none.

It reads what was found and writes it; nothing is computed here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from landcover.errors import InputError
from landcover.outputs.sheets import Cell, Table, write_rows
from landcover.products.tracing import Chip, Followed, Look

__all__ = ["COLUMNS", "Story", "file_stem", "find_patch", "point_table", "point_text"]

COLUMNS = (
    "date", "scene", "source", "state", "mask_code", "mask_name", "index", "value", "fit",
    "boundary", "process", "process_limit", "break", "monitored", "reason",
)  # fmt: skip
"""Columns of ``points/<lon>_<lat>.csv``; numbers are in the index's unit, sums of bfast in
standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """All that is told of one place.

    `titles` are the job's by language; `zones` are name and kind of those that hold it; `why` says
    why there are no pictures (a phrase's key); `own` whether the settings are those of the job's
    own product. `side_m` is the pixel's, and `grown_m` how far cloud spreads.
    """

    titles: Mapping[str, str]
    lon: float
    lat: float
    row: int
    column: int
    crs: str
    side_m: float
    zones: tuple[tuple[str, str], ...]
    patch: str
    looks: tuple[Look, ...]
    followed: Followed
    chips: tuple[Chip, ...]
    why: str
    own: bool
    sensor: str
    grown_m: float
    credit: str

    @property
    def index(self) -> str:
        """What was looked at, as people write it."""
        return self.followed.settings.index.upper()

    @property
    def break_days(self) -> tuple[date, ...]:
        """First days of the breaks that are told."""
        return tuple(one.day for one in self.followed.breaks)


def file_stem(lon: float, lat: float) -> str:
    """Name the files of a place; 1e-6 degrees are 0.1 m.

    Examples
    --------
    >>> file_stem(28.5, -1.25)
    '28.5_-1.25'
    """
    return "_".join(f"{round(one, 6) + 0.0:.6f}".rstrip("0").rstrip(".") for one in (lon, lat))


def _rows(story: Story) -> Iterator[tuple[Cell, ...]]:
    """Write a row a scene, in order of time."""
    told = story.followed
    places = {day: number for number, day in enumerate(told.dates)}
    breaks = {day: number for number, day in enumerate(story.break_days, 1)}
    lines = (told.expected, told.boundary, told.process, told.limit)
    for look in story.looks:
        at = places[look.day]
        state = "spare" if look.state == "clear" and not look.used else look.state
        yield (
            look.day, look.scene.id, look.scene.source, state, look.code, look.name_in("en"),
            told.settings.index, look.value, *(float(line[at]) for line in lines),
            breaks.get(look.day) if look.used else None, told.watched.holds(look.day),
            look.reason,
        )  # fmt: skip


def point_table(story: Story) -> Table:
    """Make the table of one place.

    `state` is clear, spare (clear, but another scene of the day came first), class, grown,
    nodata, outside or unread. `break` numbers the breaks, each at its first low look.
    """
    return Table(COLUMNS, tuple(_rows(story)))


def point_text(story: Story) -> str:
    """Return the table as CSV text, the same as in its file."""
    text = io.StringIO(newline="")
    write_rows(text, point_table(story))
    return text.getvalue()


_PATCH = re.compile(r"\d{8}-[a-z2-7]{8}")
"""What the id of a patch looks like."""


def find_patch(out: Path, name: str) -> tuple[float, float]:
    """Return longitude and latitude of a place within a patch of a run.

    Raises
    ------
    InputError
        No such patch, or no run has left any.
    """
    where = f"patch {name}"
    if not _PATCH.fullmatch(name):
        remedy = "Give longitude and latitude in degrees, or a patch_id of patches.gpkg"
        raise InputError(f"point {name}", "is neither a place nor a patch", remedy)
    path = out / "patches.gpkg"
    if not path.is_file():
        what = f"{path} is not there"
        raise InputError(where, what, "Run the job with the product disturbance first")
    import pyogrio

    frame = pyogrio.read_dataframe(path, columns=["patch_id", "lon", "lat"], read_geometry=False)
    found = frame[frame["patch_id"] == name]
    if not len(found):
        what = f"{path} lists {len(frame):,} disturbances, and not this one"
        raise InputError(where, what, "Take an id of its column patch_id")
    return float(found["lon"].iloc[0]), float(found["lat"].iloc[0])
