"""Each endpoint's way of paging, its limits and its faults, imitated on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pydantic import ValidationError
from shapely.geometry import box, shape

from landcover import job as jobs
from landcover.catalog import endpoints
from landcover.catalog.choosing import with_collection
from landcover.catalog.endpoints import ENDPOINTS, VERDICTS, Endpoint, endpoint
from landcover.catalog.paging import followed
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, JobError

Make = Callable[..., Any]
Json = dict[str, Any]
C1 = "sentinel-2-c1-l2a"
BY_NAME = {one.name: one for one in ENDPOINTS}
STYLES = {
    "Earth Search": "next",
    "Planetary Computer": "token",
    "Copernicus Data Space": "token",
    "Digital Earth Africa": "offset",
}


@dataclass
class Imitation:
    """A STAC API that pages, fails and errs as one that is known.

    `style` is the kind of next links: "next" (Earth Search: the body and where it stands, last
    page empty), "token" (pgstac), "merge" (the new part of the body alone), "offset" (Digital
    Earth Africa), "cursor" (GET). Faults are switches.
    """

    style: str
    items: list[Json]
    url: str = ""
    default_page: int = 10
    largest_page: int = 10_000
    """Beyond it the answer outgrows the server: 500."""
    longest_days: int = 10_000
    """Beyond it a search takes too long: `late`."""
    late: int = 504
    """The state for that; 0: no answer at all."""
    drops: tuple[str, ...] = ()
    """What the bodies of next links leave out."""
    repeats_at: int = -1
    """Where a page is given twice."""
    hole_at: int = -1
    """Where a page without items stands between others."""
    loops: bool = False
    fails: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[Json] = field(default_factory=list)

    def landing(self) -> Json:
        ways = ("GET",) if self.style == "cursor" else ("GET", "POST")
        links = [{"rel": "search", "href": f"{self.url}/search", "method": way} for way in ways]
        return {"type": "Catalog", "id": "imitation", "links": links}

    def status(self, body: Json) -> int:
        """Return the state that a request is answered with; 0 for no answer."""
        if "query" in body and self.style == "offset":
            return 400
        if body.get("limit", self.default_page) > self.largest_page:
            return 500
        return self.late if days_of(body) > self.longest_days else 200

    def matching(self, body: Json) -> list[Json]:
        """Find items by what the body says; what it leaves out is not looked at."""
        start, end = times_of(body)
        found = [
            one
            for one in self.items
            if one["collection"] in body.get("collections", [one["collection"]])
            and shape(one["geometry"]).intersects(box(*body.get("bbox", (-180, -90, 180, 90))))
            and start <= datetime.fromisoformat(one["properties"]["datetime"]) <= end
        ]
        return sorted(found, key=lambda one: one["properties"]["datetime"], reverse=True)

    def page(self, body: Json) -> Json:
        """Return one page."""
        key = {"next": "next", "offset": "_o"}.get(self.style, "token")
        spot = str(body.get(key, "0"))
        first, size = int(spot.rstrip("r")), body.get("limit", self.default_page)
        found = self.matching(body)
        begin, after = first, str(first + size)
        if first == self.repeats_at and not spot.endswith("r"):
            begin, after = max(0, first - size), f"{first}r"
        if first == self.hole_at and not spot.endswith("r"):
            begin, after = len(found), f"{first}r"
        features = found[begin : begin + size]
        more = int(after.rstrip("r")) < len(found) or (self.style == "next" and bool(features))
        if not more and self.loops:
            more, after = True, str(size)
        links = [self.link(body, key, after)] if more else []
        # counts that change from page to page, and are wrong on each
        told = (
            {"numberMatched": 3 + first, "context": {"matched": 3}} if self.style == "next" else {}
        )
        return {"type": "FeatureCollection", "features": features, "links": links, **told}

    def link(self, body: Json, key: str, after: str) -> Json:
        """Return the link to the next page."""
        href = f"{self.url}/search"
        if self.style == "cursor":
            flat = {**body, "collections": ",".join(body["collections"])}
            flat["bbox"] = ",".join(map(str, body["bbox"]))
            return {"rel": "next", "href": f"{href}?{urlencode({**flat, key: after})}"}
        if self.style == "merge":
            return {"rel": "next", "href": href, "method": "POST", "merge": True,
                    "body": {key: after}}  # fmt: skip
        kept = {name: value for name, value in body.items() if name not in self.drops}
        return {"rel": "next", "href": href, "method": "POST", "body": {**kept, key: after}}


def times_of(body: Json) -> tuple[datetime, datetime]:
    if "datetime" not in body:
        return datetime.fromisoformat("1970-01-01T00:00Z"), datetime.fromisoformat(
            "2100-01-01T00:00Z"
        )
    start, end = (datetime.fromisoformat(text) for text in body["datetime"].split("/"))
    return start, end


def days_of(body: Json) -> int:
    start, end = times_of(body)
    return (end - start).days + 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Imitation

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def reply(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer(self, body: Json) -> None:
        api = self.api
        if api.fails:
            status, headers = api.fails.pop(0)
            self.reply(status, {"code": "Oops"}, headers)
            return
        api.asked.append(body)
        status = api.status(body)
        if status == 0:
            time.sleep(0.6)
            self.close_connection = True
        else:
            self.reply(status, api.page(body) if status == 200 else {"code": "Oops"})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.endswith("/search"):
            self.reply(200, self.api.landing())
            return
        query: Json = dict(parse_qsl(parts.query))
        if "collections" in query:
            query["collections"] = query["collections"].split(",")
            query["bbox"] = [float(number) for number in query["bbox"].split(",")]
            query["limit"] = int(query["limit"])
        self.answer(query)

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))


@pytest.fixture
def imitate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Imitation]]:
    """Return ``imitate(items, name or style, **faults)``: a server, known by its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(items: list[Json], name: str = "token", **faults: Any) -> Imitation:
        made = Imitation(STYLES.get(name, name), items, **faults)
        handler = type("Handler", (_Handler,), {"api": made})
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        http.daemon_threads = True
        servers.append(http)
        made.url = f"http://127.0.0.1:{http.server_port}/stac/v1"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        known = BY_NAME.get(name)
        if known is not None:
            here = replace(known, address=made.url, hosts=("data.example",))
            monkeypatch.setattr(endpoints, "ENDPOINTS", (here,))
        return made

    yield start
    for http in servers:
        http.shutdown()
        http.server_close()


@pytest.fixture
def many(item: Make) -> Callable[..., list[Json]]:
    """Return ``many(collection, count)``: items every third day from January 2023."""

    def make(collection: str = C1, count: int = 240) -> list[Json]:
        first = date(2023, 1, 2)
        return [
            {
                **item(
                    name=f"S{n:03d}",
                    when=f"{first + timedelta(days=3 * n)}T08:20:00Z",
                    **{"grid:code": f"MGRS-{n}"},
                ),
                "collection": collection,
            }
            for n in range(count)
        ]

    return make


TWO_YEARS = ("2023-01-01", "2025-01-01")


def ids(found: Any) -> list[str]:
    return sorted(scene.id for scene in found.scenes)


# --- paging ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(STYLES))
def test_each_endpoint_is_read_whole(name: str, imitate: Make, many: Make, seek: Make) -> None:
    known = BY_NAME[name]
    collection = known.collections["sentinel-2-l2a"]
    items = many(collection)
    strangers = [{**one, "id": f"X{one['id']}", "collection": "other"} for one in items[:30]]
    api = imitate(items + strangers, name)
    found = seek(api.url, period=TWO_YEARS)  # no collection: the endpoint has one for the sensor
    assert ids(found) == [one["id"] for one in items]
    assert {one.fate for one in found.counts} == {"used"}
    for body in api.asked:
        assert body["limit"] == known.page_items
        assert body["collections"] == [collection]
        assert days_of(body) <= 31 * known.window_months + 2
        assert not {"query", "filter", "sortby", "fields"} & set(body)


@pytest.mark.parametrize("style", ["next", "token", "merge", "offset", "cursor"])
def test_every_kind_of_next_link_is_followed(
    style: str, imitate: Make, many: Make, seek: Make
) -> None:
    api = imitate(many(count=240), style)
    assert len(seek(api.url, collection=C1, period=("2023-01-01", "2026-01-01")).scenes) == 240
    assert len(api.asked) > 3
    assert {body["limit"] for body in api.asked} == {100}


@pytest.mark.parametrize("drops", [("limit",), ("collections", "datetime"), ("bbox", "limit")])
def test_what_a_next_link_leaves_out_is_asked_all_the_same(
    drops: tuple[str, ...], imitate: Make, many: Make, seek: Make
) -> None:
    """Earth Search drops from a next link's body what it has ignored; asked, it is asked again."""
    items = many(count=120)
    strangers = [{**one, "id": f"X{one['id']}", "collection": "other"} for one in items]
    api = imitate(items + strangers, "next", drops=drops)
    found = seek(api.url, collection=C1, period=TWO_YEARS)
    assert len(found.scenes) == 120
    assert {one.fate for one in found.counts} == {"used"}
    assert all({"limit", "collections", "datetime", "bbox"} <= set(body) for body in api.asked)


def test_a_page_that_is_given_twice_costs_a_request(imitate: Make, many: Make, seek: Make) -> None:
    api = imitate(many(count=240), "token", repeats_at=100)
    found = seek(api.url, collection=C1, period=("2022-06-01", "2026-01-01"))
    assert len(found.scenes) == 240
    assert sum(one.items for one in found.counts) == 240


def test_a_page_without_items_is_not_the_last_where_it_says_so(
    imitate: Make, many: Make, seek: Make
) -> None:
    api = imitate(many(count=240), "token", hole_at=100)
    assert len(seek(api.url, collection=C1, period=("2022-06-01", "2026-01-01")).scenes) == 240


def test_pages_that_go_round_are_noticed(imitate: Make, many: Make, seek: Make) -> None:
    api = imitate(many(count=120), "token", loops=True)
    with pytest.raises(CatalogError, match="pages do not end"):
        seek(api.url, collection=C1, period=TWO_YEARS)
    assert len(api.asked) < 10


# --- limits ------------------------------------------------------------------------------------


def test_a_server_that_fails_above_a_page_size_is_asked_for_less(
    imitate: Make, many: Make, seek: Make
) -> None:
    """Earth Search answers 500 where the page outgrows its 6 MB."""
    api = imitate(many(), "Earth Search", largest_page=30)
    assert len(seek(api.url, period=TWO_YEARS).scenes) == 240
    sizes = [body["limit"] for body in api.asked]
    assert sorted(set(sizes)) == [25, 50, 100]
    assert sizes == sorted(sizes, reverse=True), "what was learnt is remembered"


def test_a_search_that_takes_too_long_is_cut_in_time(imitate: Make, many: Make, seek: Make) -> None:
    """The Planetary Computer answers 504 after some 30 s."""
    api = imitate(many("sentinel-2-l2a"), "Planetary Computer", longest_days=30)
    assert len(seek(api.url, period=TWO_YEARS).scenes) == 240
    assert {body["limit"] for body in api.asked} == {100}
    assert min(days_of(body) for body in api.asked) >= 10
    late = [body for body in api.asked if days_of(body) > 30]
    assert len({body["datetime"] for body in late}) == 2, "what was learnt is remembered"


def test_a_search_that_never_answers_is_cut_in_time(
    imitate: Make, many: Make, seek: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.net.http.TRIES", 1)
    api = imitate(many(count=60), "token", longest_days=200, late=0)
    here = Endpoint(name="slow", address=api.url, wait_s=0.2)
    monkeypatch.setattr(endpoints, "ENDPOINTS", (here,))
    found = seek(api.url, collection=C1, period=("2023-01-01", "2024-01-01"))
    assert len(found.scenes) == 60


def test_a_server_that_always_fails_is_given_up(
    imitate: Make, many: Make, seek: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.net.http.TRIES", 1)
    api = imitate(many(count=3), "token", largest_page=0)
    with pytest.raises(CatalogError, match="the search failed: the server answered 500"):
        seek(api.url, collection=C1, period=("2023-01-01", "2024-01-01"))
    assert len(api.asked) < 40


def test_retry_after_is_honoured_for_a_post(imitate: Make, many: Make, seek: Make) -> None:
    api = imitate(many(count=3), "token", fails=[(429, {"Retry-After": "1"}), (503, {})])
    began = time.monotonic()
    assert len(seek(api.url, collection=C1, period=TWO_YEARS).scenes) == 3
    assert time.monotonic() - began >= 1


def test_a_search_that_is_redirected_keeps_what_was_asked(
    imitate: Make, many: Make, seek: Make
) -> None:
    """307 repeats the POST; 302 makes a GET of it, and all items of the world would come back."""
    api = imitate(many(count=3), "token")
    place = {"Location": f"{api.url}/search"}
    api.fails = [(307, place)]
    assert len(seek(api.url, collection=C1, period=TWO_YEARS).scenes) == 3
    api.fails = [(302, place)]
    with pytest.raises(CatalogError, match="redirects a search, which loses what was asked"):
        seek(api.url, collection=C1, period=TWO_YEARS)


# --- what is believed --------------------------------------------------------------------------


def test_items_without_a_cloud_cover_are_kept(imitate: Make, many: Make, seek: Make) -> None:
    items = many(count=9)
    for one in items[:3]:
        del one["properties"]["eo:cloud_cover"]
    for one in items[3:6]:
        one["properties"]["eo:cloud_cover"] = None
    for one in items[6:8]:
        one["properties"]["eo:cloud_cover"] = 99.0
    found = seek(imitate(items).url, collection=C1, period=TWO_YEARS, max_cloud_percent=20)
    assert len(found.scenes) == 7
    assert sum(one.items for one in found.counts if one.fate == "cloudy") == 2


def test_files_lie_where_the_endpoint_keeps_them(imitate: Make, many: Make, seek: Make) -> None:
    items = many(count=3)
    for asset in items[1]["assets"].values():
        asset["href"] = "https://elsewhere.example/B04.tif"
    found = seek(imitate(items, "Earth Search").url, period=TWO_YEARS)
    assert ids(found) == ["S000", "S002"]
    assert "lies at a host that its catalog is not known to use" in found.failures[0].reason


@pytest.mark.parametrize(
    ("name", "href"),
    [
        ("Earth Search", "https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B04.tif"),
        ("Planetary Computer", "https://sentinel2l2a01.blob.core.windows.net/a/B04.tif"),
        ("Copernicus Data Space", "https://eodata.dataspace.copernicus.eu/eodata/a/B04.jp2"),
        ("Digital Earth Africa", "https://deafrica-s2.s3.af-south-1.amazonaws.com/a/B04.tif"),
    ],
)
def test_hosts_of_each_endpoint(name: str, href: str) -> None:
    place = f"{BY_NAME[name].address}/collections/c/items/i"
    assert endpoints.is_among(href, endpoints.hosts_of(place))
    assert endpoints.is_among(place, endpoints.hosts_of(place))
    for evil in ("https://evil.example/B04.tif", href.replace(".", "-", 1), f"{href[:12]}.evil/x"):
        assert not endpoints.is_among(evil, endpoints.hosts_of(place))
    assert endpoints.hosts_of("https://stac.example/v1") == ()


@pytest.mark.parametrize(
    "href",
    ["https://2130706433/x", "https://0x7f.1/x", "https://[::ffff:127.0.0.1]/x", "//10.0.0.1/x",
     "https://169.254.169.254/x", "https://127.0.0.1\\@stac.example/x", "https://[bad", "//[x",
     "http://other.example/x", "https://a.example:99999/x"],
)  # fmt: skip
def test_links_lead_to_no_machine_of_this_network_however_spelt(href: str) -> None:
    with pytest.raises(CatalogError):
        followed("s", "https://stac.example/v1", href)


def test_links_stay_on_https_and_off_this_machine() -> None:
    place = "https://stac.example/v1/search"
    assert followed("s", place, "http://stac.example/v1/search?page=2") == f"{place}?page=2"
    assert followed("s", place, "?page=2") == f"{place}?page=2"
    assert followed("s", place, "https://other.example/x") == "https://other.example/x"
    for href in ("file:///etc/hostname", "http://127.0.0.1:8080/admin", "http://localhost/x"):
        with pytest.raises(CatalogError):
            followed("s", place, href)


# --- what is known -----------------------------------------------------------------------------


def test_what_is_known_of_each_endpoint() -> None:
    assert "filter" not in BY_NAME["Earth Search"].honours
    assert "query" not in BY_NAME["Digital Earth Africa"].honours
    for one in ENDPOINTS:
        assert 12 % one.window_months == 0
        assert 10 <= one.page_items <= 250
        assert endpoint(f"{one.address}/") is one
        source = Source(sensor="sentinel-2-l2a", catalog=one.address)
        assert with_collection(source).collection == one.collections["sentinel-2-l2a"]


@pytest.mark.parametrize("host", list(VERDICTS))
def test_a_job_that_names_an_endpoint_that_is_not_read(host: str, tmp_path: Path) -> None:
    why, remedy = VERDICTS[host]
    with pytest.raises(ValidationError, match=why.split(",")[0].split("(")[0]):
        Source(sensor="sentinel-2-l2a", catalog=f"https://{host}/stac")
    path = tmp_path / "job.yaml"
    path.write_text(
        "schema: 1\nname: a\nzones: {r: {path: z.geojson, id: i}}\nperiod: [2020, 2020]\n"
        f"sources:\n  - {{sensor: sentinel-2-l2a, catalog: https://{host}/stac, collection: c}}\n"
        "products: {composite: {}}\n"
    )
    with pytest.raises(JobError) as caught:
        jobs.load(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (6, "sources[0].catalog")
    assert (problem.what, problem.remedy.rstrip(".")) == (why, remedy)
    assert caught.value.exit_code == 2


def test_the_document_is_of_this_version() -> None:
    """It is written by `print(endpoints.document())`."""
    path = Path(__file__).resolve().parents[2] / "docs" / "catalogs.md"
    assert path.read_text("utf-8").rstrip() == endpoints.document().rstrip()
