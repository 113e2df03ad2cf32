"""The jobs that are measured: yearly NDVI medians and clear counts over one rectangle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from scenes import CLEAR, YEARS, Listing


def write_job(
    folder: Path,
    name: str,
    listing: Listing,
    *,
    zone: Mapping[str, Any] | None = None,
    grid: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    zones: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    keys: Mapping[str, Any] | None = None,
) -> Path:
    """Write a job and its zone; return its path.

    `more` are products beside yearly medians, `keys` others of the job.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [zone or listing.rectangle()]}),
        "utf-8",
    )
    job = {
        "schema": 1,
        "name": name,
        "zones": zones or {"all": {"path": f"{name}.geojson", "id": "id", "kind": "region"}},
        "sources": [
            {
                "sensor": "sentinel-2-l2a",
                "catalog": str(listing.items),
                "clear_classes": list(CLEAR),
                "cloud_grown_m": 0,
            }
        ],
        "period": [YEARS[0], YEARS[-1]],
        "grid": dict(grid or {}),
        "products": {
            "composite": {"index": ["ndvi"], "every": "year", "statistic": ["median"]},
            **(more or {}),
        },
        "series": {"every": "year"},
        "run": {"memory": "4GB", **(run or {})},
        **(keys or {}),
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(job, sort_keys=False, allow_unicode=True), "utf-8")
    return path


def write_sites(path: Path, places: Sequence[tuple[float, float]]) -> None:
    """Write a table of sites (longitude, latitude in degrees)."""
    rows = [f"S{number:05d},{lon:.6f},{lat:.6f}" for number, (lon, lat) in enumerate(places)]
    path.write_text("\n".join(["id,longitude,latitude", *rows]) + "\n", "utf-8")
