"""The report: one page a language, whole in itself, whose every number stands in a table.

It reads the folder of a run and writes a file; it computes nothing but sums of cells of one table
and their shares, and says which.
"""

from __future__ import annotations

from landcover.outputs.report.page import write_report

__all__ = ["write_report"]
