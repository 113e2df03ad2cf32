"""Files written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.errors import DiskFullError
from landcover.files import (
    CHUNK_BYTES,
    PART,
    raise_if_full,
    replacing,
    sha256_of,
    sha256_of_tree,
    sweep,
    write_whole,
)


def test_text_is_utf_8_with_its_own_newlines(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "a.txt", "é\r\n\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xa9\r\n\n"
    write_whole(tmp_path / "new" / "a.txt", b"\x00")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\x00"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def failing(path: Path, error: Exception) -> None:
    """Write half a file, and fail."""
    with replacing(path) as part:
        part.write_text("new, but")
        assert part.parent == path.parent, "a rename is whole only within one disk"
        assert part.suffix == path.suffix
        raise error


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="halfway"):
        failing(path, ValueError("halfway"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_as_such(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(DiskFullError, match="the disk is full"):
        failing(path, OSError(number, "full"))
    assert path.read_text() == "old"


def test_other_trouble_is_not_called_a_full_disk(tmp_path: Path) -> None:
    raise_if_full(tmp_path, PermissionError(errno.EACCES, "no"))
    with pytest.raises(PermissionError):
        failing(tmp_path / "a.txt", PermissionError(errno.EACCES, "no"))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_a_hash_is_that_of_all_bytes(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a").write_bytes(data[:size])
    assert sha256_of(tmp_path / "a") == hashlib.sha256(data[:size]).hexdigest()


@given(st.binary(max_size=3000))
def test_what_is_written_is_read(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write_whole(Path(folder) / "a", data)
        assert (Path(folder) / "a").read_bytes() == data


def test_only_half_written_files_are_swept(tmp_path: Path) -> None:
    names = [f".a-1{PART}.tif", f".b-2{PART}", "a.tif", ".hidden", f"c{PART}"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / f".folder{PART}").mkdir()
    assert sweep(tmp_path) == 2
    assert {path.name for path in tmp_path.iterdir()} == {*names[2:], f".folder{PART}"}
    assert sweep(tmp_path / "absent") == 0


def test_one_hash_of_a_tree(tmp_path: Path) -> None:
    for name, text in (("b.py", "1"), ("a/c.yaml", "2"), ("a/d.pyc", "3")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    lines = (("a/c.yaml", b"2"), ("b.py", b"1"))
    told = "".join(f"{name}\0{hashlib.sha256(text).hexdigest()}\n" for name, text in lines)
    hashed = sha256_of_tree(tmp_path, {".py", ".yaml"})
    assert hashed == hashlib.sha256(told.encode()).hexdigest()
    (tmp_path / "a" / "d.pyc").unlink()
    assert sha256_of_tree(tmp_path, {".py", ".yaml"}) == hashed
    (tmp_path / "b.py").rename(tmp_path / "e.py")
    assert sha256_of_tree(tmp_path, {".py", ".yaml"}) != hashed
