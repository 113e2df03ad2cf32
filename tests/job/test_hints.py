"""Hints: allowed, and probably not meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landcover.job import Job, hints

Read = Callable[..., Job]


@pytest.mark.parametrize(
    ("end", "hint"),
    [
        (
            "2024-12-31",
            "period.end: the last day used is 2024-12-30. Write 2025-01-01 to use 2024-12-31 too.",
        ),
        (
            "2024-02-29",
            "period.end: the last day used is 2024-02-28. Write 2024-03-01 to use 2024-02-29 too.",
        ),
        ("2025-01-01", None),
        ("2024-06-15", None),
    ],
)
def test_a_last_day_that_is_not_used(read: Read, end: str, hint: str | None) -> None:
    found = [str(note) for note in hints(read(overrides=[f"period.end={end}"]))]
    assert found == ([hint] if hint else [])


def test_whole_years_need_no_hint(read: Read) -> None:
    assert hints(read(overrides=["period=[2020, 2021]"])) == ()
