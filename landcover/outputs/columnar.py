"""``tables/*.parquet``: every table of a run with typed columns, for programs.

It knows types and files. A cell holds what the table holds; what is missing is null.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from landcover.files import replacing
from landcover.outputs.dictionary import Entry, entry_of
from landcover.outputs.shown import Shown

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["write_parquet"]

LANGUAGE = "en"
"""Of what columns say of themselves: a file has one text a column."""

COUNTED = frozenset({"number", "years", "calendar_year"})
"""Quantities that are whole numbers; `pixels` are, `count` is not: those on an edge are parts."""


def write_parquet(shown: Shown) -> tuple[Path, ...]:
    """Write ``tables/<name>.parquet`` beside each table, and remove those of former tables.

    Parameters
    ----------
    shown : Shown

    Returns
    -------
    tuple of Path
        Ids and names are text, days are days (``date32``), times are UTC, numbers float64, counts
        int64. Each column's metadata has its title, unit and meaning.
    """
    import pyarrow.parquet as pq

    folder = shown.out / "tables"
    paths = {name: folder / f"{name}.parquet" for name in shown.tables}
    for stale in set(folder.glob("*.parquet")) - set(paths.values()):
        stale.unlink()
    for name, path in paths.items():
        with replacing(path) as part:
            pq.write_table(_table(shown.tables[name], name), part, compression="zstd")
    return tuple(paths.values())


def _table(table: pd.DataFrame, name: str) -> pa.Table:
    """Return a table with types."""
    import pyarrow as pa

    columns, fields = [], []
    for n, column in enumerate(map(str, table.columns)):
        entry = entry_of(name, column, LANGUAGE)
        made = _column(table.iloc[:, n], entry)
        told = {"title": entry.title, "unit": entry.unit, "meaning": entry.meaning}
        columns.append(made)
        fields.append(pa.field(column, made.type, metadata=told))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _column(column: pd.Series[Any], entry: Entry) -> pa.Array:
    """Return a column with its type: that of its quantity, whatever its cells look like."""
    import pyarrow as pa

    kind = column.dtype.kind
    if kind == "M":
        return _moments(column, entry.quantity)
    if entry.is_kept and kind in "biuf":
        return pa.Array.from_pandas(column)
    if entry.quantity in ("", "day", "time"):  # a day may be a period that was named freely
        return _texts(column)
    if (entry.quantity in COUNTED or entry.column == "pixels") and _is_whole(column):
        return pa.Array.from_pandas(column.astype("Int64"))
    return pa.Array.from_pandas(column.astype("float64"), type=pa.float64())


def _is_whole(column: pd.Series[Any]) -> bool:
    """Whether a column has whole numbers alone, or none."""
    numbers = column.dropna().astype("float64")
    return bool((numbers % 1 == 0).all())


def _moments(column: pd.Series[Any], quantity: str) -> pa.Array:
    """Return days, or times in UTC (Parquet knows no seconds: milliseconds)."""
    import pyarrow as pa

    moments = pa.Array.from_pandas(column)
    if quantity != "time":
        return moments.cast(pa.date32())
    return moments.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", tz="UTC"))


def _texts(column: pd.Series[Any]) -> pa.Array:
    """Return text; an empty one is null."""
    import pyarrow as pa

    missing = (column.isna() | (column == "")).to_numpy()
    texts = [None if gone else str(one) for one, gone in zip(column, missing, strict=True)]
    return pa.array(texts, type=pa.string())
