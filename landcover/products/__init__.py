"""The products a job can ask for: one literal table, name to record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from landcover.products import composite, pictures
from landcover.products.base import Context, Need, Product, Span, Stack

__all__ = ["PRODUCTS", "Context", "Need", "Product", "Span", "Stack"]

PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        "composite": composite.PRODUCT,
        "pictures": pictures.PRODUCT,
    }
)
"""Every product, in the order in which they run."""
