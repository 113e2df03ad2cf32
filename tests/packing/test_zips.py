"""One zip: the same bytes each time, whole or not at all."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from landcover.packing.zips import write_zip


def test_names_contents_and_times(tmp_path: Path) -> None:
    raster = tmp_path / "a.tif"
    raster.write_bytes(b"0" * 5000)
    files = {"rasters/a.tif": raster, "é/b.csv": b"1,2\n" * 500}
    path = write_zip(tmp_path / "out.zip", "demo", files)
    raster.touch()
    again = write_zip(tmp_path / "again.zip", "demo", dict(reversed(files.items())))
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as made:
        assert made.namelist() == ["demo/rasters/a.tif", "demo/é/b.csv"]
        assert made.testzip() is None
        stored, shrunk = made.infolist()
        assert stored.compress_size == stored.file_size == 5000
        assert shrunk.compress_size < shrunk.file_size
        assert {one.date_time for one in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_file_that_goes_away_leaves_the_former_zip(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    path.write_bytes(b"former")
    with pytest.raises(OSError, match=r"gone\.tif"):
        write_zip(path, "demo", {"a.csv": b"1", "b.tif": tmp_path / "gone.tif"})
    assert path.read_bytes() == b"former"
    assert [one.name for one in tmp_path.iterdir()] == ["out.zip"]
