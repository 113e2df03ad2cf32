"""A catalog that means harm: each item is refused and named, and the rest is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover.synthetic import broken
from landcover.synthetic.stac import write_catalog

VRT = '<VRTDataset rasterXSize="340" rasterYSize="280"><VRTRasterBand band="1"/></VRTDataset>'

WORDS = {
    "a file of this machine": "is neither an https address nor a path",
    "a way up": "404",
    "a hidden way up": "climbs out of its folder",
    "a path of GDAL": "is a GDAL virtual path",
    "a text in place of a name": "is not the name of a file",
    "a file within another": "is neither an https address nor a path",
    "a VRT called tif": "cannot be opened as GTiff",
    "a server that sends on": "which is not allowed",
    "an id that climbs": "is not safe in a file name",
    "320 GB that take no room": "is 400000 x 400000 pixels, more than allowed",
    "one block of a GB": "too large to decode",
}
"""What an item tries, and words of the reason why it is refused."""


def href_of(attack: str, honest: str) -> str:
    """Return what an attack says in place of an address."""
    return {
        "a file of this machine": "file:///etc/passwd",
        "a way up": "../../x",
        "a hidden way up": "%2e%2e/%2e%2e/x.tif",
        "a path of GDAL": "/vsizip//vsicurl/http://127.0.0.1/x.zip/x.tif",
        "a text in place of a name": VRT,
        "a file within another": f"GTIFF_DIR:1:{honest}",
    }.get(attack, honest)


def claim(item: dict[str, Any], side: int) -> None:
    """Let an item say of its red band what its file says of itself."""
    item["assets"]["red"]["proj:shape"] = [side, side]


def relative(folder: Path) -> dict[str, Any]:
    """Read a scene's item as it would stand in the folder above."""
    item: dict[str, Any] = json.loads((folder / f"{folder.name}.json").read_text("utf-8"))
    for asset in item["assets"].values():
        asset["href"] = f"{folder.name}/{Path(asset['href']).name}"
    return item


def spoil(folder: Path, attack: str) -> None:
    """Replace a scene's red file, if that is the attack."""
    ways = {
        "a VRT called tif": broken.vrt_in_disguise,
        "320 GB that take no room": broken.huge_sparse,
        "one block of a GB": broken.huge_block,
    }
    if attack in ways:
        ways[attack](folder, "red")


def attacked(scenes: Path, server: Any, elsewhere: Any) -> tuple[list[dict[str, Any]], set[str]]:
    """Turn some scenes into attacks; return all items and the names of the bad ones."""
    items, bad = [], set()
    paths = sorted(path for path in scenes.iterdir() if path.is_dir())
    attacks = dict(zip(range(2, 2 + len(WORDS)), WORDS, strict=True))
    for number, folder in enumerate(paths):
        attack = attacks.get(number, "")
        spoil(folder, attack)
        item = relative(folder)
        red = item["assets"]["red"]
        red["href"] = href_of(attack, red["href"])
        if attack == "a server that sends on":
            server.moved[f"/{folder.name}/B04.tif"] = f"{elsewhere.address}/{folder.name}/B04.tif"
        if attack == "320 GB that take no room":
            claim(item, broken.HUGE_PX)
        if attack == "one block of a GB":
            claim(item, broken.HUGE_BLOCK_PX // 16 * 16)
        if attack == "an id that climbs":
            item["id"] = "../../evil"
        if attack:
            bad.add(folder.name)
        items.append(item)
    return items, bad


def without(study: Any, names: set[str]) -> Any:
    """Run the job over a catalog on this machine that never had some scenes."""
    folder = study.world.folder / "fewer"
    shutil.copytree(study.world.folder / "scenes", folder)
    for name in names:
        shutil.rmtree(folder / name)
    items = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*.json"))]
    write_catalog(folder, items)
    source = {"sensor": "sentinel-2-l2a", "catalog": "fewer/catalog.json"}
    return study.run("fewer-out", sources=[source])


@pytest.mark.slow
def test_every_item_that_means_harm_is_refused_and_named(
    own_study: Any, faulty: Any, same: Callable[..., None], read_table: Callable[..., Any],
    at_once: None,
) -> None:  # fmt: skip
    scenes = own_study.world.folder / "scenes"
    around = own_study.folder.parent  # other tests' folders lie there, too
    before = set(around.rglob("evil*"))
    server, elsewhere = faulty(scenes), faulty(scenes)
    items, bad = attacked(scenes, server, elsewhere)
    assert len(bad) == len(WORDS)
    listing = {"type": "FeatureCollection", "features": items}
    (scenes / "items.json").write_text(json.dumps(listing), "utf-8")
    source = {"sensor": "sentinel-2-l2a", "catalog": f"{server.address}/items.json"}
    ended = own_study.run(sources=[source])
    assert ended.code == 3
    failures = read_table(ended.out, "failures")
    names = {name: "evil" if WORDS[attack] == WORDS["an id that climbs"] else name
             for name, attack in zip(sorted(bad), WORDS, strict=True)}  # fmt: skip
    reasons = failures.groupby("scene")["reason"].first()
    for (name, shown), words in zip(names.items(), WORDS.values(), strict=True):
        assert words in reasons[shown], name
    assert set(reasons.index) == set(names.values())
    assert elsewhere.asked == []
    assert not any("etc" in path or "evil" in path for path, _ in server.asked)
    assert set(around.rglob("evil*")) == before
    assert not any("root:" in path.read_text("utf-8", "replace")
                   for path in ended.out.rglob("*.csv"))  # fmt: skip
    fewer = without(own_study, bad)
    assert fewer.code == 0
    same(ended.out, fewer.out, ())
