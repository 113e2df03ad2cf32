"""Compilation: once, all of it, and quickly loaded again."""

from __future__ import annotations

import pytest

from landcover import kernels
from landcover.kernels import climatology, months, morphology, order, ratio, scale

HOT = (order._percentiles, order._count, scale._fill_whole, scale._index_whole,
       morphology._reach_along_rows, ratio._ratio, months._medians, climatology._normals,
       climatology._season)  # fmt: skip


def test_warm_compiles_what_a_run_uses() -> None:
    kernels.warm()
    for kernel in HOT:
        assert kernel.signatures, kernel.__name__


@pytest.mark.parametrize("kernel", HOT, ids=lambda kernel: kernel.__name__)
def test_kernels_release_the_gil_and_respect_nan(kernel: object) -> None:
    options = kernel.targetoptions  # type: ignore[attr-defined]
    assert options["nogil"]
    assert not options.get("fastmath")
    assert not options.get("parallel")
