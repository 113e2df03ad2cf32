"""The folder of a run, opened: its rasters lazily, its tables, its zones and its account.

It knows where a run leaves what. It changes nothing, and computes nothing.
"""

from __future__ import annotations

import csv
import html
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from landcover.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

__all__ = ["OnFirstUse", "Results", "open_results", "read_raster", "read_table"]

CHUNK_PX = 2048
"""Side of a raster's chunks (px): whole blocks of 512 px, 16 MB of float32."""

LISTED = 6
"""Names that a summary lists before it says how many more."""

TEXT = frozenset(
    {
        "band", "baseline", "bounded_by", "catalog", "collection", "crs", "grid_code",
        "group", "index", "kind",
        "name", "nearest_site_name", "parent", "period", "platform", "radiometry", "reason",
        "nearest_reserve_name", "scene", "sensor", "source", "stable_zones", "territory_name",
        "tile", "zone_ids",
    }
)  # fmt: skip
"""Columns that hold text, whatever it looks like; so do all whose name ends in `_id`."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a table's writer puts an apostrophe before; see `sheets`."""

Thing = TypeVar("Thing")


class OnFirstUse(Mapping[str, Thing], Generic[Thing]):
    """Files by name, each opened when it is first asked for, and then kept.

    Parameters
    ----------
    kind : str
        What a name stands for, for the sentence that tells of an unknown one.
    paths : mapping
        Name -> file.
    opener : callable
        Opens one file.
    """

    def __init__(
        self, kind: str, paths: Mapping[str, Path], opener: Callable[[Path], Thing]
    ) -> None:
        self._kind, self._paths, self._opener = kind, dict(paths), opener
        self._opened: dict[str, Thing] = {}

    def __getitem__(self, name: str) -> Thing:
        if name not in self._paths:
            raise KeyError(f"no {self._kind} is called {name!r}; there are {_some(self)}")
        if name not in self._opened:
            self._opened[name] = self._opener(self._paths[name])
        return self._opened[name]

    def __contains__(self, name: object) -> bool:
        return name in self._paths  # without opening it

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        kind = self._kind if len(self) == 1 else f"{self._kind}s"
        return f"{len(self)} {kind}: {_some(self)}"


def _some(names: Mapping[str, Any]) -> str:
    """List the first names."""
    listed = ", ".join(list(names)[:LISTED])
    more = len(names) - LISTED
    return f"{listed} and {more} more" if more > 0 else listed or "none"


# --- one file --------------------------------------------------------------------------------


def read_raster(path: Path) -> xr.DataArray:
    """Open a raster lazily.

    Returns
    -------
    xarray.DataArray
        (band, y, x) on dask, float, NaN where nodata; `band_name` names the bands; attributes
        are the raster's tags, `long_name` and `units`; `rio.crs` the CRS.
    """
    import rioxarray

    chunks = {"band": 1, "y": CHUNK_PX, "x": CHUNK_PX}
    opened: Any = rioxarray.open_rasterio(path, chunks=chunks, masked=True)
    names = opened.attrs.get("long_name", "")
    names = (names,) if isinstance(names, str) else tuple(names)
    if len(names) == opened.sizes["band"]:
        opened = opened.assign_coords(band_name=("band", list(names)))
    for name, neutral in (("scale_factor", 1.0), ("add_offset", 0.0)):
        if opened.attrs.get(name) == neutral:  # GDAL's defaults, which say nothing
            del opened.attrs[name]
    named: xr.DataArray = opened.rename(path.stem)
    return named


def _is_text(column: str) -> bool:
    """Whether a column holds text."""
    return column in TEXT or column.endswith("_id")


def _is_day(column: str) -> bool:
    """Whether a column holds days or times."""
    return column in ("date", "time_utc") or column.endswith("_date")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table: ids and names as text, days as datetime64, all else as it looks.

    An empty cell of text is an empty text, of a number NaN, of a day NaT. The apostrophe
    that keeps a spreadsheet from reading a formula is taken off again.
    """
    import pandas as pd

    with path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file), [])
    text = [name for name in columns if _is_text(name) or _is_day(name)]
    table = pd.read_csv(
        path,
        encoding="utf-8-sig",
        dtype=dict.fromkeys(text, "str"),
        keep_default_na=False,
        na_values={name: [""] for name in columns if name not in text},
    )
    for name in columns:
        if _is_day(name):
            table[name] = _days(table[name])
        elif table[name].dtype == object:
            table[name] = _unquoted(table[name])
    return table


def _days(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read days; the names of months and years become their first day, others stay text."""
    import pandas as pd

    try:
        return pd.to_datetime(column, format="ISO8601").dt.tz_localize(None)
    except ValueError:  # periods named freely, quarters
        return column


def _unquoted(column: pd.Series[Any]) -> pd.Series[Any]:
    """Take the apostrophe off text that would be a formula."""
    guarded = [one for one in column.unique() if _is_guarded(one)]  # few are, of millions of cells
    return column.replace({one: one[1:] for one in guarded}) if guarded else column


def _is_guarded(cell: object) -> bool:
    """Whether a cell is text that has an apostrophe lest it be a formula."""
    return isinstance(cell, str) and cell[:1] == "'" and cell[1:].startswith(_FORMULA)


def _read_json(path: Path) -> dict[str, Any]:
    """Read the account of a run."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "Run the job again") from error
    return content if isinstance(content, dict) else {}


def _read_scenes(path: Path) -> set[tuple[str, str]] | None:
    """Return source and id of the scenes that a run read; None where it left no table of them."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {(row.get("source", ""), row.get("scene", "")) for row in csv.DictReader(file)}


# --- the folder ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Results:
    """What a run left in its folder.

    `rasters` and `tables` open a file when it is first asked for; `run` is the account that
    the run gave of itself (``run.json``).
    """

    folder: Path
    rasters: Mapping[str, xr.DataArray]
    tables: Mapping[str, pd.DataFrame]
    run: dict[str, Any] = field(compare=False)

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """The zones' polygons (longitude and latitude): the run's own, rings and all.

        A run of an older version left none: then those it was given, with the columns of their
        files and `group`; rings and places that came as tables are not among them.

        Raises
        ------
        InputError
            The run left no polygons.
        """
        return _read_zones(self.folder)

    @property
    def scenes(self) -> pd.DataFrame:
        """The scenes that were read, one a row; an empty table where the lock is gone.

        A run of a lock (`--locked`) may read fewer than it lists: ``tables/scenes.csv`` tells.
        """
        import pandas as pd

        from landcover.catalog import read_lock

        path = self.folder / "scenes.json"
        found = read_lock(path).scenes if path.exists() else ()
        read = _read_scenes(self.folder / "tables" / "scenes.csv")
        rows = [
            {
                "id": scene.id,
                "source": scene.source,
                "sensor": scene.sensor,
                "time": pd.Timestamp(scene.time).tz_convert(None),
                "solar_day": pd.Timestamp(scene.solar_day),
                "crs": scene.crs,
                "cloud_percent": scene.cloud_percent,
                "baseline": scene.baseline,
                "reason": scene.reason,
            }
            for scene in found
            if read is None or (scene.source, scene.id) in read
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return "\n".join([f"Results of {self.folder}", *(f"  {line}" for line in self._lines())])

    def _repr_html_(self) -> str:
        """Summarise in a notebook."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self._lines())
        return f"<div><b>Results of</b> {html.escape(str(self.folder))}<ul>{lines}</ul></div>"

    def _lines(self) -> list[str]:
        """Say what there is."""
        made = f"made by landcover {self.run.get('landcover', '?')}"
        tiles = f"{self.run.get('tiles_done', '?')} of {self.run.get('tiles_total', '?')} tiles"
        failures = len(self.run.get("failures", ()))
        state = f"{tiles}, {failures} failures" if failures else tiles
        return [f"{made}: {state}", repr(self.rasters), repr(self.tables)]


def _zone_files(folder: Path) -> dict[str, Path]:
    """Find the files of polygons by group: the run's own, else the copies of its inputs."""
    own = folder / "zones.gpkg"
    if own.exists():
        return {"": own}
    listed = folder / "inputs" / "inputs.json"
    found: dict[str, Path] = {}
    for entry in _read_json(listed).get("inputs", ()) if listed.exists() else ():
        room, _, group = str(entry.get("role", "")).partition(".")
        path = folder / "inputs" / Path(entry.get("copy") or "").name
        if room == "zones" and path.suffix in (".gpkg", ".geojson") and path.exists():
            found[group] = path
    return found


def _read_zones(folder: Path) -> gpd.GeoDataFrame:
    """Read the polygons of a run."""
    import geopandas as gpd
    import pandas as pd

    parts = []
    for group, path in _zone_files(folder).items():
        part = gpd.read_file(path) if group else gpd.read_file(path, layer="zones")
        if part.crs is None:  # only the job knows it
            continue
        parts.append(part.to_crs("EPSG:4326"))
        if group:
            parts[-1].insert(0, "group", group)
    if not parts:
        remedy = "The tables zones and zone_series have their figures"
        raise InputError(str(folder), "the run left no polygons of its zones", remedy)
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _files(folder: Path, *kinds: str) -> list[Path]:
    """List the files of some kinds, sorted by name."""
    return sorted(path for kind in kinds for path in folder.glob(kind))


def open_results(out: str | Path) -> Results:
    """Open the folder of a run.

    Parameters
    ----------
    out : path
        The folder that `run` returned or `landcover run` printed.

    Returns
    -------
    Results
        Rasters as ``results.rasters["ndvi_2020"]`` (lazy), tables as
        ``results.tables["zone_series"]``.

    Raises
    ------
    InputError
        There is no such folder, or no run finished in it.
    """
    folder = Path(out).absolute()
    if not folder.is_dir():
        remedy = "Give the folder that `landcover run` printed"
        raise InputError(str(out), "there is no such folder", remedy)
    account = folder / "run.json"
    if not account.is_file():
        raise _not_results(folder)
    rasters = {path.stem: path for path in _files(folder / "rasters", "*.tif")}
    tables = {path.stem: path for path in _files(folder / "tables", "*.csv")}
    return Results(
        folder,
        OnFirstUse("raster", rasters, read_raster),
        OnFirstUse("table", tables, read_table),
        _read_json(account),
    )


def _not_results(folder: Path) -> InputError:
    """Return the error of a folder without the account of a run."""
    if (folder / ".work").is_dir():
        return InputError(
            str(folder), "the run in it has not finished", "Run the job again; it goes on"
        )
    remedy = "Give the folder that `landcover run` printed"
    return InputError(str(folder), "this is not the folder of a run (it has no run.json)", remedy)
