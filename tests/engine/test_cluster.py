"""Workers that cannot do a run's work are refused before it starts."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread
from typing import Any

import pytest

from landcover import __version__, kernels
from landcover.engine import cluster
from landcover.errors import InputError, WorkerError


class FakeClient:
    """Answers as workers would.

    Parameters
    ----------
    answers : mapping of address to (version, sees)
        `sees` is None where the worker looks for itself.
    """

    def __init__(self, answers: dict[str, tuple[str, bool | None]]) -> None:
        self.answers = answers

    def run(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Run a function on every worker."""
        found = {}
        for address, (version, sees) in self.answers.items():
            asked = function(*arguments)
            found[address] = (version, asked[1] if sees is None else sees)
        return found


def test_workers_warm_what_the_job_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[frozenset[str]] = []
    monkeypatch.setattr(kernels, "warm", warmed.append)
    asyncio.run(cluster._warm(frozenset({"bfast"})))
    assert warmed == [frozenset({"bfast"})]


@contextmanager
def in_process(workers: int = 1, **settings: Any) -> Iterator[str]:
    """Start a scheduler in this process."""
    import dask
    from distributed import LocalCluster

    told = {name.replace("__", "."): value for name, value in settings.items()}
    with dask.config.set({"distributed.worker.profile.enabled": False, **told}):
        made = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=False, memory_limit=0,
            dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            protocol="inproc://",
        )  # fmt: skip
    with made:
        yield made.scheduler_address


def test_workers_warm_beside_their_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose loop is blocked for minutes is removed by its scheduler."""
    threads: list[str] = []
    monkeypatch.setattr(kernels, "warm", lambda asked: threads.append(current_thread().name))
    with in_process() as scheduler, cluster.connect(scheduler, 1, tmp_path) as client:
        loops = set(client.run(lambda: current_thread().name).values())
    assert threads
    assert not loops & set(threads)


@pytest.mark.slow
def test_a_worker_that_takes_long_to_warm_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler of one's own has a time to live: of 5 s here, at least."""
    monkeypatch.setattr(kernels, "warm", lambda asked: time.sleep(12))
    short = {"distributed__scheduler__worker-ttl": "1s"}
    with in_process(**short) as scheduler, cluster.connect(scheduler, 1, tmp_path) as client:
        assert client.submit(sum, [1, 2]).result(timeout=8) == 3


def test_no_worker_of_a_run_is_removed_for_being_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask
    import distributed

    told: list[object] = []
    monkeypatch.setattr(
        distributed,
        "LocalCluster",
        lambda **keys: told.append(dask.config.get("distributed.scheduler.worker-ttl")),
    )
    cluster._local(1, None)
    assert told == [None]


@pytest.mark.parametrize("lost", ["_check_workers", "_warm"])
def test_workers_that_go_before_the_work_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    from distributed.comm import CommClosedError

    class Gone:
        """Loses its workers, at the first call or at the second."""

        calls = 0

        def __enter__(self) -> Gone:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def run(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
            self.calls += 1
            if lost == "_warm" and self.calls == 1:
                return {"tcp://a:1": function(*arguments)}
            raise CommClosedError("in <TCP> Scheduler Broadcast")

    monkeypatch.setattr(cluster, "_reach", lambda scheduler: Gone())
    with (
        pytest.raises(WorkerError, match="went away before the work began"),
        cluster.connect("tcp://a:0", 1, tmp_path),
    ):
        pass


def test_nobody_waits_for_ever_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    from landcover.engine import waiting

    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(waiting, "LOOKS_WITHOUT", 3)
    with in_process(0) as scheduler, Client(scheduler) as client:
        future = client.submit(sum, [1, 2])
        with pytest.raises(WorkerError, match="no worker is left"):
            waiting.wait_for(client, future)
        with pytest.raises(WorkerError, match="no worker is left"):
            list(waiting.batches(client, [future]))


def test_a_slow_task_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    from landcover.engine import waiting

    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(waiting, "LOOKS_WITHOUT", 2)
    with in_process() as scheduler, Client(scheduler) as client:
        futures = [client.submit(time.sleep, pause, pure=False) for pause in (0.1, 0.5)]
        seen = [future for batch in waiting.batches(client, futures) for future, _ in batch]
        assert set(seen) == set(futures)
        slow = client.submit(time.sleep, 0.5, pure=False)
        waiting.wait_for(client, slow)
        assert slow.status == "finished"


def test_workers_that_fit(tmp_path: Path) -> None:
    cluster._check_workers(FakeClient({"tcp://a:1": (__version__, None)}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_version(tmp_path: Path) -> None:
    workers = {"tcp://a:1": (__version__, None), "tcp://b:1": ("0.0.1", None)}
    with pytest.raises(InputError) as caught:
        cluster._check_workers(FakeClient(workers), tmp_path)
    assert str(caught.value) == (
        f"worker tcp://b:1: has landcover 0.0.1, and this is {__version__}. "
        "Install one version everywhere."
    )


def test_out_is_not_seen(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not see the output folder") as caught:
        cluster._check_workers(FakeClient({"tcp://a:1": (__version__, False)}), tmp_path / ".work")
    assert str(tmp_path) in str(caught.value)
    assert not list(tmp_path.rglob("seen-by-workers"))


def test_a_folder_of_the_same_name_elsewhere_is_not_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "seen-by-workers"
    file.write_text("another run's token", "utf-8")
    assert cluster._probe(str(file), "token") == (__version__, False)
    assert cluster._probe(str(tmp_path / "none"), "token") == (__version__, False)


def test_workers_without_landcover(tmp_path: Path) -> None:
    class Bare:
        def run(self, *arguments: Any) -> None:
            raise ModuleNotFoundError("No module named 'landcover'")

    with pytest.raises(InputError, match="its workers cannot load landcover"):
        cluster._check_workers(Bare(), tmp_path)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with (
        pytest.raises(WorkerError, match="does not answer, or has no workers"),
        cluster.connect("tcp://127.0.0.1:9", 1, tmp_path),
    ):
        pass


@pytest.fixture
def listening() -> Iterator[None]:
    """Hear Ctrl-C even where these tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press(times: int, stood: list[bool]) -> None:
    """Press Ctrl-C while processes start."""
    with cluster._ctrl_c_later():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        stood.append(True)


@pytest.mark.usefixtures("listening")
def test_ctrl_c_waits_until_processes_stand() -> None:
    stood: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        press(1, stood)
    assert stood == [True]


@pytest.mark.usefixtures("listening")
def test_ctrl_c_again_is_no_reason_to_hurry() -> None:
    stood: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        press(3, stood)
    assert stood == [True]


@pytest.mark.usefixtures("listening")
def test_ctrl_c_again_cuts_a_start_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_SECONDS", -1)
    stood: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        press(2, stood)
    assert stood == []


@pytest.mark.usefixtures("listening")
def test_ctrl_c_is_the_caller_s_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with cluster._ctrl_c_later():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
