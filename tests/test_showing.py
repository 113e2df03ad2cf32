"""What people open of a finished run: all of it, from the folder alone, the same each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import pipeline, showing
from landcover.catalog.settings import Source
from landcover.cli import main
from landcover.errors import InputError
from landcover.outputs import prints
from landcover.outputs.drawing import lapse
from landcover.outputs.shown import Clearing

SAME = (".html", ".qgz", ".qml", ".xml", ".json", ".gpx", ".kml", ".parquet", ".xlsx")
"""Files that are equal to the byte however often they are written; GeoPackages keep a clock."""

LEFT = {
    "README.html", "context.gpkg", "map.en.html", "map.fr.html", "patches.gpkg", "patches.gpx",
    "patches.kml", "patches.parquet", "project.en.qgz", "project.fr.qgz", "report.en.html",
    "report.fr.html", "tables.en.xlsx", "tables.fr.xlsx", "zones.gpkg", "zones.parquet",
}  # fmt: skip
"""What lies in the folder itself; sidecars, Parquet tables and STAC lie below it."""


@pytest.fixture(scope="module")
def written(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[Path]]:
    """Return a folder in which everything was written, and what was."""
    out = finished.copy(tmp_path_factory.mktemp("showing") / "dossier é")
    return out, set(showing.show(finished.job, out))


@pytest.mark.slow
def test_everything_is_written_into_the_folder(written: tuple[Path, set[Path]]) -> None:
    out, paths = written
    assert all(path.is_file() and path.is_relative_to(out) for path in paths)
    assert {path.name for path in paths if path.parent == out} == LEFT
    assert {path.parent.name for path in paths if path.parent.parent == out} >= {"rasters", "stac"}


@pytest.mark.slow
def test_no_file_knows_where_it_was_written(written: tuple[Path, set[Path]]) -> None:
    out, paths = written
    for path in paths:
        content = path.read_bytes()
        for told in (str(out), str(out.parent), Path.home().name + "@"):
            assert told.encode() not in content, path


@pytest.mark.slow
def test_the_same_bytes_again(
    written: tuple[Path, set[Path]], finished: Any, tmp_path: Path
) -> None:
    out, paths = written
    again = finished.copy(tmp_path / "again")
    showing.show(finished.job, again)
    for path in sorted(path for path in paths if path.suffix in SAME):
        other = again / path.relative_to(out)
        assert (
            hashlib.sha256(path.read_bytes()).hexdigest()
            == hashlib.sha256(other.read_bytes()).hexdigest()
        ), path.name


def test_a_run_shows_what_it_left(
    finished: Any, tmp_path: Path, unshown: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(pipeline, "show", lambda job, out, journal: asked.append(out))
    pipeline.run(finished.job, finished.out)
    assert asked == [finished.out]
    assert unshown is showing.show


@pytest.mark.slow
def test_the_verb_takes_titles_and_languages_of_the_job(
    finished: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = finished.copy(tmp_path / "out")
    changes = ["--set", "title=Autre titre", "--set", "report.languages=[fr]"]
    assert main(["report", str(finished.path), "--out", str(out), "--quiet", *changes]) == 0
    said = capsys.readouterr().out.splitlines()
    assert str(out / "report.fr.html") in said
    assert not (out / "report.en.html").exists()
    assert "<title>Autre titre" in (out / "report.fr.html").read_text("utf-8")


@pytest.mark.slow
def test_pictures_never_stay_behind_other_pages(
    finished: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever once asked for pictures has them drawn again with all else."""
    monkeypatch.setattr(prints, "DPI", 40)
    monkeypatch.setattr(lapse, "DPI", 40)
    out = finished.copy(tmp_path / "out")
    folder = out / "pictures"
    folder.mkdir()
    for name in ("locator.en.png", "gone_median.en.png"):
        (folder / name).write_bytes(b"older")
    written = showing.show(finished.job, out)
    drawn = set(folder.iterdir())
    assert (folder / "locator.fr.pdf") in drawn
    assert drawn <= set(written)
    assert all(path.read_bytes() != b"older" for path in drawn)
    assert "pictures/" in (out / "README.html").read_text("utf-8")


def test_a_folder_without_a_run_is_refused(finished: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        showing.show_again(finished.job, tmp_path / "none")


@pytest.mark.parametrize(
    ("sensor", "masked", "grown_m"),
    [("sentinel-2-l2a", True, 60), ("modis-13q1", True, 0), ("sentinel-1-rtc", False, 0)],
)
def test_how_clear_pixels_are_told(
    sensor: str, masked: bool, grown_m: float, finished: Any
) -> None:
    job = finished.job
    source = job.sources[0].model_copy(update={"sensor": sensor, "name": "mine"})
    about = showing.about_of(job.model_copy(update={"sources": (source,)}))
    assert about.clearings == (Clearing("mine", masked, grown_m),)


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (None, ({"en": "Contains modified Copernicus Sentinel data [year]"},)),
        ("made up", ({"en": "made up", "fr": "made up"},)),
        ({"en": "made up", "fr": "inventées"}, ({"en": "made up", "fr": "inventées"},)),
        ("", ()),
        ({"fr": " "}, ()),
    ],
)
def test_a_source_may_have_an_origin_of_its_own(
    own: Any, told: tuple[dict[str, str], ...], finished: Any
) -> None:
    job = finished.job
    values = {"sensor": "sentinel-2-l2a", "catalog": "a/catalog.json", "credit": own}
    source = Source.model_validate({key: one for key, one in values.items() if one is not None})
    job = job.model_copy(update={"sources": (source, source)})
    assert showing.about_of(job).credits == told
