"""Processors and memory of this machine."""

from __future__ import annotations

import os

import numpy as np
import psutil

from landcover.engine.platform import cores, peak_bytes


def test_there_is_a_core_and_no_more_than_the_machine_has() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_the_peak_is_bytes_and_never_falls() -> None:
    before = peak_bytes()
    assert before > 10 * 10**6, "bytes, not kilobytes: an interpreter with numpy takes 10 MB"
    assert before < psutil.virtual_memory().total
    block = np.ones(60 * 10**6, np.uint8)
    now = psutil.Process().memory_info().rss
    held = peak_bytes()
    assert held >= max(before, 0.95 * now)
    del block
    assert peak_bytes() >= held
