"""The table of products: each row is what its name says, and promises what it can keep."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from landcover.model import Period
from landcover.products import PRODUCTS
from landcover.products.base import Context

CONTEXT = Context(Period(date(2019, 1, 1), date(2020, 1, 1)), ("s2",))


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_row_is_named_versioned_and_documented(name: str) -> None:
    product = PRODUCTS[name]
    assert product.name == name
    assert product.version >= 1
    assert product.title
    assert product.documentation.strip()


def test_products_come_after_those_they_build_on() -> None:
    names = list(PRODUCTS)
    for name, product in PRODUCTS.items():
        assert all(names.index(before) < names.index(name) for before in product.after)


@pytest.mark.parametrize("name", PRODUCTS)
def test_defaults_promise_layers_that_can_be_written(name: str) -> None:
    product = PRODUCTS[name]
    layers = product.layers(product.Settings(), CONTEXT)
    assert layers
    assert len({layer.name.casefold() for layer in layers}) == len(layers)
    for layer in layers:
        assert layer.product == name
        assert len(layer.bands) == len(layer.units) >= 1
        assert layer.nodata is not None
        kept = np.dtype(layer.dtype).type(layer.nodata)
        assert kept == layer.nodata or (np.isnan(kept) and np.isnan(layer.nodata))
        assert layer.tags["PRODUCT"] == name
        assert layer.tags["PRODUCT_VERSION"] == str(product.version)
        assert {"FIRST_DAY", "LAST_DAY"} <= layer.tags.keys()


def test_no_two_products_promise_one_file() -> None:
    names = [
        layer.name
        for product in PRODUCTS.values()
        for layer in product.layers(product.Settings(), CONTEXT)
    ]
    assert len(set(names)) == len(names)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PRODUCTS["mine"] = PRODUCTS["composite"]  # type: ignore[index]
