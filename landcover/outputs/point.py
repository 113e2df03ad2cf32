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
from typing import Literal

from landcover.errors import InputError
from landcover.net import redact
from landcover.outputs.sheets import Cell, Table, write_rows
from landcover.products.disturbance import KIND_LEGEND
from landcover.products.mapped import OnMap
from landcover.products.tracing import Break, Chip, Followed, Look

__all__ = ["COLUMNS", "Origin", "Story", "file_stem", "find_patch", "point_table", "point_text"]

COLUMNS = (
    "date", "scene", "source", "state", "mask_code", "mask_name", "index", "value", "fit",
    "boundary", "process", "process_limit", "break", "kind", "mapped", "monitored", "reason",
    "digest",
)  # fmt: skip
"""Columns of ``points/<lon>_<lat>.csv``; numbers are in the index's unit, sums of bfast in
standard deviations."""

Origin = Literal["lock", "anew", "more", "new"]
"""Where the scenes are from: the lock; a search, since the lock is of another one; a search, since
the lock lacks bands; or a search where there is no lock."""


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """All that is told of one place.

    `titles` are the job's by language; `zones` are name and kind of those that hold it; `why` says
    why there are no pictures (a phrase's key); `own` whether the settings are those of the job's
    own product. `side_m` is the pixel's, and `grown_m` how far cloud spreads. `on_map` is what the
    run's map says of the place, None where the job asks for none; `digest` stands for settings and
    scenes: stories of one digest are of the same ones.
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
    credit: Mapping[str, str]
    on_map: OnMap | None = None
    origin: Origin = "lock"
    digest: str = ""

    @property
    def index(self) -> str:
        """What was looked at, as people write it."""
        return self.followed.settings.index.upper()

    @property
    def break_days(self) -> tuple[date, ...]:
        """First days of the breaks that are told."""
        return tuple(one.day for one in self.followed.breaks)

    @property
    def unread(self) -> tuple[Look, ...]:
        """Scenes that could not be read: the series lacks them."""
        return tuple(one for one in self.looks if one.state == "unread")

    def kept(self, number: int) -> bool | None:
        """Whether the map has a break, by its place among the breaks; None where it is unknown."""
        kept = () if self.on_map is None else self.on_map.kept
        return kept[number] if number < len(kept) else None


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
    breaks = {day: number for number, day in enumerate(story.break_days)}
    lines = (told.expected, told.boundary, told.process, told.limit)
    for look in story.looks:
        at = places[look.day]
        state = "spare" if look.state == "clear" and not look.used else look.state
        here = breaks.get(look.day) if look.used else None
        broke = (
            (None,) * 3 if here is None else (here + 1, _kind(told.breaks[here]), story.kept(here))
        )
        yield (
            look.day, look.scene.id, look.scene.source, state, look.code, look.name_in("en"),
            told.settings.index, look.value, *(float(line[at]) for line in lines), *broke,
            told.watched.holds(look.day), redact(look.reason), story.digest,
        )  # fmt: skip


def _kind(one: Break) -> str:
    """Name the kind of a break, as tables do."""
    names = (each.names["en"] for each in KIND_LEGEND.classes if each.value == one.kind)
    return next(names, "")


def point_table(story: Story) -> Table:
    """Make the table of one place.

    `state` is clear, spare (clear, but another scene of the day came first), class, grown,
    nodata, outside or unread. `break` numbers the breaks, each at its first low look, with its
    `kind` and whether it is `mapped`: False where its patch is too small for the run's map, empty
    where there is no such map. `digest` is that of settings and scenes, in every row.
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
