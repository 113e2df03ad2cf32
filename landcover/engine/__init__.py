"""Plan, run on dask, checkpoint and resume, memory, progress, provenance."""

from __future__ import annotations

__all__: list[str] = []
