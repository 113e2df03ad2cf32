"""From a file to a job: paths, overrides, and files that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from landcover.errors import InputError, JobError
from landcover.job import Job, load, schema

Read = Callable[..., Job]
Said = Callable[..., list[str]]


def test_a_job_is_loaded_with_paths_from_its_folder(tmp_path: Path, right: str) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "job.yaml").write_text(right, "utf-8")
    job = load(folder / "job.yaml")
    assert job.zones["reserves"].path == str(folder / "zones" / "reserves.geojson")
    assert job.sources[0].catalog == str(folder / "scenes" / "catalog.json")
    assert job.schema_version == 1
    assert list(job.wanted) == ["composite"]


def test_an_address_stays_as_it_is(read: Read, right: str) -> None:
    url = "https://Earth-Search.aws.element84.com/v1"
    job = read(right.replace("scenes/catalog.json", url))
    assert job.sources[0].catalog == url


def test_the_design_s_own_job_loads(read: Read) -> None:
    job = read(
        """\
schema: 1
name: okapi
title: {en: Okapi Wildlife Reserve, fr: Réserve de faune à okapis}
zones:
  reserves: {path: r.geojson, id: WDPAID, name: NAME, outside_m: [5000, 10000, 20000]}
  sites:    {path: s.csv, id: pcode, name: name, rings_m: [500, 1000], keep: [mineral1]}
  regions:  {path: t.gpkg, id: ADM2_PCODE, name: ADM2_FR, kind: region}
  controls: {from: sites, count: 40, min_distance_m: 20000, seed: 1}
context:
  - {path: rivers.gpkg, kind: river, label: name, credit: "© OpenStreetMap contributors"}
sources:
  - {sensor: sentinel-2-l2a, catalog: https://a.org/v1, collection: sentinel-2-c1-l2a}
  - {sensor: sentinel-2-l2a, catalog: https://a.org/v1, collection: sentinel-2-l2a}
period: {start: 2017-01-01, end: 2025-01-01}
grid: {crs: EPSG:32635, resolution_m: 10}
products:
  composite:   {index: [ndvi], every: year, statistic: [median]}
series: {every: date}
pictures: true
report: {languages: [en, fr]}
share: {positions: exact}
run: {memory: 4GB, workers: 2}
"""
    )
    assert [source.name for source in job.sources] == ["sentinel-2-l2a", "sentinel-2-l2a-2"]
    assert job.zones["controls"].from_ == "sites"
    assert job.run.memory == 4_000_000_000
    assert job.pictures is not None
    assert job.title_in("fr") == "Réserve de faune à okapis"


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file") as caught:
        load(tmp_path / "no.yaml")
    assert caught.value.exit_code == 2
    with pytest.raises(InputError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "nul\0byte.yaml")


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: takes no disk
    with pytest.raises(JobError, match="has more than 1,000,000 bytes"):
        load(path)


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "1:1: job: the file is empty."),
        ("# only a comment\n", "1:1: job: the file is empty."),
        ("- a\n- b\n", "1:1: job: a job is a table of keys."),
        ("just words\n", "1:1: job: a job is a table of keys."),
    ],
)
def test_what_is_no_job(said: Said, text: str, said_of_it: str) -> None:
    assert said(text)[0].startswith(said_of_it)


@pytest.mark.parametrize(
    ("override", "check"),
    [
        ("run.memory=8GB", lambda job: job.run.memory == 8 * 10**9),
        ("name=other", lambda job: job.name == "other"),
        ("name='012'", lambda job: job.name == "012"),
        ("period=[2015, 2021]", lambda job: job.period.days == 2557),
        ("period.start=2020-01-01", lambda job: job.period.start.year == 2020),
        ("sources[0].max_cloud_percent=20", lambda job: job.sources[0].max_cloud_percent == 20),
        ("zones.sites={path: s.csv}", lambda job: list(job.zones) == ["reserves", "sites"]),
        ("zones.reserves.where=a = 'b'", lambda job: job.zones["reserves"].where == "a = 'b'"),
        ("pictures=true", lambda job: job.pictures is not None),
        ("sources[1]={sensor: sentinel-2-l2a, catalog: b.json}", lambda job: len(job.sources) == 2),
    ],
)
def test_an_override_changes_one_key(
    read: Read, override: str, check: Callable[[Job], bool]
) -> None:
    assert check(read(overrides=[override]))


def test_later_overrides_win(read: Read) -> None:
    assert read(overrides=["run.workers=2", "run.workers=3"]).run.workers == 3


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("run.workers=no", "--set run.workers=no:1:13: run.workers: expected a whole number"),
        ("run.workers=012", "--set run.workers=012:1:13: run.workers: '012' starts with 0"),
        ("run.wrokers=2", "--set run.wrokers=2:1:13: run.wrokers: unknown key. Did you mean"),
        ("sources[3].name=x", "--set sources[3].name=x:1:1: sources[3].name: no such key can be"),
        ("name.x=1", "--set name.x=1:1:1: name.x: no such key can be set"),
        ("run.workers", "--set run.workers:1:1: job: expected key=value."),
        ("=3", "--set =3:1:1: job: expected key=value."),
        ("a..b=3", "--set a..b=3:1:1: job: expected key=value."),
        ("title=[1", "--set title=[1:1:9: yaml: a square bracket is not closed"),
        ("title=*x", "--set title=*x:1:7: title: *x is an alias."),
        ("period.end=2024-13-01", "--set period.end=2024-13-01:1:12: period.end: '2024-13-01' is"),
    ],
)
def test_a_wrong_override_is_told_at_its_place(
    said: Said, right: str, override: str, sentence: str
) -> None:
    assert said(right, [override])[0].startswith(sentence)


def test_the_schema_is_one(read: Read, right: str) -> None:
    import yaml
    from jsonschema import Draft202012Validator

    root = schema()
    Draft202012Validator.check_schema(root)
    judge = Draft202012Validator(root)
    plain = yaml.load(right, yaml.BaseLoader)  # dates stay text, as in JSON
    plain["schema"] = 1
    assert not list(judge.iter_errors(plain))
    assert list(judge.iter_errors({**plain, "nmae": "x"}))
    assert "$defs" in root
    assert root["title"] == "landcover job"


def test_every_key_is_described() -> None:
    root = schema()
    tables = [root, *root["$defs"].values()]
    bare = [
        f"{table.get('title')}.{key}"
        for table in tables
        for key, found in table.get("properties", {}).items()
        if "description" not in found and "$ref" not in found
    ]
    assert bare == []
