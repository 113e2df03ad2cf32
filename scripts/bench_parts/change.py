"""Kernels of change in time beside their peers: paired runs, on one core."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from agree import DisagreeError
from measure import child, median_of, run
from report import Report

ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Linear algebra of all programs keeps to one thread."""

OURS_PX, PEER_PX = 65_536, 1_024
"""Pixels of a run, whole lines of 256: SciPy's take a hundred times as long."""

R_MS = (2.7, 5.9)
"""A pixel of R's bfastmonitor (ms): from the least to the most of 1,120 runs with bfast 1.7.2 in
R 4.2.2, on series of up to 340 looks. The least is what ours are held against."""

R_LOOKS = 340
"""Looks of the longest of R's series: ours have as many."""

SLOPES_AGREE = 1e-5
"""Two programs' slopes (a year), summed over 256 pixels: float32 series and times."""


def _seconds(module: str, *arguments: str, folder: Path) -> tuple[float, float]:
    """Run one program in a process of its own; return its seconds and what it found, summed."""
    said = run(child(module, *arguments), folder, ONE_CORE).said
    return float(said["work_seconds"]), float(said["sum"])


def _microseconds(name: str, looks: int, pixels: int, folder: Path) -> tuple[float, float]:
    """Return what one pixel takes (µs), and the sum over the pixels that all programs compute."""
    seconds, total = _seconds("series", name, str(looks), str(pixels), folder=folder)
    return 1e6 * seconds / pixels, total


def medians(folder: Path, runs: int, report: Report) -> None:
    """Measure the median along time beside numpy's and bottleneck's."""
    names = ("landcover", "bottleneck", "numpy")
    found: Mapping[str, list[tuple[float, float]]] = {name: [] for name in names}
    for _ in range(runs):
        for name in names:
            found[name].append(_seconds("medians", name, folder=folder))
    sums = {round(total, 3) for pairs in found.values() for _, total in pairs}
    if len(sums) > 1:
        raise DisagreeError(f"the medians differ: {sorted(sums)}")
    for name in names:
        seconds = median_of([s for s, _ in found[name]])
        report.add(f"median of (60, 1024, 1024): {name}", seconds, "s")
    for name, limit in (("bottleneck", 4.0), ("numpy", 20.0)):
        pairs = zip(found[name], found["landcover"], strict=True)
        ratio = median_of([theirs / ours for (theirs, _), (ours, _) in pairs])
        report.add(f"{name} / landcover", ratio, "x", limit, at_least=True)


def trends(folder: Path, runs: int, scale: int, report: Report) -> None:
    """Measure Theil-Sen with Mann-Kendall beside SciPy's Theil-Sen alone."""
    for looks, limit in ((48, 50.0), (96, 20.0)):
        ours, ratios = [], []
        for _ in range(runs):
            own, total = _microseconds("trend", looks, OURS_PX // scale, folder)
            peer, their_total = _microseconds("scipy", looks, PEER_PX // scale, folder)
            if not math.isclose(total, their_total, rel_tol=0, abs_tol=SLOPES_AGREE):
                raise DisagreeError(f"the slopes differ: {total} and SciPy's {their_total}")
            ours.append(own)
            ratios.append(peer / own)
        report.add(f"Theil-Sen and Mann-Kendall, {looks} looks", median_of(ours), "µs/px")
        name = f"SciPy's slope alone / ours with the test, {looks} looks"
        report.add(name, median_of(ratios), "x", limit, at_least=True)
        report.runs[f"trend_{looks}"] = {"us": ours, "ratios": ratios}
        full = [
            _microseconds("product-trend", looks, OURS_PX // scale, folder) for _ in range(runs)
        ]
        name = f"with a season and Hamed-Rao, {looks} looks"
        report.add(name, median_of([one for one, _ in full]), "µs/px")


def monitors(folder: Path, runs: int, scale: int, report: Report) -> None:
    """Measure bfastmonitor against R's recorded time, and the default detector."""
    for name, told in (
        ("bfast", "whole history, 1 wave"),
        ("bfast-roc", "as R by default: ROC, trend, 3 waves"),
    ):
        times = [_microseconds(name, R_LOOKS, OURS_PX // scale, folder)[0] for _ in range(runs)]
        report.add(f"bfastmonitor, {told}", median_of(times), "µs/px")
        ratio = 1e3 * R_MS[0] / median_of(times)
        report.add(f"R ({R_MS[0]} ms recorded) / ours", ratio, "x", 100.0, at_least=True)
    times = [_microseconds("robust", 170, OURS_PX // scale, folder)[0] for _ in range(runs)]
    report.add("default detector, 170 looks", median_of(times), "µs/px", 20.0)


def measure(folder: Path, runs: int, quick: bool, report: Report) -> None:
    """Measure all kernels of change in time."""
    scale = 4 if quick else 1
    medians(folder, runs, report)
    trends(folder, runs, scale, report)
    monitors(folder, runs, scale, report)
