"""The keys of a job: the settings of every room, composed into one frozen `Job`.

It knows which keys there are. It does not know YAML, nor what any product does with its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

from pydantic import BeforeValidator, Field, ValidationError, create_model, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import InitErrorDetails

from landcover.catalog.settings import NAME_PATTERN, Source, name_from_sensor, sources_of
from landcover.engine.settings import RunSettings, SeriesSettings
from landcover.job.checks import check, elsewhere
from landcover.outputs.settings import ReportSettings, ShareSettings
from landcover.products import PRODUCTS
from landcover.products.pictures import PictureSettings
from landcover.raster.settings import GridSettings
from landcover.settings import JobPeriod, Language, Settings, read_texts, wrong
from landcover.zones.settings import ContextLayer, ZoneGroup

__all__ = ["Job", "Products"]

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
"""Names that Windows keeps for devices: no folder can be called so."""


def _safe_name(name: object) -> object:
    """Refuse names that cannot be a folder on every system."""
    if not isinstance(name, str):
        return name
    if name.split(".")[0].lower() in _RESERVED or name.endswith("."):
        raise wrong(f"{name!r} cannot be the name of a folder on every system", "Take another")
    return name


FolderName = Annotated[str, Field(pattern=NAME_PATTERN), BeforeValidator(_safe_name)]
"""A name that can be a folder on every system."""


def _pictures(value: object) -> object:
    """Read true and false as pictures with the usual settings, and none."""
    if isinstance(value, str):
        raise wrong(
            f"expected true, false or a table of keys, got {value!r}", "Write true or false, bare"
        )
    return {True: {}, False: None}[value] if isinstance(value, bool) else value


def _numbered(value: object) -> object:
    """Name sources after their sensors; the second of one sensor gets -2, and so on."""
    if not isinstance(value, list | tuple):
        return value
    counts: dict[str, int] = {}
    return [_name_one(item, counts) for item in value]


def _name_one(item: object, counts: dict[str, int]) -> object:
    """Name one source that has no name of its own."""
    if not isinstance(item, dict) or item.get("name") is not None or not item.get("sensor"):
        return item
    name = name_from_sensor(str(item["sensor"]))
    counts[name] = counts.get(name, 0) + 1
    return {**item, "name": name if counts[name] == 1 else f"{name}-{counts[name]}"}


def _usual(value: object) -> object:
    """Read a product named without any key as one with its usual settings."""
    return {} if value is None else value


def _product_fields() -> dict[str, Any]:
    """Make one optional key a product, in the order in which they run."""
    fields: dict[str, Any] = {}
    for name, product in PRODUCTS.items():
        if product.in_job:
            keys: Any = Optional[product.Settings]  # noqa: UP045  a class made at run time
            described = Field(default=None, description=f"{product.title}.")
            fields[name] = (Annotated[keys, BeforeValidator(_usual)], described)
    return fields


if TYPE_CHECKING:

    class Products(Settings):
        """What the job asks for, by name."""

else:
    Products = create_model(
        "Products",
        __base__=Settings,
        __doc__="What the job asks for, by name.",
        **_product_fields(),
    )


class Job(Settings):
    """One job: where to look, at what, when, and what for."""

    schema_version: Literal[1] = Field(
        alias="schema", description="Version of the keys in this file: 1."
    )
    name: FolderName = Field(
        description="Name of the job and of its folder of results: letters, digits, dot, dash "
        "and underscore."
    )
    title: Annotated[
        Mapping[Language, str],
        BeforeValidator(read_texts, json_schema_input_type=str | Mapping[Language, str]),
    ] = Field(
        default={},
        description="Title of reports and maps: one text, or one a language. Default: the name.",
    )
    zones: Mapping[Annotated[str, Field(pattern=NAME_PATTERN)], ZoneGroup] = Field(
        min_length=1, description="Groups of zones, freely named: where to look."
    )
    context: tuple[ContextLayer, ...] = Field(
        default=(), description="Layers that are drawn on maps, and never computed on."
    )
    sources: Annotated[tuple[Source, ...], BeforeValidator(_numbered)] = Field(
        min_length=1, description="Sensors and the catalogs that list them, best first."
    )
    period: JobPeriod = Field(
        description="When: two dates, of which the second is not included any more, or two whole "
        "years, both included. Days are solar days: the local day where a scene lies."
    )
    grid: GridSettings = Field(
        default=GridSettings(), description="The pixel plane of the results."
    )
    products: Annotated[Products, BeforeValidator(_usual)] = Field(
        description="What to compute. At least one product."
    )
    series: SeriesSettings = Field(
        default=SeriesSettings(), description="The table of every zone over time."
    )
    pictures: Annotated[
        PictureSettings | SkipJsonSchema[None],
        BeforeValidator(_pictures, json_schema_input_type=bool | PictureSettings),
    ] = Field(
        default=None, description="Whether to make true-colour composites: true, or their keys."
    )
    report: ReportSettings = Field(
        default=ReportSettings(), description="The report, the map and the project."
    )
    share: ShareSettings = Field(
        default=ShareSettings(),
        description="What leaves the house when results are packed to be shared.",
    )
    run: RunSettings = Field(
        default=RunSettings(), description="How the work is done. Nothing here changes a result."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Job:
        """Refuse keys that contradict each other, all at once."""
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        wrongs = [
            InitErrorDetails(
                type=elsewhere(fault.problem) if fault.problem else wrong(fault.what, fault.remedy),
                loc=fault.path,
                input=None,
            )
            for fault in check(sections)
        ]
        if wrongs:
            raise ValidationError.from_exception_data("job", wrongs)
        return self

    @property
    def wanted(self) -> Mapping[str, Settings]:
        """The products that the job asks for, in the order in which they run."""
        asked = {name: getattr(self.products, name) for name in type(self.products).model_fields}
        return {name: settings for name, settings in asked.items() if settings is not None}

    def title_in(self, language: Language) -> str:
        """Say the title in a language, else in another, else the job's name."""
        return self.title.get(language) or next(iter(self.title.values()), self.name)

    def sources_of(self, name: str | None) -> tuple[Source, ...]:
        """List the sources that `source: name` of a product means, in order of preference."""
        return sources_of(name, self.sources)
