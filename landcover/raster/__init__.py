"""The job's grid and its tiles; reading a tile's stack; writing COGs. The only home of rasterio."""

from __future__ import annotations

__all__: list[str] = []
