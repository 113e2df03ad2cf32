"""A run whose mines are secret, in a country large enough for squares of 10 km; and a searcher."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer

from landcover import job as jobs
from landcover import pipeline
from landcover.outputs.sharing.reading import words_of
from landcover.synthetic import Weather, Writing, country, dates, write
from landcover.synthetic.zones import write_zones

DAYS = dates(date(2021, 1, 6), date(2023, 12, 20), 30)
PHONE = "243 970 555 001"
"""What a column holds that the job does not keep."""

CAMP = "Camp Kisanga"
"""The name of a place that lies at a mine."""

JOB: dict[str, Any] = {
    "schema": 1,
    "name": "secret",
    "title": {"en": "Secret mines", "fr": "Mines secrètes"},
    "zones": {
        "reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "name": "NAME"},
        "territories": {"path": "zones/territories.geojson", "id": "ADM2_PCODE",
                        "name": "ADM2_FR", "kind": "region"},
        "sites": {"path": "zones/sites.csv", "id": "pcode", "name": "name",
                  "rings_m": [2000, 6000], "keep": ["mineral1"], "sensitive": True},
    },
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
    "period": [2021, 2023],
    "products": {
        "composite": {"index": ["ndvi"], "statistic": ["median"]},
        "disturbance": {"index": "ndvi", "history": ["2021-01-01", "2022-07-01"]},
    },
    "series": {"every": "month", "index": ["ndvi"]},
    "context": [
        {"path": "zones/camps.geojson", "kind": "place", "label": "name"},
        {"path": "zones/pits.geojson", "kind": "other"},
        {"path": "zones/tracks.geojson", "kind": "road"},
        {"path": "zones/open.geojson", "kind": "border", "label": "name"},
    ],
    "report": {"languages": ["en", "fr"]},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Secret:
    """A finished run, and where its mines are (longitude and latitude by id)."""

    path: Path
    out: Path
    mines: dict[str, tuple[float, float]]


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Secret:
    """Return the run; some rings of its mines reach beyond all other zones."""
    folder = tmp_path_factory.mktemp("secret")
    land = country(
        160, resolution_m=250.0, first=date(2022, 7, 15), last=date(2023, 3, 1),
        weather=Weather(0.0, 0.0, 0.0),
    )  # fmt: skip
    write(land, folder / "scenes", DAYS, writing=Writing(128, bands=("red", "nir")))
    write_zones(land, folder / "zones")
    path = folder / "zones" / "sites.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [*rows[0], "phone_of_chief"])
        table.writeheader()
        table.writerows({**row, "phone_of_chief": PHONE} for row in rows)
    mines = {row["pcode"]: (float(row["longitude"]), float(row["latitude"])) for row in rows}
    _write_context(folder / "zones", list(mines.values()))
    job = folder / "job.yaml"
    job.write_text(json.dumps({**JOB, "run": {"memory": "2GB", "scheduler": scheduler}}), "utf-8")
    result = pipeline.run(jobs.load(job), folder / "out", report=False)
    assert result.exit_code == 0
    return Secret(job, folder / "out", mines)


def _write_context(folder: Path, mines: list[tuple[float, float]]) -> None:
    """Write what would tell of mines: a camp at one, pits at all, a track from each to the next.

    And a border that meets none.
    """
    import geopandas as gpd

    reserve = gpd.read_file(folder / "reserves.geojson").geometry
    layers = {
        "camps": [shapely.Point(mines[0])],
        "pits": [shapely.Point(mine).buffer(0.003) for mine in mines],
        "tracks": [shapely.LineString(mines)],
        "open": list(reserve.boundary),
    }
    for name, shapes in layers.items():
        frame = gpd.GeoDataFrame({"name": [CAMP] * len(shapes)}, geometry=shapes, crs="EPSG:4326")
        frame.to_file(folder / f"{name}.geojson")


# --- the searcher ----------------------------------------------------------------------------

NEAR_M = 1000.0
"""What counts as telling a position (m)."""

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_GEOD = Geod(ellps="WGS84")


class Searcher:
    """Looks through a zip, and what lies in its files, for places near some mines."""

    def __init__(self, mines: dict[str, tuple[float, float]], crs: str = "EPSG:32635") -> None:
        self._mines = np.array(list(mines.values()))
        self._way = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def near(self, places: Any) -> bool:
        """Whether one of some places (N, 2), degrees, is near a mine."""
        places = np.asarray(places, float).reshape(-1, 2)
        places = places[np.isfinite(places).all(axis=1)]
        for x, y in self._mines:
            some = places[(np.abs(places - (x, y)) < 0.02).all(axis=1)]
            for place in some:
                if _GEOD.inv(x, y, *place)[2] < NEAR_M:
                    return True
        return False

    def text(self, text: str) -> bool:
        """Whether a text has a pair of numbers near a mine: side by side, or in one short line."""
        for line in text.splitlines():
            numbers = np.array([float(one) for one in _NUMBER.findall(line)])
            pairs = np.stack([numbers[:-1], numbers[1:]], axis=1) if len(numbers) > 1 else []
            if 2 < len(numbers) < 60:
                pairs = np.stack(np.meshgrid(numbers, numbers), axis=-1).reshape(-1, 2)
            if len(pairs) and (self.near(pairs) or self.near(pairs[:, ::-1]) or self._plane(pairs)):
                return True
        return False

    def _plane(self, pairs: Any) -> bool:
        """Whether pairs are near a mine as metres on the run's plane."""
        some = pairs[(pairs > 1e5).all(axis=1) & (pairs < 1e7).all(axis=1)]
        return len(some) > 0 and self.near(np.column_stack(self._way.transform(*some.T)))

    def found_in(self, path: Path, folder: Path) -> list[str]:
        """Name the files of a zip (unpacked into `folder`) that tell where a mine is."""
        with zipfile.ZipFile(path) as held:
            held.extractall(folder)
        return self.found_below(folder)

    def found_below(self, folder: Path) -> list[str]:
        """Name the files of a folder that tell where a mine is."""
        return [
            one.relative_to(folder).as_posix()
            for one in sorted(folder.rglob("*"))
            if one.is_file() and self._tells(one)
        ]

    def _tells(self, path: Path) -> bool:
        """Whether a file tells where a mine is."""
        if path.suffix == ".gpkg":
            return self._geopackage(path)
        if path.suffix == ".parquet":
            return self._parquet(path)
        if path.suffix == ".tif":
            return self._raster(path)
        if path.suffix == ".xlsx":
            return self.text("\n".join(rows_of(path)))
        if path.suffix in (".qgz", ".kmz"):
            with zipfile.ZipFile(path) as held:
                return any(self.text(held.read(name).decode("utf-8")) for name in held.namelist())
        if path.suffix in (".pdf", ".png"):
            return any(self.text(bytes(one).decode("latin-1")) for one in words_of(path))
        return self.text(path.read_bytes().decode("utf-8", "replace"))

    def _geopackage(self, path: Path) -> bool:
        """Look at shapes, and at all cells of all tables."""
        for layer, _ in pyogrio.list_layers(path):
            frame = pyogrio.read_dataframe(path, layer=layer)
            if hasattr(frame, "geometry") and len(frame):
                shapes = frame.to_crs("EPSG:4326").geometry.to_numpy()
                if self.near(shapely.get_coordinates(shapes)):
                    return True
        return any(self.text(line) for line in dumped(path))

    def _parquet(self, path: Path) -> bool:
        """Look at shapes and at rows."""
        frame = pd.read_parquet(path)
        for name in frame:
            if len(frame) and isinstance(frame[name].iloc[0], bytes):
                if self.near(shapely.get_coordinates(shapely.from_wkb(frame[name].to_numpy()))):
                    return True
                frame = frame.drop(columns=name)
        return self.text(frame.to_csv())

    def _raster(self, path: Path) -> bool:
        """Look at tags and corners, and for pixels with a value."""
        with rasterio.open(path) as file:
            if self.text(json.dumps([file.tags(), *(file.tags(n) for n in file.indexes)])):
                return True
            rows, columns = np.nonzero(file.dataset_mask())
            x, y = file.transform @ (columns + 0.5, rows + 0.5)
            corners = np.array(file.bounds).reshape(2, 2)
            way = Transformer.from_crs(file.crs, "EPSG:4326", always_xy=True)
        places = np.concatenate([np.column_stack([x, y]), corners])
        return self.near(np.column_stack(way.transform(*places.T)))


def rows_of(path: Path) -> Iterator[str]:
    """Give every row of every sheet of a workbook as text, and all else in it."""
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            yield json.dumps([str(cell.value) for cell in row if cell.value is not None])
            yield from (str(cell.comment.text) for cell in row if cell.comment)


def dumped(path: Path) -> Iterator[str]:
    """Give every row of every table of an SQLite file as text."""
    with sqlite3.connect(path) as file:
        names = [
            row[0] for row in file.execute("select name from sqlite_master where type='table'")
        ]
        for name in names:
            if not name.startswith("rtree_"):  # bounds in binary, of the same shapes
                for row in file.execute(f'select * from "{name}"'):
                    yield json.dumps([cell for cell in row if not isinstance(cell, bytes)])


@pytest.fixture(scope="session")
def searcher(secret: Secret) -> Searcher:
    """Return what searches for the run's mines."""
    return Searcher(secret.mines)


@pytest.fixture(scope="session")
def all_text() -> Callable[[Path], Iterator[tuple[str, str]]]:
    """Return what gives the name and text of each file below a folder, unpacked where packed."""

    def read(folder: Path) -> Iterator[tuple[str, str]]:
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".gpkg":
                yield path.name, "\n".join(dumped(path))
            elif path.suffix == ".parquet":
                yield path.name, pd.read_parquet(path).to_csv()
            elif path.suffix in (".pdf", ".png"):
                yield path.name, b"\n".join(map(bytes, words_of(path))).decode("latin-1")
            elif path.suffix in (".xlsx", ".qgz"):
                with zipfile.ZipFile(path) as held:
                    for name in held.namelist():
                        yield f"{path.name}/{name}", held.read(name).decode("utf-8", "replace")
            elif path.is_file():
                yield path.name, path.read_bytes().decode("utf-8", "replace")

    return read
