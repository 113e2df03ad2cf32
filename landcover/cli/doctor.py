"""`landcover doctor`: say what this machine has, and what a run would miss."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from landcover.cli.options import Json, Offline, verb
from landcover.cli.printing import amount, show_json, show_table
from landcover.errors import LandcoverError

__all__ = ["register"]

State = Literal["ok", "warning", "missing", "info"]

LIBRARIES = (
    "rasterio", "numpy", "numba", "scipy", "dask", "distributed", "xarray", "pyproj", "shapely",
    "pyogrio", "geopandas", "pystac-client", "pydantic", "typer",
)  # fmt: skip
"""Packages whose versions explain most differences between two machines."""

CREDENTIALS = (
    "EARTHDATA_USERNAME", "EARTHDATA_PASSWORD", "EARTHDATA_TOKEN", "PC_SDK_SUBSCRIPTION_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "CDSE_USERNAME",
    "CDSE_PASSWORD", "CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY",
)  # fmt: skip
"""Variables that catalogs and stores are known to ask for. Values are never read out."""

LITTLE_DISK_BYTES = 5 * 10**9
"""Free disk below which a season of one Sentinel-2 square may not fit (bytes)."""

LITTLE_MEMORY_BYTES = 4 * 10**9
"""Memory below the usual budget of a run (bytes)."""

PATIENCE_S = 8.0
"""How long an endpoint may take before it counts as unreachable (seconds)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's letter."""

    what: str
    state: State
    said: str


@verb
def doctor(
    job_file: Annotated[
        Path | None, typer.Argument(metavar="[JOB]", help="Also ask the catalogs of this job.")
    ] = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Show versions, projection data, disk, memory, reachable catalogs and credentials."""
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
    if job_file is not None:
        yield from _catalogs(job_file, offline)


def _versions() -> Iterator[Finding]:
    """Tell the versions of Python, the system and the libraries."""
    from landcover import __version__

    yield Finding("landcover", "ok", __version__)
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


def _catalogs(job_file: Path, offline: bool) -> Iterator[Finding]:
    """Ask each catalog of a job, once a host."""
    from landcover import job as jobs
    from landcover.settings import is_url

    for catalog in dict.fromkeys(source.catalog for source in jobs.load(job_file).sources):
        if not is_url(catalog):
            here = Path(catalog).is_file()
            yield Finding("catalog", "ok" if here else "missing", catalog)
        elif offline:
            yield Finding("catalog", "info", f"{_shown(catalog)} was not asked (--offline)")
        else:
            yield _asked(catalog)


def _shown(url: str) -> str:
    """Show an address without what may be secret in it."""
    from landcover.net import redact

    return redact(url)


def _asked(url: str) -> Finding:
    """Ask one catalog for its first document."""
    from landcover.net.reach import reachable

    try:
        seconds = reachable(url, PATIENCE_S)
    except LandcoverError as error:
        return Finding(f"catalog {urlsplit(url).hostname}", "missing", _shown(error.what))
    return Finding(f"catalog {urlsplit(url).hostname}", "ok", f"answers in {seconds:.1f} s")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("doctor")(doctor)
