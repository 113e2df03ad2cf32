"""A real QGIS for tests: it opens layers and projects in a process of its own, and tells of them.

It is Debian's, and runs with the system's Python; `looking.py` is what runs in it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PYTHON = os.environ.get("LANDCOVER_QGIS_PYTHON", "/usr/bin/python3")
"""The Python that has QGIS."""
PATIENCE_S = 240
"""How long QGIS may take over one question."""
SYSTEM_PATH = "/usr/bin:/bin"
"""QGIS starts the first python3 on the path: it must be the one that has its modules."""
OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "GDAL_DATA", "PROJ_DATA", "PROJ_LIB")
"""What would turn the system's Python and GDAL to ours."""


class Qgis:
    """Asks QGIS about files.

    Parameters
    ----------
    folder : Path
        For its profile and its answers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._asked = folder, 0
        rest = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = rest | {
            "QT_QPA_PLATFORM": "offscreen",
            "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
            "XDG_RUNTIME_DIR": str(folder),
            "LC_ALL": "C.UTF-8",
            "PATH": SYSTEM_PATH,
        }

    def _run(self, command: list[str]) -> str:
        """Run a program; return what it wrote."""
        done = subprocess.run(
            command, env=self.environment, timeout=PATIENCE_S, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def _look(self, what: str, sources: list[str], png: Path | None) -> Any:
        """Have sources looked at."""
        self._asked += 1
        answer = self.folder / f"{self._asked}.json"
        drawn = [] if png is None else ["--png", str(png)]
        if png is not None:
            png.mkdir(parents=True, exist_ok=True)
        self._run([PYTHON, str(HERE / "looking.py"), str(answer), what, *drawn, "--", *sources])
        return json.loads(answer.read_text("utf-8"))["found"]

    def layers(self, *sources: Path | str, png: Path | None = None) -> list[dict[str, Any]]:
        """Return what QGIS says of each layer; see `looking.layer_told`.

        `png` is a folder that gets a picture of each: ``0.png``, ``1.png``.
        """
        found: list[dict[str, Any]] = self._look("layers", [str(one) for one in sources], png)
        return found

    def project(self, path: Path, png: Path | None = None) -> dict[str, Any]:
        """Return what QGIS says of a project; see `looking.project_told`.

        `png` is a folder that gets a picture of each layer, map theme and print layout.
        """
        found: dict[str, Any] = self._look("project", [str(path)], png)
        return found

    def glance(self, path: Path) -> dict[str, Any]:
        """Return which layers of a project open, without drawing them; see `looking.glance`."""
        found: dict[str, Any] = self._look("glance", [str(path)], None)
        return found

    def pages(self, project: Path, layout: str, pdf: Path) -> int:
        """Print every page of a layout's atlas by QGIS's program; return how many there are."""
        told = [f"--PROJECT_PATH={project}", f"--LAYOUT={layout}", f"--OUTPUT={pdf}", "--DPI=60"]
        # QGIS 3.22 may crash as it ends, after the file was closed: the file alone is judged
        subprocess.run(
            ["qgis_process.bin", "run", "native:atlaslayouttopdf", *told], env=self.environment,
            timeout=PATIENCE_S, capture_output=True, check=False,
        )  # fmt: skip
        written = pdf.read_bytes()
        assert written.startswith(b"%PDF-")
        assert written.rstrip().endswith(b"%%EOF")
        return len(re.findall(rb"/Type\s*/Page\b", written))

    def run(self, algorithm: str, **inputs: object) -> None:
        """Run one of QGIS's algorithms by its program."""
        told = [f"--{name}={value}" for name, value in inputs.items()]
        # Debian's `qgis_process` hands over options that this program does not know.
        said = self._run(["qgis_process.bin", "run", algorithm, *told])
        assert re.search(r"^Results$", said, re.MULTILINE), said[-2000:]


@pytest.fixture(scope="session")
def _has_qgis() -> bool:
    """Whether there is a QGIS; asked once."""
    if shutil.which(PYTHON) is None or shutil.which("qgis_process.bin") is None:
        return False
    bare = {name: value for name, value in os.environ.items() if name not in OURS}
    asked = [PYTHON, "-c", "import qgis.core"]
    return subprocess.run(asked, env=bare, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def qgis(
    _has_qgis: bool, service: Callable[[bool, str], None], tmp_path_factory: pytest.TempPathFactory
) -> Qgis:
    """Return a QGIS to ask; skip where there is none, but fail in CI."""
    service(_has_qgis, "QGIS is not installed: apt-get install python3-qgis qgis")
    return Qgis(tmp_path_factory.mktemp("qgis"))


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs QGIS; it is slow, all of it together."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qgis)
            item.add_marker(pytest.mark.slow)
