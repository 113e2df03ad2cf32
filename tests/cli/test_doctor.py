"""`landcover doctor`: what the machine has; no secret, no waiting."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


class Answer(BaseHTTPRequestHandler):
    """Answers /ok with a document, anything else with 403."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ok" else 403)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[str]:
    """Serve on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def findings(call: Call, *arguments: object) -> dict[str, dict[str, str]]:
    """Run the doctor; return findings by what they are of."""
    ended = call("doctor", "--json", *arguments)
    return {one["what"]: one for one in json.loads(ended.out)["findings"]}


def with_catalog(study: Path, catalog: str) -> Path:
    """Write a job with a catalog."""
    path = study / "job.yaml"
    text = path.read_text("utf-8").replace("scenes/catalog.json", f"'{catalog}'")
    path.write_text(text, "utf-8")
    return path


def test_versions_disk_memory_and_projections(call: Call) -> None:
    found = findings(call)
    for what in ("landcover", "python", "rasterio", "numpy", "numba", "dask", "GDAL", "PROJ"):
        assert found[what]["state"] == "ok", found[what]
    assert "free in" in found["disk"]["said"]
    assert "free of" in found["memory"]["said"]


def test_the_table_is_for_people(call: Call) -> None:
    ended = call("doctor")
    assert ended.code == 0
    assert "landcover doctor" in ended.out


def test_credentials_by_name_never_by_value(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine urs.earthdata.nasa.gov login me password HUNTER2\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("EARTHDATA_TOKEN", "HUNTER3")
    ended = call("doctor", "--json")
    found = {one["what"]: one for one in json.loads(ended.out)["findings"]}
    assert "EARTHDATA_TOKEN" in found["credentials in the environment"]["said"]
    assert found["credentials in netrc"]["said"] == "urs.earthdata.nasa.gov"
    assert "HUNTER" not in ended.out + ended.err


def test_a_broken_netrc_is_not_quoted(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.org login me passwrd HUNTER2\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    ended = call("doctor", "--json")
    assert "cannot be read as netrc" in ended.out
    assert "HUNTER" not in ended.out + ended.err


def test_a_catalog_that_answers(call: Call, study: Path, server: str) -> None:
    found = findings(call, with_catalog(study, f"{server}/ok"))
    assert found["catalog 127.0.0.1"]["state"] == "ok"
    assert found["catalog 127.0.0.1"]["said"].startswith("answers in")


def test_a_catalog_that_refuses(call: Call, study: Path, server: str) -> None:
    ended = call("doctor", with_catalog(study, f"{server}/no?token=SECRET"), "--json")
    assert ended.code == 1
    assert "the server answered 403" in ended.out
    assert "SECRET" not in ended.out


def test_a_catalog_that_is_not_there(call: Call, study: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    found = findings(call, with_catalog(study, f"http://127.0.0.1:{port}"))
    assert found["catalog 127.0.0.1"]["state"] == "missing"


def test_offline_asks_nobody(call: Call, study: Path) -> None:
    found = findings(call, with_catalog(study, "https://a.invalid/v1"), "--offline")
    assert "was not asked" in found["catalog"]["said"]


def test_a_local_catalog(call: Call, study: Path) -> None:
    assert findings(call, study / "job.yaml")["catalog"]["state"] == "ok"
    assert call("doctor", with_catalog(study, "none.json")).code == 1
