"""Of several rows about one place, the last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.errors import ZoneError
from landcover.zones.latest import latest

VISITS = """vid,pcode,name,visit_date,lon,lat,workers
3,a,Old name,2019-03-01,28.50,1.5,10
10,a,New name,2021-07-05,28.51,1.5,40
9,a,Same day,2021-07-05,28.52,1.5,30
4,b,Only one,,28.60,1.5,
12,c,Seen,2020-01-01,28.70,1.5,7
13,c,No place,2022-01-01,,,8
"""


def test_the_latest_visit_of_each_site(tmp_path: Path, one: Callable[..., Any]) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(VISITS)
    found = one(path, id="pcode", name="name", latest=["visit_date", "vid"], keep=["workers"],
                rings_m=[100])  # fmt: skip
    assert [(z.parent, z.name, z.kept) for z in found.zones] == [
        ("a", "New name", {"workers": 40}),
        ("b", "Only one", {"workers": None}),
        ("c", "Seen", {"workers": 7}),
    ]
    said = "\n".join(str(note) for note in found.notes)
    assert "5 rows are of 3 zones; the latest of each was taken, by visit_date, vid" in said
    assert "1 of 6 have no coordinates" in said
    (file,) = found.inputs
    assert file.rows == (3, 5, 6)
    assert {"visit_date", "vid"} <= set(file.columns)


def test_without_it_twins_are_refused(tmp_path: Path, one: Callable[..., Any]) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(VISITS)
    with pytest.raises(ZoneError, match="the same id stands in several rows"):
        one(path, id="pcode", rings_m=[100])
    with pytest.raises(ZoneError, match=r"zones.sites.latest: no column 'date'"):
        one(path, id="pcode", latest="date", rings_m=[100])


def test_dates_without_an_order_are_refused() -> None:
    with pytest.raises(ZoneError, match=r"'31/12/2023' cannot be ordered as text. Write dates"):
        latest(["a", "a"], [["2020-01-01", "31/12/2023"]], "zones.sites")


def test_missing_ids_stay_to_be_refused_by_name() -> None:
    assert latest(["", "a", "", "a"], [[1, 2, 3, 1]], "zones.sites") == [0, 1, 2]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5) | st.none()), max_size=20))
def test_one_row_an_id_and_none_is_later(rows: list[tuple[str, int | None]]) -> None:
    ids, cells = [row[0] for row in rows], [row[1] for row in rows]
    taken = latest(ids, [cells], "zones.sites")
    assert taken == sorted(taken)
    assert sorted(ids[place] for place in taken) == sorted(set(ids))
    for place in taken:
        mine = -1 if cells[place] is None else cells[place]
        others = [
            -1 if c is None else c for i, c in zip(ids, cells, strict=True) if i == ids[place]
        ]
        assert mine == max(others)
        later = ids[place + 1 :], cells[place + 1 :]
        assert (ids[place], cells[place]) not in set(zip(*later, strict=True))
