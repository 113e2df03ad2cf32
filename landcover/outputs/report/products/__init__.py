"""What each product says in the report: one module a product, reached through its door."""

from __future__ import annotations

__all__: list[str] = []
