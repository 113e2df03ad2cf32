"""What is said about wrong keys and values, each at its line and column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landcover.job import schema
from landcover.job.faults import keys_at

Said = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        # unknown keys
        ("name: okapi", "nmae: okapi", "2:1: nmae: unknown key. Did you mean 'name'?"),
        ("id: WDPAID", "idd: WDPAID", "4:44: zones.reserves.idd: unknown key. Did you mean 'id'?"),
        (
            "  composite: {index: [ndvi]}",
            "  composit: {}",
            "9:3: products.composit: unknown product. Did you mean 'composite'?",
        ),
        (
            "  composite: {index: [ndvi]}",
            "  composite: {idx: [ndvi]}",
            "9:15: products.composite.idx: unknown key. Did you mean 'index'?",
        ),
        ("", "tile_px: 256\n", "10:1: tile_px: unknown key. It belongs under grid."),
        ("", "zzz: 1\n", "10:1: zzz: unknown key. Known are schema, name, title, zones,"),
        ("", "grid: {schema_version: 1}\n", "10:8: grid.schema_version: unknown key."),
        ("schema: 1", "schema_version: 1", "1:1: schema_version: unknown key."),
        (
            "",
            "pictures: yes\n",
            "10:11: pictures: expected true, false or a table of keys, got 'yes",
        ),
        # missing keys
        ("name: okapi\n", "", "1:1: name: the key is missing (Name of the job and of its folder"),
        (
            "{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}",
            "{sensor: sentinel-2-l2a}",
            "6:5: sources[0].catalog: the key is missing (STAC API,",
        ),
        # texts
        ("name: okapi", "name: 2024", "2:7: name: expected text, got 2024. Put it in quotes:"),
        ("name: okapi", "name: true", "2:7: name: expected text, got true. Put it in quotes:"),
        ("name: okapi", "name: 1.5", "2:7: name: expected text, got 1.5. Put it in quotes: '1.5'."),
        ("name: okapi", "name: [a]", "2:7: name: expected text, got a list."),
        ("name: okapi", "name:", "2:6: name: the value is missing. Give one."),
        ("", "series:\n", "10:8: series: the value is missing. Give one, or leave the key out."),
        ("name: okapi", "name: a/b", "2:7: name: 'a/b' cannot be a name."),
        ("name: okapi", "name: ../up", "2:7: name: '../up' cannot be a name."),
        ("name: okapi", "name: .hidden", "2:7: name: '.hidden' cannot be a name."),
        ("name: okapi", "name: ''", "2:7: name: '' cannot be a name."),
        ("name: okapi", "name: nul.txt", "2:7: name: 'nul.txt' cannot be the name of a folder"),
        ("name: okapi", "name: okapi.", "2:7: name: 'okapi.' cannot be the name of a folder"),
        ("name: okapi", f"name: {'x' * 65}", "2:7: name: 'xxxx"),
        # numbers and truths
        ("", "run: {workers: no}\n", "10:16: run.workers: expected a whole number, got 'no'."),
        ("", "run: {workers: 2.0}\n", "10:16: run.workers: expected a whole number, got 2.0."),
        ("", "run: {workers: '2'}\n", "10:16: run.workers: expected a whole number, got '2'."),
        ("", "run: {workers: true}\n", "10:16: run.workers: expected a whole number, got true."),
        ("", "run: {workers: 0}\n", "10:16: run.workers: expected a number from 1, got 0."),
        ("", "grid: {resolution_m: '10'}\n", "10:22: grid.resolution_m: expected a number, got"),
        ("", "grid: {resolution_m: 0}\n", "10:22: grid.resolution_m: expected a number above 0,"),
        ("", "grid:\n  resolution_m: 12,5\n", "11:17: grid.resolution_m: expected a number, got"),
        ("", "grid: {resolution_m: 1e-9}\n", "10:22: grid.resolution_m: '1e-9' has an exponent,"),
        (
            "id: WDPAID",
            "sensitive: yes",
            "4:55: zones.reserves.sensitive: expected true or false, got 'yes'. Write true or",
        ),
        (
            "id: WDPAID",
            "sensitive: 1",
            "4:55: zones.reserves.sensitive: expected true or false, got 1.",
        ),
        # lists and tables
        ("sources:", "sources: {}\nrest:", "5:10: sources: expected a list, got a table of keys."),
        ("zones:", "zones: []\nrest:", "3:8: zones: expected a table of keys, got a list."),
        ("zones:", "zones: {}\nrest:", "3:8: zones: expected at least 1 key, got 0."),
        ("", "grid: EPSG:32635\n", "10:7: grid: expected a table of keys, got 'EPSG:32635'."),
        ("", "grid: {crs:EPSG:32635}\n", "10:8: grid.crs:EPSG:32635: unknown key."),
        ("id: WDPAID", "keep: {a: 1}", "4:50: zones.reserves.keep: expected a list, got a table"),
        ("id: WDPAID", "rings_m: 500", "4:53: zones.reserves.rings_m: expected a list, got 500."),
        # choices
        ("", "series: {every: dat}\n", "10:17: series.every: expected 'date', 'month' or 'year',"),
        (
            "",
            "series: {every: 3}\n",
            "10:17: series.every: expected 'date', 'month' or 'year', got",
        ),
        ("", "report: {languages: [de]}\n", "10:22: report.languages[0]: expected 'en' or 'fr',"),
        ("", "report: {languages: [en, en]}\n", "10:21: report.languages: a language is named tw"),
        (
            "",
            "share: {positions: aprox}\n",
            "10:20: share.positions: expected 'exact' or 'withheld' or a table of keys, got 'apr",
        ),
        ("", "share: {positions: {}}\n", "10:20: share.positions.grid_km: the key is missing"),
        ("", "share: {positions: {grid_km: 0}}\n", "10:30: share.positions.grid_km: expected a"),
        (
            "{index: [ndvi]}",
            "{every: yearly}",
            "9:22: products.composite.every: expected 'month', 'quarter', 'half_year' or 'year' o",
        ),
        (
            "{index: [ndvi]}",
            "{every: [{start: 2024-13-01, end: 2025-01-01}]}",
            "9:31: products.composite.every[0].start: month must be in 1..12",
        ),
        ("{index: [ndvi]}", "{statistic: p101}", "9:26: products.composite.statistic: 'p101' is"),
        # dates
        (
            "start: 2017-01-01",
            "start: 2024-13-01",
            "7:17: period.start: '2024-13-01' is no date: month must be in 1..12. Write year-mon",
        ),
        (
            "end: 2025-01-01",
            "end: 2025-02-30",
            "7:34: period.end: '2025-02-30' is no date: day is out of range for month.",
        ),
        ("start: 2017-01-01", "start: 01/02/2017", "7:17: period.start: expected a date or a year"),
        ("start: 2017-01-01", "start: 12:30:00", "7:17: period.start: '12:30:00' looks like a ti"),
        ("start: 2017-01-01", "start: 2017", "7:9: period: one end is a year and the other a da"),
        ("start: 2017-01-01", "start: 2026-01-01", "7:9: period: it ends (2025-01-01) before it"),
        ("start: 2017-01-01", "start: 2025-01-01", "7:9: period: it ends (2025-01-01) before it"),
        ("start: 2017-01-01, ", "", "7:9: period: expected a start and an end. Write two dates,"),
        ("{start: 2017-01-01, end: 2025-01-01}", "2020", "7:9: period: expected a start and an"),
        # our own words
        ("", "run: {memory: lots}\n", "10:15: run.memory: expected an amount of memory, got 'lot"),
        ("", "run: {memory: 1MB}\n", "10:15: run.memory: '1MB' is too little memory."),
        ("", "run: {scheduler: host}\n", "10:18: run.scheduler: 'host' is no address. Write it a"),
        ("id: WDPAID", "rings_m: [500, 100]", "4:53: zones.reserves.rings_m: distances must incre"),
        (
            "id: WDPAID",
            "rings_m: [0, 100]",
            "4:53: zones.reserves.rings_m: distances must increase",
        ),
        ("id: WDPAID", "from: sites", "4:13: zones.reserves: the group has both `path` and `from`"),
        ("id: WDPAID", "at: [1, 2]", "4:13: zones.reserves: the group has both `path` and `at`."),
        ("id: WDPAID", "latest: d", "4:13: zones.reserves: `latest` needs `id`, which says whi"),
        (
            "path: zones/reserves.geojson, id: WDPAID",
            "at: [1.5, 128]",
            "4:18: zones.reserves.at: longitude 1.5, latitude 128 is no place on the Earth (they",
        ),
        (
            "id: WDPAID",
            "near: {group: reserves, within_m: 5}",
            "4:58: zones.reserves.near.group: no other group of zones is called 'reserves'.",
        ),
        ("id: WDPAID", "near: {group: reserves, within_m: 0}", "4:78: zones.reserves.near.within"),
        ("id: WDPAID", "lon: x", "4:13: zones.reserves: only one of `lon` and `lat` is given."),
        ("id: WDPAID", "count: 3", "4:13: zones.reserves: `from` and `count` go together."),
        ("reserves: {path: zones/reserves.geojson, id: WDPAID}", "a: {}", "4:6: zones.a: the grou"),
        ("  reserves:", "  my zones:", "4:3: zones.my zones: 'my zones' cannot be a name."),
        ("", "title: {de: Hallo}\n", "10:9: title.de: expected 'en' or 'fr', got 'de'."),
        ("", "title: 12\n", "10:8: title: expected "),
    ],
)
def test_each_fault_at_its_place(said: Said, right: str, old: str, new: str, sentence: str) -> None:
    text = right.replace(old, new, 1) if old else right + new
    assert text != right
    lines = said(text)
    assert any(line.startswith(sentence) for line in lines), lines


def test_everything_at_once(said: Said, right: str) -> None:
    text = right.replace("id: WDPAID", "idd: WDPAID").replace("2017-01-01", "2024-13-01")
    text = text.replace("sensor: sentinel-2-l2a", "sensor: sentinel2").replace("[ndvi]", "[nvdi]")
    lines = said(text + "run: {workers: 012, memory: much}\nname: twice\n")
    assert [line.split(": ")[1] for line in lines] == [
        "zones.reserves.idd",
        "sources[0].sensor",
        "period.start",
        "run.workers",
        "run.memory",
        "name",
    ]


def test_one_wrong_item_is_told_once(changed: Said) -> None:
    lines = changed("sensor: sentinel-2-l2a, clear_classes: [a]", "sensor: sentinel-2-l2a")
    assert len(lines) == 1
    assert lines[0].startswith("6:46: sources[0].clear_classes[0]: expected a whole number, got")


def test_a_long_value_is_cut(changed: Said) -> None:
    (line,) = changed(f"run: {{memory: {'x' * 5000}}}\n")
    assert len(line) < 200
    (line,) = changed(f"series: {{every: {'x' * 5000}}}\n")
    assert len(line) < 200


def test_keys_are_known_at_every_depth() -> None:
    root = schema()
    assert "zones" in keys_at(root, ())
    assert "rings_m" in keys_at(root, ("zones", "anything"))
    assert "catalog" in keys_at(root, ("sources", 3))
    assert "min_clear" in keys_at(root, ("products", "composite"))
    assert keys_at(root, ("name",)) == ()
    assert keys_at(root, ("no", "such", 3)) == ()
