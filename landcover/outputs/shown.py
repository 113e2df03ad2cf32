"""A finished run as those who show it see it: the folder, opened, and what the job says of itself.

It reads the folder of a run and nothing else: what is shown lies in it. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landcover.model import Grid, Period
from landcover.outputs.style import RasterStyle, Texts
from landcover.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["KEPT_BACK", "About", "Clearing", "Shown"]

KEPT_BACK = "kept_back"
"""Key of a run's account: whether ground near sensitive sites is left out of it."""


@dataclass(frozen=True, slots=True)
class Clearing:
    """How clear pixels of one source were told from others.

    `masked` is whether its scenes carry a mask; without one every valid pixel counts as clear.
    What lies within `grown_m` metres of cloud or shadow was left out as well.
    """

    source: str
    masked: bool
    grown_m: float = 0


@dataclass(frozen=True, slots=True)
class About:
    """What a job says that those who show its results must know.

    `products` are the settings of those asked for, by name. `credits` are the sentences that
    providers of scenes ask for. `positions` is how exact positions of sensitive sites may be shown
    ("exact", "withheld", or the side of a grid's squares in km); None where the job leaves it open.
    `secret` names the groups of zones of which that holds; `secret_context` has kind and credit of
    layers of context that are drawn from a file of theirs. `clearings` tell how each source's
    clear pixels were told.
    """

    name: str
    titles: Texts
    languages: tuple[str, ...]
    period: Period
    products: Mapping[str, Settings]
    credits: tuple[Texts, ...] = ()
    positions: str | float | None = None
    secret: frozenset[str] = frozenset()
    secret_context: frozenset[tuple[str, str]] = frozenset()
    clearings: tuple[Clearing, ...] = ()

    def title(self, language: str) -> str:
        """Say the title in a language, else in another, else the job's name."""
        return self.titles.get(language) or next(iter(self.titles.values()), self.name)


@dataclass(frozen=True, eq=False)
class Shown:
    """The folder of a finished run.

    Tables and shapes are read when they are first asked for. Frames of shapes are in longitude
    and latitude (EPSG:4326); none of them may be changed in place.
    """

    out: Path
    about: About
    run: Mapping[str, Any]
    """``run.json``, the account that the run gave of itself."""
    styles: tuple[RasterStyle, ...]
    """Every raster of the run, in the order of groups, ranks and steps."""
    grid: Grid
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    """Tables by name, as `read_table` reads them."""

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones with their figures: the layer ``zones`` of ``zones.gpkg``."""
        return _layer(self.out / "zones.gpkg", "zones")

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """Places given as sites, as points: the layer ``sites`` of ``zones.gpkg``; may be empty."""
        return _layer(self.out / "zones.gpkg", "sites")

    @cached_property
    def patches(self) -> gpd.GeoDataFrame | None:
        """Disturbances as polygons; None where the job did not ask for them."""
        path = self.out / "patches.gpkg"
        return _layer(path, "patches") if path.is_file() else None

    @cached_property
    def context(self) -> Mapping[str, gpd.GeoDataFrame]:
        """What is drawn and never computed on: layers of ``context.gpkg`` by name.

        Columns: `kind` (river, road, place, border, other), `label`, `credit`, geometry.
        """
        path = self.out / "context.gpkg"
        if not path.is_file():
            return {}
        import pyogrio

        layers = pyogrio.list_layers(path)  # a table of styles has no shapes
        return {str(name): _layer(path, str(name)) for name, shapes in layers if shapes}

    @property
    def kept_back(self) -> bool:
        """Whether ground near sensitive sites is left out: what is empty there was not found so."""
        return bool(self.run.get(KEPT_BACK))

    @property
    def summed(self) -> bool:
        """Whether rows near sensitive sites are added up here, and single in the folder."""
        return False

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table; None where the run has none of this name."""
        return self.tables.get(name)

    def asked(self, product: str) -> Settings | None:
        """Return the settings of a product; None where the job did not ask for it."""
        return self.about.products.get(product)


def _layer(path: Path, layer: str) -> gpd.GeoDataFrame:
    """Read one layer of a GeoPackage in degrees."""
    import geopandas as gpd

    found = gpd.read_file(path, layer=layer, engine="pyogrio")
    return found if found.crs is None else found.to_crs("EPSG:4326")
