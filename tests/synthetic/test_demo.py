"""The demonstration on disk: what its job names is there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from landcover.errors import InputError
from landcover.synthetic import demo, write_demo


def test_the_job_finds_what_it_names(tmp_path: Path) -> None:
    days = (date(2020, 3, 1), date(2023, 3, 1))
    path = write_demo(tmp_path / "new" / "folder", size_px=64, days=days)
    job = yaml.safe_load(path.read_text("utf-8"))
    named = [group["path"] for group in job["zones"].values()]
    named += [source["catalog"] for source in job["sources"]]
    assert len(named) == 4
    assert all((path.parent / name).is_file() for name in named)


def test_the_days_cross_the_change_of_baseline() -> None:
    assert 60 <= len(demo.DEMO_DAYS) <= 90
    years = [day.year for day in demo.DEMO_DAYS]
    assert sorted(set(years)) == [2020, 2021, 2022, 2023]


def test_a_package_without_its_jobs_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_JOB", "absent.yaml")
    with pytest.raises(InputError, match=r"absent\.yaml: not found"):
        demo._shipped_job()
