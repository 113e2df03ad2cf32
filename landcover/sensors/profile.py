"""Reads a sensor's profile, and says of each fault in which file, line and key it lies.

It knows the form of a profile. It does not know catalogs, scenes or pixels.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from landcover.errors import InputError, JobError, Problem
from landcover.model import Band, BitField, Legend, LegendClass, Mask, Sensor
from landcover.settings import Settings

__all__ = ["load", "own_file", "shipped"]

LARGEST_BYTES = 256 * 1024
"""A profile is a few kB; something larger is not one."""

_MASK_TYPES = ("uint8", "int8", "uint16", "int16")

_MOST_BITS = 16
"""Bits of the widest mask band."""

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_Key = Annotated[str, StringConstraints(min_length=1, max_length=80)]
_Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
_Finite = Annotated[float, Field(allow_inf_nan=False)]


class _BandProfile(Settings):
    """One band: value = DN * scale + offset, in `unit`, or the decibels of it."""

    keys: tuple[_Key, ...] = Field(min_length=1)
    unit: str
    dtype: Literal["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
    scale: _Finite = 1.0
    offset: _Finite = 0.0
    nodata: float | None = None
    clip: tuple[_Finite, _Finite] | None = None
    resolution_m: float = Field(gt=0)
    wavelength_nm: float | None = Field(default=None, gt=0)
    description: str = ""
    valid: tuple[_Finite, _Finite] | None = None
    encoding: Literal["linear", "db", "amplitude_db"] = "linear"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.scale == 0:
            raise ValueError("scale is 0, so every value would be the offset")
        if self.clip and self.clip[0] >= self.clip[1]:
            raise ValueError("clip must be [lower, upper]")
        if self.valid and self.valid[0] >= self.valid[1]:
            raise ValueError("valid must be [lowest, highest]")
        if self.valid and self.nodata is None and not self.dtype.startswith("float"):
            raise ValueError("valid needs nodata: what lies outside becomes that number")
        self._check_unit()
        return self

    def _check_unit(self) -> None:
        """Refuse what the way a band is held cannot keep."""
        if self.encoding != "linear" and self.unit != "power":
            raise ValueError("decibels are held as power, so unit must be power")
        if self.unit in ("reflectance", "class"):
            return
        if self.valid is None:
            raise ValueError("a band that is neither reflectance nor class needs valid")
        if self.clip:
            raise ValueError("clip is for reflectance; give valid")


class _ClassProfile(Settings):
    """One class of the mask band."""

    value: int = Field(ge=-128, le=255)
    names: dict[Annotated[str, StringConstraints(pattern=r"^(en|fr)$")], str]
    palette: _Hex


class _BitsProfile(Settings):
    """A field of bits of the mask band, and which of its values are clear."""

    bit: int = Field(ge=0, le=15)
    width: int = Field(default=1, ge=1, le=8)
    clear: frozenset[int] = frozenset({0})
    grown: bool = False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.bit + self.width > _MOST_BITS:
            raise ValueError("the field reaches beyond bit 15")
        if not self.clear <= set(range(1 << self.width)):
            raise ValueError(f"clear names {sorted(self.clear)}, more than {self.width} bits hold")
        return self


class _MaskProfile(Settings):
    """How clear is told from not clear: by classes, or by bits that must be as they say."""

    band: _Name
    nodata: int | None = None
    clear: frozenset[int] = frozenset()
    grown: frozenset[int] = frozenset()
    classes: tuple[_ClassProfile, ...] = ()
    bits: dict[_Name, _BitsProfile] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if bool(self.bits) == bool(self.classes):
            raise ValueError("give either classes with clear, or bits")
        if self.bits and (self.clear or self.grown):
            raise ValueError("clear and grown are for classes; each field of bits has its own")
        if self.bits and self.nodata is None:
            raise ValueError("a mask of bits needs nodata")
        if self.classes and not self.clear:
            raise ValueError("clear names no class, so that nothing would ever be clear")
        values = [one.value for one in self.classes]
        if len(set(values)) < len(values):
            raise ValueError("a class is listed twice")
        unknown = sorted((self.clear | self.grown) - set(values))
        if unknown:
            raise ValueError(f"clear and grown name {unknown}, which classes does not list")
        if self.clear & self.grown:
            raise ValueError(f"{sorted(self.clear & self.grown)} are both clear and grown")
        return self


class _DayProfile(Settings):
    """Where each pixel's own day is found, in items that span many days."""

    band: _Name
    span: int = Field(ge=2, le=366)


class _Profile(Settings):
    """The whole file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    bands: dict[_Name, _BandProfile] = Field(min_length=1)
    mask: _MaskProfile | None = None
    driver: Literal["GTiff", "JP2OpenJPEG"] = "GTiff"
    jp2: bool = False
    platform_keys: dict[_Key, dict[_Name, _Key]] = Field(default_factory=dict)
    block_px: int = Field(default=512, ge=16, le=8192)
    credit: str = ""
    platforms: dict[_Key, _Name] = Field(default_factory=dict)
    day: _DayProfile | None = None
    orbits_apart: bool = False
    refused: str = Field(default="", pattern=r"^(.+\. .+)?$")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for key, part in (("mask", self.mask), ("day", self.day)):
            if part and part.band not in self.bands:
                raise ValueError(f"{key}.band is {part.band!r}, which bands does not list")
        for platform, keys in self.platform_keys.items():
            unknown = sorted(set(keys) - set(self.bands))
            if unknown:
                raise ValueError(f"platform_keys.{platform} names {unknown}, which bands lacks")
        if self.mask and self.bands[self.mask.band].dtype not in _MASK_TYPES:
            raise ValueError(f"the mask band's dtype must be one of {', '.join(_MASK_TYPES)}")
        return self


def shipped() -> tuple[str, ...]:
    """Name the profiles that come with the package, sorted.

    Examples
    --------
    >>> "sentinel-2-l2a" in shipped()
    True
    """
    folder = resources.files("landcover.sensors") / "profiles"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")))


def load(name_or_path: str) -> Sensor:
    """Read a shipped profile by its name, or one of the user's own by its path.

    Raises
    ------
    InputError
        There is no such profile.
    JobError
        The file has faults; each is told with its line, column and key.

    Examples
    --------
    >>> load("sentinel-2-l2a").bands["red"].scale
    0.0001
    """
    file, text = _read(name_or_path)
    return _sensor(_check(file, text))


def own_file(name_or_path: str) -> Path | None:
    """Return the file of a profile of the user's own; None for one that is shipped."""
    return None if name_or_path in shipped() else Path(name_or_path)


def _read(name_or_path: str) -> tuple[str, str]:
    """Return the profile's file name and text."""
    if name_or_path in shipped():
        file = resources.files("landcover.sensors") / "profiles" / f"{name_or_path}.yaml"
        return file.name, file.read_text("utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        close = difflib.get_close_matches(name_or_path, shipped(), 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Shipped are {', '.join(shipped())}."
        raise InputError(name_or_path, "neither a shipped sensor nor a file", hint)
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(str(path), "too large for a sensor profile", "Give a profile in YAML.")
    try:
        return str(path), path.read_text("utf-8")
    except UnicodeDecodeError:
        raise InputError(str(path), "not UTF-8 text", "Save the profile as UTF-8.") from None


@lru_cache(maxsize=32)
def _check(file: str, text: str) -> _Profile:
    """Turn the text into a checked profile, or tell all its faults."""
    root = _compose(file, text)
    problems = _repeated(file, root)
    if problems:
        raise JobError(tuple(problems))
    try:
        return _Profile.model_validate(yaml.safe_load(text))
    except (ValidationError, ValueError) as error:
        raise JobError(_problems(file, root, error)) from None


def _compose(file: str, text: str) -> yaml.Node:
    """Parse the text into nodes that know their lines."""
    try:
        for event in yaml.parse(text):
            if isinstance(event, yaml.AliasEvent):
                at = event.start_mark
                line, column = (at.line + 1, at.column + 1) if at else (1, 1)
                what, remedy = "uses a YAML alias", "Write the values out"
                raise JobError((Problem(file, line, column, "YAML", what, remedy),))
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = getattr(error, "problem", None) or "cannot be read"
        problem = Problem(file, line, column, "YAML", str(what), "Check the indentation and quotes")
        raise JobError((problem,)) from None
    if not isinstance(root, yaml.MappingNode):
        problem = Problem(file, 1, 1, "profile", "is not a mapping", "Begin with name: and title:")
        raise JobError((problem,))
    return root


def _repeated(file: str, node: yaml.Node, path: tuple[str, ...] = ()) -> list[Problem]:
    """List the keys that a mapping gives twice: YAML would silently keep the last."""
    if isinstance(node, yaml.SequenceNode):
        return [
            p for n, item in enumerate(node.value) for p in _repeated(file, item, (*path, str(n)))
        ]
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[Problem] = []
    seen: set[str] = set()
    for key, value in node.value:
        name = (*path, str(key.value))
        if key.value in seen:
            found.append(_at(file, key, ".".join(name), "given twice", "Keep one"))
        seen.add(key.value)
        found += _repeated(file, value, name)
    return found


def _at(file: str, node: yaml.Node, key: str, what: str, remedy: str = "") -> Problem:
    """Make a problem at a node's place."""
    mark = node.start_mark
    return Problem(file, mark.line + 1, mark.column + 1, key, what, remedy)


def _problems(file: str, root: yaml.Node, error: Exception) -> tuple[Problem, ...]:
    """Turn the schema's complaints into sentences with places."""
    if not isinstance(error, ValidationError):  # e.g. a date that is none
        return (_at(file, root, "YAML", str(error), "Put the value in quotes"),)
    return tuple(_problem(file, root, dict(one)) for one in error.errors(include_url=False))


def _problem(file: str, root: yaml.Node, one: dict[str, Any]) -> Problem:
    """Turn one complaint of the schema into a sentence with its place."""
    path = tuple(part for part in one["loc"] if part != "[key]")
    key = ".".join(map(str, path)) or "profile"
    node = _find(root, path)
    if one["type"] == "extra_forbidden":
        return _at(file, node, key, "unknown key", "Remove it, or check its spelling")
    if one["type"] == "missing":
        return _at(file, node, key, "missing", "Add it")
    text = str(one["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(one["input"], dict | list) else f", got {one['input']!r}"
    return _at(file, node, key, text[:1].lower() + text[1:] + given)


def _find(node: yaml.Node, path: tuple[str | int, ...]) -> yaml.Node:
    """Follow a path of keys as far as it goes: the node of the last key, or list item."""
    place = node
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            pairs = {str(n): (item, item) for n, item in enumerate(node.value)}
        else:
            return place
        if str(part) not in pairs:
            return place
        place, node = pairs[str(part)]
    return place


def _sensor(profile: _Profile) -> Sensor:
    """Make the noun from the checked profile."""
    bands = {
        name: Band(name=name, **{field: getattr(band, field) for field in type(band).model_fields})
        for name, band in profile.bands.items()
    }
    return Sensor(
        name=profile.name,
        title=profile.title,
        bands=bands,
        mask=_mask(profile.mask) if profile.mask else None,
        driver=profile.driver,
        block_px=profile.block_px,
        credit=profile.credit,
        platforms=profile.platforms,
        day_band=profile.day.band if profile.day else "",
        day_span=profile.day.span if profile.day else 1,
        orbits_apart=profile.orbits_apart,
        refused=profile.refused,
        jp2=profile.jp2,
        platform_keys=profile.platform_keys,
    )


def _mask(profile: _MaskProfile) -> Mask:
    classes = tuple(LegendClass(c.value, c.names, c.palette) for c in profile.classes)
    return Mask(
        band=profile.band,
        clear=profile.clear,
        grown=profile.grown,
        nodata=profile.nodata,
        legend=Legend(profile.band, classes),
        fields=tuple(
            BitField(name, one.bit, one.width, one.clear, one.grown)
            for name, one in profile.bits.items()
        ),
    )
