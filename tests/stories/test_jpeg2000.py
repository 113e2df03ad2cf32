"""Scenes as the Copernicus Data Space has them: JPEG 2000, behind S3 keys, over four connections.

The same scenes once as COGs and once as ESA's JPEG 2000 (tiled, without loss; small ones) give
the same bytes, from a folder and from a store that wants each address signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import rasterio

from landcover.model import Asset
from landcover.net import stores
from landcover.raster.source import layout_of
from tests.stories.conftest import BLOCK_PX

pytestmark = pytest.mark.slow

ACCESS, SECRET = "AKEXAMPLEACCESSKEY", "exampleSecretKeyOfFortyLetters0123456789"
KEYS = {"red": "B04_10m", "nir": "B08_10m", "scl": "SCL_20m"}
Same = Callable[..., None]


def to_jp2(path: Path) -> Path:
    """Write a COG anew as ESA writes its files: tiled, without loss."""
    made = path.with_suffix(".jp2")
    with rasterio.open(path) as source:
        pixels, grid = source.read(1), (source.crs, source.transform)
    with rasterio.open(
        made, "w", driver="JP2OpenJPEG", height=pixels.shape[0], width=pixels.shape[1], count=1,
        dtype=pixels.dtype.name, crs=grid[0], transform=grid[1], blockxsize=BLOCK_PX,
        blockysize=BLOCK_PX, quality=100, reversible="YES",
    ) as target:  # fmt: skip
        target.write(pixels, 1)
    path.unlink()
    return made


def as_cdse_says(item: dict[str, Any]) -> None:
    """Tell an item in the style of STAC 1.1, in which CDSE tells its own."""
    properties = item["properties"]
    code = f"EPSG:{properties.pop('proj:epsg')}"
    baseline = properties.pop("s2:processing_baseline")
    item |= {"stac_version": "1.1.0", "collection": "sentinel-2-l2a"}
    properties |= {"processing:version": baseline, "processing:level": "L2"}
    assets, item["assets"] = item["assets"], {}
    for band, asset in assets.items():
        (about,) = asset.pop("raster:bands")
        named = asset.pop("eo:bands", [])
        asset |= {"type": "image/jp2", "proj:code": code, "nodata": about["nodata"]}
        asset["href"] = asset["href"].replace(".tif", ".jp2")
        if band != "scl":
            asset |= {"data_type": about["data_type"], "raster:scale": about["scale"],
                      "raster:offset": about["offset"],
                      "bands": [{"name": one["name"]} for one in named]}  # fmt: skip
        item["assets"][KEYS[band]] = asset


def change_items(scenes: Path, change: Callable[[Path, dict[str, Any]], None]) -> None:
    """Change every item of a static catalog."""
    for path in sorted(scenes.glob("*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        change(path, item)
        path.write_text(json.dumps(item), "utf-8")


@pytest.fixture
def scenes(own_study: Any) -> Path:
    """Make JPEG 2000 of all files of a world, and tell them as CDSE does."""
    folder: Path = own_study.world.folder / "scenes"
    for path in sorted(folder.glob("*/*.tif")):
        to_jp2(path)
    change_items(folder, lambda _, item: as_cdse_says(item))
    return folder


def test_the_same_bytes_as_from_cogs(own_study: Any, scenes: Path, calm: Path, same: Same) -> None:
    ended = own_study.run()
    assert ended.code == 0
    same(ended.out, calm)
    lock = json.loads((ended.out / "scenes.json").read_text("utf-8"))
    properties = [item["properties"] for item in lock["features"]]
    told = {
        (one["s2:processing_baseline"] >= "04.00", one["landcover:reason"]) for one in properties
    }
    assert told == {
        (False, "offset 0: ESA's own pixels, baseline before 04.00"),
        (True, "offset -0.1: ESA's own pixels, baseline 04.00 or later"),
    }


def test_the_plan_knows_what_the_files_hold(scenes: Path) -> None:
    path = sorted(scenes.glob("*/B04.jp2"))[0]
    with rasterio.open(path) as source:
        shape, transform = source.shape, source.transform
    asset = Asset("red", str(path), transform, shape, "uint16", 0, 1e-4, 0, driver="JP2OpenJPEG")
    layout = layout_of(asset)
    tiles = -(-shape[0] // BLOCK_PX) * -(-shape[1] // BLOCK_PX)
    assert layout.block == (BLOCK_PX, BLOCK_PX)
    assert layout.stored_block_bytes * tiles == pytest.approx(path.stat().st_size, rel=0.15)


def test_a_jp2_of_another_format_costs_its_scene(
    own_study: Any, scenes: Path, read_table: Callable[..., Any]
) -> None:
    """The driver is the profile's: that GDAL could read the file does not count."""
    path = sorted(scenes.glob("*/B04.jp2"))[2]
    with rasterio.open(path) as source:
        profile = {**source.profile, "driver": "GTiff"}
        pixels = source.read(1)
    with rasterio.open(path, "w", **profile) as target:
        target.write(pixels, 1)
    ended = own_study.run()
    assert ended.code == 3
    failures = read_table(ended.out, "failures")
    assert set(failures["scene"]) == {path.parent.name}
    assert failures["reason"].iloc[0] == "red (B04.jp2): cannot be opened as JP2OpenJPEG."


class Store:
    """Serves `eodata` as S3 does: to addresses that carry the right signature, and no others."""

    def __init__(self, server: Any) -> None:
        self.refused, self.busy, self.most = 0, 0, 0
        lock, store, before = threading.Lock(), self, server._http.RequestHandlerClass

        class Handler(before):  # type: ignore[misc, valid-type]
            def do_GET(self) -> None:
                with lock:
                    store.busy += 1
                    store.most = max(store.most, store.busy)
                try:
                    if signature_holds(self.path, self.headers["Host"]):
                        super().do_GET()
                    else:
                        store.refused += 1
                        self.answer(403, self.path.encode())
                finally:
                    with lock:
                        store.busy -= 1

        server._http.RequestHandlerClass = Handler


def signature_holds(address: str, host: str) -> bool:
    """Check a signature of version 4 as the storage does, from its description by AWS."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    given = query.pop("X-Amz-Signature", "")
    scope = query.get("X-Amz-Credential", "").partition("/")[2]
    listed = "&".join(f"{quote(k, safe='')}={quote(query[k], safe='')}" for k in sorted(query))
    request = f"GET\n{parts.path}\n{listed}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{query.get('X-Amz-Date')}\n{scope}\n{digest}"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), given)


@pytest.fixture
def store(scenes: Path, faulty: Any, at_once: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serve the files from a store on loopback, in the place of CDSE's; items say `s3://eodata`."""
    server = faulty(scenes.parent, latency_s=0.002)

    def send_away(path: Path, item: dict[str, Any]) -> None:
        for asset in item["assets"].values():
            asset["href"] = f"s3://eodata/{path.parent.name}/{Path(asset['href']).name}"

    change_items(scenes, send_away)
    monkeypatch.setattr(stores, "_SERVED", {"eodata": f"{server.address}/scenes"})
    monkeypatch.setattr(stores, "KEYED", (replace(stores.KEYED[0], hosts=("127.0.0.1",)),))
    limit = replace(stores.LIMITS[0], name="test", hosts=("127.0.0.1",), per_minute=60_000)
    monkeypatch.setattr(stores, "LIMITS", (limit,))
    monkeypatch.setattr("tempfile.tempdir", str(scenes.parent))  # places of this test alone
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", SECRET)
    return Store(server)


def test_behind_keys_and_over_four_connections(
    own_study: Any, store: Store, calm: Path, same: Same
) -> None:
    ended = own_study.run()
    assert ended.code == 0
    same(ended.out, calm)
    assert store.refused == 0
    assert 2 <= store.most <= 4
    for path in ended.out.rglob("*"):
        found = re.search(
            rb"AKEXAMPLE|exampleSecretKey|X-Amz-", path.read_bytes() if path.is_file() else b""
        )
        assert not found, path


def test_without_keys_it_says_which_are_missing(
    own_study: Any, store: Store, monkeypatch: pytest.MonkeyPatch, read_table: Callable[..., Any]
) -> None:
    monkeypatch.delenv("CDSE_S3_SECRET_KEY")
    ended = own_study.run()
    assert ended.code == 3
    reason = read_table(ended.out, "failures")["reason"].iloc[0]
    assert "Copernicus Data Space wants S3 keys: set CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY" in (
        reason
    )


def test_wrong_keys_are_refused_and_not_told(
    own_study: Any, store: Store, monkeypatch: pytest.MonkeyPatch, read_table: Callable[..., Any]
) -> None:
    """The store's answer repeats the address, signature and all; nothing of it is written."""
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", "wrongSecret")
    ended = own_study.run()
    assert ended.code == 3
    assert store.refused > 0
    reason = read_table(ended.out, "failures")["reason"].iloc[0]
    assert "the server answered 403" in reason
    written = b"".join(p.read_bytes() for p in ended.out.rglob("*") if p.is_file())
    assert b"X-Amz-" not in written
    assert b"wrongSecret" not in written
