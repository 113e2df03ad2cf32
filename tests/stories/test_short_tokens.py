"""A run that outlives its tokens many times over, and leaves none of them behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from tests.stories.conftest import ROOT, Study, end_tree

pytestmark = pytest.mark.slow

LIFE_S = 2.0
PACE_S = 0.03
"""The line of the server: one answer after the other, so that the run takes some 20 s."""
MARK = "SECRETSIGNATURE"

PROGRAM = """\
# Started by spawn, worker processes run these lines too.
import sys
from dataclasses import replace
from landcover.net import stores
stores.SAS = (replace(stores.SAS[0], hosts=("127.0.0.1",)),)
if __name__ == "__main__":
    from landcover.__main__ import start
    sys.exit(start())
"""


class Vault:
    """Serves a folder's files to whoever shows a token that is younger than two seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.issued: dict[str, float] = {}
        self.served: list[float] = []
        self.refused = 0
        self._line, self._lock = threading.Lock(), threading.Lock()
        handler = type("Handler", (_Handler,), {"vault": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self) -> dict[str, str]:
        """Make a token."""
        with self._lock:
            name = f"{MARK}{len(self.issued):04d}"
            self.issued[name] = time.monotonic()
        expiry = datetime.now(UTC) + timedelta(seconds=LIFE_S)
        return {"token": f"sv=2024-05-04&se=x&sig={name}", "msft:expiry": expiry.isoformat()}

    def admits(self, query: str) -> bool:
        """Whether a request shows a token that lives."""
        shown = parse_qs(query).get("sig", [""])[0]
        lives = time.monotonic() - self.issued.get(shown, -LIFE_S) < LIFE_S
        with self._lock:
            self.refused += not lives
        return lives

    def pace(self) -> None:
        """Wait for the line."""
        with self._line:
            time.sleep(PACE_S)
            self.served.append(time.monotonic())

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Tokens under /token, files with ranges under /box."""

    protocol_version = "HTTP/1.1"
    vault: Vault

    def log_message(self, *_: Any) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/token/"):
            self.reply(200, json.dumps(self.vault.token()).encode())
        elif not self.vault.admits(parts.query):
            self.reply(403, b"the token is too old")
        else:
            self.vault.pace()
            self.send_file(self.vault.folder / parts.path.removeprefix("/box/"))

    def send_file(self, path: Path) -> None:
        if not path.is_file():
            self.reply(404, b"")
            return
        whole = path.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            self.reply(200, whole)
            return
        first = int(asked[1])
        last = min(int(asked[2] or len(whole)), len(whole) - 1)
        if first > last:
            self.reply(416, b"", {"Content-Range": f"bytes */{len(whole)}"})
            return
        told = {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}
        self.reply(206, whole[first : last + 1], told)

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def vault(own_study: Study) -> Iterator[Vault]:
    """Serve the scenes' files; the catalog stays on this machine and names them there."""
    scenes = own_study.world.folder / "scenes"
    made = Vault(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{made.address}/box/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    yield made
    made.stop()


def run(study: Study, vault: Vault) -> tuple[int, str, str]:
    """Run the job as a program with two worker processes; return (code, stdout, stderr)."""
    program = study.folder / "program.py"
    program.write_text(PROGRAM, "utf-8")
    job = study.job(run={"workers": 2})
    out = str(study.folder / "out")
    command = [sys.executable, str(program), "run", str(job), "--out", out, "--no-report"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PC_SDK_SAS_URL": f"{vault.address}/token",
        "CPL_DEBUG": "OFF",
    }
    process = subprocess.Popen(
        [*command, "-vv"], cwd=study.folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            end_tree(psutil.Process(process.pid))
    return process.returncode, out, err


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, and what lies packed in it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                yield from ((f"{path}:{name}", packed.read(name)) for name in packed.namelist())


def test_a_run_of_twenty_seconds_lives_on_tokens_of_two(
    own_study: Study, vault: Vault, calm: Path, same: Any
) -> None:
    code, out, err = run(own_study, vault)
    assert code == 0, err
    assert vault.served[-1] - vault.served[0] > 10, "the tokens must die often"
    assert len(vault.issued) >= 8
    assert vault.refused <= len(vault.served) / 20
    same(own_study.folder / "out", calm)
    assert MARK not in out + err
    holders = [name for name, data in contents(own_study.folder) if MARK.encode() in data]
    assert holders == []
