"""landcover: from a job file to rasters, tables and maps of forest, mines and change.

From Python::

    import landcover

    result = landcover.run("okapi.yaml")               # as `landcover run` does
    results = landcover.open_results(result.out)       # its rasters and tables
    stack = landcover.open_stack("okapi.yaml")         # its observations, lazily

The names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.job import Job
    from landcover.notebook import open_stack, run
    from landcover.outputs.results import Results, open_results

__all__ = ["Job", "Results", "__version__", "open_results", "open_stack", "run"]

__version__ = "0.1.0"

_HOMES = {
    "Job": "job",
    "Results": "outputs.results",
    "open_results": "outputs.results",
    "open_stack": "notebook",
    "run": "notebook",
}
"""Where each public name lives."""


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names too, for completion."""
    return sorted({*globals(), *_HOMES})
