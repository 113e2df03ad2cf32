"""The folder of a run: its lock, and a manifest that survives whatever a kill leaves."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.engine.workspace import Entry, Workspace
from landcover.errors import DiskFullError, FolderError
from landcover.files import PART, sha256_of
from landcover.model import Failure


def entry(tile: str, **told: Any) -> Entry:
    fields = {"size": 3, "sha256": "0", "fingerprint": "f", "parts": {"a": "1"}, **told}
    return Entry(tile, **fields)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "out")
    made.prepare()
    return made


FULL = entry(
    "t1",
    seconds={"read": 0.25},
    reads={"opened": 2},
    peak_bytes=7,
    failures=(Failure("s\u2028é", "src", "red", "t1", 'a "reason"\nof two lines'),),
)


def test_an_entry_comes_back_as_it_was(workspace: Workspace) -> None:
    workspace.record(FULL)
    assert FULL.line().count("\n") == 1
    assert workspace.entries() == {"t1": FULL}


def test_the_last_line_of_a_tile_counts(workspace: Workspace) -> None:
    workspace.record(entry("a", fingerprint="old"))
    workspace.record(entry("b"))
    workspace.record(entry("a", fingerprint="new"))
    assert workspace.entries()["a"].fingerprint == "new"


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_line_cut_short_anywhere_costs_that_line_alone(
    data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("torn"))
    workspace.prepare()
    workspace.record(entry("a"))
    whole = workspace.manifest.read_bytes()
    torn = FULL.line().encode()
    kept = data.draw(st.integers(0, len(torn) - 2))
    workspace.manifest.write_bytes(whole + torn[:kept])
    assert set(workspace.entries()) == {"a"}
    workspace.record(entry("b"))
    assert set(workspace.entries()) == {"a", "b"}
    workspace.record(FULL)
    assert workspace.entries()["t1"] == FULL


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 4096, b"\xff\xfe\x80", b"[]", b"7", b'"text"', b"null", b"{}",
     b'{"tile":"x","failures":[]}', b'{"failures":[1]}', b'{"failures":null}'],
)  # fmt: skip
def test_what_a_power_cut_leaves_is_passed_over(workspace: Workspace, garbage: bytes) -> None:
    workspace.record(entry("a"))
    with workspace.manifest.open("ab") as file:
        file.write(garbage)
    workspace.record(entry("b"))
    assert set(workspace.entries()) == {"a", "b"}


def test_no_manifest_is_no_tile(tmp_path: Path) -> None:
    assert Workspace(tmp_path / "never").entries() == {}


def test_a_tile_is_intact_only_byte_for_byte(workspace: Workspace) -> None:
    path = workspace.tile_file("a")
    path.write_bytes(b"abc")
    good = entry("a", size=3, sha256=sha256_of(path))
    assert workspace.intact(good)
    path.write_bytes(b"abd")
    assert not workspace.intact(good)
    path.write_bytes(b"abcd")
    assert not workspace.intact(good)
    path.unlink()
    assert not workspace.intact(good)


HOLD = """
import sys
from pathlib import Path
from landcover.engine.workspace import Workspace
with Workspace(Path(sys.argv[1])).alone():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_run_a_folder_and_a_killed_one_lets_go(workspace: Workspace) -> None:
    command = [sys.executable, "-c", HOLD, str(workspace.out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with (
            pytest.raises(FolderError, match="another run is using it") as raised,
            workspace.alone(),
        ):
            pass
        assert raised.value.exit_code == 2
        other.kill()
    with workspace.alone():
        pass


def test_leftovers_of_a_killed_run_are_swept_and_nothing_else(workspace: Workspace) -> None:
    left = [
        folder / f".x-123{PART}.npz"
        for folder in (workspace.tiles, workspace.rasters, workspace.tables, workspace.inputs,
                       workspace.points, workspace.out)
    ]  # fmt: skip
    workspace.points.mkdir()
    ends = ("tif", "tif.ovr.tmp", "tif.msk.ovr.tmp", "tif.warped.tif.tmp", "tif.aux.xml")
    left += [workspace.rasters / f".ndvi_2021-9f{PART}.{end}" for end in ends]  # GDAL's names
    left += [workspace.work / f".ndvi_2021{PART}.raw.{end}" for end in ("tif", "tif.ovr.ovr")]
    kept = workspace.tiles / "a.npz"
    for path in [*left, kept]:
        path.write_bytes(b"1")
    with workspace.alone():
        assert kept.exists()
        assert not [path for path in left if path.exists()]


def end_early(workspace: Workspace) -> None:
    """Run, and fail before there is anything to do."""
    fetched = workspace.work / "downloads" / "zones.csv"
    with contextlib.suppress(ZeroDivisionError), workspace.alone():
        (workspace.out / "run.log").touch()
        fetched.parent.mkdir()
        fetched.write_text("x")
        raise ZeroDivisionError


def test_a_run_that_never_began_leaves_no_folder(tmp_path: Path) -> None:
    end_early(Workspace(tmp_path / "a" / "b" / "out"))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_never_began_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "tables").mkdir(parents=True)
    end_early(Workspace(out))
    assert list(tmp_path.rglob("*")) == [out, out / "tables"]
    (out / "notes.txt").write_text("mine")
    end_early(Workspace(out))
    assert sorted(tmp_path.rglob("*")) == [out, out / "notes.txt", out / "tables"]


def test_a_run_that_began_keeps_its_folder(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    with contextlib.suppress(ZeroDivisionError), workspace.alone():
        workspace.lock_file.write_text("{}")
        raise ZeroDivisionError
    assert workspace.tiles.is_dir()
    assert workspace.rasters.is_dir()


def test_a_folder_in_use_is_left_to_who_uses_it(workspace: Workspace) -> None:
    with workspace.alone(), pytest.raises(FolderError), workspace.alone():
        pass
    assert workspace.tiles.is_dir()


def test_folders_made_before_one_could_not_be_are_removed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tables").write_text("a file")
    with pytest.raises(FolderError):
        Workspace(tmp_path / "out").prepare()
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "tables"]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be made read-only so on Windows")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="cannot be written") as raised:
        Workspace(tmp_path / "file" / "out").prepare()
    assert "--out" in str(raised.value)


def test_a_full_disk_is_told_as_such(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.record(entry("a"))


def test_forgetting_takes_every_checkpoint(workspace: Workspace) -> None:
    workspace.tile_file("a").write_bytes(b"1")
    workspace.record(entry("a"))
    (workspace.work / "rasters.json").write_text("{}")
    workspace.forget()
    workspace.forget()
    assert workspace.entries() == {}
    assert not list(workspace.tiles.iterdir())
    assert workspace.read_json("rasters.json") == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"null"])
def test_a_broken_small_file_is_as_good_as_none(workspace: Workspace, content: bytes) -> None:
    (workspace.work / "x.json").write_bytes(content)
    assert workspace.read_json("x.json") == {}
