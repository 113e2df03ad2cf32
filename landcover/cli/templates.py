"""Where the shipped jobs lie: `configs/` of a checkout, `landcover/configs` of a wheel."""

from __future__ import annotations

from pathlib import Path

from landcover.errors import InputError

__all__ = ["PACKAGE", "folder", "names", "read"]

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package."""


def folder() -> Path:
    """Find the folder of shipped jobs."""
    for place in (PACKAGE / "configs", PACKAGE.parent / "configs"):
        if place.is_dir():
            return place
    raise InputError("configs", "the shipped jobs are not installed", "Install landcover again")


def names() -> tuple[str, ...]:
    """List the shipped jobs by name."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml") if "." not in path.stem))


def read(name: str, language: str) -> str:
    """Read a shipped job with its comments in a language; English where there is no other."""
    if name not in names():
        known = ", ".join(names())
        raise InputError("--template", f"there is no template {name!r}", f"Known are {known}")
    translated = folder() / f"{name}.{language}.yaml"
    path = translated if translated.is_file() else folder() / f"{name}.yaml"
    return path.read_text("utf-8")
