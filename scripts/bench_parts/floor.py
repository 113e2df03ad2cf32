"""(a) The floor: decode every block of every scene once, and do nothing with it.

    python floor.py ITEMS THREADS

No program that reads the same bytes on as many threads through GDAL can be faster.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rasterio

BANDS = ("red", "nir", "scl")


def decode(paths: list[Path]) -> int:
    """Read one scene's files whole; return the decoded bytes."""
    total = 0
    for path in paths:
        with rasterio.open(path) as file:
            total += file.read(1).nbytes
    return total


def main() -> None:
    """Decode all scenes and print seconds and bytes."""
    items, threads = Path(sys.argv[1]), int(sys.argv[2])
    features = json.loads(items.read_text("utf-8"))["features"]
    scenes = [[items.parent / f["assets"][b]["href"] for b in BANDS] for f in features]
    begin = time.perf_counter()
    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
        ThreadPoolExecutor(threads) as pool,
    ):
        total = sum(pool.map(decode, scenes))
    print(json.dumps({"work_seconds": time.perf_counter() - begin, "decoded_bytes": total}))


if __name__ == "__main__":
    main()
