"""What every test gets: no network but loopback, and a loud word where something is missing.

The guard has two halves. Python's own sockets refuse to connect anywhere but to loopback, and a
test that tried fails even where the code under test swallowed the refusal. Libraries with sockets
of their own (GDAL, libcurl) and child processes are sent to a proxy that does not exist: port 9 of
loopback, where nobody listens; loopback itself is exempt.
"""

from __future__ import annotations

import hashlib
import http.server
import ipaddress
import json
import os
import re
import shutil
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.outputs.shown import Shown

DEAD_PROXY = "http://127.0.0.1:9"
LOOPBACK = "127.0.0.1,localhost,::1"
OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "ftp_proxy"), DEAD_PROXY),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"), DEAD_PROXY),
    "no_proxy": LOOPBACK,
    "NO_PROXY": LOOPBACK,
    "GDAL_HTTP_PROXY": DEAD_PROXY,
    "GDAL_HTTPS_PROXY": DEAD_PROXY,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PROJ_NETWORK": "OFF",
}
# At import, before any test module imports GDAL or PROJ, which read these once.
os.environ.update(OFFLINE)


class NetworkBlockedError(OSError):
    """A test tried to leave this machine."""


def is_loopback(host: object) -> bool:
    """Whether a socket address's host is this machine."""
    if host is None or host in ("", "localhost", b"localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _stays_here(sock: socket.socket, address: object) -> bool:
    """Whether talking to `address` stays on this machine.

    Connecting a datagram socket sends nothing; dask does it to learn the machine's own address.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type == socket.SOCK_DGRAM:
        return True
    return isinstance(address, tuple) and is_loopback(address[0])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse, note and afterwards report every attempt to leave this machine."""
    attempts: list[str] = []

    def refuse(target: object) -> NetworkBlockedError:
        attempts.append(repr(target))
        return NetworkBlockedError(f"Tests may only talk to this machine, not to {target!r}.")

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(sock: socket.socket, address: object) -> Any:
            if not _stays_here(sock, address):
                raise refuse(address)
            return real(sock, address)

        return connect

    real_lookup = socket.getaddrinfo

    def lookup(host: object, *args: Any, **options: Any) -> Any:
        if not is_loopback(host):
            raise refuse(host)
        return real_lookup(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield attempts
    if attempts:
        pytest.fail(f"The test tried to leave this machine: {', '.join(attempts)}")


@pytest.fixture(autouse=True, scope="session")
def unshown() -> Iterator[Callable[..., Any]]:
    """Let runs leave rasters and tables alone: what people open has tests of its own.

    Returns what a run would call; a test of that puts it back into `landcover.pipeline`.
    """
    from landcover import pipeline

    show = pipeline.show
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "show", lambda *_: ())
        yield show


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data beside the checkout; skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder `shared` with real data is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def service() -> Callable[[bool, str], None]:
    """Return ``service(present, reason)``: skip where a service is missing, but fail in CI."""

    def need(present: bool, reason: str) -> None:
        if present:
            return
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"missing in CI: {reason}")
        pytest.skip(reason)

    return need


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """Return the address of a scheduler in this process, with one worker: quick to reach."""
    import dask
    from distributed import LocalCluster

    as_a_run_s = {
        "distributed.worker.profile.enabled": False,
        "distributed.scheduler.worker-ttl": None,
    }
    with dask.config.set(as_a_run_s):  # see engine.cluster
        cluster = LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=0,
            protocol="inproc://",
        )
    with cluster:
        yield cluster.scheduler_address


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that asked for everything, of a small country with hard names; tests only read it."""

    path: Path
    """Of its job."""
    out: Path

    @property
    def job(self) -> Job:
        """The job, loaded."""
        from landcover import job as jobs

        return jobs.load(self.path)

    def shown(self, out: Path | None = None) -> Shown:
        """Open its folder, or a copy of it, as those who show it do."""
        from landcover.outputs.opening import open_shown
        from landcover.showing import about_of

        return open_shown(out or self.out, about_of(self.job))

    def copy(self, folder: Path) -> Path:
        """Copy what it left into a folder, to be written to; checkpoints stay behind."""
        return Path(shutil.copytree(self.out, folder, ignore=shutil.ignore_patterns(".work")))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Finished:
    """Return a finished run with every product, in two languages; nothing is shown of it yet."""
    from landcover import job as jobs
    from landcover import pipeline
    from landcover.synthetic import write_oddities

    folder = tmp_path_factory.mktemp("finished")
    path = write_oddities(folder, run={"memory": "2GB", "scheduler": scheduler})
    result = pipeline.run(jobs.load(path), folder / "out", report=False)
    assert result.exit_code == 0
    return Finished(path, folder / "out")


@pytest.fixture(scope="session")
def real_run(shared: Path, tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Finished:
    """Return a finished run over real composites: fields of Mato Grosso, seen by MODIS."""
    import yaml

    from landcover import job as jobs
    from landcover import pipeline

    folder, data = tmp_path_factory.mktemp("real"), shared / "data" / "modis_matogrosso"
    items = [json.loads(path.read_text("utf-8")) for path in sorted(data.glob("*/*.dtw/*.json"))]
    for item, path in zip(items, sorted(data.glob("*/*.dtw/*.json")), strict=True):
        for asset in item["assets"].values():
            asset["href"] = os.path.normpath(path.parent / asset["href"])
    found = {"type": "FeatureCollection", "features": items}
    (folder / "items.json").write_text(json.dumps(found), "utf-8")
    west, south, east, north = -56.1, -12.1, -55.8, -11.9
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    zone = {"type": "Feature", "properties": {"id": "1", "name": "Champs de soja & maïs"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    zones = json.dumps({"type": "FeatureCollection", "features": [zone]})
    (folder / "z.geojson").write_text(zones, "utf-8")
    ndvi = {"keys": ["250m_16_days_NDVI"], "unit": "1", "dtype": "int16", "scale": 0.0001,
            "nodata": -3000, "valid": [-0.2, 1], "resolution_m": 231.656}  # fmt: skip
    profile = {"name": "own", "title": "MODIS", "bands": {"ndvi": ndvi}}
    (folder / "own.yaml").write_text(yaml.safe_dump(profile), "utf-8")
    job = {
        "schema": 1, "name": "fields", "report": {"languages": ["en", "fr"]},
        "zones": {"units": {"path": "z.geojson", "id": "id", "name": "name"}},
        "sources": [{"sensor": "./own.yaml", "catalog": "items.json", "allow_paths": [str(data)]}],
        "period": {"start": "2007-09-01", "end": "2013-09-01"},
        "products": {
            "composite": {"every": "year"}, "climatology": {}, "trend": {},
            "disturbance": {"history": ["2007-09-14", "2010-09-10"], "min_ha": 0},
        },
        "run": {"memory": "2GB", "scheduler": scheduler},
    }  # fmt: skip
    (folder / "fields.yaml").write_text(yaml.safe_dump(job), "utf-8")
    result = pipeline.run(jobs.load(folder / "fields.yaml"), folder / "out", report=False)
    assert result.exit_code == 0
    return Finished(folder / "fields.yaml", folder / "out")


@pytest.fixture(scope="session")
def large_run(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Iterator[Finished]:
    """Return a finished run as large as Okapi, with 3,409 sites."""
    from importlib import import_module

    folder = tmp_path_factory.mktemp("large")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "scripts" / "bench_parts")
        made = import_module("large").write_large(
            folder, run={"memory": "2GB", "scheduler": scheduler}
        )
    yield Finished(made.job, made.out)
    shutil.rmtree(folder)  # a GB, of which pytest would keep three


@dataclass(frozen=True, slots=True)
class Written:
    """A folder in which all that people open was written, and the processor time it took (s)."""

    out: Path
    seconds: float


@pytest.fixture(scope="session")
def large_written(large_run: Finished) -> Written:
    """Return the large run with all that people open of it."""
    from landcover import showing

    began = time.process_time()
    showing.show(large_run.job, large_run.out)
    return Written(large_run.out, time.process_time() - began)


@dataclass
class Faults:
    """What a server does wrong: a share of requests, of some kinds, after some delay.

    At most `most` faults in a row for one range of one file. Paths that match `dead` fail always.
    Which request fails is a pure function of seed, path, range and attempt, whatever the order
    of threads.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = ("503", "429", "reset", "truncate")
    most: int = 3
    seed: int = 0
    latency_s: float = 0.0
    dead: str = ""


class FaultyServer:
    """Serves ranges of a folder's files on loopback, and fails as it is told.

    `asked` lists (path, range) of every request, and `beside` the paths that were asked at the
    same time; `moved` are redirects, path -> address; `etags` stand in for a file's own; `failed`
    counts faults by kind.
    """

    def __init__(self, folder: Path, faults: Faults) -> None:
        self.folder, self.faults = folder, faults
        self.asked: list[tuple[str, str]] = []
        self.beside: list[frozenset[str]] = []
        self._now: Counter[str] = Counter()
        self.moved: dict[str, str] = {}
        self.etags: dict[str, str] = {}
        self.failed: Counter[str] = Counter()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._row: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._http = _QuietServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"faulty": self}))
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def wait(self, path: str) -> None:
        """Let a request wait, and see which others wait with it."""
        with self._lock:
            self._now[path] += 1
        time.sleep(self.faults.latency_s)
        with self._lock:
            self.beside.append(frozenset(+self._now))
            self._now[path] -= 1

    def fault(self, path: str, asked: str) -> str:
        """Choose the fault of a request; empty for none."""
        key, faults = (path, asked), self.faults
        with self._lock:
            self.asked.append(key)
            if faults.dead and re.search(faults.dead, path):
                return "503"
            self._attempts[key] += 1
            text = f"{faults.seed}|{path}|{asked}|{self._attempts[key]}"
            digest = hashlib.sha256(text.encode()).digest()
            chance = int.from_bytes(digest[:8], "big") / 2**64
            if chance >= faults.rate or self._row[key] >= faults.most:
                self._row[key] = 0
                return ""
            self._row[key] += 1
            kind = faults.kinds[digest[8] % len(faults.kinds)]
            self.failed[kind] += 1
            return kind

    def stop(self) -> None:
        """Be gone."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are a part of the game."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request; `faulty` is set by the server that it belongs to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for the headers to be confirmed
    faulty: FaultyServer

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self, state: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer."""
        self.head(state, len(body), **headers)
        self.wfile.write(body)

    def head(self, state: int, length: int, **headers: str) -> None:
        """Send the head of an answer."""
        self.send_response(state)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def do_GET(self) -> None:
        """Answer, or fail as told."""
        path, asked = self.path.partition("?")[0], self.headers.get("Range", "")
        kind = self.faulty.fault(path, asked)
        self.faulty.wait(path)
        if kind in ("503", "429"):
            self.answer(int(kind), b"slow down")
        elif kind == "reset":
            self.hang_up()
        elif path in self.faulty.moved:
            self.answer(302, Location=self.faulty.moved[path])
        else:
            self.serve(path, asked, kind)

    def serve(self, path: str, asked: str, kind: str) -> None:
        """Serve a file, or a range of it."""
        root = self.faulty.folder.resolve()
        file = (root / path.lstrip("/")).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            self.answer(404)
            return
        data = file.read_bytes()
        tag = self.faulty.etags.get(path, f'"{file.stat().st_mtime_ns}-{len(data)}"')
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
        if wanted is None or kind == "norange":
            self.answer(200, data, ETag=tag)
        elif int(wanted[1]) >= len(data):
            self.answer(416, Content_Range=f"bytes */{len(data)}")
        else:
            last = min(int(wanted[2]), len(data) - 1)
            self.part(data, int(wanted[1]), last, tag, kind)

    def part(self, data: bytes, first: int, last: int, tag: str, kind: str) -> None:
        """Send a range, or what a fault makes of it."""
        shift, body = 7 if kind == "badrange" else 0, data[first : last + 1]
        span = f"bytes {first + shift}-{last + shift}/{len(data)}"
        self.head(206, len(body), Content_Range=span, ETag=tag)
        self.wfile.write(body[: len(body) // 2] if kind == "truncate" else body)
        if kind == "truncate":
            self.close_connection = True


@pytest.fixture
def faulty() -> Iterator[Callable[..., FaultyServer]]:
    """Return ``faulty(folder, rate=0.3, ...)``: a server on loopback that fails as told."""
    made: list[FaultyServer] = []

    def serve(folder: Path, **told: Any) -> FaultyServer:
        made.append(FaultyServer(folder, Faults(**told)))
        return made[-1]

    yield serve
    for server in made:
        server.stop()


@pytest.fixture(autouse=True)
def no_remote_memory() -> Iterator[None]:
    """Forget what a test fetched: the next one's server may have the same address."""
    yield
    remote = sys.modules.get("landcover.raster.remote")
    if remote is not None:
        remote.rest()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try ranges again without a pause."""
    monkeypatch.setattr("landcover.net.ranges.BACKOFF_S", 0.0)
