"""The guard that keeps tests off the network, and the fixture for missing services."""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1 (RFC 5737): nobody's address


@pytest.fixture
def loopback_url() -> Iterator[str]:
    """Serve 404 to everything on loopback."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/a.tif"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_connection_outwards_is_refused_and_noted(no_network: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(OSError, match="only talk to this machine"):
        sock.connect((OUTSIDE, 80))
    with socket.socket() as sock, pytest.raises(OSError, match="only talk to this machine"):
        sock.connect_ex((OUTSIDE, 80))
    with pytest.raises(OSError, match="only talk to this machine"):
        socket.getaddrinfo("example.org", 443)
    assert len(no_network) == 3
    no_network.clear()  # else this test would fail, as it should


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        server.accept()[0].close()


def test_asking_for_the_own_address_is_allowed(no_network: list[str]) -> None:
    """A connected datagram socket sends nothing; dask uses one to find its interface."""
    unrouted = contextlib.suppress(OSError)  # a machine without any route
    with unrouted, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((OUTSIDE, 80))
    assert no_network == []


def test_gdal_goes_to_the_dead_proxy_and_loopback_does_not(loopback_url: str) -> None:
    rasterio = pytest.importorskip("rasterio")
    with pytest.raises(rasterio.errors.RasterioIOError, match=r"via 127\.0\.0\.1|[Pp]roxy"):
        rasterio.open(f"/vsicurl/http://{OUTSIDE}/a.tif")
    with pytest.raises(rasterio.errors.RasterioIOError, match=r"501|404"):
        rasterio.open(f"/vsicurl/{loopback_url}")


def test_child_processes_go_to_the_dead_proxy() -> None:
    code = (
        "import urllib.request as r\n"
        f"try: r.urlopen('http://{OUTSIDE}/', timeout=20)\n"
        "except OSError as e: print(e)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "refused" in out.stdout


def test_proj_does_not_use_the_network() -> None:
    pyproj = pytest.importorskip("pyproj")
    assert not pyproj.network.is_network_enabled()


def test_urllib_reaches_loopback_past_the_proxy(loopback_url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="501"):
        urllib.request.urlopen(loopback_url, timeout=20)


def test_a_missing_service_fails_in_ci_and_is_skipped_elsewhere(
    service: Callable[[bool, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    service(True, "never said")
    monkeypatch.setitem(os.environ, "CI", "true")
    with pytest.raises(pytest.fail.Exception, match="missing in CI: no QGIS here"):
        service(False, "no QGIS here")
    monkeypatch.delitem(os.environ, "CI")
    with pytest.raises(pytest.skip.Exception, match="no QGIS here"):
        service(False, "no QGIS here")
