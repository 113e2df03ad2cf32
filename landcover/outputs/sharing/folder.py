"""A run as readers may see it, as a folder of results: what people open can be written from it.

This module knows the files of a run's folder. It does not know what is secret.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landcover.files import sha256_of, write_whole
from landcover.outputs.geopackage import GeoLayer, write_geopackage
from landcover.outputs.sharing.extent import is_of_all
from landcover.outputs.sheets import Cell, Table, write_table

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landcover.outputs.shown import Shown

__all__ = ["write_folder"]

_DAYS = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d", 20: "%Y-%m-%dT%H:%M:%SZ"}
"""How a time is spelled, by the length of its text: tables are read with less than they say."""


def write_folder(
    shown: Shown, folder: Path, scenes: Collection[str], notes: Sequence[str] = ()
) -> None:
    """Write tables, shapes, rasters and account of a run into a folder of their own.

    Parameters
    ----------
    shown : Shown
        What is written is what it shows, and nothing else.
    folder : Path
        Is made. Its lock is there already.
    scenes : collection of str
        Ids of those that are listed in it.
    notes : sequence of str
        Sentences that its account tells beside the run's own warnings.

    Raises
    ------
    DiskFullError
    """
    for name in shown.tables:
        source = shown.out / "tables" / f"{name}.csv"
        frame = shown.tables[name]
        if "scene" in frame:
            frame = frame[frame["scene"].isin(list(scenes))]
        write_table(folder / "tables" / f"{name}.csv", _table(frame, source))
    _write_shapes(shown, folder)
    rasters = folder / "rasters"
    rasters.mkdir(parents=True, exist_ok=True)
    made = {}
    for style in shown.styles:
        path = rasters / style.facts.path.name
        shutil.copyfile(style.facts.path, path)
        made[path.name] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
    inputs = [
        {key: value for key, value in one.items() if key != "origin"}
        for one in shown.run.get("inputs", ())
    ]
    lock = {"count": len(scenes), "sha256": sha256_of(folder / "scenes.json")}
    told = [*notes, *shown.run.get("warnings", ())]
    account = {
        **shown.run, "public": True, "rasters": made, "inputs": inputs, "scenes": lock,
        "warnings": told,
    }  # fmt: skip
    text = json.dumps(account, indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / "run.json", text)


# --- tables ----------------------------------------------------------------------------------


def _table(frame: pd.DataFrame, source: Path) -> Table:
    """Make a frame a table again, spelled as its file is."""
    spelled = _spelled(source)
    columns = [str(name) for name in frame.columns]
    cells = [
        list(map(_cell_of(frame[name], spelled.get(name, 10)), frame[name])) for name in columns
    ]
    return Table(tuple(columns), zip(*cells, strict=True) if cells else ())


def _spelled(path: Path) -> dict[str, int]:
    """Return how long the first text of each column is in a file."""
    found: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            found.update({k: len(v) for k, v in row.items() if v and k not in found})
            if len(found) == len(rows.fieldnames or ()):
                break
    return found


def _cell_of(column: pd.Series[Any], length: int) -> Callable[[Any], Cell]:
    """Return what makes a value of a column a cell of a table."""
    import pandas as pd

    if column.dtype.kind == "M":
        form = _DAYS.get(length, _DAYS[10])
        return lambda value: None if pd.isna(value) else value.strftime(form)

    def plain(value: Any) -> Cell:
        if isinstance(value, str | date):
            return value
        if value is None or pd.isna(value):
            return None
        made: Cell = value.item() if hasattr(value, "item") else value
        return made

    return plain


# --- shapes ----------------------------------------------------------------------------------


def _write_shapes(shown: Shown, folder: Path) -> None:
    """Write ``zones.gpkg``, ``patches.gpkg`` and ``context.gpkg``, where the run has them."""
    zones = GeoLayer("zones", _in_parts(shown.zones), "MultiPolygon")
    sites = GeoLayer("sites", shown.sites, "Point")
    write_geopackage(folder / "zones.gpkg", (zones, sites))
    patches = _patches(shown)
    if patches is not None:
        layer = GeoLayer("patches", _in_parts(patches), "MultiPolygon")
        write_geopackage(folder / "patches.gpkg", (layer,))
    layers = [GeoLayer(name, frame, _type_of(frame)) for name, frame in _drawn(shown)]
    if layers:
        write_geopackage(folder / "context.gpkg", layers)


def _patches(shown: Shown) -> gpd.GeoDataFrame | None:
    """Return patches in the rasters' plane, with the coordinates that the run gave them."""
    import geopandas as gpd

    frame, path = shown.patches, shown.out / "patches.gpkg"
    if frame is None or not is_of_all(_crs_of(path)):
        return frame
    whole = gpd.read_file(path, layer="patches", engine="pyogrio").set_index("patch_id")
    shapes = whole.geometry.loc[frame["patch_id"]].to_numpy()
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=whole.crs))


def _crs_of(path: Path) -> str:
    """Return the CRS of a file of patches."""
    import pyogrio

    return str(pyogrio.read_info(path, layer="patches")["crs"])


def _drawn(shown: Shown) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Give the layers of context, each of one type of shapes."""
    for name, frame in shown.context.items():
        whole = frame.geometry.iloc[0].geom_type.removeprefix("Multi")
        same = frame[frame.geom_type.str.removeprefix("Multi") == whole]
        yield name, _in_parts(same)


def _type_of(frame: gpd.GeoDataFrame) -> str:
    """Return the type of shapes of a layer of one."""
    return str(frame.geometry.iloc[0].geom_type)


def _in_parts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make every shape one of several parts: a layer holds one type of shape."""
    import geopandas as gpd
    import shapely

    made = [
        shape
        if shape.geom_type.startswith("Multi")
        else getattr(shapely, f"Multi{shape.geom_type}")([shape])
        for shape in frame.geometry
    ]
    return frame.set_geometry(gpd.GeoSeries(made, index=frame.index, crs=frame.crs))
