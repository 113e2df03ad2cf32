"""A run of scenes on the network, and what it can do once the network is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline
from landcover.errors import InputError
from landcover.synthetic import country, dates


class Server:
    """Serves a folder's files, and counts what is asked of it."""

    def __init__(self, folder: Path) -> None:
        asked: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args, directory=str(folder))

            def log_message(self, *_: Any) -> None:
                asked.append(self.path)

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Be gone."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def study(study_of: Any) -> Any:
    """Return a study of a small country with a world of its own."""
    return study_of(country(96), dates(date(2021, 11, 3), date(2022, 4, 1), 40))


@pytest.fixture
def server(study: Any) -> Iterator[Server]:
    """Serve the scenes' files; the catalog stays on this machine and names them there."""
    scenes = study.world.folder / "scenes"
    made = Server(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{made.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    yield made
    made.stop()


def offline(study: Any, heard: Any = None, **changes: Any) -> pipeline.Result:
    """Run a study's job without the network."""
    changes = {"run": {"scheduler": study.scheduler}, **changes}
    job = jobs.load(study.job(**changes))
    return pipeline.run(job, study.folder / "out", offline=True, progress=heard)


def test_a_finished_run_needs_no_network(study: Any, server: Server) -> None:
    assert study.run().code == 0
    assert len(server.asked) > 0
    before = {path: path.read_bytes() for path in (study.folder / "out" / "rasters").iterdir()}
    server.asked.clear()
    assert offline(study).exit_code == 0
    next(iter(before)).unlink()  # a raster is made of tiles, not of scenes
    assert offline(study).exit_code == 0
    assert {path: path.read_bytes() for path in before} == before
    assert server.asked == []


def test_tiles_to_be_made_do(study: Any, server: Server) -> None:
    with pytest.raises(InputError, match="its files lie on the network, are still to be read"):
        offline(study)
    assert not (study.folder / "out").exists()
    assert study.run().code == 0
    server.asked.clear()
    changed = {"products": {"composite": {"min_clear": 2}}}
    with pytest.raises(InputError, match=r"--offline refuses the network\. Leave --offline out"):
        offline(study, **changed)
    assert server.asked == []


def test_a_scene_that_had_failed_is_not_tried_without_network(study: Any, server: Server) -> None:
    broken = next((study.world.folder / "scenes").rglob("*B04*.tif"))
    whole = broken.read_bytes()
    broken.write_bytes(b"not a picture")
    assert study.run().code == 3
    broken.write_bytes(whole)
    server.asked.clear()
    ended = offline(study)
    assert ended.exit_code == 3
    assert ended.failures
    assert server.asked == []
