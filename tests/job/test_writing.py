"""A job written out loads back as the same job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.job import Job, dump, loads

Read = Callable[..., Job]
NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,12}\Z").filter(
    lambda name: name.lower() not in {"con", "prn", "aux", "nul"}
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1)
TRAPS = st.sampled_from(
    ["no", "012", "12:30:00", "1e3", "2024-13-01", "~", "null", "", " x ", "a: b"]
)
METRES = st.floats(0.5, 50_000, allow_nan=False)
GROUP: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"path": st.just("zones/a b.csv")},
    optional={
        "id": TEXTS | TRAPS,
        "where": TEXTS | TRAPS,
        "credit": TEXTS | TRAPS,
        "rings_m": st.lists(METRES, unique=True, max_size=4).map(sorted),
        "keep": st.lists(TEXTS, max_size=3),
        "sensitive": st.booleans(),
        "kind": st.sampled_from(["site", "unit", "region"]),
    },
)
JOBS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "schema": st.just(1),
        "name": NAMES,
        "zones": st.dictionaries(NAMES, GROUP, min_size=1, max_size=3),
        "sources": st.lists(
            st.fixed_dictionaries(
                {
                    "sensor": st.just("sentinel-2-l2a"),
                    "catalog": st.sampled_from(["s/catalog.json", "https://a.org/v1?a=b&c=%20"]),
                },
                optional={
                    "cloud_grown_m": st.floats(0, 10_000),
                    "credit": TEXTS | st.dictionaries(st.sampled_from(["en", "fr"]), TEXTS),
                    "max_cloud_percent": st.none() | st.floats(0, 100),
                    "clear_classes": st.lists(st.integers(0, 11), min_size=1),
                },
            ),
            min_size=1,
            max_size=3,
        ),
        "period": st.sampled_from([[2015, 2021], {"start": "2017-01-01", "end": "2025-01-01"}]),
        "products": st.just({"composite": {"index": ["ndvi", "red"], "statistic": ["p10"]}}),
    },
    optional={
        "title": st.fixed_dictionaries({}, optional={"en": TEXTS | TRAPS, "fr": TEXTS}),
        "pictures": st.booleans(),
        "share": st.sampled_from([{"positions": "withheld"}, {"positions": {"grid_km": 5}}]),
        "run": st.fixed_dictionaries(
            {"memory": st.integers(64_000_000, 10**13) | st.sampled_from(["4GB", "1.5GiB"])},
            optional={"workers": st.integers(1, 64), "bandwidth_mbps": st.floats(1e-6, 1e17)},
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(JOBS)
def test_a_job_written_out_loads_back_equal(raw: dict[str, Any]) -> None:
    base = Path("study").resolve()
    job = Job.model_validate(raw, context={"base": base})
    text = dump(job)
    # another folder: what was written names its files wholly
    again = loads(text.encode(), Path("elsewhere").resolve())
    assert again == job
    assert dump(again) == text


def test_what_is_written_reads_alike_in_every_program(read: Read, right: str) -> None:
    job = read(right.replace("id: WDPAID", "id: 'no', name: '012', where: '12:30:00'"))
    plain = yaml.safe_load(dump(job))
    assert plain["zones"]["reserves"]["id"] == "no"
    assert plain["zones"]["reserves"]["name"] == "012"
    assert plain["zones"]["reserves"]["where"] == "12:30:00"
    assert plain["period"] == {"start": "2017-01-01", "end": "2025-01-01"}


def test_defaults_are_filled_in_and_nothing_is_null(read: Read) -> None:
    plain = yaml.safe_load(dump(read()))
    assert list(plain)[:3] == ["schema", "name", "title"]
    assert plain["run"] == {"memory": "4GB", "connections": 64}
    assert plain["sources"][0]["cloud_grown_m"] == 60.0
    assert plain["grid"]["crs"] == "auto"
    assert "null" not in dump(read())
    assert Path(plain["zones"]["reserves"]["path"]).is_absolute()


def test_a_value_that_was_cleared_stays_cleared(read: Read) -> None:
    job = read(overrides=["grid.resolution_m=~"])
    assert job.grid.resolution_m is None
    assert loads(dump(job).encode(), Path()) == job
