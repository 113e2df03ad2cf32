"""The base that every room's settings share: frozen, no unknown keys, and the few common shapes.

It knows how a path, a period or a list of names is read from a job, and nothing of any key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from landcover.model import Period

__all__ = [
    "JobPath",
    "JobPeriod",
    "Language",
    "NameOrPath",
    "Names",
    "PathOrUrl",
    "Settings",
    "is_url",
    "read_period",
    "read_texts",
    "wrong",
]


Language = Literal["en", "fr"]
"""Languages of what is written for people."""

_SCALARS = frozenset({"bool", "int", "float", "str"})


def _without_guesses(schema: Any) -> Any:
    """Make every scalar of a pydantic core schema strict, however deep it lies."""
    if isinstance(schema, list | tuple):
        return type(schema)(_without_guesses(one) for one in schema)
    if not isinstance(schema, dict):
        return schema
    own = {"strict": True} if schema.get("type") in _SCALARS else {}
    return {key: _without_guesses(value) for key, value in schema.items()} | own


class Settings(BaseModel):
    """A frozen group of job keys; an unknown key is an error, and no value is guessed.

    A list may stand for a tuple and a text for a path, but "12" is no number, 1 is no truth
    and 2024 is no text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Build the validator without pydantic's leniency between scalars."""
        schema: core_schema.CoreSchema = _without_guesses(handler(source))
        return schema


def read_texts(value: object) -> object:
    """Let one text serve all languages."""
    return {"en": value, "fr": value} if isinstance(value, str) else value


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """Say what is wrong with a value, and what to do: raised by validators of settings."""
    return PydanticCustomError("job", "{what}", {"what": what, "remedy": remedy})


# --- paths -----------------------------------------------------------------------------------


def is_url(text: str) -> bool:
    """Whether `text` is an http(s) address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def _base(info: ValidationInfo) -> Path:
    """Return the folder that relative paths of this job start from."""
    context: Any = info.context or {}
    return Path(context.get("base", "."))


def _resolve(path: Path, info: ValidationInfo) -> Path:
    """Make a path of the job absolute: relative to the job file's folder."""
    try:
        return (_base(info) / path.expanduser()).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # NUL bytes, loops, an unknown ~user
        raise wrong(f"{str(path)!r} is no path ({error})", "Give the path of a file") from None


def _resolve_unless_url(text: str, info: ValidationInfo) -> str:
    """Leave an address alone; make a path absolute."""
    return text if is_url(text) else str(_resolve(Path(text), info))


def _resolve_if_path(text: str, info: ValidationInfo) -> str:
    """Leave a shipped name alone; make a path (it has a folder or ends in .yaml) absolute."""
    is_path = "/" in text or "\\" in text or text.endswith((".yaml", ".yml"))
    return str(_resolve(Path(text), info)) if is_path else text


JobPath = Annotated[Path, AfterValidator(_resolve)]
"""A path of the job, absolute once read."""

PathOrUrl = Annotated[str, Field(min_length=1), AfterValidator(_resolve_unless_url)]
"""An http(s) address, or a path of the job (absolute once read)."""

NameOrPath = Annotated[str, Field(min_length=1), AfterValidator(_resolve_if_path)]
"""The name of something shipped, or the path of one's own (absolute once read)."""


# --- names -----------------------------------------------------------------------------------


def _listed(value: object) -> object:
    """Let one name stand for a list of one."""
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])
]
"""One name or a list of names."""


# --- periods ---------------------------------------------------------------------------------

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_YEAR = re.compile(r"\d{4}")
_TWO_FORMS = "Write two dates, the second not included (2017-01-01, 2025-01-01), or two years"


def _read_day(value: object) -> date | int:
    """Read one end of a period: a date, or a whole year as a number."""
    if isinstance(value, date):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= 2200:
        return value
    text = str(value)
    if _YEAR.fullmatch(text) and 1900 <= int(text) <= 2200:
        return int(text)
    found = _DATE.fullmatch(text)
    if not found:
        raise wrong(f"expected a date or a year, got {text[:60]!r}", "Write a date as 2017-01-31")
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError as error:  # month 13, 30 February
        raise wrong(
            f"{text!r} is no date: {error}", "Write year-month-day, as 2017-01-31"
        ) from None


def _ends(value: object) -> tuple[tuple[str | int, object], tuple[str | int, object]]:
    """Find the two ends of a period, each with the key under which it stands."""
    if isinstance(value, dict) and set(value) == {"start", "end"}:
        return ("start", value["start"]), ("end", value["end"])
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return (0, value[0]), (1, value[1])
    raise wrong("expected a start and an end", _TWO_FORMS)


def _read_ends(value: object) -> list[date | int]:
    """Read both ends, and tell what is wrong with each at its own place."""
    days: list[date | int] = []
    wrongs: list[InitErrorDetails] = []
    for key, end in _ends(value):
        try:
            days.append(_read_day(end))
        except PydanticCustomError as error:
            wrongs.append(InitErrorDetails(type=error, loc=(key,), input=end))
    if wrongs:
        raise ValidationError.from_exception_data("period", wrongs)
    return days


def read_period(value: object) -> Period:
    """Read a period: two dates (half-open), or two whole years (both included).

    Examples
    --------
    >>> read_period([2015, 2021]).end
    datetime.date(2022, 1, 1)
    >>> read_period({"start": "2017-01-01", "end": "2025-01-01"}).last
    datetime.date(2024, 12, 31)
    """
    if isinstance(value, Period):
        return value
    start, end = _read_ends(value)
    if isinstance(start, int) and isinstance(end, int):
        start, end = date(start, 1, 1), date(end + 1, 1, 1)
    if isinstance(start, int) or isinstance(end, int):
        raise wrong("one end is a year and the other a date", _TWO_FORMS)
    if start >= end:
        raise wrong(f"it ends ({end}) before it starts ({start})", "Put the earlier one first")
    return Period(start, end)


def _write_period(period: Period) -> dict[str, str]:
    """Write a period as a job does."""
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


_DAY_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}],
}
_PERIOD_SCHEMA: dict[str, Any] = {
    "title": "Period",
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "start": {**_DAY_SCHEMA, "description": "First day used, or first year."},
                "end": {
                    **_DAY_SCHEMA,
                    "description": "The day after the last day used, or the last year.",
                },
            },
            "required": ["start", "end"],
            "additionalProperties": False,
        },
        {"type": "array", "items": _DAY_SCHEMA, "minItems": 2, "maxItems": 2},
    ],
}

JobPeriod = Annotated[
    Period,
    PlainValidator(read_period),
    PlainSerializer(_write_period),
    WithJsonSchema(_PERIOD_SCHEMA),
]
"""A period of the job: `{start, end}` or a list of two; dates are half-open, years inclusive."""
