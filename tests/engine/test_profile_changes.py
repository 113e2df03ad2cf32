"""A profile of one's own that changes: what numbers hang on is searched or read anew."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from landcover import sensors
from landcover.catalog.settings import Source
from landcover.engine.fingerprint import Digests, digest
from landcover.engine.scenes import Asked

SHIPPED = Path(sensors.__file__).parent / "profiles" / "sentinel-2-l2a.yaml"


@pytest.fixture
def marks(build: Any, tmp_path: Path) -> Any:
    """Return ``marks(change)``: the marks of a search and of reading, with a profile changed."""

    def make(change: Any = lambda profile: None) -> tuple[str, str]:
        profile = yaml.safe_load(SHIPPED.read_text("utf-8"))
        profile["name"] = "mine"
        profile["bands"]["more"] = {**deepcopy(profile["bands"]["blue"]), "keys": ["more"]}
        change(profile)
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(profile), "utf-8")
        told = {"sensor": str(path), "catalog": "/c.json", "name": "mine"}
        order = build.order({"composite": {"index": ["ndvi", "more"]}}, (told,))
        zones = [build.zone("a", (10, 10), (90, 90))]
        profiles = {"mine": sensors.load(str(path))}
        asked = Asked((Source.model_validate(told),), profiles, order, zones)
        tiles = Digests(build.brief(order, [], zones))
        return asked.digest, digest(tiles.parts(build.brief(order, [], zones).grid, (), ()))

    return make


def band(name: str, **keys: Any) -> Any:
    return lambda profile: profile["bands"][name].update(keys)


def mask(**keys: Any) -> Any:
    return lambda profile: profile["mask"].update(keys)


@pytest.mark.parametrize(
    "change",
    [
        band("red", scale=0.001),
        band("red", offset=-0.1),
        band("red", nodata=7),
        band("red", clip=[0, 1]),
        band("red", keys=["red", "B4"]),
        band("red", dtype="int16"),
        band("red", valid=[0, 1], unit="1", clip=None),
        band("more", unit="class"),
        mask(clear=[4, 5]),
        mask(grown=[8, 9]),
        mask(nodata=255),
        lambda profile: profile.update(platforms={"S2A": "sentinel_2a"}),
        lambda profile: profile.update(orbits_apart=True),
        lambda profile: profile.update(driver="JP2OpenJPEG"),
        lambda profile: profile.update(day={"band": "scl", "span": 16}),
        lambda profile: profile.pop("mask"),
    ],
)
def test_what_numbers_hang_on(marks: Any, change: Any) -> None:
    assert marks(change) != marks()


@pytest.mark.parametrize(
    "change",
    [
        lambda profile: profile.update(title="Another", credit="Somebody"),
        lambda profile: profile["bands"]["coastal"].update(scale=5),  # no product reads it
        lambda profile: profile["mask"]["classes"][0].update(palette="#123456"),
    ],
)
def test_what_no_number_hangs_on(marks: Any, change: Any) -> None:
    assert marks(change) == marks()
