"""What a run over real scenes left, in QGIS: every layer resolves, in its colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landcover import showing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(real_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that people open, whose name is a hard one."""
    folder: Path = real_run.copy(tmp_path_factory.mktemp("qgis") / "Mes résultats, été")
    showing.show(real_run.job, folder)
    return folder


def test_every_layer_of_the_project_resolves_and_draws(
    out: Path, qgis: Any, tmp_path: Path
) -> None:
    told = qgis.project(out / "project.fr.qgz", png=tmp_path)
    assert told["read"]
    layers = told["layers"]
    assert len(layers) > len(list((out / "rasters").glob("*.tif")))
    assert all(layer["valid"] for layer in layers)


def test_every_raster_has_its_colours(out: Path, qgis: Any, tmp_path: Path) -> None:
    paths = sorted((out / "rasters").glob("*.tif"))
    for path, told in zip(paths, qgis.layers(*paths, png=tmp_path), strict=True):
        assert told["valid"], path.name
        assert told["renderer"] in ("paletted", "singlebandpseudocolor"), path.name
