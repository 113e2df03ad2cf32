"""`landcover doctor`: what the machine has; no secret, no waiting."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from landcover.engine.provenance import code_sha256
from landcover.synthetic import Weather, Writing, broken, country, write, write_zones

Call = Callable[..., Any]


JOB = """\
schema: 1
name: shipped
zones: {{sites: {{path: sites.csv, id: id, rings_m: [100]}}}}
sources: [{{sensor: sentinel-2-l2a, catalog: "{catalog}", collection: c}}]
period: [2020, 2020]
products: {{composite: {{}}}}
"""


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an empty folder in the place of the shipped jobs: theirs are on the network."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr("landcover.cli.templates.folder", lambda: folder)
    monkeypatch.setattr("landcover.cli.doctor.folder", lambda: folder)
    return folder


def ship(folder: Path, *catalogs: str) -> None:
    """Ship a job for each of some catalogs."""
    for number, catalog in enumerate(catalogs):
        (folder / f"job{number}.yaml").write_text(JOB.format(catalog=catalog), "utf-8")


def free_port() -> int:
    """Find a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


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
    assert code_sha256() in found["its code"]["said"]
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


def test_what_each_store_wants_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", "HUNTER4")
    for name in ("CDSE_S3_SECRET_KEY", "CDSE_TOKEN", "CDSE_USERNAME", "PC_SDK_SUBSCRIPTION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EARTHDATA_TOKEN", "HUNTER5")
    monkeypatch.setenv("NETRC", "no-such-file")
    said = {name: one["said"] for name, one in findings(call).items()}
    assert said["credentials of Planetary Computer"] == "anybody may fetch its tokens"
    assert said["credentials of Copernicus Data Space (S3)"] == (
        "CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY are not both set"
    )
    assert said["credentials of Copernicus Data Space (login)"] == (
        "CDSE_TOKEN is not set, nor are CDSE_USERNAME and CDSE_PASSWORD, nor has netrc "
        "dataspace.copernicus.eu"
    )
    assert said["credentials of Earthdata (login)"] == "EARTHDATA_TOKEN is set"
    assert "HUNTER" not in " ".join(said.values())


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
    row = found[f"catalog {server.removeprefix('http://')}"]
    assert row["state"] == "ok"
    assert row["said"].startswith("answers in")


def test_a_catalog_that_refuses(call: Call, study: Path, server: str) -> None:
    ended = call("doctor", with_catalog(study, f"{server}/no?token=HUNTER6"), "--json")
    assert ended.code == 1
    assert "the server answered 403" in ended.out
    assert "HUNTER6" not in ended.out


def test_a_catalog_that_is_not_there(call: Call, study: Path) -> None:
    port = free_port()
    found = findings(call, with_catalog(study, f"http://127.0.0.1:{port}"))
    row = found[f"catalog 127.0.0.1:{port}"]
    assert row["state"] == "missing"
    assert row["said"].startswith("no answer (ConnectionError); check the network and the address")
    assert "--offline" in row["said"]


def test_offline_asks_nobody(call: Call, study: Path) -> None:
    found = findings(call, with_catalog(study, "https://a.invalid/v1"), "--offline")
    assert "was not asked" in found["catalog"]["said"]


def test_a_local_catalog(call: Call, study: Path) -> None:
    assert findings(call, study / "job.yaml")["catalog"]["state"] == "ok"
    assert call("doctor", with_catalog(study, "none.json")).code == 1


def test_without_a_job_the_catalogs_of_the_shipped_jobs_are_asked(
    call: Call, shipped: Path, server: str
) -> None:
    closed = f"http://localhost:{free_port()}/v1"
    ship(shipped, f"{server}/ok", closed, closed, "scenes/catalog.json")
    ended = call("doctor", "--json")
    rows = [one for one in json.loads(ended.out)["findings"] if one["what"].startswith("catalog")]
    assert [(one["what"], one["state"]) for one in rows] == [
        (f"catalog {server.removeprefix('http://')}", "ok"),
        (f"catalog {closed.split('/')[2]}", "warning"),
    ]
    assert rows[1]["said"].startswith("no answer (")
    assert ended.code == 0, "a machine without network is well"


def test_catalogs_that_never_answer_are_waited_for_together_and_briefly(
    call: Call, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.cli.doctor.PATIENCE_S", 0.5)
    with contextlib.ExitStack() as stack:
        deaf = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        ship(shipped, *(f"http://127.0.0.1:{one.getsockname()[1]}/" for one in deaf))
        began = time.monotonic()
        ended = call("doctor", "--json")
        assert time.monotonic() - began < 2.5, "one after the other would take 3 s"
    rows = [one for one in json.loads(ended.out)["findings"] if one["what"].startswith("catalog")]
    assert [one["state"] for one in rows] == ["warning"] * 6
    assert all("no answer" in one["said"] for one in rows)
    assert ended.code == 0


def test_a_resolver_that_hangs_is_left_behind(
    call: Call, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    monkeypatch.setattr("landcover.net.reach.reachable", lambda *_: free.wait(30))
    monkeypatch.setattr("landcover.cli.doctor.PATIENCE_S", 0.1)
    ship(shipped, "https://a.invalid/v1")
    found = findings(call)
    free.set()
    assert found["catalog a.invalid"]["said"].startswith("no answer within 0.1 s; check")


def test_offline_asks_no_shipped_catalog(call: Call, shipped: Path) -> None:
    ship(shipped, "https://a.invalid/v1")
    found = findings(call, "--offline")
    assert found["catalog"]["said"] == "https://a.invalid/v1 was not asked (--offline)"


def test_broken_shipped_jobs_do_not_end_the_doctor(call: Call, shipped: Path) -> None:
    (shipped / "job.yaml").write_text("schema: 7", "utf-8")
    assert call("doctor").code == 0


APART = (date(2021, 12, 20), date(2022, 3, 6))
"""Days of both baselines, too far apart to be compared."""


def offset_job(folder: Path, days: tuple[date, ...] = APART) -> Path:
    """Write scenes of both baselines of a small clear country, and a job about them."""
    quiet = Weather(clouds=0, residual=0, swath_edge=0, speckle=0)
    land = country(160, weather=quiet)
    write(land, folder / "scenes", days, writing=Writing(64, bands=("red", "nir")))
    write_zones(land, folder / "zones")
    (folder / "job.yaml").write_text(
        "schema: 1\nname: offsets\n"
        "zones: {reserves: {path: zones/reserves.geojson, id: WDPAID, name: NAME}}\n"
        "sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]\n"
        "period: [2021, 2022]\nproducts: {composite: {index: [ndvi]}}\n",
        "utf-8",
    )
    return folder / "job.yaml"


def test_the_offsets_of_a_jobs_scenes_are_shown_before_a_run(call: Call, tmp_path: Path) -> None:
    job = offset_job(tmp_path)
    ended = call("doctor", job, "--json")
    rows = [one for one in json.loads(ended.out)["findings"] if one["what"].startswith("offset")]
    assert ended.code == 0
    assert [one["state"] for one in rows] == ["ok", "ok"]
    assert rows[0]["what"] == "offset, source sentinel-2-l2a"
    assert "03.01: offset 0 in 1 scene; of 1 asked 1 have it" in rows[0]["said"]
    assert "04.00: offset -0.1 in 1 scene; of 1 asked 1 have it" in rows[1]["said"]
    assert not (tmp_path / "out").exists()


def test_pairs_of_scenes_are_shown_as_floors_are(call: Call, tmp_path: Path) -> None:
    """On either side of the change of baseline, five days apart."""
    job = offset_job(tmp_path, (date(2022, 1, 23), date(2022, 1, 28)))
    rows = json.loads(call("doctor", job, "--json").out)["findings"]
    (row,) = [one for one in rows if one["what"].startswith("jump")]
    assert (row["what"], row["state"]) == ("jump, source sentinel-2-l2a", "ok")
    assert "baseline 03.01 (offset 0) and baseline 04.00 (offset -0.1), square" in row["said"]
    assert "5 days apart: jump of" in row["said"]
    assert row["said"].endswith("borne out")


def test_offsets_without_dark_ground_are_refused_by_the_jump(call: Call, tmp_path: Path) -> None:
    """04.00 declares nothing though its DN carry 1000, and no floor is there to tell of it."""
    days = (date(2022, 1, 18), date(2022, 1, 23), date(2022, 1, 28), date(2022, 2, 2))
    job = offset_job(tmp_path, days)
    for path in (tmp_path / "scenes").glob("*/SCL.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            classes = file.read(1)
            file.write(np.where(np.isin(classes, (4, 6)), np.uint8(5), classes), 1)
    assert call("plan", job).code == 0
    for day in days[2:]:
        broken.wrong_offset(next((tmp_path / "scenes").glob(f"*_{day:%Y%m%d}T*_L2A")), 0.0)
    sentence = "source sentinel-2-l2a: the declared offsets cannot both be true of baseline 03.01"
    assert findings(call, job)["offset"]["said"].startswith(sentence)
    for verb in ("plan", "run"):
        ended = call(verb, job)
        assert ended.code == 1
        assert sentence in ended.err
    trusting = call("plan", job, "--set", "sources[0].offset=trust")
    assert trusting.code == 0
    assert sentence in trusting.out + trusting.err


def test_a_false_offset_is_one_sentence_everywhere(call: Call, tmp_path: Path) -> None:
    job = offset_job(tmp_path)
    broken.wrong_offset(next((tmp_path / "scenes").glob("*_20220306T*_L2A")), 0.0)
    found = findings(call, job)
    assert found["offset"]["state"] == "missing"
    sentence = "source sentinel-2-l2a: pixels deny the declared offset"
    assert found["offset"]["said"].startswith(sentence)
    for verb in ("plan", "run"):
        ended = call(verb, job)
        assert ended.code == 1
        assert sentence in ended.err
    trusting = call("plan", job, "--set", "sources[0].offset=trust")
    assert trusting.code == 0
    assert sentence in trusting.out + trusting.err


def test_a_search_that_finds_nothing_is_told(call: Call, study: Path) -> None:
    found = findings(call, study / "job.yaml")
    assert found["scenes"]["state"] == "warning"
