"""The base that every room's settings share: frozen, and no unknown keys.

It knows how a path in a job is read, and nothing of any key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo

__all__ = ["JobPath", "PathOrUrl", "Settings", "is_url"]


class Settings(BaseModel):
    """A frozen group of job keys; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def is_url(text: str) -> bool:
    """Whether `text` is an http(s) address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def _base(info: ValidationInfo) -> Path:
    """Return the folder that relative paths of this job start from."""
    context: Any = info.context or {}
    return Path(context.get("base", "."))


def _resolve(path: Path, info: ValidationInfo) -> Path:
    """Make a path of the job absolute: relative to the job file's folder."""
    return (_base(info) / path.expanduser()).resolve()


def _resolve_unless_url(text: str, info: ValidationInfo) -> str:
    """Leave an address alone; make a path absolute."""
    return text if is_url(text) else str(_resolve(Path(text), info))


JobPath = Annotated[Path, AfterValidator(_resolve)]
PathOrUrl = Annotated[str, AfterValidator(_resolve_unless_url)]
