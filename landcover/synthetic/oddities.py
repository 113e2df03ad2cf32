"""A small country with hard names, and a job that asks for everything of it.

Its names hold what breaks pages, tables and file names: markup, quotes, formulas, right-to-left
text, 300 characters. Whoever shows results is tried on it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from landcover.synthetic.build import country
from landcover.synthetic.land import Country
from landcover.synthetic.overpass import dates
from landcover.synthetic.scenes import Writing, write
from landcover.synthetic.surroundings import write_context
from landcover.synthetic.zones import write_zones

__all__ = ["ODD_DAYS", "ODD_NAMES", "write_oddities"]

SIDE_PX: Final = 128
"""Side of the country (px): 1.3 km, and one tile."""

ODD_DAYS: Final = dates(date(2020, 1, 6), date(2024, 1, 1), 15)
"""Days of its scenes: two a month for four years."""

ODD_NAMES: Final = (
    "</script><script>alert('Carrière')</script>",
    '=HYPERLINK("http://example.invalid";"A & B")',
    "منجم الذهب ‏(قديم)",
    "Mwenga’s “pit” ; n°7 | a/b\\c: *?<é>",
    "Une très longue carrière " * 12,
)
"""Names of sites: markup, a formula, right-to-left text, signs that files dislike, 300 letters."""

RESERVE: Final = 'Réserve <b>inventée</b> & "protégée"'

TERRITORIES: Final = {"MC61": "-Ouest & d’à côté", "MC62": "+Est <em>"}

ODD_PLACES: Final = {
    "rivers": "Rivière « <u>Noire</u> » & fils",
    "roads": "=N4+RN27",
    "places": "قرية ‏</svg> 'Village' \"neuf\"",
}
"""Names of what is drawn round the zones."""

CREDIT: Final = "© Personne <b>& Cie</b>"

CAMPS: Final = (("C1", "Camp secret", 300.0, 900.0), ("C2", "@Camp caché", 950.0, 400.0))
"""Sites that may not be shown: code, name, metres from the country's left and top."""

_JOB: Final[Mapping[str, Any]] = {
    "schema": 1,
    "name": "odd",
    "title": {"en": "A <i>made-up</i> country & its names", "fr": "Un pays « inventé » & ses noms"},
    "zones": {
        "reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "name": "NAME",
                     "outside_m": [200, 400]},
        "sites": {"path": "zones/sites.csv", "id": "pcode", "name": "name",
                  "rings_m": [100, 250], "keep": ["mineral1"]},
        "camps": {"path": "zones/camps.csv", "id": "code", "name": "name", "kind": "site",
                  "rings_m": [100], "sensitive": True},
        "territories": {"path": "zones/territories.geojson", "id": "ADM2_PCODE",
                        "name": "ADM2_FR", "kind": "region"},
    },
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
    "period": [2020, 2023],
    "products": {
        "composite": {"index": ["ndvi"], "statistic": ["median"]},
        "climatology": {"index": "ndvi", "baseline": [2020, 2022], "anomalies": "year"},
        "trend": {"index": "ndvi", "min_years": 4},
        "disturbance": {"index": "ndvi", "history": ["2020-01-01", "2022-07-01"]},
    },
    "pictures": True,
    "series": {"every": "month", "index": ["ndvi"]},
    "report": {"languages": ["en", "fr"]},
    "run": {"memory": "2GB", "workers": 1},
}  # fmt: skip


def write_oddities(folder: Path, **changes: Any) -> Path:
    """Write scenes, zones and a job that asks for every product, in two languages.

    Parameters
    ----------
    folder : Path
        Gets `scenes/`, `zones/`, `context/` and `odd.yaml`.
    **changes
        Keys of the job, in place of its own.

    Returns
    -------
    Path
        Of the job.
    """
    land = country(SIDE_PX, first=date(2022, 7, 15), last=date(2023, 3, 1))
    bands = ("blue", "green", "red", "nir")
    write(land, folder / "scenes", ODD_DAYS, writing=Writing(64, bands=bands))
    write_zones(land, folder / "zones")
    _rename(folder / "zones" / "reserves.geojson", "NAME", {900001: RESERVE}, "WDPAID")
    _rename(folder / "zones" / "territories.geojson", "ADM2_FR", TERRITORIES, "ADM2_PCODE")
    _rename_sites(folder / "zones" / "sites.csv")
    _write_camps(land, folder / "zones" / "camps.csv")
    job = {**_JOB, "context": write_context(land, folder, ODD_PLACES, CREDIT), **changes}
    path = folder / "odd.yaml"  # JSON is YAML, too
    path.write_text(json.dumps(job, ensure_ascii=False, indent=1), "utf-8")
    return path


def _rename(path: Path, column: str, names: Mapping[Any, str], key: str) -> None:
    """Give shapes other names."""
    content = json.loads(path.read_text("utf-8"))
    for feature in content["features"]:
        feature["properties"][column] = names[feature["properties"][key]]
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _rename_sites(path: Path) -> None:
    """Give sites their odd names."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, name in zip(rows, ODD_NAMES, strict=True):
        row["name"] = name
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def _write_camps(land: Country, path: Path) -> None:
    """Write the sites that may not be shown."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(land.crs, "EPSG:4326", always_xy=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("code", "name", "longitude", "latitude", "guards"))
        for code, name, right_m, down_m in CAMPS:
            lon, lat = to_degrees.transform(land.left_m + right_m, land.top_m - down_m)
            table.writerow((code, name, f"{lon:.8f}", f"{lat:.8f}", "12"))
