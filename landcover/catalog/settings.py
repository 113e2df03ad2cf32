"""What a job may say about a source: one sensor from one catalog.

This module knows keys and their limits. It does not know how catalogs are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from landcover.catalog.endpoints import verdict
from landcover.settings import (
    JobPath,
    Language,
    NameOrPath,
    PathOrUrl,
    Settings,
    read_texts,
    wrong,
)

__all__ = ["NAME_PATTERN", "Best", "Source", "name_from_sensor", "sources_of"]

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Names that end up in file names and tables: no spaces, slashes or leading dots."""


def name_from_sensor(sensor: str) -> str:
    """Name a source after its sensor: a shipped name, or the stem of a profile's path."""
    stem = PurePath(sensor.replace("\\", "/")).name
    return stem.removesuffix(".yaml").removesuffix(".yml")


class Best(Settings):
    """How many looks a source may take of each grid square: the clearest of each period."""

    per: Literal["month", "quarter", "half_year", "year"] = Field(
        description="Length of the periods: cut at the calendar's borders, in solar days."
    )
    count: int = Field(
        ge=1,
        le=1000,
        description="Looks a period and grid square (MGRS tile, WRS path and row, MODIS tile). "
        "Scenes of one day that are parts of one square are one look.",
    )


class Source(Settings):
    """One sensor from one catalog. Sources stand in order of preference.

    Of two sources of one sensor the one named first wins; a later one fills what it lacks.
    """

    name: str = Field(
        default="",
        pattern=NAME_PATTERN,
        description="Name by which products and tables call it. Default: its sensor; further "
        "sources of one sensor get -2, -3 and so on.",
    )
    sensor: NameOrPath = Field(
        description="Name of a shipped sensor profile, or the path of one of your own."
    )
    catalog: PathOrUrl = Field(
        description="STAC API, static catalog, ItemCollection or stac-geoparquet: an http(s) "
        "address or a path."
    )
    collection: str | None = Field(
        default=None,
        min_length=1,
        description="Collection of the catalog. Default: the one that docs/catalogs.md lists for "
        "the sensor; of any other catalog, all it has.",
    )
    max_cloud_percent: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Skips scenes whose catalog entry says they are cloudier.",
    )
    best: Best | None = Field(
        default=None,
        description="Only the clearest looks of each period and grid square: what a bad link or a "
        "full disk can bear. Chosen by the part of the zones that scenes cover and by the scene's "
        "cloud cover, after copies are dropped. Each source has its own count. Default: all.",
    )
    resolution_m: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Reads values at this pixel side from the overviews in the files: 20 or 40 "
        "where pixels are of 10 m, for a fraction of the bytes. The mask is read whole: a coarse "
        "pixel is clear where all of it is. The plan says which sides a file has. Default: the "
        "files' own.",
    )
    platform: str | None = Field(
        default=None,
        min_length=1,
        description="Only scenes of this platform, such as terra, aqua or landsat-8. Default: all.",
    )
    orbit: int | None = Field(
        default=None,
        ge=1,
        le=175,
        description="Only scenes of this relative orbit. Radar scenes of different orbits are "
        "never mixed: give each its own source.",
    )
    clear_classes: tuple[int, ...] | None = Field(
        default=None,
        min_length=1,
        description="Mask classes that count as clear. Default: the profile's.",
    )
    cloud_grown_m: float = Field(
        default=60.0,
        ge=0,
        le=10_000,
        description="Clouds and their shadows are grown by a disc of this radius, in metres.",
    )
    offset: Literal["check", "trust"] = Field(
        default="check",
        description="Pixels are asked whether they can have the offset that the catalog declares: "
        "a contradiction ends the run, and scenes whose declaration is known to be unreliable are "
        "left out if their pixels cannot tell. trust takes what is declared.",
    )
    credit: Annotated[
        Mapping[Language, str] | SkipJsonSchema[None],
        BeforeValidator(read_texts, json_schema_input_type=str | Mapping[Language, str]),
    ] = Field(
        default=None,
        description="What report, maps and pages name as the origin of its scenes, in place of the "
        "sentence that the sensor's provider asks for: for scenes of another origin; one text, or "
        "one a language. [year] stands for the years of the data.",
    )
    allow_paths: tuple[JobPath, ...] = Field(
        default=(), description="Folders from which a local catalog may name files, beside its own."
    )

    @field_validator("catalog")
    @classmethod
    def _readable(cls, catalog: str) -> str:
        """Refuse a catalog whose files cannot be read, with the reason."""
        if found := verdict(catalog):
            raise wrong(*found)
        return catalog

    def credited(self, asked: str) -> dict[str, str]:
        """Return by language whom its scenes are credited to, where its sensor asks for `asked`.

        Empty where nobody is.
        """
        if self.credit is not None:
            return {language: text for language, text in self.credit.items() if text.strip()}
        return {"en": asked} if asked else {}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        """Name the source after its sensor."""
        if not isinstance(values, dict) or values.get("name") or "sensor" not in values:
            return values
        if "name" in values and values["name"] is not None:
            return values  # an empty name is a mistake: let the pattern say so
        return {**values, "name": name_from_sensor(str(values["sensor"]))}


def sources_of(name: str | None, sources: Sequence[Source]) -> tuple[Source, ...]:
    """List the sources that `source: name` of a product means, in order of preference.

    That is the source of this name alone, or all sources of a sensor named so; without a
    name, those of the first source's sensor. One sensor from two catalogs is one thing: a
    later source fills what an earlier one lacks.
    """
    wanted = sources[0].sensor if name is None else name
    alone = tuple(source for source in sources if source.name == wanted != source.sensor)
    return alone or tuple(source for source in sources if wanted in (source.name, source.sensor))
