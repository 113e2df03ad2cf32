"""The `Job` itself: names, titles, sources, products."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from pydantic import ValidationError

from landcover.job import Job, Products
from landcover.products import PRODUCTS

Read = Callable[..., Job]


def test_a_job_is_frozen(read: Read) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read().name = "other"


def test_defaults_live_in_the_schema(read: Read) -> None:
    job = read()
    assert job.grid.crs == "auto"
    assert job.series.every == "date"
    assert job.pictures is None
    assert job.run.memory == 4_000_000_000
    assert job.report.languages == ("en",)
    assert job.share.positions is None


def test_every_product_of_the_table_has_its_key() -> None:
    wanted = [name for name, product in PRODUCTS.items() if product.in_job]
    assert list(Products.model_fields) == wanted


def test_a_product_without_keys_has_its_usual_settings(read: Read, right: str) -> None:
    job = read(right.replace("composite: {index: [ndvi]}", "composite:"))
    assert job.wanted["composite"] == PRODUCTS["composite"].Settings()


@pytest.mark.parametrize(
    ("title", "en", "fr"),
    [
        ("", "okapi", "okapi"),
        ("title: Okapi\n", "Okapi", "Okapi"),
        ("title: {en: A, fr: B}\n", "A", "B"),
        ("title: {fr: B}\n", "B", "B"),
    ],
)
def test_titles(read: Read, right: str, title: str, en: str, fr: str) -> None:
    job = read(right + title)
    assert (job.title_in("en"), job.title_in("fr")) == (en, fr)


@pytest.mark.parametrize(
    ("text", "made"),
    [("true", True), ("false", False), ("{}", True), ("{every: month}", True)],
)
def test_pictures(read: Read, right: str, text: str, made: bool) -> None:
    assert (read(f"{right}pictures: {text}\n").pictures is not None) is made


SOURCES = """\
sources:
  - {sensor: sentinel-2-l2a, catalog: a.json}
  - {sensor: sentinel-2-l2a, catalog: b.json}
  - {sensor: sentinel-2-l2a, catalog: c.json, name: third}
"""


def test_sources_are_named_after_their_sensors(read: Read, right: str) -> None:
    old = "sources:\n  - {sensor: sentinel-2-l2a, catalog: scenes/catalog.json}\n"
    job = read(right.replace(old, SOURCES))
    names = ["sentinel-2-l2a", "sentinel-2-l2a-2", "third"]
    assert [source.name for source in job.sources] == names
    assert [source.name for source in job.sources_of(None)] == names


def test_years_are_inclusive_and_dates_half_open(read: Read, right: str) -> None:
    dates = "{start: 2017-01-01, end: 2025-01-01}"
    for text in ("[2017, 2024]", "{start: 2017, end: 2024}", "['2017', '2024']", dates):
        period = read(right.replace(dates, text)).period
        assert (period.start, period.end) == (date(2017, 1, 1), date(2025, 1, 1))
        assert period.last == date(2024, 12, 31)
