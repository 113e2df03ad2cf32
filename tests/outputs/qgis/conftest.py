"""A finished run with its GeoPackages, whose project is written in both languages."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from landcover.outputs.qgis.project import write_project
from landcover.outputs.shown import Shown
from landcover.outputs.vectors import write_vectors


@dataclass(frozen=True, slots=True)
class Projects:
    """What was shown, and the project of each language: its file and its root."""

    shown: Shown
    paths: Mapping[str, Path]
    roots: Mapping[str, ET.Element]


def opened(path: Path) -> ET.Element:
    """Return the root of a project in its zip."""
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return ET.fromstring(archive.read(name))


@pytest.fixture(scope="session")
def projects(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Projects:
    out = finished.copy(tmp_path_factory.mktemp("a project") / "out é")
    write_vectors(finished.shown(out))
    shown = finished.shown(out)
    paths = {language: write_project(shown, language)[0] for language in ("en", "fr")}
    return Projects(shown, paths, {language: opened(path) for language, path in paths.items()})
