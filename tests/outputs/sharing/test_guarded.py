"""What readers see of a run with secret mines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from landcover.outputs.sharing import for_readers
from landcover.outputs.shown import Shown

Mines = dict[str, tuple[float, float]]
Ask = Callable[[str | float | None], Shown]


def test_a_run_without_secrets_is_shown_as_it_is(whole: Shown) -> None:
    open_ = replace(whole, about=replace(whole.about, secret=frozenset()))
    assert for_readers(open_) is open_


def _all_text(shown: Shown) -> str:
    """Write all that a reader could see of tables, shapes and account."""
    frames: list[Any] = [shown.zones, shown.sites, shown.patches, *shown.tables.values()]
    return "\n".join([*(frame.to_csv() for frame in frames), repr(shown.run), repr(shown.grid)])


@pytest.mark.parametrize("positions", [None, 5.0, "withheld"])
def test_no_reader_sees_a_mine_by_name_id_column_or_place(
    asked: Ask, mines: Mines, positions: str | float | None
) -> None:
    shown = for_readers(asked(positions))
    text = _all_text(shown)
    for identity in mines:
        assert f"{identity}_" not in text
        assert f"Mine {identity}" not in text
    assert "mineral" not in text
    assert "gold" not in text
    assert "r+0_c+0" not in text
    shapes = [*shown.zones.geometry, *shown.patches.geometry]  # type: ignore[union-attr]
    places = np.concatenate([shapely.get_coordinates(shape) for shape in shapes])
    for mine in mines.values():
        assert np.hypot(*(places - mine).T).min() > 0.009  # 1 km


def test_patches_are_placed_as_a_run_without_the_mines_would(asked: Ask) -> None:
    shown = for_readers(asked("withheld"))
    assert shown.patches is not None
    (patch,) = shown.patches.itertuples()
    assert (patch.patch_id, patch.zone_id, patch.zone_kind) == ("far", "R", "reserve")
    assert patch.zone_ids == "T1;T2;R"
    assert patch.zone_fraction == pytest.approx(1)
    assert patch.distance_m is None
    table = shown.tables["patches"]
    assert table[["patch_id", "zone_id"]].to_numpy().tolist() == [["far", "R"]]
    assert table["distance_m"].isna().all()
    assert (table["nearest_site_name"] == "").all()
    assert shown.tables["patch_years"]["patch_id"].tolist() == ["far"]


def test_coarse_positions_are_middles_of_squares_with_enough_mines(
    asked: Ask, mines: Mines
) -> None:
    sites = for_readers(asked(5.0)).sites
    assert sites["name"].tolist() == ["n = 3"]  # M4 and M5 are too few wherever they are put
    exact = np.array([mines[one] for one in ("M1", "M2", "M3")])
    assert sites.geometry.iloc[0].distance(shapely.MultiPoint(exact).convex_hull) < 0.05
    assert for_readers(asked("withheld")).sites.empty


def test_rings_are_added_up_where_three_share_a_territory(asked: Ask) -> None:
    zones = for_readers(asked(None)).tables["zones"]
    rings = zones[zones["kind"] == "ring"]
    # M5 is alone in Est, so the two territories become one
    assert rings["zone_id"].tolist() == ["mines_T1+T2_0-500m", "mines_T1+T2_500-1000m"]
    assert set(rings["name"]) == {"mines: Ouest + Est"}
    assert rings["area_ha"].tolist() == [392.7, 392.7]


def test_hectares_are_added_up_by_year_and_never_by_month(asked: Ask) -> None:
    table = for_readers(asked(None)).tables["disturbance_area"]
    rings = table[table["kind"] == "ring"]
    assert set(rings["every"]) == {"year"}
    assert rings["disturbed_ha"].tolist() == [6.2, 6.2]
    assert rings["not_observable_fraction"].tolist() == [0.1, 0.1]
    assert set(table.loc[table["kind"] != "ring", "every"]) == {"year", "month"}


def test_series_of_rings_and_unknown_tables_are_left_out(asked: Ask) -> None:
    tables = for_readers(asked(None)).tables
    assert tables["zone_series"]["zone_id"].tolist() == ["T1", "T2", "R"]
    assert "sites" not in tables
    assert sorted(tables) == [
        "disturbance_area", "failures", "patch_years", "patches", "zone_series", "zones",
    ]  # fmt: skip
    assert tables["failures"]["tile"].tolist() == [""]


def test_too_few_mines_are_in_no_row(asked: Ask) -> None:
    shown = asked(None)
    few = shown.zones[~shown.zones["parent"].isin(["M3", "M4", "M5"])]
    plain = pd.DataFrame(few.drop(columns=["geometry", "sensitive"]))
    left = replace(shown, tables={**shown.tables, "zones": plain})
    names = ("sites", "patches", "context")
    vars(left).update({name: vars(shown)[name] for name in names}, zones=few)
    vars(left)["sites"] = shown.sites[shown.sites["site_id"].isin(["M1", "M2"])]
    zones = for_readers(left).tables["zones"]
    assert zones["zone_id"].tolist() == ["T1", "T2", "R"]


def test_the_grid_and_the_account_follow_public_zones_alone(asked: Ask) -> None:
    shown = for_readers(asked(None))
    west, south, east, north = shown.zones.total_bounds
    assert shown.grid.bounds == pytest.approx((west, south, east, north), abs=1.1e-4)
    assert shown.run["warnings"] == ["a word"]
    roles = [one["role"] for one in shown.run["inputs"]]
    assert roles == ["zones.reserves", "context[1]"]  # the other one is the mines' file
    assert shown.run["tiles"] == []
    assert shown.run["failures"] == [{"scene": "s"}]


def _drawing(shown: Shown, layers: dict[str, list[Any]], **columns: str) -> Shown:
    """Have a run draw layers of context."""
    import geopandas as gpd

    vars(shown)["context"] = {
        name: gpd.GeoDataFrame({**columns}, geometry=some, crs="EPSG:4326", index=range(len(some)))
        for name, some in layers.items()
    }
    return shown


def test_a_layer_that_lists_the_mines_is_not_drawn(asked: Ask, mines: Mines) -> None:
    camps = [shapely.MultiPoint([(x + 0.0001, y)]) for x, y in mines.values()]
    roads = [shapely.LineString([(27.5, 1.1), (28.5, 1.1)])]
    context = for_readers(_drawing(asked(None), {"camps": camps, "road": roads})).context
    assert set(context) == {"road"}
    assert context["road"].total_bounds[0] == pytest.approx(27.9, abs=1e-3)


def test_a_track_or_hull_of_the_mines_is_not_drawn(asked: Ask, mines: Mines) -> None:
    places = list(mines.values())
    layers: dict[str, list[Any]] = {
        "track": [shapely.LineString(places)],
        "hull": [shapely.Polygon([*places[:3], (28.65, 1.45)])],
        "river": [shapely.LineString([(27.9, 1.05), *((x + 0.0003, y) for x, y in places)])],
    }
    assert set(for_readers(_drawing(asked(None), layers)).context) == {"river"}


@pytest.mark.parametrize("positions", [None, "withheld"])
def test_nothing_is_drawn_in_a_hole(
    asked: Ask, mines: Mines, positions: str | float | None
) -> None:
    first = shapely.Point(mines["M1"])
    layers: dict[str, list[Any]] = {
        "places": [shapely.Point(28.5, 0.95), first, shapely.MultiPoint([first, (28.5, 1.45)])],
        "camp": [first],
        "road": [shapely.LineString([(27.95, 1.01), (28.65, 1.01)])],
        "pits": [shapely.Point(place).buffer(0.002) for place in mines.values()],
        "forest": [shapely.box(27.95, 0.95, 28.65, 1.45)],
        "bow": [shapely.Polygon([(28.0, 1.0), (28.5, 1.45), (28.5, 0.95), (28.0, 1.4)])],
    }
    shown = for_readers(_drawing(asked(positions), layers))
    assert set(shown.context) == {"places", "road", "forest", "bow"}
    assert len(shown.context["places"]) == 2
    assert shown.context["road"].geometry.iloc[0].length > 0.2
    assert set(shown.context["forest"].geom_type) <= {"Polygon", "MultiPolygon"}
    drawn = [shape for layer in shown.context.values() for shape in layer.geometry]
    for mine in mines.values():
        assert shapely.distance(shapely.Point(mine), drawn).min() > 0.009  # 1 km


def test_a_layer_from_the_file_of_the_mines_is_not_drawn(asked: Ask) -> None:
    far = {"place": [shapely.Point(28.5, 0.95)]}
    shown = _drawing(asked(None), far, kind="place", credit="who knows the mines")
    told = replace(shown.about, secret_context=frozenset({("place", "who knows the mines")}))
    again = replace(shown, about=told)
    names = ("zones", "sites", "patches", "context")
    vars(again).update({name: vars(shown)[name] for name in names})
    assert set(for_readers(shown).context) == {"place"}
    assert for_readers(again).context == {}


def test_the_account_says_that_ground_is_kept_back(asked: Ask, whole: Shown) -> None:
    assert for_readers(asked(None)).kept_back
    assert not whole.kept_back
