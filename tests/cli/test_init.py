"""`landcover init`, and the jobs that it ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import job
from landcover.cli import templates
from landcover.errors import InputError

Call = Callable[..., Any]
NAMES = templates.names()
HINT = "# yaml-language-server: $schema=landcover.schema.json\n"


def test_the_stories_are_there() -> None:
    shipped = {"demo", "first-job", "itombwe", "kapeta", "mines", "okapi", "okapi-ndvi"}
    assert set(NAMES) == shipped


@pytest.mark.parametrize("name", NAMES)
def test_each_shipped_job_is_right_in_both_languages(name: str, tmp_path: Path) -> None:
    texts = {language: templates.read(name, language) for language in ("en", "fr")}
    english, french = (job.loads(text.encode(), tmp_path) for text in texts.values())
    assert english == french
    assert texts["en"] != texts["fr"]
    assert english.title_in("en") != english.title_in("fr")
    for text in texts.values():
        # `landcover demo` copies its job without a schema beside it
        assert text.startswith(HINT) is (name != "demo")
        assert sum(line.lstrip().startswith("#") for line in text.split("\n")) >= 6
        short = (line for line in text.split("\n") if "path: https://" not in line)
        assert max(map(len, short)) <= 100


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_init_writes_a_job_that_loads(call: Call, tmp_path: Path, name: str, language: str) -> None:
    file = tmp_path / "new" / "my.yaml"
    ended = call("init", file, "--template", name, "--language", language)
    assert ended.code == 0
    assert ended.out == ""
    assert f"landcover check {file}" in ended.err
    assert file.read_text("utf-8") == templates.read(name, language)
    assert job.load(file).schema_version == 1
    schema = json.loads((file.parent / "landcover.schema.json").read_text("utf-8"))
    assert schema == json.loads(json.dumps(job.schema()))


def test_init_does_not_overwrite_unless_forced(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("mine", "utf-8")
    ended = call("init", file)
    assert ended.code == 2
    assert ended.err == f"{file}: the file exists. Take another name, or add --force.\n"
    assert file.read_text("utf-8") == "mine"
    assert call("init", file, "--force").code == 0
    assert file.read_text("utf-8") != "mine"


def test_an_unknown_template_lists_those_there_are(call: Call, tmp_path: Path) -> None:
    ended = call("init", tmp_path / "job.yaml", "--template", "nope")
    assert ended.code == 2
    assert (
        "there is no template 'nope'. Known are demo, first-job, itombwe, kapeta, mines"
        in ended.err
    )
    with pytest.raises(InputError):
        templates.read("../demo", "en")


def test_an_unknown_language_is_told_in_plain_words(call: Call, tmp_path: Path) -> None:
    ended = call("init", tmp_path / "job.yaml", "--language", "de")
    assert ended.code == 2
    assert ended.err == (
        "landcover init: Invalid value for '--language': 'de' is not one of 'en', 'fr'. "
        "See `landcover init --help`.\n"
    )
    assert not (tmp_path / "job.yaml").exists()


def test_the_templates_are_listed(call: Call) -> None:
    assert call("init", "--list").out.split() == list(NAMES)


def test_a_folder_that_cannot_be_written(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ended = call("init", tmp_path / "file" / "job.yaml")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_templates_are_found_in_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "landcover"
    (package / "configs").mkdir(parents=True)
    monkeypatch.setattr(templates, "PACKAGE", package)
    assert templates.folder() == package / "configs"
    (package / "configs").rmdir()
    with pytest.raises(InputError, match="not installed"):
        templates.folder()
