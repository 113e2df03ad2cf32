"""Compilation: once, all of it, and quickly loaded again."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from landcover import kernels
from landcover.kernels import bfast, climatology, months, morphology, order, ratio, scale

HOT = (order._percentiles, order._count, scale._fill_whole, scale._index_whole,
       morphology._reach_along_rows, ratio._ratio, months._medians, climatology._normals,
       climatology._season)  # fmt: skip


def test_warm_compiles_what_a_run_uses() -> None:
    kernels.warm()
    for kernel in HOT:
        assert kernel.signatures, kernel.__name__


def test_what_a_job_asks_for_is_warmed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for name in kernels._COMPILED:
        module = import_module(f"landcover.kernels.{name}")
        monkeypatch.setattr(module, "warm", lambda name=name: called.append(name))
    monkeypatch.setattr(bfast, "warm", lambda: called.append("bfast"))
    kernels.warm()
    assert called == list(kernels._COMPILED)
    kernels.warm(frozenset({"bfast"}))
    assert called[len(kernels._COMPILED) :] == [*kernels._COMPILED, "bfast"]


def test_every_module_that_can_be_warmed_is_known() -> None:
    names = [path.stem for path in Path(kernels.__file__).parent.glob("[a-z]*.py")]
    able = {name for name in names if hasattr(import_module(f"landcover.kernels.{name}"), "warm")}
    assert able == {*kernels._COMPILED, *kernels._ASKED}


@pytest.mark.parametrize("kernel", HOT, ids=lambda kernel: kernel.__name__)
def test_kernels_release_the_gil_and_respect_nan(kernel: object) -> None:
    options = kernel.targetoptions  # type: ignore[attr-defined]
    assert options["nogil"]
    assert not options.get("fastmath")
    assert not options.get("parallel")
