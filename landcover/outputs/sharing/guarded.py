"""A finished run as readers may see it: its tables and shapes without what is secret.

This module joins the parts of this room. It writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landcover.model import Grid
from landcover.outputs.sharing.extent import bounds_of, public_grid
from landcover.outputs.sharing.merging import (
    ZONE_COLUMNS,
    public_table,
    without_their_columns,
)
from landcover.outputs.sharing.naming import Named, named_by, open_settings
from landcover.outputs.sharing.placing import PLACED, public_patches, sites_placed, within
from landcover.outputs.sharing.rasters import cut_styles
from landcover.outputs.sharing.secrets import Secrets, lists, roots, secrets_of
from landcover.outputs.shown import KEPT_BACK, Shown

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["Guarded", "for_readers", "named_of"]

RUN_KEYS = (
    "landcover", "code_sha256", "python", "system", "packages", "tiles_total", "tiles_done",
    "tile_px", "workers", "threads", "connections", "planned_peak_bytes", "made", "seconds",
    "tile_seconds", "reads", "scenes", "disturbance",
)  # fmt: skip
"""What of a run's account tells of no place, whatever its zones."""

EMPTIED: Mapping[str, Any] = {"learnt": {}, "tiles": [], "settled": []}
"""What does tell of places (tiles are named by where they lie), and is shown empty."""

NAMES = "stable_zones"
"""Column of tables in which zones are named that the job's settings name."""

_PLACE = re.compile(r"-?\d{1,3}\.\d{2,}\s*,\s*-?\d{1,3}\.\d{2,}")
"""Two numbers that look like a position."""


def for_readers(shown: Shown) -> Shown:
    """Return a run as those may see it who read its report, its map and its pictures.

    Parameters
    ----------
    shown : Shown
        A run; what its job keeps secret is in `about.secret`.

    Returns
    -------
    Shown
        The same where nothing is secret. Else tables, zones, sites, patches, context, grid and
        account are what a run without the secret groups would have given, except for: squares in
        which secrets lie, where patches are left out; hectares of rings, added up by territory
        or reserve; a point for each square that holds enough secrets, where positions are coarse.
        Rasters are copies under ``.work``, cut at the edge of public zones and without squares.
    """
    if not shown.about.secret:
        return shown
    secrets = secrets_of(shown)
    if not secrets.zone_ids and not secrets.site_ids:
        return shown
    grid = public_grid(shown.grid, secrets)
    tables, named = _Tables(shown, secrets), named_of(shown, secrets)
    run = named.without(_account(shown.run, grid, secrets), named_by(shown.about.products))
    about = replace(shown.about, products=open_settings(shown.about.products, named))
    styles = cut_styles(shown, grid, secrets)
    made = Guarded(shown.out, about, run, styles, grid, tables, shown, secrets)
    tables.patches_of = made
    return made


def named_of(shown: Shown, secrets: Secrets) -> Named:
    """Return what of a run is secret, as settings may name it."""
    told = {text for one in secrets.secrets for text in (one.id, one.name)}
    return Named(shown.about.secret, told | secrets.zone_ids)


@dataclass(frozen=True, eq=False)
class Guarded(Shown):
    """A run without its secrets. `whole` has them."""

    whole: Shown = field(repr=False)
    secrets: Secrets = field(repr=False)

    @property
    def summed(self) -> bool:
        """The folder has the rows that are added up here."""
        return True

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Public zones."""
        public = without_their_columns(self.secrets.public, ZONE_COLUMNS)
        return sites_placed(public, roots(public), self.whole, self.secrets)

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """Public sites, and a point in the middle of each square that holds enough secret ones."""
        import geopandas as gpd
        import pandas as pd

        whole = self.whole.sites
        public = whole[~whole["site_id"].astype(str).isin(self.secrets.site_ids)]
        public = sites_placed(public, public["site_id"], self.whole, self.secrets)
        public = without_their_columns(public, ("site_id", "name"))
        shown = [place for place in self.secrets.places if place.shown]
        if not shown:
            return public.reset_index(drop=True)
        cells: dict[str, Any] = {
            "site_id": [f"square-{n}" for n in range(1, len(shown) + 1)],
            "name": [f"n = {len(place.members)}" for place in shown],
        }
        points = shapely.points([place.cell.centre for place in shown])
        coarse = gpd.GeoDataFrame(cells, geometry=points, crs="EPSG:4326")
        if public.empty:
            return coarse
        return gpd.GeoDataFrame(pd.concat([public, coarse], ignore_index=True), crs="EPSG:4326")

    @cached_property
    def patches(self) -> gpd.GeoDataFrame | None:
        """Patches within public zones and in no hole, placed among public zones and sites."""
        whole = self.whole.patches
        return None if whole is None else public_patches(whole, self.whole, self.secrets)

    @cached_property
    def context(self) -> Mapping[str, gpd.GeoDataFrame]:
        """What is drawn, without what lies in a hole or beyond what may be seen.

        The run's own reaches round all its zones. A layer that lists the secrets themselves, or
        was read from their file, is left out.
        """
        seen = shapely.box(*bounds_of(self.grid)) - self.secrets.holes
        cut = {
            name: within(layer, seen)
            for name, layer in self.whole.context.items()
            if not _is_of(layer, self.about.secret_context)
            and not lists(layer.geometry.to_numpy(), self.secrets)
        }
        return {name: layer for name, layer in cut.items() if len(layer)}


def _is_of(layer: gpd.GeoDataFrame, secret: frozenset[tuple[str, str]]) -> bool:
    """Whether a layer of context has the kind and credit of one that is secret."""
    cells = (layer[name].fillna("").astype(str) for name in ("kind", "credit"))
    return bool(secret) and not secret.isdisjoint(zip(*cells, strict=True))


class _Tables(Mapping[str, "pd.DataFrame"]):
    """The tables of a run without its secrets, each made when it is first asked for."""

    patches_of: Guarded

    def __init__(self, shown: Shown, secrets: Secrets) -> None:
        self._shown, self._secrets = shown, secrets
        self._made: dict[str, pd.DataFrame | None] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = self._make(name)
        made = self._made[name]
        if made is None:
            raise KeyError(name)
        return made

    def _make(self, name: str) -> pd.DataFrame | None:
        whole = self._shown.tables[name]
        if name == "patches":
            return self._patches(whole)
        if name == "patch_years":
            shown = self["patches"]["patch_id"]
            return whole[whole["patch_id"].isin(set(shown))].reset_index(drop=True)
        if NAMES in whole:
            told = whole[NAMES].fillna("").astype(str)
            left = named_of(self._shown, self._secrets).list_left
            whole = whole.assign(**{NAMES: told.map(left)})
        made = public_table(name, whole, self._shown.tables["zones"], self._secrets)
        if name != "zones" or made is None:
            return made
        return sites_placed(made, roots(made), self._shown, self._secrets)

    def _patches(self, whole: pd.DataFrame) -> pd.DataFrame:
        """Return the table of patches with the rows and places that the polygons have."""
        shapes = self.patches_of.patches
        if shapes is None:
            return whole.iloc[:0]
        kept = whole[whole["patch_id"].isin(set(shapes["patch_id"]))].reset_index(drop=True)
        found = shapes.set_index("patch_id").loc[kept["patch_id"]]
        told = {name: found[name].to_numpy() for name in PLACED}
        empty = {name: "" if kept[name].dtype.kind not in "f" else np.nan for name in PLACED}
        filled = {name: [empty[name] if v is None else v for v in told[name]] for name in PLACED}
        return kept.assign(**filled)

    def __iter__(self) -> Iterator[str]:
        for name in self._shown.tables:
            if name in self:
                yield name

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def __len__(self) -> int:
        return sum(1 for _ in self)


# --- the account -----------------------------------------------------------------------------


def _account(run: Mapping[str, Any], grid: Grid, secrets: Secrets) -> dict[str, Any]:
    """Return the run's account without what tells of places."""
    told = {key: run[key] for key in RUN_KEYS if key in run}
    told.update({key: empty for key, empty in EMPTIED.items() if key in run})
    told[KEPT_BACK] = True
    told["grid"] = {
        "crs": grid.crs, "transform": list(grid.transform)[:6], "shape": list(grid.shape),
    }  # fmt: skip
    groups = {f"zones.{one.group}" for one in secrets.secrets}
    inputs = run.get("inputs", ())
    files = {one.get("sha256") for one in inputs if one.get("role") in groups}
    told["inputs"] = [
        one
        for one in inputs
        if one.get("role") not in groups and (one.get("sha256") or None) not in files - {None}
    ]
    told["rasters"] = {name: {} for name in run.get("rasters", ())}
    told["warnings"] = [text for text in run.get("warnings", ()) if not _tells(text, secrets)]
    told["failures"] = [
        {key: value for key, value in one.items() if key != "tile"}
        for one in run.get("failures", ())
    ]
    return told


def _tells(text: str, secrets: Secrets) -> bool:
    """Whether a sentence may tell of a secret."""
    if text.startswith("zones") or _PLACE.search(text):
        return True
    return any(word in text for word in secrets.words)
