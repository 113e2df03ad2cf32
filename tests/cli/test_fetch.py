"""What `fetch` says at its end: the run that comes next, and how to go on after Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import fetching
from landcover.fetching import Brought
from landcover.model import Failure

Call = Callable[..., Any]


@pytest.fixture
def brings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return ``brings(failures)``: let `fetch` come to so much."""

    def bring(*failures: Failure) -> None:
        def fetch(job: Any, out: Path, store: Path, **_: Any) -> Brought:
            return Brought(store, 2, 4000, 5000, ("https://a.example/1.tif",), (), failures)

        monkeypatch.setattr(fetching, "fetch", fetch)

    return bring


def test_the_run_that_follows_is_printed_as_a_shell_takes_it(
    call: Call, study: Path, brings: Any
) -> None:
    brings()
    job = study / "job.yaml"
    ended = call("fetch", job)
    assert ended.err.endswith(f"runs without network: landcover run {job} --offline\n")
    assert "1 file held was changed at the source" in ended.err
    more = ("--store", study / "my disk", "--set", "period=[2020, 2020]")
    assert call("fetch", job, *more).err.endswith(
        f"landcover run {job} --offline --store '{study / 'my disk'}' --set 'period=[2020, 2020]'\n"
    )


def test_what_could_not_be_brought_is_fetched_again(call: Call, study: Path, brings: Any) -> None:
    brings(Failure("S2A_X", "sentinel-2-l2a", "red", "t1", "no answer"))
    assert call("fetch", study / "job.yaml").err.endswith("Fetch again to try them once more.\n")


@pytest.mark.parametrize("verb", ["fetch", "run"])
def test_after_ctrl_c_the_same_verb_goes_on(
    call: Call, study: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("landcover.fetching.fetch", stop)
    monkeypatch.setattr("landcover.pipeline.run", stop)
    ended = call(verb, study / "job.yaml")
    assert ended.code == 130
    assert ended.err.endswith(f"What is finished is kept; {verb} again to go on.\n")
