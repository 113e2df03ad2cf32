"""Pictures come out of a real decoder as they went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from landcover.outputs.png import encode


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gdal_reads_the_same_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    path = tmp_path / "one.png"
    path.write_bytes(encode(pixels))
    with rasterio.open(path) as source:
        assert source.count == 3
        assert (np.moveaxis(source.read(), 0, -1) == pixels).all()
