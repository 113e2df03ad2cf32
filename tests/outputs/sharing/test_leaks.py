"""The last door: an id is found whatever file it hides in."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from landcover.outputs.sharing.leaks import leaks

WORDS = ("MC0001", "Mine of Kibali", "12345", "MC2")


def test_ids_are_found_in_names_bytes_and_zips(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("id\nMC0001\n", "utf-8")
    (tmp_path / "MC0001.png").write_bytes(b"png")
    with zipfile.ZipFile(tmp_path / "p.qgz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("p.qgs", "<a>" * 50 + "MC0001_0-500m")
    (tmp_path / "fine.csv").write_text("Mine of Kibali,12345,MC2,MC0002\n", "utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    assert leaks(tmp_path, WORDS) == ("MC0001.png", "p.qgz", "tables/a.csv")


def test_words_that_anybody_may_use_are_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Mine of Kibali 12345 MC2", "utf-8")
    assert leaks(tmp_path, WORDS[1:]) == ()


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip"])
def test_ids_are_found_in_packed_columns(tmp_path: Path, compression: str) -> None:
    frame = pd.DataFrame({"id": [*(f"Z{n:04}" for n in range(500)), "MC0001_0-500m"] * 3})
    frame.to_parquet(tmp_path / "a.parquet", compression=compression)
    frame[:500].to_parquet(tmp_path / "fine.parquet", compression=compression)
    pd.DataFrame({"ids": [["a", "MC0001"]]}).to_parquet(tmp_path / "list.parquet")
    pd.DataFrame({"raw": [b"of MC0001"]}).to_parquet(tmp_path / "raw.parquet")
    pd.DataFrame({"MC0001": [1.0]}).to_parquet(tmp_path / "head.parquet")
    found = ("a.parquet", "head.parquet", "list.parquet", "raw.parquet")
    assert leaks(tmp_path, WORDS) == found


def test_ids_are_found_beside_shapes(tmp_path: Path) -> None:
    shapes = gpd.GeoSeries([shapely.Point(28, 1)], crs="EPSG:4326")
    for name, identity in {"fine": "R", "zones": "MC0001"}.items():
        frame = gpd.GeoDataFrame({"zone_id": [identity]}, geometry=shapes)
        frame.to_parquet(tmp_path / f"{name}.parquet", compression="zstd")
        frame.to_file(tmp_path / f"{name}.gpkg", layer="zones")
    assert leaks(tmp_path, WORDS) == ("zones.gpkg", "zones.parquet")


def test_ids_are_found_in_tags_and_names_of_bands(tmp_path: Path) -> None:
    for name in ("fine", "tag", "band"):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", width=16, height=16, count=1,
            dtype="uint8", crs="EPSG:4326", transform=Affine(0.1, 0, 28, 0, -0.1, 1),
        ) as file:  # fmt: skip
            file.write(np.ones((1, 16, 16), np.uint8))
            if name == "tag":
                file.update_tags(WHERE="near MC0001")
            if name == "band":
                file.set_band_description(1, "MC0001")
    assert leaks(tmp_path, WORDS) == ("band.tif", "tag.tif")


def test_ids_are_found_in_workbooks(tmp_path: Path) -> None:
    for name, cell in {"fine": "R", "told": "MC0001"}.items():
        book = openpyxl.Workbook()
        book.create_sheet("zones").append([cell])
        book.save(tmp_path / f"{name}.xlsx")
    assert leaks(tmp_path, WORDS) == ("told.xlsx",)
