"""Items of the shape that Earth Search gives, and a loopback STAC API to serve them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pyproj import Transformer
from shapely.geometry import box, mapping, shape

from landcover import sensors
from landcover.catalog import search
from landcover.catalog.settings import Source
from landcover.model import Period, Sensor

BANDS = frozenset({"red", "nir", "scl"})
HOST = "https://data.example"
ZONE = box(27.2, 0.7, 27.4, 0.9)
Item = dict[str, Any]


def corner(bounds: tuple[float, float, float, float]) -> tuple[int, float, float]:
    """Return UTM zone, easting and northing of a square about bounds; of the usual ones 35NNA's."""
    west, _, _, north = bounds
    if west == 27.0:
        return 32635, 499980, 200040
    zone = int((west % 360 + 180) % 360 // 6) + 1
    to_utm = Transformer.from_crs("EPSG:4326", f"EPSG:{32600 + zone}", always_xy=True)
    x, y = to_utm.transform(west, north)
    return 32600 + zone, round(x), round(y)


def make_item(
    name: str = "S2A_35NNA_20240110_0_L2A",
    when: str = "2024-01-10T08:20:00.123000Z",
    bounds: tuple[float, float, float, float] = (27.0, 0.5, 28.0, 1.5),
    **properties: Any,
) -> Item:
    """Make an item as Earth Search gives it: red and nir at 10 m, SCL at 20 m."""
    code, left, top = corner(bounds)

    def asset(file: str, size_m: int, **numbers: Any) -> Item:
        side = 109_800 // size_m
        return {
            "href": f"{HOST}/{name}/{file}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "proj:shape": [side, side],
            "proj:transform": [size_m, 0, left, 0, -size_m, top],
            "raster:bands": [numbers],
        }

    dn = {"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-c1-l2a",
        "geometry": mapping(box(*bounds)),
        "bbox": list(bounds),
        "properties": {
            "datetime": when,
            "platform": "sentinel-2a",
            "grid:code": "MGRS-35NNA",
            "proj:epsg": code,
            "eo:cloud_cover": 12.5,
            "s2:processing_baseline": "05.10",
            "s2:generation_time": "2024-01-10T12:00:00.000000Z",
            **properties,
        },
        "links": [],
        "assets": {
            "red": asset("B04", 10, **dn),
            "nir": asset("B08", 10, **dn),
            "scl": asset("SCL", 20, nodata=0, data_type="uint8"),
            "visual": {"href": f"{HOST}/{name}/TCI.tif", "eo:bands": [{"name": "red"}] * 3},
        },
    }


@pytest.fixture
def item() -> Callable[..., Item]:
    return make_item


@pytest.fixture(scope="session")
def sentinel2() -> Sensor:
    return sensors.load("sentinel-2-l2a")


@pytest.fixture
def seek(sentinel2: Sensor) -> Callable[..., Any]:
    """Return ``seek(catalog, ..., region=, period=, **keys)``: search catalogs of Sentinel-2."""

    def run(
        *catalogs: Any,
        region: Any = ZONE,
        period: tuple[str, str] = ("2024-01-01", "2025-01-01"),
        bands: frozenset[str] = BANDS,
        **keys: Any,
    ) -> Any:
        sources = [
            Source(name=f"s{n}", sensor="sentinel-2-l2a", catalog=str(catalog), **keys)
            for n, catalog in enumerate(catalogs)
        ]
        return search(
            sources,
            {one.name: sentinel2 for one in sources},
            {one.name: bands for one in sources},
            Period(date.fromisoformat(period[0]), date.fromisoformat(period[1])),
            region,
        )

    return run


@pytest.fixture
def collection_file(tmp_path: Path) -> Callable[..., Path]:
    """Return ``file(items, name)``: an ItemCollection on disk."""

    def write(items: list[Item], name: str = "items.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"type": "FeatureCollection", "features": items}), "utf-8")
        return path

    return write


@dataclass
class FakeApi:
    """A STAC API on loopback. Its faults are switches."""

    items: list[Item] = field(default_factory=list)
    url: str = ""
    page: int = 2
    obeys: bool = True
    """Whether it looks at collections, bbox and datetime at all."""
    names: bool = True
    """Whether it looks at ids; else a search by them gives everything."""
    refuses_names: bool = False
    """Whether a search by ids is a bad request."""
    trailing_empty_page: bool = False
    endless: bool = False
    fails: list[int] = field(default_factory=list)
    next_href: str = ""
    asked: list[Item] = field(default_factory=list)

    def landing(self) -> Item:
        rel = [
            {"rel": "search", "href": f"{self.url}/search", "method": m} for m in ("GET", "POST")
        ]
        return {"type": "Catalog", "id": "fake", "stac_version": "1.0.0", "links": rel}

    def matching(self, body: Item) -> list[Item]:
        if not self.obeys:
            return self.items
        if "ids" in body:
            return [one for one in self.items if not self.names or one["id"] in body["ids"]]
        start, end = (datetime.fromisoformat(text) for text in body["datetime"].split("/"))
        return [
            one
            for one in self.items
            if one["collection"] in body["collections"]
            and shape(one["geometry"]).intersects(box(*body["bbox"]))
            and start <= datetime.fromisoformat(one["properties"]["datetime"]) <= end
        ]

    def answer(self, body: Item) -> Item:
        self.asked.append(deepcopy(body))
        first = int(body.get("next", 0))
        found = self.matching(body)
        size = min(self.page, body["limit"])
        more = first + size < len(found) or (self.trailing_empty_page and first < len(found))
        links = []
        if more or self.endless:
            following = {**body, "next": first if self.endless else first + size}
            href = self.next_href or f"{self.url}/search"
            links = [{"rel": "next", "href": href, "method": "POST", "body": following}]
        features = found[first : first + size]
        return {"type": "FeatureCollection", "features": features, "links": links}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def reply(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.reply(200, fake.landing())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if fake.refuses_names and "ids" in body:
                fake.asked.append(body)
                self.reply(400, {"code": "BadRequest"})
            elif fake.fails:
                self.reply(fake.fails.pop(0), {"code": "Oops", "description": "busy"})
            else:
                self.reply(200, fake.answer(body))

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    fake.url = f"http://127.0.0.1:{http.server_port}/stac"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    monkeypatch.setattr("landcover.net.http.BACKOFF_S", 0.0)
