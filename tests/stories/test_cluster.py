"""A scheduler and workers that somebody started by hand on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
TILE_PX = 64


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler and workers, each a program of its own.

    Parameters
    ----------
    folder : Path
        For logs and the workers' own files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, []
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self._start("scheduler", "--host", "127.0.0.1", "--port", str(port),
                    "--dashboard-address", "127.0.0.1:0", path=ROOT)  # fmt: skip

    def _start(self, *arguments: str, path: Path) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.programs)}.log").open("wb")
        program = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], cwd=self.folder, stdout=log,
            stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(path)},
        )  # fmt: skip
        log.close()
        self.programs.append(program)
        return program

    def worker(self, path: Path = ROOT) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, without a nanny: killed, it stays dead."""
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--host",
                           "127.0.0.1", "--no-dashboard", "--local-directory", str(self.folder),
                           path=path)  # fmt: skip

    def close(self) -> None:
        """Kill all that was started."""
        for program in self.programs:
            if program.poll() is None:
                family = psutil.Process(program.pid).children(recursive=True)
                for one in family:
                    one.kill()
                program.kill()
            program.wait(timeout=20)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a scheduler without workers."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.close()


def recorded(out: Path) -> int:
    """Count the lines of the manifest."""
    path = out / ".work" / "manifest.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.slow
def test_two_workers_one_of_them_killed(
    study: Any, cluster: Cluster, calm: Path, same: Callable[..., None]
) -> None:
    lost, _ = cluster.worker(), cluster.worker()
    run = study.start(grid={"tile_px": TILE_PX}, run={"scheduler": cluster.address})
    until = time.monotonic() + 120
    while recorded(study.folder / "out") < 8 and run.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    lost.kill()
    _, err = run.communicate(timeout=200)
    assert run.returncode == 0, err
    assert recorded(study.folder / "out") == 30
    same(study.folder / "out", calm)


@pytest.mark.slow
def test_two_workers(study: Any, cluster: Cluster, calm: Path, same: Callable[..., None]) -> None:
    cluster.worker()
    cluster.worker()
    ended = study.call(run={"scheduler": cluster.address})
    assert ended.code == 0, ended.err
    same(ended.out, calm)
    # the cluster is somebody else's: it is there for the next run
    assert all(program.poll() is None for program in cluster.programs)
    again = study.call("again", run={"scheduler": cluster.address})
    same(again.out, calm)


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused(study: Any, cluster: Cluster) -> None:
    # a package of the same name, as an older release would be
    other = study.folder / "other" / "landcover"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text(
        f"import sys\n__path__ = [{str(ROOT / 'landcover')!r}]\n__version__ = '0.0.1'\n",
        "utf-8",
    )
    cluster.worker(other.parent)
    ended = study.call(run={"scheduler": cluster.address})
    assert ended.code == 2
    assert "has landcover 0.0.1" in ended.err
    assert "Install one version everywhere." in ended.err
    assert recorded(ended.out) == 0


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_the_run_goes_on_later(
    study: Any, cluster: Cluster, calm: Path, same: Callable[..., None]
) -> None:
    cluster.worker()
    run = study.start(grid={"tile_px": TILE_PX}, run={"scheduler": cluster.address})
    until = time.monotonic() + 120
    while recorded(study.folder / "out") < 5 and run.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    cluster.programs[0].kill()
    _, err = run.communicate(timeout=120)
    assert run.returncode == 1, err
    assert err.splitlines()[-1] == (
        "run.scheduler: the scheduler of the workers is gone. "
        "Start it if it is your own, then run again; finished tiles are kept."
    )
    assert "Traceback" not in err
    again = study.run(grid={"tile_px": TILE_PX})
    assert "finished tile(s) kept" in again.heard.text
    same(again.out, calm)
