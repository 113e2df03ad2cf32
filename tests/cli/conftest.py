"""The command line as a shell sees it: exit code, stdout, stderr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from landcover.cli import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended."""

    code: int
    out: str
    err: str


Call = Callable[..., Ended]

JOB = """\
schema: 1
name: small
title: {en: A small job, fr: Un petit travail}
zones:
  sites: {path: zones/sites.csv, id: pcode, rings_m: [500, 1000]}
sources:
  - {sensor: sentinel-2-l2a, catalog: scenes/catalog.json}
period: [2020, 2021]
products:
  composite: {index: [ndvi]}
"""
SITES = "pcode,name,longitude,latitude\nA1,Mine A,28.50,1.50\nA2,Mine B,28.55,1.52\n"
CATALOG = (
    '{"type": "Catalog", "id": "empty", "stac_version": "1.0.0", "description": "", "links": []}'
)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Return a caller of the command line in this process."""

    def caller(*arguments: str | Path) -> Ended:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        assert "Traceback" not in said.err or "--debug" in arguments
        return Ended(code, said.out, said.err)

    return caller


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a folder with a job, its zones and an empty catalog."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "scenes").mkdir()
    (tmp_path / "job.yaml").write_text(JOB, "utf-8")
    (tmp_path / "zones" / "sites.csv").write_text(SITES, "utf-8")
    (tmp_path / "scenes" / "catalog.json").write_text(CATALOG, "utf-8")
    return tmp_path
