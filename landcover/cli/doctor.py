"""`landcover doctor`: say what this machine has, and what a run would miss."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from threading import Thread
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from landcover.cli.options import Json, Offline, out_folder, verb
from landcover.cli.printing import amount, show_json, show_table
from landcover.cli.templates import folder, names
from landcover.errors import LandcoverError, OffsetError
from landcover.settings import is_url

__all__ = ["register"]

State = Literal["ok", "warning", "missing", "info"]

LIBRARIES = (
    "rasterio", "numpy", "numba", "scipy", "dask", "distributed", "xarray", "pyproj", "shapely",
    "pyogrio", "geopandas", "requests", "pydantic", "typer",
)  # fmt: skip
"""Packages whose versions explain most differences between two machines."""

CREDENTIALS = (
    "EARTHDATA_USERNAME", "EARTHDATA_PASSWORD", "EARTHDATA_TOKEN", "PC_SDK_SUBSCRIPTION_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "CDSE_USERNAME",
    "CDSE_PASSWORD", "CDSE_TOKEN", "CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY",
)  # fmt: skip
"""Variables that catalogs and stores are known to ask for. Values are never read out."""

JUMPS: dict[str, State] = {"borne out": "ok", "denied": "warning", "cannot tell": "info"}
"""What it means for a run that two scenes of one ground jump or not."""

LITTLE_DISK_BYTES = 5 * 10**9
"""Free disk below which a season of one Sentinel-2 square may not fit (bytes)."""

LITTLE_MEMORY_BYTES = 4 * 10**9
"""Memory below the usual budget of a run (bytes)."""

PATIENCE_S = 4.5
"""How long endpoints may take, asked side by side, before they count as unreachable (seconds)."""


REMEDY = (
    "check the network and the address (sources.catalog), or ask again later; what landcover fetch "
    "brought runs with --offline"
)
"""What to do about a catalog that does not answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's letter."""

    what: str
    state: State
    said: str


@verb
def doctor(
    job_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[JOB]", help="Ask the catalogs of this job, not those of the shipped ones."
        ),
    ] = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Show versions, projection data, disk, memory, catalogs, credentials, a job's offsets."""
    findings = list(_examine(job_file, offline))
    if as_json:
        show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        rows = [(finding.state, finding.what, finding.said) for finding in findings]
        show_table("landcover doctor", ("state", "what", "found"), rows)
    return 1 if any(finding.state == "missing" for finding in findings) else 0


def _examine(job_file: Path | None, offline: bool) -> Iterator[Finding]:
    """Look at everything, from the ground up."""
    yield from _versions()
    yield from _geodata()
    yield _disk(job_file.parent if job_file is not None else Path())
    yield _memory()
    yield from _credentials()
    catalogs = _catalogs(job_file, offline)
    yield from catalogs
    if job_file is not None and all(one.state == "ok" for one in catalogs):
        yield from _offsets(job_file)


def _versions() -> Iterator[Finding]:
    """Tell the versions of Python, the system and the libraries."""
    from landcover import __version__
    from landcover.engine.provenance import code_sha256

    yield Finding("landcover", "ok", __version__)
    yield Finding("its code", "info", f"SHA-256 {code_sha256()}")
    yield Finding("python", "ok", platform.python_version())
    yield Finding("system", "ok", f"{platform.system()} {platform.release()}")
    for name in LIBRARIES:
        try:
            yield Finding(name, "ok", installed(name))
        except PackageNotFoundError:
            yield Finding(name, "missing", "not installed; install landcover again")


def _geodata() -> Iterator[Finding]:
    """Look whether GDAL loads, and whether PROJ finds its data."""
    try:
        from landcover.raster.versions import gdal_version

        yield Finding("GDAL", "ok", gdal_version())
    except ImportError as error:
        yield Finding("GDAL", "missing", f"rasterio does not load ({error})")
    yield _proj()


def _proj() -> Finding:
    """Transform a point that is known: 0 N, 27 E is the origin of UTM zone 35."""
    import pyproj
    from pyproj.exceptions import ProjError

    try:
        step = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32635", always_xy=True)
        easting, northing = step.transform(27.0, 0.0)
    except ProjError as error:
        return Finding("PROJ", "missing", f"{pyproj.proj_version_str}, without its data: {error}")
    right = abs(easting - 500_000) < 1e-3 and abs(northing) < 1e-3
    state: State = "ok" if right else "missing"
    return Finding(
        "PROJ", state, f"{pyproj.proj_version_str}, data in {pyproj.datadir.get_data_dir()}"
    )


def _disk(folder: Path) -> Finding:
    """Tell the free disk where results would go."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("disk", "missing", f"{folder} cannot be looked at ({error.strerror})")
    state: State = "ok" if free >= LITTLE_DISK_BYTES else "warning"
    return Finding("disk", state, f"{amount(free)} free in {folder.absolute()}")


def _memory() -> Finding:
    """Tell the memory of the machine."""
    import psutil

    memory = psutil.virtual_memory()
    state: State = "ok" if memory.available >= LITTLE_MEMORY_BYTES else "warning"
    cores = os.cpu_count() or 1
    said = f"{amount(memory.available)} free of {amount(memory.total)}, {cores} cores"
    return Finding("memory", state, said)


def _credentials() -> Iterator[Finding]:
    """Tell which credentials are there, by name alone."""
    present = [name for name in CREDENTIALS if os.environ.get(name)]
    said = ", ".join(present) if present else "none (public catalogs need none)"
    yield Finding("credentials in the environment", "info", said)
    yield Finding("credentials in netrc", "info", _netrc())
    from landcover.net import credentials

    yield from (
        Finding(f"credentials of {store}", "info", word) for store, word in credentials.present()
    )


def _netrc() -> str:
    """Name the hosts of the netrc file."""
    import netrc

    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if not path.is_file():
        return "no netrc file"
    try:
        return ", ".join(sorted(netrc.netrc(path).hosts)) or "no hosts"
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return f"{path} cannot be read as netrc"  # the parser's words would quote the file


def _catalogs(job_file: Path | None, offline: bool) -> list[Finding]:
    """Ask each catalog of a job once, or those of the shipped jobs.

    Without a job nothing is known to be needed, so that a machine without network is well.
    """
    named = _named_by(job_file) if job_file is not None else _shipped()
    absent: State = "missing" if job_file is not None else "warning"
    here = [one for one in named if not is_url(one)]
    away = [one for one in named if is_url(one)]
    found = [Finding("catalog", "ok" if Path(one).is_file() else absent, one) for one in here]
    if offline:
        not_asked = "was not asked (--offline)"
        return found + [Finding("catalog", "info", f"{_shown(one)} {not_asked}") for one in away]
    return found + _asked(away, absent)


def _offsets(job_file: Path) -> Iterator[Finding]:
    """Search a job's scenes, and ask pixels whether they have the offset that is declared.

    A search that fails for another reason is told too, but is no fault of this machine.
    """
    from landcover import job as jobs
    from landcover.engine.asking import Examiner
    from landcover.engine.jumps import jumps
    from landcover.engine.workspace import Workspace
    from landcover.survey import survey

    job = jobs.load(job_file)
    folder = out_folder(job_file, job.name, None)
    try:
        found = survey(job, folder).scenes
    except OffsetError as error:
        yield Finding("offset", "missing", _shown(str(error)))
        return
    except LandcoverError as error:
        yield Finding("scenes", "warning", _shown(str(error)))
        return
    yield from (Finding("scenes", "info", _shown(str(one))) for one in found.notes)
    examiner = Examiner(Workspace(folder))
    made = examiner.answers(found.scenes, found.spare)
    for one in made:
        state: State = "ok" if one.agree else "warning"
        yield Finding(f"offset, source {one.source}", state, str(one))
    for jump in jumps(found.scenes, found.spare, examiner, made):
        names = dict.fromkeys(side[0] for side in jump.sides)
        yield Finding(f"jump, source {' and '.join(names)}", JUMPS[jump.verdict], str(jump))


def _named_by(job_file: Path) -> tuple[str, ...]:
    """List the catalogs of a job, each once."""
    from landcover import job as jobs

    return tuple(dict.fromkeys(source.catalog for source in jobs.load(job_file).sources))


def _shipped() -> tuple[str, ...]:
    """List the catalogs on the network that the shipped jobs name, each once."""
    try:
        found = [one for name in names() for one in _named_by(folder() / f"{name}.yaml")]
    except LandcoverError:
        return ()  # `init` says it: they are not installed, or not whole
    return tuple(dict.fromkeys(one for one in found if is_url(one)))


def _shown(url: str) -> str:
    """Show an address without what may be secret in it."""
    from landcover.net import redact

    return redact(url)


def _asked(urls: Sequence[str], absent: State) -> list[Finding]:
    """Ask catalogs for their first document, all at once; nobody is waited for beyond PATIENCE_S.

    A thread that hangs in the resolver of names cannot be ended; it dies with the program.
    """
    answers: dict[str, Finding] = {}

    def ask(url: str) -> None:
        answers[url] = _answer(url, absent)

    threads = [Thread(target=ask, args=(url,), daemon=True) for url in urls]
    until = time.monotonic() + PATIENCE_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = _silent(f"no answer within {PATIENCE_S:g} s")
    return [answers.get(url) or Finding(_row(url), absent, late) for url in urls]


def _row(url: str) -> str:
    """Name a catalog by its host, and by its port where the address gives one."""
    return f"catalog {urlsplit(url).netloc.rpartition('@')[2]}"


def _silent(what: str) -> str:
    """Say that a catalog cannot be asked, and what to do."""
    return f"{what}; {REMEDY}"


def _answer(url: str, absent: State) -> Finding:
    """Ask one catalog."""
    from landcover.net.reach import reachable

    try:
        seconds = reachable(url, PATIENCE_S)
    except LandcoverError as error:
        return Finding(_row(url), absent, _shown(_silent(error.what)))
    return Finding(_row(url), "ok", f"answers in {seconds:.1f} s")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("doctor")(doctor)
