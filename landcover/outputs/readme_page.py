"""``README.html``: what each file in the folder of a run is, and how to repeat the run.

It lists what lies there when it is written: it comes last. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from landcover.files import write_whole
from landcover.outputs.credits import credits_of
from landcover.outputs.dictionary import about_table
from landcover.outputs.repeating import commands_of, inputs_of
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle
from landcover.outputs.wording import Words, text_in

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["README", "Repeat", "readme", "write_readme"]

README: Final = "README.html"

FIRST: Final = (
    ("report.{language}.html", "report"),
    ("map.{language}.html", "map"),
    ("project.{language}.qgz", "project"),
    ("tables.{language}.xlsx", "workbook"),
)
"""What people open first: file and phrase."""

READ: Final = (
    ("zones.gpkg", "zones"),
    ("patches.gpkg", "patches"),
    ("patches.gpx", "gps"),
    ("patches.kml", "earth"),
    ("context.gpkg", "context"),
    ("pictures", "pictures"),
    ("points", "points"),
    ("PARCEL.txt", "parcel"),
)
"""What else is for people."""

PROGRAMS: Final = (
    ("zones.parquet", "columns"),
    ("patches.parquet", "columns"),
    ("stac/catalog.json", "stac"),
    ("scenes.json", "scenes"),
    ("job.yaml", "job"),
    ("inputs", "inputs"),
    ("run.json", "run"),
    ("run.log", "log"),
)
"""What is for programs, and to repeat the run."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a list of files; one without `href` is a folder, which no page can open."""

    name: str
    href: str
    what: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class _Used:
    """A file that the job named: what it was for, on what terms, its hash, its copy if any."""

    name: str
    role: str
    terms: str
    sha256: str
    copy: str


def write_readme(shown: Shown) -> tuple[Path, ...]:
    """Write ``README.html``, in all languages of the job, one after the other.

    Parameters
    ----------
    shown : Shown
        What lies in its folder now is listed: this is written last.

    Returns
    -------
    tuple of Path
        The page.
    """
    path = shown.out / README
    write_whole(path, readme(shown, _lying(shown.out)))
    return (path,)


def _lying(out: Path) -> frozenset[str]:
    """Name what lies in a folder of results; the work of a run has too many files, none to read."""
    kept = [one for one in out.iterdir() if not one.name.startswith(".")]
    inner = [path for one in kept if one.is_dir() for path in one.rglob("*")]
    return frozenset(one.relative_to(out).as_posix() for one in (*kept, *inner))


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a folder that is not the run's own repeats it: lines to type, and its lock's SHA-256."""

    lines: tuple[str, ...]
    lock_sha256: str


def readme(shown: Shown, there: Collection[str], repeat: Repeat | None = None) -> str:
    """Return the page for a folder that is to hold some of a run's files.

    Parameters
    ----------
    shown : Shown
    there : collection of str
        Paths of files within the folder (with slashes).
    repeat : Repeat, optional
        Of an archive. A run's own folder has its own lines.
    """
    own = repeat or Repeat(
        tuple(commands_of(shown.out, shown.run)), str(shown.run.get("scenes", {}).get("sha256", ""))
    )
    parts = [_part(shown, there, own, language) for language in shown.about.languages]
    return _frame().render(parts=parts)


@lru_cache(maxsize=1)
def _frame() -> Template:
    """Return the page's frame: all that is filled in is escaped."""
    from jinja2 import Environment, StrictUndefined

    text = files("landcover.outputs").joinpath("templates", "readme.html").read_text("utf-8")
    rules = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return rules.from_string(text)


def _part(shown: Shown, there: Collection[str], repeat: Repeat, language: str) -> Mapping[str, Any]:
    """Return what the page says in one language."""
    words = Words("readme", language)
    used = tuple(_used(shown, words))
    run, period = shown.run, shown.about.period
    scenes = {**run.get("scenes", {}), "sha256": repeat.lock_sha256}
    zones, whom = shown.table("zones"), credits_of(shown, language)
    failures = len(run.get("failures", ()))
    intro = words(
        "intro",
        version=run.get("landcover", ""),
        zones=words.number(0 if zones is None else len(zones), 0),
        scenes=words.number(scenes.get("count", 0), 0),
        first=words.day(period.start),
        last=words.day(period.last),
    )
    return {
        "language": language,
        "t": words,
        "title": words("title", title=shown.about.title(language)),
        "intro": intro,
        "kept_back": words("kept_back") if shown.kept_back else "",
        "failed": words("failed", count=words.number(failures, 0)) if failures else "",
        "first": _listed(there, FIRST, words),
        "read": _listed(there, READ, words),
        "rasters": [_raster(one, language) for one in shown.styles if _path(one) in there],
        "tables": _tables(shown, language),
        "programs": _listed(there, PROGRAMS, words),
        "version": run.get("landcover", ""),
        "python": run.get("python", ""),
        "commands": "\n".join(repeat.lines),
        "not_copied": ", ".join(f"{one.name} ({one.role})" for one in used if not one.copy),
        "inputs": (*used, *_lock(scenes, whom, words)),
        "hashes": _hashes(run),
        "versions": tuple(_versions(run, words)),
        "credits": whom,
    }


# --- lists of files --------------------------------------------------------------------------


def _listed(there: Collection[str], kinds: Sequence[tuple[str, str]], words: Words) -> list[_Row]:
    """List those of some files and folders that are there."""
    folders = {name.split("/")[0] for name in there if "/" in name}
    rows = []
    for pattern, key in kinds:
        name = pattern.format(language=words.language)
        if name in folders:
            rows.append(_Row(f"{name}/", "", words(key)))
        elif name in there:
            rows.append(_Row(name, quote(name), words(key)))
    return rows


def _path(style: RasterStyle) -> str:
    """Return where a raster lies in the folder."""
    return f"rasters/{style.facts.path.name}"


def _raster(style: RasterStyle, language: str) -> _Row:
    """List a raster: what it shows, of which days."""
    name = style.facts.path.name
    what = text_in(style.names, language)
    ends = [day.isoformat() for day in (style.first, style.last) if day is not None]
    return _Row(name, quote(_path(style)), what, " – ".join(ends))


def _tables(shown: Shown, language: str) -> list[_Row]:
    """List the tables."""
    return [
        _Row(name, f"tables/{quote(name)}.csv", about_table(name, language))
        for name in shown.tables
    ]


# --- repeating it ----------------------------------------------------------------------------


def _used(shown: Shown, words: Words) -> Iterator[_Used]:
    """Tell of the files that the job named; of a path only the file's own name."""
    for one in inputs_of(shown.out, shown.run):
        terms = "; ".join(str(one[key]) for key in ("licence", "credit") if one.get(key))
        origin = str(one.get("origin", ""))
        name = origin if "://" in origin else PureWindowsPath(origin).name
        role, copy = str(one.get("role", "")), str(one.get("copy") or "")
        there = copy if copy and (shown.out / "inputs" / copy).is_file() else ""
        sha256 = str(one.get("sha256", ""))
        yield _Used(name, role, terms or words("unknown"), sha256, there)


def _lock(scenes: Mapping[str, Any], whom: Sequence[str], words: Words) -> Iterator[_Used]:
    """Tell of the list of scenes as of a file that was used."""
    if scenes:
        name = words("scenes_hash", count=words.number(scenes.get("count", 0), 0))
        terms = "; ".join(whom) or words("unknown")
        yield _Used(name, "sources", terms, str(scenes.get("sha256", "")), "")


def _versions(run: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    """Give the hash of the code that ran, then versions of what it rests on."""
    if run.get("code_sha256"):
        yield words("code"), str(run["code_sha256"])
    yield from sorted(run.get("packages", {}).items())


def _hashes(run: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the hash of each raster."""
    return tuple((name, one["sha256"]) for name, one in sorted(run.get("rasters", {}).items()))
