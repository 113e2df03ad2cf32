"""Keys of `sources`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from landcover.catalog.settings import Source, name_from_sensor, sources_of


def test_defaults() -> None:
    source = Source(sensor="sentinel-2-l2a", catalog="https://a.org/v1")
    assert source.name == "sentinel-2-l2a"
    assert (source.collection, source.max_cloud_percent, source.clear_classes) == (None, None, None)
    assert source.cloud_grown_m == 60.0


def test_a_source_is_named_after_its_profile(tmp_path: Path) -> None:
    source = Source.model_validate(
        {"sensor": "profiles/mine.yaml", "catalog": "c.json", "allow_paths": ["data"]},
        context={"base": tmp_path},
    )
    assert source.name == "mine"
    assert source.sensor == str(tmp_path / "profiles" / "mine.yaml")
    assert source.allow_paths == (tmp_path / "data",)
    assert name_from_sensor("C:\\profiles\\mine.yml") == "mine"


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "../up"}, "name"),
        ({"catalog": ""}, "catalog"),
        ({"collection": ""}, "collection"),
        ({"max_cloud_percent": 101}, "max_cloud_percent"),
        ({"max_cloud_percent": -1}, "max_cloud_percent"),
        ({"cloud_grown_m": -1}, "cloud_grown_m"),
        ({"cloud_grown_m": 20_000}, "cloud_grown_m"),
        ({"clear_classes": []}, "clear_classes"),
        ({"max_clouds": 3}, "max_clouds"),
    ],
)
def test_limits(keys: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Source.model_validate({"sensor": "s", "catalog": "c.json", **keys})
    assert caught.value.errors()[0]["loc"] == (where,)


def test_one_sensor_from_several_catalogs_is_one_thing() -> None:
    names = ("s2", "s2-2", "third", "other")
    sensors = ("s2", "s2", "s2", "l8")
    sources = [
        Source(name=name, sensor=sensor, catalog="c.json")
        for name, sensor in zip(names, sensors, strict=True)
    ]

    def named(name: str | None) -> tuple[str, ...]:
        return tuple(source.name for source in sources_of(name, sources))

    assert named(None) == ("s2", "s2-2", "third")
    assert named("s2") == ("s2", "s2-2", "third")
    assert named("third") == ("third",)
    assert named("l8") == ("other",)
    assert named("none") == ()
