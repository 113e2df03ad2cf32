"""Every verb, product and job key is documented where a person would look for it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest


def keys_of(schema: Mapping[str, Any]) -> set[str]:
    """Collect every key of a JSON schema, those of its definitions included."""
    found = set(schema.get("properties", {}))
    parts = [schema, *schema.get("$defs", {}).values()]
    for part in parts:
        found |= set(part.get("properties", {}))
    return found


def undescribed(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a JSON schema that have no description, nor a group that has one."""
    groups = schema.get("$defs", {})
    for name, part in {"job": schema, **groups}.items():
        for key, value in part.get("properties", {}).items():
            group = groups.get(value.get("$ref", "").rpartition("/")[2], {})
            if not (value.get("description") or group.get("description")):
                yield f"{name}.{key}"


def missing(words: set[str], text: str) -> list[str]:
    """List the words that `text` never shows as code: `word`, or word: in an example."""
    return sorted(
        word for word in words if not re.search(rf"`[^`\n]*\b{re.escape(word)}\b[^`\n]*`", text)
    )


def verbs() -> set[str]:
    """Ask the command line itself which verbs it has."""
    out = subprocess.run(
        [sys.executable, "-m", "landcover", "--help"], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"^[ │|]*([a-z]+)  +\S", out.stdout, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def job_reference(root: Path) -> str:
    return (root / "docs" / "job.md").read_text("utf-8")


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    from landcover.job import Job

    return Job.model_json_schema()


def test_every_verb_is_in_the_readme(readme: str) -> None:
    found = verbs()
    assert {"init", "check", "plan", "run", "status", "demo"} <= found
    shown = set(re.findall(r"landcover ([a-z]+)\b", readme))
    assert found - shown == set()


def test_the_readme_shows_no_verb_that_does_not_exist(readme: str) -> None:
    blocks = "\n".join(re.findall(r"^```bash\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL))
    shown = set(re.findall(r"^landcover ([a-z]+)\b", blocks, flags=re.MULTILINE))
    assert {"init", "run"} <= shown <= verbs()


def test_every_product_is_documented(readme: str, job_reference: str) -> None:
    from landcover.products import PRODUCTS

    assert missing(set(PRODUCTS), readme) == []
    assert missing(set(PRODUCTS), job_reference) == []


def test_every_job_key_is_documented(schema: Mapping[str, Any], job_reference: str) -> None:
    assert missing(keys_of(schema), job_reference) == []


def test_every_job_key_is_described(schema: Mapping[str, Any]) -> None:
    assert list(undescribed(schema)) == []


def test_every_exit_code_is_in_the_readme(readme: str) -> None:
    for code in (0, 1, 2, 3, 130):
        assert re.search(rf"^\| {code} +\|", readme, flags=re.MULTILINE), code


def test_every_link_of_the_readme_leads_somewhere(readme: str, root: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", readme)
    assert targets
    assert [target for target in targets if not (root / target).exists()] == []


def test_a_missing_key_is_seen() -> None:
    schema = {
        "properties": {"name": {"description": "Its name."}, "zones": {}},
        "$defs": {"Zone": {"properties": {"path": {"description": "Where."}, "id": {}}}},
    }
    assert keys_of(schema) == {"name", "zones", "path", "id"}
    assert list(undescribed(schema)) == ["job.zones", "Zone.id"]
    assert missing(keys_of(schema), "| `name` | `zones.path` |\nzones and id") == ["id"]
