"""Compiled kernels are of the sources that are there, and not of former ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import landcover.kernels

CALLER = """\
from numba import njit
from landcover.kernels.called import number

@njit("int64()", cache=True)
def answer():
    return number()
"""

CALLED = """\
from numba import njit

@njit("int64()", cache=True)
def number():
    return {}
"""


def ask(folder: Path, first: str = "", **environment: str) -> str:
    """Run a kernel that calls another in a fresh process, that may begin with something else."""
    code = f"{first}"
    code += "from landcover.kernels.caller import answer; print(answer())"
    own = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    if not environment:
        own.pop("NUMBA_CACHE_DIR", None)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, check=True)
    return done.stdout.decode().strip()


def checkout(folder: Path) -> Path:
    """Make a package of two kernels beside the real door."""
    kernels = folder / "landcover" / "kernels"
    kernels.mkdir(parents=True)
    (kernels.parent / "__init__.py").write_text("")
    shutil.copy(landcover.kernels.__file__, kernels)
    (kernels / "caller.py").write_text(CALLER)
    (kernels / "called.py").write_text(CALLED.format(1))
    return kernels


def test_a_kernel_whose_callee_changed_is_compiled_anew(tmp_path: Path) -> None:
    kernels = checkout(tmp_path)
    assert ask(tmp_path) == "1"
    (first,) = (kernels / "__pycache__").glob("kernels-*")
    assert list(first.rglob("*.nbi")), "kernels are kept"
    (kernels / "called.py").write_text(CALLED.format(2))
    assert ask(tmp_path) == "2"
    (second,) = (kernels / "__pycache__").glob("kernels-*")
    assert second != first, "former ones are removed"


def test_numba_may_have_been_imported_before(tmp_path: Path) -> None:
    """As in a notebook: numba has read its folder by then."""
    kernels = checkout(tmp_path)
    assert ask(tmp_path, first="import numba; ") == "1"
    (own,) = (kernels / "__pycache__").glob("kernels-*")
    assert len(list(own.rglob("*.nbi"))) == len(list(tmp_path.rglob("*.nbi"))) == 2
    (kernels / "called.py").write_text(CALLED.format(2))
    assert ask(tmp_path, first="import numba; ") == "2"


def test_a_folder_that_the_user_names_is_used(tmp_path: Path) -> None:
    kernels = checkout(tmp_path / "code")
    named = tmp_path / "kernels-mine"
    (named / "kernels-0123456789abcdef").mkdir(parents=True)
    assert ask(tmp_path / "code", NUMBA_CACHE_DIR=str(named)) == "1"
    own, other = sorted(named.iterdir(), key=lambda folder: not list(folder.rglob("*.nbi")))
    assert list(own.rglob("*.nbi"))
    assert other.exists(), "another installation keeps its own there"
    (kernels / "called.py").write_text(CALLED.format(2))
    assert ask(tmp_path / "code", NUMBA_CACHE_DIR=str(own)) == "2", "as a worker inherits it"
    assert len(list(named.iterdir())) == 3
