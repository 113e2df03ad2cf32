"""A tile's result on disk: layers in their final types, and the zones' sums.

Arrays are written one by one as they are made, so that a tile never holds all its layers.
A layer that is nodata throughout is left out, and one that is the same throughout (a clear
count of 0 where no scene came) takes one pixel.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.kernels.sums import ZoneSums
from landcover.model import Layer

__all__ = ["ResultWriter", "read_arrays", "read_layers", "read_part", "read_sums"]

_LAYER, _SAME, _SUMS, _ZONES, _ARRAY = "layer/", "same/", "sums/", "zones", "array/"

_LOCAL_HEADER_BYTES = 30
"""What a file in a ZIP begins with, before its name and extra field (APPNOTE 4.3.7)."""


class ResultWriter:
    """Writes arrays into one file, as ``numpy.load`` reads them.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)

    def _write(self, name: str, array: npt.NDArray[Any]) -> None:
        """Write one array."""
        entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
        array = np.asarray(array, order="C")  # a lone number keeps its shape
        with self._file.open(entry, "w", force_zip64=True) as member:
            header = np.lib.format.header_data_from_array_1_0(array)
            np.lib.format.write_array_header_1_0(member, header)
            # numpy's own writer copies 16 MiB at a time, twice: outside the tile's budget
            member.write(array.reshape(-1).view(np.uint8).data)

    def layer(self, layer: Layer, planes: npt.NDArray[Any]) -> None:
        """Write a layer's planes (B, Y, X); nothing where all are nodata."""
        planes = planes.astype(layer.dtype, copy=False)
        if _blank(planes, layer.nodata):
            return
        first = planes[:, :1, :1]
        if (planes == first).all():
            self._write(f"{_SAME}{layer.name}", first)
            self._write(f"{_SAME}{layer.name}.shape", np.array(planes.shape))
        else:
            self._write(_LAYER + layer.name, planes)

    def sums(self, sums: ZoneSums, zones: Sequence[str]) -> None:
        """Write the zones' sums; `zones` are the keys of the zones that they number."""
        self._write(_ZONES, np.array(zones, dtype=np.str_))
        for name, array in sums.to_arrays().items():
            self._write(_SUMS + name, array)

    def arrays(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write small arrays by name, in order of it."""
        for name in sorted(arrays):
            self._write(_ARRAY + name, arrays[name])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _blank(planes: npt.NDArray[Any], nodata: float | None) -> bool:
    """Whether no pixel has a value."""
    if nodata is None:
        return False
    if np.isnan(nodata):
        return not np.isfinite(planes).any()
    return bool((planes == planes.dtype.type(nodata)).all())


def read_layers(path: Path, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Read layers' planes (B, Y, X); one in which the tile has no value is left out."""
    found = {}
    with np.load(path, allow_pickle=False) as stored:
        held = set(stored.files)
        for name in names:
            if _LAYER + name in held:
                found[name] = stored[_LAYER + name]
            elif _SAME + name in held:
                shape = tuple(stored[f"{_SAME}{name}.shape"])
                found[name] = np.broadcast_to(stored[_SAME + name], shape)
    return found


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the small arrays of a file."""
    with np.load(path, allow_pickle=False) as stored:
        names = [name for name in stored.files if name.startswith(_ARRAY)]
        return {name.removeprefix(_ARRAY): stored[name] for name in names}


def read_part(
    path: Path, names: Sequence[str], part: tuple[slice, slice]
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Read rows and columns of layers, one at a time; the rest of them is not read.

    Yields
    ------
    (name, planes (B, Y, X))
        A view of the file, to be copied; a layer in which the tile has no value is left out.
    """
    with zipfile.ZipFile(path) as stored:
        held = set(stored.namelist())
        for name in names:
            if f"{_LAYER}{name}.npy" in held:
                whole = _mapped(path, stored, f"{_LAYER}{name}.npy")
                yield name, whole[:, part[0], part[1]]
            elif f"{_SAME}{name}.npy" in held:
                yield name, _mapped(path, stored, f"{_SAME}{name}.npy")


def _mapped(path: Path, stored: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """Look at an array in a file where it lies: nothing in it is compressed."""
    start = stored.getinfo(name).header_offset
    with path.open("rb") as file:
        file.seek(start)
        header = file.read(_LOCAL_HEADER_BYTES)
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        file.seek(start + _LOCAL_HEADER_BYTES + lengths)
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return np.memmap(path, dtype, "r", file.tell(), shape)


def read_sums(path: Path, numbers: Mapping[str, int]) -> ZoneSums:
    """Read the zones' sums.

    Parameters
    ----------
    path : Path
    numbers : mapping
        Zone's key -> its number in this run: a tile made by an earlier run may have counted
        otherwise.
    """
    with np.load(path, allow_pickle=False) as stored:
        names = [name for name in stored.files if name.startswith(_SUMS)]
        arrays = {name.removeprefix(_SUMS): stored[name] for name in names}
        now = np.array([numbers[str(key)] for key in stored[_ZONES]], np.int32)
    arrays["zone"] = now[arrays["zone"]] if len(now) else arrays["zone"]
    return ZoneSums.from_arrays(arrays)
