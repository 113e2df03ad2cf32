"""`landcover check`: validate a job, and open every file that it names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from landcover.cli.options import JobFile, Json, Overrides, verb
from landcover.cli.printing import note, show_json, show_nearby, show_table
from landcover.errors import InputError, JobError, LandcoverError, Problem
from landcover.model import Note

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.model import Zone
    from landcover.zones import ContextLayer, Nearby, ZoneSet

__all__ = ["FilesError", "register"]

_PARQUET = b"PAR1"
"""First bytes of a parquet file (Apache Parquet format, file layout)."""

_STAC_TYPES = frozenset({"Catalog", "Collection", "Feature", "FeatureCollection"})
"""What a STAC document may call itself (STAC 1.0, `type`)."""


class FilesError(LandcoverError):
    """Files that a job names and that cannot be used, all at once.

    `exit_code` is the gravest of theirs: 1 where all are addresses that do not answer, as plan,
    fetch and run end for the same cause, and 2 where the job is wrong as well.
    """

    def __init__(self, problems: tuple[Problem, ...], exit_code: int) -> None:
        self.problems, self.exit_code = problems, exit_code
        super().__init__(problems[0].file, problems[0].what, problems[0].remedy)
        self.args = (problems, exit_code)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Found:
    """What opening the files of a job has shown."""

    zones: tuple[Zone, ...]
    nearby: tuple[Nearby, ...]
    notes: tuple[Note, ...]
    errors: tuple[LandcoverError, ...]


@verb
def check(job_file: JobFile, overrides: Overrides = None, as_json: Json = False) -> int:
    """Find every mistake of a job, and open every file that it names."""
    from landcover import job as jobs

    try:
        job = jobs.load(job_file, tuple(overrides or ()))
        found = _opened(job)
        if found.errors:
            raise _refusal(job_file, tuple(overrides or ()), found.errors)
    except (InputError, FilesError) as error:
        if as_json:
            show_json({"ok": False, "job": str(job_file), "problems": _problems(error)})
        raise
    notes = (*jobs.hints(job), *found.notes)
    if as_json:
        show_json(_summary(job, found, notes))
        return 0
    _show(job, found)
    for remark in notes:
        note(remark)
    return 0


def _refusal(
    job_file: Path, overrides: tuple[str, ...], errors: tuple[LandcoverError, ...]
) -> FilesError:
    """Tell of all files that cannot be used, each at its place in the job."""
    problems = tuple(_placed(job_file, overrides, one) for one in errors)
    return FilesError(problems, max(one.exit_code for one in errors))


def _problems(error: InputError | FilesError) -> list[dict[str, Any]]:
    """List what is wrong, as a program reads it."""
    if isinstance(error, JobError | FilesError):
        return [asdict(problem) for problem in error.problems]
    return [{"where": error.where, "what": error.what, "remedy": error.remedy}]


def _placed(job_file: Path, overrides: tuple[str, ...], error: LandcoverError) -> Problem:
    """Put what is wrong with a file at the key that names it."""
    from landcover import job as jobs

    here = jobs.place(job_file, error.where, overrides)
    return Problem(here.file, here.line, here.column, error.where, error.what, error.remedy)


def _opened(job: Job) -> Found:
    """Open every file that a job names."""
    from landcover.engine.chosen import check_chosen
    from landcover.products import PRODUCTS

    zones, errors = _zones(job)
    asked = [(PRODUCTS[name], settings) for name, settings in job.wanted.items()]
    tests = list(_files(job))
    tests += _context(job, zones.zones)
    if not errors:
        tests.append(lambda: check_chosen(asked, zones.zones))
    for test in tests:
        try:
            test()
        except LandcoverError as error:
            errors.append(error)
    return Found(zones.zones, zones.nearby, zones.notes, tuple(errors))


def _zones(job: Job) -> tuple[ZoneSet, list[LandcoverError]]:
    """Read the zones: all at once, or group by group where that tells more."""
    from landcover.zones import ZoneSet, load

    with tempfile.TemporaryDirectory() as folder:
        try:
            return load(job.zones, Path(folder)), []
        except LandcoverError as error:
            return ZoneSet((), (), ()), _by_group(job, Path(folder)) or [error]


def _by_group(job: Job, cache: Path) -> list[LandcoverError]:
    """Find what is wrong with each group of zones by itself."""
    from landcover.zones import load

    errors: list[LandcoverError] = []
    for name, group in job.zones.items():
        if group.from_ is None:
            alone = group.model_copy(update={"near": None})
            try:
                load({name: alone}, cache)
            except LandcoverError as error:
                errors.append(error)
    return errors


def _files(job: Job) -> Iterator[Callable[[], None]]:
    """List the tests of all other files."""
    for place, source in enumerate(job.sources):
        yield _test(_look_at_catalog, source.catalog, f"sources[{place}].catalog")
        for number, folder in enumerate(source.allow_paths):
            yield _test(_look_at_folder, folder, f"sources[{place}].allow_paths[{number}]")


def _test(look: Callable[[Any, str], None], path: object, key: str) -> Callable[[], None]:
    """Bind a test to what it looks at."""
    return lambda: look(path, key)


def _bytes(path: str, key: str) -> bytes:
    """Read a file that must be there."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        remedy = "Correct the path; it is relative to the job file"
        raise InputError(key, f"there is no file {path}", remedy) from None
    except OSError as error:
        remedy = "Name a file that you may read"
        raise InputError(key, f"{path} cannot be read ({error.strerror})", remedy) from None


def _look_at_catalog(path: str, key: str) -> None:
    """Look whether a local catalog is STAC at all."""
    from landcover.settings import is_url

    if is_url(path):
        return  # `doctor` asks endpoints; `check` needs no network
    raw = _bytes(path, key)
    if raw.startswith(_PARQUET):
        return
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, Mapping) or content.get("type") not in _STAC_TYPES:
        what = f"{path} is neither a STAC document nor a parquet file"
        raise InputError(key, what, "Name a catalog.json, an ItemCollection or stac-geoparquet")


def _look_at_folder(path: Path, key: str) -> None:
    """Look whether a folder is there."""
    if not path.is_dir():
        raise InputError(key, f"there is no folder {path}", "Correct the path, or leave it out")


def _context(job: Job, zones: Sequence[Zone]) -> Iterator[Callable[[], None]]:
    """List the tests of what is drawn round the zones."""
    for place, layer in enumerate(job.context):
        yield partial(_look_at_layer, f"context[{place}]", layer, zones)


def _look_at_layer(key: str, layer: ContextLayer, zones: Sequence[Zone]) -> None:
    """Read a layer of context; one at an address is read when the job is planned."""
    from landcover.settings import is_url
    from landcover.zones import load_context

    if not is_url(layer.path):
        with tempfile.TemporaryDirectory() as folder:
            load_context({key: layer}, zones, Path(folder))


def _groups(found: Found) -> list[tuple[str, str, int, float]]:
    """Count zones and hectares by group and kind; kinds are never added up."""
    rows: dict[tuple[str, str], tuple[int, float]] = {}
    for zone in found.zones:
        count, area_ha = rows.get((zone.group, zone.kind), (0, 0.0))
        rows[zone.group, zone.kind] = (count + 1, area_ha + zone.area_ha)
    return [(group, kind, count, area_ha) for (group, kind), (count, area_ha) in rows.items()]


def _summary(job: Job, found: Found, notes: tuple[Note, ...]) -> dict[str, Any]:
    """Sum a job up, as a program reads it."""
    return {
        "ok": True,
        "job": job.name,
        "period": {"start": job.period.start, "end": job.period.end},
        "zones": [
            {"group": group, "kind": kind, "count": count, "area_ha": round(area_ha, 4)}
            for group, kind, count, area_ha in _groups(found)
        ],
        "nearby": [asdict(one) for one in found.nearby],
        "sources": [
            {"name": s.name, "sensor": s.sensor, "catalog": s.catalog} for s in job.sources
        ],
        "products": list(job.wanted),
        "notes": [asdict(remark) for remark in notes],
        "problems": [],
    }


def _show(job: Job, found: Found) -> None:
    """Sum a job up, as a person reads it."""
    typer.echo(f"{job.name}: {job.title_in('en')}")
    typer.echo(f"from {job.period.start} to {job.period.last} ({job.period.days:,} days)")
    typer.echo(f"products: {', '.join(job.wanted)}")
    show_table("Zones", ("group", "kind", "zones", "area_ha"), _groups(found))
    show_nearby(found.nearby)
    sources = [(s.name, s.sensor, s.catalog, s.collection) for s in job.sources]
    show_table("Sources", ("name", "sensor", "catalog", "collection"), sources)
    typer.echo("The job is right, and every file that it names opens.")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("check")(check)
