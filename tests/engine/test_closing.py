"""Ctrl-C while processes are being closed: kept, and not lost."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from landcover.engine import cluster
from landcover.engine.cluster import _Closing

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends SIGINT as a POSIX terminal does")


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def close(done: list[str], error: BaseException | None = None) -> None:
    """Close something, press Ctrl-C meanwhile."""
    with contextlib.ExitStack() as stack:
        closing = _Closing()
        stack.push(closing.end)
        stack.callback(done.append, "closed")
        stack.callback(press)
        stack.callback(closing.begin)
        if error is not None:
            raise error


def test_the_first_one_is_heard_when_all_is_closed() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        close(done)
    assert done == ["closed"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_changes_nothing() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt, match="first"):
        close(done, KeyboardInterrupt("first"))
    assert done == ["closed"]


def test_without_one_nothing_is_raised() -> None:
    with contextlib.ExitStack() as stack:
        closing = _Closing()
        stack.push(closing.end)
        stack.callback(closing.begin)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_waits_long_is_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_SECONDS", -1)
    closing = _Closing()
    closing.begin()
    with pytest.raises(KeyboardInterrupt):
        press()
    closing.end(KeyboardInterrupt)
