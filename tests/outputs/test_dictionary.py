"""Every column of every table has a title, a unit and a meaning, in every language."""

from __future__ import annotations

import pytest

from landcover.outputs import (
    beyond,
    disturbed,
    patch_parts,
    patches,
    placed,
    rates,
    tables,
    trends,
    zone_years,
)
from landcover.outputs.dictionary import about_table, entry_of
from landcover.outputs.wording import phrases

COLUMNS = {
    "zones": (*tables.ZONE_COLUMNS, *placed.PLACE_COLUMNS),
    "zone_series": (
        *tables.SERIES_COLUMNS, *beyond.SMOOTHED_COLUMNS, *beyond.DEPARTURE_COLUMNS,
    ),
    "failures": tables.failures(()).columns,
    "scenes": tables.scenes_used(()).columns,
    "data_used": tables.data_used((), ()).columns,
    "patches": patches.COLUMNS,
    "patch_years": patch_parts.YEAR_COLUMNS,
    "disturbance_area": disturbed.AREA_COLUMNS,
    "disturbance_kinds": disturbed.KIND_COLUMNS,
    "disturbance_rates": rates.RATE_COLUMNS,
    "trend_area": trends.TREND_COLUMNS,
    "zone_years": zone_years.YEAR_COLUMNS,
}  # fmt: skip
"""The columns of all tables that a run can leave."""


def test_all_tables_of_a_run_are_known() -> None:
    from landcover import leave

    left = {*leave.TABLES, *leave.DISTURBANCE_TABLES, *leave.TREND_TABLES, *leave.YEAR_TABLES}
    assert left == set(COLUMNS)
    assert left == set(phrases("tables")) - {"other"}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_every_column_has_an_entry(table: str, language: str) -> None:
    for column in COLUMNS[table]:
        entry = entry_of(table, column, language)
        assert entry.title, column
        assert entry.meaning[0].isupper(), column
        assert entry.meaning.endswith("."), column
        assert not entry.is_kept, column
        assert bool(entry.unit) == bool(entry.quantity), column


def test_a_unit_in_a_name_is_told() -> None:
    units = {"_ha": "ha", "_m": "m", "_fraction": "fraction", "_percent": "%", "_date": "date"}
    for table, columns in COLUMNS.items():
        for column in columns:
            for end, unit in units.items():
                if column.endswith(end):
                    assert entry_of(table, column, "en").unit == unit, column


def test_no_entry_is_of_a_column_that_does_not_exist() -> None:
    known = {name for columns in COLUMNS.values() for name in columns}
    known |= {f"{table}.{name}" for table, columns in COLUMNS.items() for name in columns}
    for page in ("columns", "column_titles"):
        assert set(phrases(page)) - known - {"kept", "unknown"} == set(), page


def test_what_a_column_means_depends_on_its_table() -> None:
    zone, patch = entry_of("zones", "kind", "en"), entry_of("patches", "kind", "en")
    assert "reserve" in zone.meaning
    assert "abrupt" in patch.meaning


def test_headings_have_units() -> None:
    assert entry_of("zones", "area_ha", "fr").heading == "Surface (ha)"
    assert entry_of("patches", "distance_m", "en").heading == "Distance to it (m)"
    assert entry_of("patches", "first_date", "en").heading == "First pixel first seen"
    assert entry_of("patch_years", "year", "fr").heading == "Année de première vue"


def test_what_a_job_keeps_is_its_own() -> None:
    entry = entry_of("zones", "mean", "en")  # a column of the job's file, whatever its name
    assert entry.is_kept
    assert entry.title == "mean"


def test_a_column_of_another_version_does_not_stop_anyone() -> None:
    entry = entry_of("patches", "colour", "en")
    assert (entry.title, entry.unit, entry.is_kept) == ("colour", "", True)
    assert "knows nothing" in entry.meaning


def test_a_table_is_told_of() -> None:
    assert "One row a zone" in about_table("zones", "en")
    assert about_table("made_up", "fr") == "Une table de l’analyse."
