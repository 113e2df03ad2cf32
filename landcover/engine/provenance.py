"""What a run leaves about itself: ``run.json``.

Versions, what was read, seconds, memory, failures, warnings. No secret is ever in it.
"""

from __future__ import annotations

import json
import platform as system
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from landcover import __version__
from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.settle_task import LEARNT
from landcover.engine.settled import learnt
from landcover.engine.stored import entry_name
from landcover.engine.workspace import SettledSpace, Workspace
from landcover.files import sha256_of, sha256_of_tree, write_whole
from landcover.model import Failure, InputFile, Note
from landcover.net import redact

__all__ = ["code_sha256", "write_run_json"]

CODE = frozenset({".py", ".yaml", ".css", ".html", ".js"})
"""Endings of the files that a package consists of; what is compiled of them is not its own."""

PACKAGES = (
    "numpy", "numba", "scipy", "rasterio", "pyproj", "shapely", "dask", "distributed", "pydantic",
    "geopandas", "pyogrio",
)  # fmt: skip
"""Libraries whose version can change a number."""

FEW_VALUES = 16
"""Numbers of one array of a model that are written out (count)."""


def code_sha256() -> str:
    """Return one SHA-256 of landcover's own files: two copies of one version may differ."""
    return sha256_of_tree(Path(__file__).parents[1], CODE)


def _package(name: str) -> str:
    """Return an installed package's version, empty where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _totals(outcome: Outcome) -> dict[str, Any]:
    """Add up what tiles cost, and what learning and settling of each product did."""
    seconds: Counter[str] = Counter()
    reads: Counter[str] = Counter()
    for entry in outcome.entries.values():
        seconds.update(entry.seconds)
        reads.update(entry.reads)
    for name, entry in outcome.settled.items():
        product = name.partition(".")[0]
        seconds.update({f"{step} {product}": spent for step, spent in entry.seconds.items()})
    rounded = {name: round(spent, 3) for name, spent in sorted(seconds.items())}
    return {"tile_seconds": rounded, "reads": dict(sorted(reads.items()))}


def _tiles(outcome: Outcome) -> list[dict[str, Any]]:
    """List each tile with its cost."""
    return [
        {
            "tile": name,
            "sha256": entry.sha256,
            "fingerprint": entry.fingerprint,
            "seconds": dict(entry.seconds),
            "reads": dict(entry.reads),
            "peak_bytes": entry.peak_bytes,
            "failures": len(entry.failures),
        }
        for name, entry in sorted(outcome.entries.items())
    ]


def _settled(outcome: Outcome) -> list[dict[str, Any]]:
    """List what was settled of each tile, and learnt of all (then of no tile), with its cost."""
    return [
        {
            "product": name.partition(".")[0],
            "tile": None if name.partition(".")[2] == LEARNT else name.partition(".")[2],
            "sha256": entry.sha256,
            "fingerprint": entry.fingerprint,
            "seconds": dict(entry.seconds),
            "peak_bytes": entry.peak_bytes,
        }
        for name, entry in sorted(outcome.settled.items())
    ]


def _failure(failure: Failure) -> dict[str, str]:
    """Return a failure as JSON."""
    return {
        "scene": failure.scene,
        "source": failure.source,
        "band": failure.band,
        "tile": failure.tile,
        "reason": failure.reason,
    }


def write_run_json(
    plan: Plan,
    outcome: Outcome,
    inputs: Sequence[InputFile],
    notes: Sequence[Note],
    failures: Sequence[Failure],
    rasters: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, float],
    redone: Mapping[str, int],
    accounts: Mapping[str, Any] | None = None,
) -> None:
    """Write OUT/run.json.

    Parameters
    ----------
    plan, outcome
        What was to be done, and what was.
    inputs : sequence of InputFile
    notes : sequence of Note
    failures : sequence of Failure
    rasters : mapping
        Name -> size and sha256.
    seconds : mapping
        Wall time of each step.
    redone : mapping
        Why tiles were made -> how many.
    accounts : mapping, optional
        What products have to tell of themselves, by their names.
    """
    workspace = Workspace(plan.brief.out)
    grid = plan.brief.grid
    content = {
        "landcover": __version__,
        "code_sha256": code_sha256(),
        "python": system.python_version(),
        "system": system.system(),
        "packages": {name: _package(name) for name in PACKAGES},
        "grid": {"crs": grid.crs, "transform": list(grid.transform)[:6], "shape": grid.shape},
        "tiles_total": len(plan.tasks),
        "tiles_done": len(outcome.entries),
        "tile_px": plan.tile_px,
        "workers": plan.workers,
        "threads": plan.brief.threads,
        "connections": plan.brief.connections,
        "planned_peak_bytes": plan.peak_bytes,
        "made": dict(redone),
        "seconds": dict(seconds),
        **_totals(outcome),
        "scenes": {"count": len(plan.brief.scenes), "sha256": sha256_of(workspace.lock_file)},
        "inputs": [_input(one) for one in inputs],
        "rasters": {
            f"{name}.tif": {"size": record["size"], "sha256": record["sha256"]}
            for name, record in sorted(rasters.items())
        },
        "learnt": _learnt(plan, outcome),
        **(accounts or {}),
        "warnings": [str(note) for note in notes],
        "failures": [_failure(failure) for failure in failures],
        "tiles": _tiles(outcome),
        "settled": _settled(outcome),
    }
    text = json.dumps(_redacted(content), indent=1, ensure_ascii=False, default=str)
    write_whole(workspace.out / "run.json", text + "\n")


def _learnt(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """Name each product's model, with the numbers of it that a person can read."""
    folder = SettledSpace(plan.brief.out).tiles.relative_to(plan.brief.out)
    found = {}
    for product, model in sorted(learnt(plan, outcome).items()):
        name = entry_name(product, LEARNT)
        found[product] = {
            "file": (folder / f"{name}.npz").as_posix(),
            "sha256": outcome.settled[name].sha256,
            "values": {key: one.tolist() for key, one in model.items() if one.size <= FEW_VALUES},
        }
    return found


def _redacted(content: Any) -> Any:
    """Redact every text by itself: taken together, what hides a secret might end a text."""
    if isinstance(content, str):
        return redact(content)
    if isinstance(content, Mapping):
        return {redact(str(key)): _redacted(value) for key, value in content.items()}
    if isinstance(content, Sequence):
        return [_redacted(one) for one in content]
    return content


def _input(one: InputFile) -> dict[str, str]:
    """Return an input as JSON."""
    return {
        "role": one.role,
        "file": Path(one.path).name,
        "origin": one.origin,
        "sha256": one.sha256,
        "licence": one.licence,
    }
