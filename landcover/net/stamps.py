"""When an address gave a file that is kept, and how its server named that version.

It knows a small file beside the kept one. It asks nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from landcover.files import write_whole

__all__ = ["Stamp", "now", "read_stamp", "stamp_file", "write_stamp"]

NAMED = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
"""What a server named a version by, and the header that asks whether it is still that one."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """`asked` is when the address last gave these very bytes (UTC, ISO 8601)."""

    asked: str
    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return what asks for the file only where it is another one; no name, no condition."""
        known = {key: value for key in NAMED if (value := getattr(self, key))}
        return {NAMED[key]: value for key, value in list(known.items())[:1]}


def now() -> str:
    """Return the time as a stamp has it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def stamp_file(path: Path) -> Path:
    """Return where the stamp of a kept file lies."""
    return path.with_name(f"{path.name}.asked")


def read_stamp(path: Path) -> Stamp:
    """Read a kept file's stamp; without one, the file's own time is what is known."""
    try:
        raw = json.loads(stamp_file(path).read_text(encoding="utf-8"))
        told = {key: str(raw.get(key) or "") for key in ("asked", *NAMED)}
        datetime.fromisoformat(told["asked"])
        return Stamp(**told)
    except (OSError, ValueError, AttributeError):
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Stamp(at.isoformat(timespec="microseconds"))


def write_stamp(path: Path, headers: Mapping[str, str]) -> None:
    """Stamp a file that has just been asked for, with the headers of the answer."""
    made = Stamp(now(), headers.get("ETag", ""), headers.get("Last-Modified", ""))
    write_whole(stamp_file(path), json.dumps(asdict(made)) + "\n")
