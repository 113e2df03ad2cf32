"""The report: one page a language, whole in itself, whose every number stands in a table.

It reads the folder of a run and writes a file; it computes nothing but sums of cells of one table
and their shares, and says which. `page` has its writer; `products` what each product says, which
its door brings.
"""

from __future__ import annotations

__all__: list[str] = []
