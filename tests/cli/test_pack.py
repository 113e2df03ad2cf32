"""`landcover pack` as a shell sees it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest


def test_a_job_that_did_not_run_is_told(call: Any, study: Path) -> None:
    ended = call("pack", str(study / "job.yaml"))
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert not (study / "out").exists()


@pytest.mark.slow
def test_an_archive_and_a_public_parcel(call: Any, finished: Any, tmp_path: Path) -> None:
    out = finished.copy(tmp_path / "out")
    kept = call("pack", str(finished.path), "--out", str(out))
    assert (kept.code, kept.out) == (0, f"{tmp_path / 'out.zip'}\n")
    assert "It holds exact positions of camps; --public makes one without." in kept.err
    shared = call("pack", str(finished.path), "--out", str(out), "--public", "--light")
    assert shared.code == 0, shared.err
    assert (shared.code, shared.out) == (0, f"{tmp_path / 'out-public-light.zip'}\n")
    assert "Positions of camps are hidden: see PARCEL.txt." in shared.err
    with zipfile.ZipFile(tmp_path / "out-public-light.zip") as made:
        names = made.namelist()
        assert {"odd/PARCEL.txt", "odd/tables.fr.xlsx", "odd/tables/zones.csv"} <= set(names)
        assert not [one for one in names if "camp" in one or one.endswith((".tif", ".qgz"))]
        assert b"Camp" not in made.read("odd/tables/zones.csv")


@pytest.mark.slow
def test_a_parcel_that_hides_nothing_says_so(call: Any, finished: Any, tmp_path: Path) -> None:
    out = finished.copy(tmp_path / "out")
    exact = call("pack", str(finished.path), "--out", str(out), "--public", "--light",
                 "--to", str(tmp_path / "x.zip"), "--set", "share.positions=exact")  # fmt: skip
    assert exact.out == f"{tmp_path / 'x.zip'}\n"
    assert "Nothing is hidden" in exact.err
