"""Small files of zones, written as people write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover.zones.features import Feature, ZoneSet
from landcover.zones.groups import load
from landcover.zones.settings import ZoneGroup

Shape = tuple[BaseGeometry | None, dict[str, Any]]


@pytest.fixture
def geojson(tmp_path: Path) -> Callable[..., Path]:
    """Return ``geojson(*(geometry, properties), name=...)``: a GeoJSON file."""

    def write(*shapes: Shape, name: str = "zones.geojson") -> Path:
        features = [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": None if shape is None else mapping(shape),
            }
            for shape, properties in shapes
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    return write


@pytest.fixture
def one(tmp_path: Path) -> Callable[..., ZoneSet]:
    """Return ``one(path, group=..., **keys)``: the zones of a job with a single group."""

    def call(path: Path | str, group: str = "sites", **keys: Any) -> ZoneSet:
        settings = ZoneGroup.model_validate({"path": str(path), **keys})
        return load({group: settings}, tmp_path / "cache")

    return call


@pytest.fixture
def ringed(one: Callable[..., ZoneSet]) -> Callable[..., ZoneSet]:
    """Return the same with one small ring, so that points give zones."""

    def call(path: Path | str, **keys: Any) -> ZoneSet:
        return one(path, **{"rings_m": [1000], **keys})

    return call


def features_of(shapes: Sequence[BaseGeometry]) -> list[Feature]:
    """Name shapes a, b, c ..."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [Feature(f"row {n}", letters[n], letters[n], s) for n, s in enumerate(shapes)]


@pytest.fixture
def named() -> Callable[[Sequence[BaseGeometry]], list[Feature]]:
    """Return ``named(shapes)``: features a, b, c ..."""
    return features_of
