"""The last door: an id is found whatever file it hides in."""

from __future__ import annotations

import zipfile
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

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


def _png(*notes: tuple[str, str, bool]) -> bytes:
    """Return a picture with notes (key, text, whether packed)."""
    held, info = BytesIO(), PngInfo()
    for key, text, packed in notes:
        info.add_text(key, text, zip=packed)
    Image.new("RGB", (2, 2)).save(held, "PNG", pnginfo=info)
    return held.getvalue()


def test_ids_are_found_in_notes_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "fine.png").write_bytes(_png(("Title", "Mines", False)))
    (tmp_path / "open.png").write_bytes(_png(("Title", "near MC0001", False)))
    (tmp_path / "packed.png").write_bytes(_png(("Comment", "a" * 99 + "MC0001" * 9, True)))
    told = Image.Exif()
    told[0x010E] = "at MC0001"
    for kind in ("jpg", "webp"):
        Image.new("RGB", (2, 2)).save(tmp_path / f"exif.{kind}", exif=told)
        Image.new("RGB", (2, 2)).save(tmp_path / f"fine.{kind}")
    assert leaks(tmp_path, WORDS) == ("exif.jpg", "exif.webp", "open.png", "packed.png")


@pytest.mark.parametrize("fonttype", [3, 42])
@pytest.mark.parametrize("place", ["title", "page"])
def test_ids_are_found_in_what_pdfs_show_and_say(tmp_path: Path, fonttype: int, place: str) -> None:
    with rc_context({"pdf.fonttype": fonttype}):
        for name, text in {"fine": "Zone R, MC0002", "told": "Zone (MC0001), é"}.items():
            sheet = Figure()
            sheet.text(0.1, 0.5, text if place == "page" else "A")
            title = text if place == "title" else "A"
            sheet.savefig(tmp_path / f"{name}.pdf", metadata={"Title": title})
    assert leaks(tmp_path, WORDS) == ("told.pdf",)


def test_ids_are_found_in_data_within_pages(tmp_path: Path) -> None:
    def page(inner: bytes, before: str = "data:a/b;base64,") -> str:
        return f'<img src="{before}{b64encode(inner).decode()}"><p>text</p>'

    told = {
        "chart": page(b"<svg><text>MC0001</text></svg>"),
        "picture": page(_png(("Title", "MC0001 " * 20, True))),
        "nested": page(page(b"x MC0001").encode()),
        "project": page(b"of MC0001_0-500m", "base64:"),
        "fine": page(b"<svg><text>MC0002</text></svg>"),
    }
    for name, text in told.items():
        (tmp_path / f"{name}.html").write_text(text, "utf-8")
    found = ("chart.html", "nested.html", "picture.html", "project.html")
    assert leaks(tmp_path, WORDS) == found


def test_ids_are_found_however_they_are_spelled(tmp_path: Path) -> None:
    word = "Mé'001"
    told = {
        "page.html": "M&#x27;001 Mé&#x27;001",
        "script.js": '"M\\u00e9\'001"',
        "link.html": "x/M%C3%A9%27001.html",
        "fine.txt": "Mé 001",
    }
    for name, text in told.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "old.txt").write_bytes(word.encode("latin-1"))
    (tmp_path / "wide.txt").write_bytes(word.encode("utf-16-le"))
    found = ("link.html", "old.txt", "page.html", "script.js", "wide.txt")
    assert leaks(tmp_path, [word]) == found


def test_a_long_text_of_a_geopackage_is_read_whole(tmp_path: Path) -> None:
    shapes = gpd.GeoSeries([shapely.Point(28, 1)], crs="EPSG:4326")
    for name, start in {"fine": "R", "told": "MC0001"}.items():
        texts = ["x" * cut + start + "y" * 9000 for cut in range(4000, 4100)]
        frame = gpd.GeoDataFrame({"note": texts}, geometry=[shapes[0]] * 100, crs="EPSG:4326")
        frame.to_file(tmp_path / f"{name}.gpkg", layer="zones")
    assert leaks(tmp_path, WORDS) == ("told.gpkg",)


def test_what_is_packed_tells_nothing_by_chance(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=6, height=1, count=1, dtype="uint8",
        crs="EPSG:4326", transform=Affine(0.1, 0, 28, 0, -0.1, 1),
    ) as file:  # fmt: skip
        file.write(np.frombuffer(b"MC0001", np.uint8).reshape(1, 1, 6))
    assert b"MC0001" in (tmp_path / "a.tif").read_bytes()
    page = b64encode(b64decode("xxMC0001"))
    (tmp_path / "a.html").write_bytes(b'<img src="data:a/b;base64,' + page + b'">')
    assert leaks(tmp_path, WORDS) == ()
