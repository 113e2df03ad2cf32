"""Which store a job is read with: one that is named must be there, the usual one may be absent.

It joins the engine with the store's folder. It reads no block.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from landcover.engine.stock import reach_of
from landcover.errors import InputError
from landcover.raster.remote import Reach
from landcover.raster.store import is_store

__all__ = ["check_store", "reach_with"]


def check_store(store: Path | None) -> None:
    """Refuse a store that a job or a call names, and that is none.

    Were it passed over, a slip of the pen would read everything from the network.

    Raises
    ------
    InputError
    """
    if store is None or is_store(store):
        return
    what = "does not exist"
    if store.is_dir():
        what = "holds nothing that was brought"
    elif store.exists():
        what = "is a file"
    remedy = "Run `landcover fetch` with it first, or correct --store or run.store"
    raise InputError(str(store), f"is to be read as a store, but {what}", remedy)


def reach_with(store: Path | None, offline: bool) -> Reach:
    """Say what may be asked, and where there is no store."""
    found = reach_of(store, offline)
    return found if found.store or store is None else replace(found, absent=str(store))
