"""A tile's result on disk: layers in their final types, and the zones' sums.

Arrays are written one by one as they are made, so that a tile never holds all its layers.
A layer that is nodata throughout is left out, and one that is the same throughout (a clear
count of 0 where no scene came) takes one pixel.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.kernels.sums import ZoneSums
from landcover.model import Layer

__all__ = ["ResultWriter", "read_layers", "read_sums"]

_LAYER, _SAME, _SUMS, _ZONES = "layer/", "same/", "sums/", "zones"


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
        array = np.ascontiguousarray(array)
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
