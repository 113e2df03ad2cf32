"""What a project holds, before it is written as XML: layers in groups, themes, and series of pages.

Nouns alone. Texts are in the project's language already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from xml.etree import ElementTree as ET

__all__ = ["Content", "Group", "MapLayer", "Page", "Sequence", "Theme"]


@dataclass(frozen=True, slots=True, eq=False)
class MapLayer:
    """A layer of a project.

    `source` is relative to the project. `style` is what QGIS writes of how it is drawn: the
    element ``rasterrenderer`` of a raster, the root of a QML of shapes. `legend` names the lines
    of its legend: (place among those that QGIS makes, text); None keeps QGIS's own. `geometry` is
    empty for rasters. A layer that is not `listed` serves layouts and is in no tree. Of a raster
    that is drawn `whole`, pixels that its file calls nodata are drawn by their value, too.
    `others` are further styles of shapes, (name, root of a QML), for themes that want them.
    """

    id: str
    name: str
    source: str
    provider: str
    crs: str
    style: ET.Element | None = None
    geometry: str = ""
    legend: tuple[tuple[int, str], ...] | None = None
    about: str = ""
    shown: bool = False
    first: date | None = None
    last: date | None = None
    listed: bool = True
    whole: bool = False
    others: tuple[tuple[str, ET.Element], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Layers and groups under one heading, the uppermost first."""

    title: str
    members: tuple[MapLayer | Group, ...]
    open: bool = False

    def layers(self) -> Iterator[MapLayer]:
        """Give all layers in it, from the uppermost on."""
        for one in self.members:
            if isinstance(one, Group):
                yield from one.layers()
            else:
                yield one


@dataclass(frozen=True, slots=True)
class Theme:
    """Layers that are looked at together, by their ids; the first raster is what it is about.

    `styles` names those that are drawn in another style than their first, by their ids.
    """

    name: str
    layers: tuple[str, ...]
    styles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One of a series of maps that share their legend: what it shows, and the theme that does.

    Beneath a layer that is drawn in places alone lies its `ground`.
    """

    title: str
    theme: str
    layer: MapLayer
    ground: MapLayer | None = None

    def layers(self) -> tuple[MapLayer, ...]:
        """Return what it draws, the uppermost first."""
        return (self.layer,) if self.ground is None else (self.layer, self.ground)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Maps of one thing over time: years of a composite, months of what is normal."""

    key: str
    title: str
    pages: tuple[Page, ...]
    group: str


@dataclass(frozen=True, slots=True)
class Content:
    """All of a project but its layouts.

    `pair` is what it was like before and afterwards; None where the run has no two pictures.
    `outlined` is the same with the outlines of disturbances; None where the run has none.
    `changed` is the page that tells what changed; None where the run does not say.
    """

    groups: tuple[Group, ...]
    themes: tuple[Theme, ...]
    sequences: tuple[Sequence, ...]
    pair: tuple[Page, Page] | None
    changed: Page | None
    outlined: tuple[Page, Page] | None = None

    def layers(self) -> Iterator[MapLayer]:
        """Give all layers, from the uppermost on."""
        for group in self.groups:
            yield from group.layers()
