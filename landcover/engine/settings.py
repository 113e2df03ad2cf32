"""What a job may say about how it is run, and how its series are cut.

This module knows keys and their limits. It does not know how work is done.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from landcover.settings import JobPath, Names, Settings, wrong

__all__ = [
    "STORE",
    "MemoryBytes",
    "RunSettings",
    "SeriesSettings",
    "read_bytes",
    "write_bytes",
]

STORE = "landcover-store"
"""The usual name of a store: one beside the job files that share it."""


UNITS_BYTES = {
    "GiB": 2**30,
    "MiB": 2**20,
    "TB": 10**12,
    "GB": 10**9,
    "MB": 10**6,
}
"""Units of memory (bytes), SI and binary (IEC 80000-13)."""

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(TB|GB|MB|GiB|MiB)", re.IGNORECASE)
_LEAST_BYTES = 64 * 10**6
"""Less than this does not even hold the interpreter and its libraries."""


def read_bytes(value: object) -> int:
    """Read an amount of memory: "4GB", "512 MB", "1.5GiB", or a number of bytes.

    Examples
    --------
    >>> read_bytes("512MB")
    512000000
    """
    size = value if isinstance(value, int) and not isinstance(value, bool) else _parse(value)
    if size < _LEAST_BYTES:
        raise wrong(f"{value!r} is too little memory", "Give at least 64MB; 4GB is usual")
    return size


def _parse(value: object) -> int:
    """Read a text such as "4GB"."""
    found = _MEMORY.fullmatch(str(value).strip())
    if not found:
        raise wrong(
            f"expected an amount of memory, got {str(value)[:60]!r}", "Write it as 4GB or 512MB"
        )
    units = {unit.lower(): size for unit, size in UNITS_BYTES.items()}
    return round(float(found[1]) * units[found[2].lower()])


def write_bytes(size: int) -> str | int:
    """Write an amount of memory in the largest unit that divides it, else as bytes.

    Examples
    --------
    >>> write_bytes(4_000_000_000)
    '4GB'
    """
    for unit, one in sorted(UNITS_BYTES.items(), key=lambda item: -item[1]):
        if size % one == 0:
            return f"{size // one}{unit}"
    return size


MemoryBytes = Annotated[
    int,
    BeforeValidator(read_bytes),
    PlainSerializer(write_bytes, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
]
"""An amount of memory, as bytes once read."""


class RunSettings(Settings):
    """How the work is done. Nothing here changes a result."""

    memory: MemoryBytes = Field(
        default=4 * 10**9,
        json_schema_extra={"default": "4GB"},
        description="Memory of the whole machine that the run may take, all processes together "
        "(4GB = 4 000 000 000 bytes; GiB and MiB are understood too).",
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Processes on this machine. Default: one for two cores, fewer where memory "
        "is short.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Threads that read the files of one tile. Default: 8 where files "
        "are remote, else the cores shared out among the processes.",
    )
    connections: int = Field(
        default=64,
        ge=1,
        le=256,
        description="Connections over which remote files are read, of all processes of this "
        "machine together. More of them hide a far server's delay. Hosts that allow fewer (the "
        "Copernicus Data Space: 4, and 2,000 requests a minute) are never asked for more.",
    )
    scheduler: str | None = Field(
        default=None,
        pattern=r"^(tcp|tls|ucx|ws|wss|inproc)://\S+$",
        description="Address of a dask scheduler (tcp://host:8786) to use in place of processes "
        "on this machine.",
    )
    bandwidth_mbps: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Bandwidth in megabits per second, for the hours that `plan` and `fetch` "
        "print.",
    )
    store: JobPath | None = Field(
        default=None,
        description="Folder to which `landcover fetch` brings the blocks of remote files, and "
        "where a run finds them; jobs may share it. Default: landcover-store beside the job file.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> RunSettings:
        """Refuse local processes beside a scheduler."""
        if self.scheduler is not None and self.workers is not None:
            raise wrong("both `workers` and `scheduler` are given", "Leave one of them out")
        return self


class SeriesSettings(Settings):
    """The table of zones over time."""

    every: Literal["date", "month", "year"] = Field(
        default="date",
        description="One row a zone for each date, month or year; of a month or year each pixel "
        "counts by its median.",
    )
    index: Names | None = Field(
        default=None,
        min_length=1,
        description="Indices of the table. Default: those of the products.",
    )
    smooth: Literal["whittaker", "harmonic"] | None = Field(
        default=None,
        description="Adds the column median_smoothed: each zone's medians as a smooth curve, with "
        "a value also where nothing was clear, from the zone's first clear date to its last. "
        "`whittaker` follows the series, dates counted by their clear fraction; `harmonic` is "
        "its mean year, of two waves. For charts: breaks are never looked for in it.",
    )
    penalty: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="How smooth `whittaker` is, whatever the dates' distance (its penalty for "
        "steps of 10 days): 1 halves waves of two months, 100 of half a year, 100000 of three "
        "years. Default: each zone's own, by its V-curve.",
    )

    @model_validator(mode="after")
    def _smoothable(self) -> SeriesSettings:
        """Refuse to smooth what has no season, and a penalty that nothing takes."""
        if self.smooth is not None and self.every == "year":
            raise wrong("`smooth` is of dates or months, not years", "Say every: date or month")
        if self.penalty is not None and self.smooth != "whittaker":
            raise wrong("`penalty` is of `smooth: whittaker`", "Add that, or leave it out")
        return self
