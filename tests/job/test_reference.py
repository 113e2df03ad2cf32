"""docs/job.md is made from the schema, and is up to date."""

from __future__ import annotations

from pathlib import Path

from landcover import sensors
from landcover.job import document, schema
from landcover.products import PRODUCTS

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "job.md").read_text("utf-8")
    remedy = "run: python -m landcover schema --document > docs/job.md"
    assert written == document(), remedy


def test_every_key_of_the_schema_is_in_the_reference() -> None:
    text, root = document(), schema()
    for table in (root, *root["$defs"].values()):
        for key in table.get("properties", {}):
            assert f"| `{key}` |" in text or f"products.{key}\n" in text, key


def test_every_product_and_sensor_is_in_the_reference() -> None:
    text = document()
    for name, product in PRODUCTS.items():
        assert not product.in_job or f"### products.{name}\n" in text
    for name in sensors.shipped():
        assert f"| `{name}` |" in text


def test_no_cell_breaks_its_row() -> None:
    rows = [line for line in document().split("\n") if line.startswith("| ")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {4, 5}
