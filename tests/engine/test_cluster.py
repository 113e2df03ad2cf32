"""Workers that cannot do a run's work are refused before it starts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
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
    cluster._warm(frozenset({"bfast"}))
    assert warmed == [frozenset({"bfast"})]


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
