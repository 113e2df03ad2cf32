"""The products a job can ask for: one literal table, name to record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from landcover.products import climatology, composite, disturbance, pictures, trend
from landcover.products.base import (
    Context,
    Learn,
    Need,
    Product,
    Settle,
    Settled,
    Span,
    Stack,
    Stored,
)

__all__ = [
    "PRODUCTS",
    "Context",
    "Learn",
    "Need",
    "Product",
    "Settle",
    "Settled",
    "Span",
    "Stack",
    "Stored",
]

PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        "composite": composite.PRODUCT,
        "climatology": climatology.PRODUCT,
        "trend": trend.PRODUCT,
        "disturbance": disturbance.PRODUCT,
        "pictures": pictures.PRODUCT,
    }
)
"""Every product, in the order in which they run."""
