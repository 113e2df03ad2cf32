"""The figures at the head of each shipped job are what `landcover plan` says.

It plans over items laid on the satellites' own squares, three looks a month, whose files are not
there: a plan then takes the block and the stored bytes of a pixel that it expects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyproj import Transformer

from landcover.cli import main, templates

PLACES = Path(__file__).resolve().parents[2].parent / "shared" / "places"

SIDE_M = 109_800
"""Side of a Sentinel-2 scene (m): squares of 100 km overlap by 9.8 km."""

ROWS = {"A": 100_000, "B": 200_000, "C": 300_000, "R": 9_600_000, "S": 9_700_000, "T": 9_800_000}
"""Northing of the top of each row of squares in UTM zone 35 (m)."""

COLUMNS = {"N": 500_000, "P": 600_000, "Q": 700_000}
"""Easting of the left side of each column (m)."""

BANDS = {"blue": 10, "green": 10, "red": 10, "nir": 10, "scl": 20}
"""Files of a scene: side of a pixel (m)."""

LOOK_DAYS = (5, 15, 25)
"""Days of a month on which each square is seen: as many as `best` leaves."""

AGREES = 0.04
"""How far a figure of two digits may be from what the plan says (share)."""


def write_items(path: Path, squares: Sequence[str], years: range) -> None:
    """Write an ItemCollection."""
    items = [
        item(square, datetime(year, month, day, 8, 20, place, tzinfo=UTC))
        for place, square in enumerate(squares)
        for year in years
        for month in range(1, 13)
        for day in LOOK_DAYS
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}), "utf-8")


def item(square: str, moment: datetime) -> dict[str, Any]:
    """Tell one scene of a square such as 35NPB."""
    epsg = 32635 if square[2] == "N" else 32735
    left, top = COLUMNS[square[3]], ROWS[square[4]]
    degrees = Transformer.from_crs(epsg, 4326, always_xy=True)
    corners = [(left, top), (left, top - SIDE_M), (left + SIDE_M, top - SIDE_M),
               (left + SIDE_M, top), (left, top)]  # fmt: skip
    ring = [list(degrees.transform(*corner)) for corner in corners]
    lon, lat = zip(*ring, strict=True)
    return {
        "type": "Feature", "stac_version": "1.0.0", "stac_extensions": [],
        "id": f"S2A_T{square}_{moment:%Y%m%dT%H%M%S}_L2A", "collection": "sentinel-2-c1-l2a",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [min(lon), min(lat), max(lon), max(lat)],
        "properties": {
            "datetime": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "platform": "sentinel-2a",
            "eo:cloud_cover": 40, "proj:epsg": epsg, "grid:code": f"MGRS-{square}",
            "s2:processing_baseline": "05.00", "s2:generation_time": "2025-01-01T00:00:00Z",
        },
        "links": [],
        "assets": {band: asset(band, left, top) for band in BANDS},
    }  # fmt: skip


def asset(band: str, left: float, top: float) -> dict[str, Any]:
    """Tell one file, which is not there."""
    size = BANDS[band]
    about = {"data_type": "uint16", "nodata": 0, "scale": 0.0001, "offset": -0.1}
    if band == "scl":
        about = {"data_type": "uint8", "nodata": 0}
    return {
        "href": f"./absent_{band}.tif", "type": "image/tiff; application=geotiff",
        "roles": ["data"], "raster:bands": [about], "proj:shape": [SIDE_M // size] * 2,
        "proj:transform": [size, 0, left, 0, -size, top],
        **({} if band == "scl" else {"eo:bands": [{"name": band, "common_name": band}]}),
    }  # fmt: skip


def planned(
    name: str, squares: Sequence[str], years: range, given: Sequence[str], folder: Path, capfd: Any
) -> dict[str, Any]:
    """Plan a shipped job over such items."""
    items = folder / "items.json"
    write_items(items, squares, years)
    job = folder / f"{name}.yaml"
    job.write_text(templates.read(name, "en"), "utf-8")
    told = [f"sources[{n}].{key}" for n in (0, 1) for key in (f"catalog={items}", "offset=trust")]
    words = [word for one in (*told, *given) for word in ("--set", one)]
    capfd.readouterr()
    assert main(["plan", str(job), "--out", str(folder / "out"), "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def hours(read_bytes: float, mbps: float) -> float:
    """Return how long bytes take."""
    return read_bytes * 8 / (mbps * 1e6) / 3600


def agrees(told: str, found: float) -> bool:
    """Whether a rounded figure is what was found: to its last digit, or a few per cent."""
    told = told.replace(",", ".")  # as French writes it
    digit = 10.0 ** -len(told.partition(".")[2])
    return abs(float(told) - found) <= max(digit / 2 * 1.01, AGREES * found)


def test_a_first_job_costs_what_it_says(tmp_path: Path, capfd: Any) -> None:
    found = planned("first-job", ["35NQB"], range(2023, 2025), [], tmp_path, capfd)
    for language in ("en", "fr"):
        head = templates.read("first-job", language).split("\nschema:")[0]
        size, disk = re.findall(r"(\d+(?:[.,]\d+)?) (?:GB|Go)\b", head)
        slow, quick = re.findall(r"(\d+)(?:\n#)? minutes", head)
        assert ("," in size) == (language == "fr")
        assert agrees(size, found["read_bytes"] / 1e9)
        assert agrees(slow, hours(found["read_bytes"], 2) * 60)
        assert agrees(quick, hours(found["read_bytes"], 10) * 60)
        assert agrees(disk, found["write_bytes"] / 1e9)
    assert found["read_bytes"] < 2e9


@pytest.mark.skipif(not PLACES.exists(), reason="the real places of ../shared are not there")
@pytest.mark.slow
@pytest.mark.parametrize("side_m", [10, 20, 40])
@pytest.mark.parametrize(("name", "rows"), [("okapi", "ABC"), ("itombwe", "RST")])
def test_a_reserve_costs_what_it_says(
    name: str, rows: str, side_m: int, tmp_path: Path, capfd: Any
) -> None:
    band = "N" if name == "okapi" else "M"
    squares = [f"35{band}{column}{row}" for column in COLUMNS for row in rows]
    given = [
        f"zones.reserves.path={PLACES / 'reserves_okapi_itombwe.geojson'}",
        f"zones.sites.path={PLACES / 'ipis_asm_visits_2009-2023_selected_columns.csv'}",
        f"grid.resolution_m={side_m}",
        *(f"sources[{n}].resolution_m={side_m if side_m > 10 else 'null'}" for n in (0, 1)),
    ]
    found = planned(name, squares, range(2019, 2025), given, tmp_path, capfd)
    for language in ("en", "fr"):
        row = re.search(
            rf"^#   {side_m} .*\b(?:month|mois)\b.*$", templates.read(name, language), re.MULTILINE
        )
        assert row is not None
        size, slow, quick, disk = re.findall(r"(\d+(?:[.,]\d+)?) (?:GB|Go|h)\b", row[0])
        assert agrees(size, found["read_bytes"] / 1e9)
        assert agrees(slow, hours(found["read_bytes"], 2))
        assert agrees(quick, hours(found["read_bytes"], 10))
        assert agrees(disk, found["write_bytes"] / 1e9)
