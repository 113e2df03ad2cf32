"""The country with hard names: names that are hard indeed, and a run that left everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import rasterio

from landcover.products import PRODUCTS
from landcover.synthetic.oddities import CAMPS, ODD_NAMES, RESERVE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_names_are_as_hard_as_can_be() -> None:
    joined = "".join(ODD_NAMES)
    assert all(sign in joined for sign in ("<script>", "</", "&", '"', "'", "=", ";", "/", "\\"))
    assert max(map(len, ODD_NAMES)) == 300
    assert "\u0645" in joined  # Arabic
    assert ODD_NAMES[1].startswith("=")


def test_the_run_asks_for_every_product(finished: Any) -> None:
    shown = finished.shown()
    assert {style.product for style in shown.styles} == set(PRODUCTS) | {"pictures"}
    assert set(shown.about.languages) == {"en", "fr"}
    assert not (finished.out / "stac").exists()  # nothing is shown yet


def test_the_run_found_something_to_show(finished: Any) -> None:
    shown = finished.shown()
    names = set(shown.zones["name"])
    assert {*(name.strip() for name in ODD_NAMES), RESERVE} <= {name.strip() for name in names}
    assert shown.zones["sensitive"].sum() >= len(CAMPS)
    assert len(shown.sites) == len(ODD_NAMES) + len(CAMPS)
    assert shown.patches is not None
    assert len(shown.patches) > 1
    kinds = pd.DataFrame(shown.table("disturbance_kinds"))
    assert (kinds.loc[kinds["kind"] == "region", "abrupt_ha"] > 0).any()


def test_no_raster_is_of_one_value(finished: Any) -> None:
    for path in (finished.out / "rasters").glob("*.tif"):
        with rasterio.open(path) as file:
            values = file.read(masked=True).compressed()
            assert len(set(values[values == values].tolist())) > 1, path.name


def test_a_copy_can_be_written_to(finished: Any, tmp_path: Any) -> None:
    made: Callable[..., Any] = finished.copy
    out = made(tmp_path / "copy")
    assert not (out / ".work").exists()
    assert len(finished.shown(out).styles) == len(finished.shown().styles)
