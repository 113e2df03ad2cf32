"""What validation says, in words a job's author can act on, at the place in the text.

It knows pydantic's kinds of errors. It does not know what keys mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from landcover.job.checks import did_you_mean, suggest
from landcover.job.nodes import Fault, Node, Path, Place, describe, find

__all__ = ["keys_at", "translate"]

Words = tuple[str, str]
"""What is wrong, and what to do."""


def _expected(thing: str, remedy: str = "") -> Callable[[Mapping[str, Any]], Words]:
    """Word a value of the wrong sort."""
    return lambda error: (f"expected {thing}, got {describe(error['input'])}", remedy)


def _text(error: Mapping[str, Any]) -> Words:
    """Word something else where text should stand."""
    value = error["input"]
    simple = isinstance(value, int | float | bool)
    remedy = f"Put it in quotes: {describe(str(value).lower())}" if simple else ""
    return f"expected text, got {describe(value)}", remedy


def _number(error: Mapping[str, Any]) -> Words:
    """Word something else where a number should stand."""
    value = error["input"]
    remedy = ""
    if isinstance(value, str):
        pointed = value.replace(",", ".", 1)
        remedy = f"Write {pointed}, bare" if _is_number(pointed) else ""
    return f"expected a number, got {describe(value)}", remedy


def _is_number(text: str) -> bool:
    """Whether a text is a number with a decimal point."""
    return text.lstrip("+-").replace(".", "", 1).isdigit() and len(text) < 30


def _limit(sign: str) -> Callable[[Mapping[str, Any]], Words]:
    """Word a number beyond a limit."""

    def words(error: Mapping[str, Any]) -> Words:
        bound = next(iter(value for key, value in error["ctx"].items() if key in _BOUNDS))
        return f"expected a number {sign} {bound:g}, got {describe(error['input'])}", ""

    return words


_BOUNDS = ("gt", "ge", "lt", "le")


def _choice(error: Mapping[str, Any]) -> Words:
    """Word a value that is none of a few."""
    allowed = str(error["ctx"]["expected"])
    known = tuple(part.strip("'") for part in allowed.replace(" or ", ", ").split(", "))
    value = error["input"]
    near = did_you_mean(value, known) if isinstance(value, str) else ""
    return f"expected {allowed}, got {describe(value)}", near


def _size(error: Mapping[str, Any]) -> Words:
    """Word a list or table with too few or too many members."""
    least, most = error["ctx"].get("min_length"), error["ctx"].get("max_length")
    bound = f"at least {least}" if least is not None else f"at most {most}"
    thing = "key" if isinstance(error["input"], Mapping) else "item"
    plural = "" if 1 in (least, most) else "s"
    return f"expected {bound} {thing}{plural}, got {error['ctx'].get('actual_length')}", ""


def _own(error: Mapping[str, Any]) -> Words:
    """Take the words of our own validators as they are."""
    return error["ctx"]["what"], error["ctx"]["remedy"]


def _verbatim(error: Mapping[str, Any]) -> Words:
    """Take pydantic's own words, for what has none of ours."""
    return str(error["msg"]), ""


def _raised(error: Mapping[str, Any]) -> Words:
    """Take the words of a ValueError: "what is wrong. What to do"."""
    said = str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else error["msg"]
    what, _, remedy = said.partition(". ")
    return what, remedy


_NAME = "letters, digits, dot, dash and underscore"


def _pattern(error: Mapping[str, Any]) -> Words:
    """Word a text of the wrong form."""
    value, pattern = error["input"], str(error["ctx"]["pattern"])
    if "://" in pattern:
        return f"{describe(value)} is no address", "Write it as tcp://host:8786"
    return f"{describe(value)} cannot be a name", f"Use {_NAME}, up to 64, beginning with a letter"


_TABLE = "a table of keys"

_WORDS: Mapping[str, Callable[[Mapping[str, Any]], Words]] = {
    "job": _own,
    "value_error": _raised,
    "string_type": _text,
    "path_type": _text,
    "bool_type": _expected("true or false", "Write true or false, bare"),
    "int_type": _expected("a whole number"),
    "int_from_float": _expected("a whole number"),
    "int_parsing": _expected("a whole number"),
    "float_type": _number,
    "float_parsing": _number,
    "finite_number": _expected("a finite number"),
    "tuple_type": _expected("a list", "Write [one, two], or one item a line after a dash"),
    "list_type": _expected("a list", "Write [one, two], or one item a line after a dash"),
    "dict_type": _expected(_TABLE, "Write key: value, with a space after the colon"),
    "mapping_type": _expected(_TABLE, "Write key: value, with a space after the colon"),
    "model_type": _expected(_TABLE, "Write key: value, with a space after the colon"),
    "date_type": _expected("a date", "Write it as 2017-01-31"),
    "date_parsing": _expected("a date", "Write it as 2017-01-31"),
    "date_from_datetime_parsing": _expected("a date", "Write it as 2017-01-31"),
    "literal_error": _choice,
    "greater_than": _limit("above"),
    "greater_than_equal": _limit("from"),
    "less_than": _limit("below"),
    "less_than_equal": _limit("up to"),
    "too_short": _size,
    "too_long": _size,
    "string_too_short": _expected("some text"),
    "string_pattern_mismatch": _pattern,
}


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Follow references and list the members of a choice."""
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    members = schema.get("anyOf") or schema.get("allOf")
    return [one for member in members for one in _resolved(member, root)] if members else [schema]


def _below(schema: Mapping[str, Any], step: str | int) -> list[Mapping[str, Any]]:
    """Find what the schema says of one member of a table or list."""
    if isinstance(step, int):
        return [schema["items"]] if "items" in schema else []
    named = schema.get("properties", {}).get(step)
    free = schema.get("additionalProperties")
    patterned = list(schema.get("patternProperties", {}).values())
    return [named] if named else patterned or ([free] if isinstance(free, dict) else [])


def _schemas(root: Mapping[str, Any], path: Path) -> list[Mapping[str, Any]]:
    """Find the schemas of what may stand at a path."""
    here = _resolved(root, root)
    for step in path:
        below = [found for schema in here for found in _below(schema, step)]
        here = [one for schema in below for one in _resolved(schema, root)]
    return here


def keys_at(root: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """List the keys that the schema knows at a path."""
    tables = [schema.get("properties", {}) for schema in _schemas(root, path)]
    return tuple(dict.fromkeys(key for table in tables for key in table))


def _unknown_key(node: Node, error: Mapping[str, Any], root: Mapping[str, Any]) -> Fault:
    """Word a key that does not exist: at the key, with the one that was probably meant."""
    path, key = error["loc"][:-1], str(error["loc"][-1])
    taken, table = find(node, path)
    place = table.value[key].place if isinstance(table.value, Mapping) else table.place
    known = keys_at(root, taken)
    kind = "product" if taken == ("products",) else "key"
    homes = [name for name in keys_at(root, ()) if key in keys_at(root, (name,))]
    remedy = f"It belongs under {homes[0]}" if homes and not taken else suggest(key, known)
    return Fault((*taken, key), place, f"unknown {kind}", remedy)


def _missing_key(node: Node, error: Mapping[str, Any], root: Mapping[str, Any]) -> Fault:
    """Word a key that must be given: at the table that lacks it, with what the key is."""
    taken, table = find(node, error["loc"][:-1])
    key = error["loc"][-1]
    said = [
        found.get("description", "")
        for schema in _schemas(root, taken)
        for found in _below(schema, key)
    ]
    first = next((text.split(". ")[0] for text in said if text), "")
    what = f"the key is missing ({first.rstrip('.')})" if first else "the key is missing"
    return Fault((*taken, key), table.place, what, "Add it")


def _bad_value(node: Node, error: Mapping[str, Any], root: Mapping[str, Any]) -> Fault:
    """Word a value that cannot be."""
    taken, found = find(node, error["loc"])
    place = found.place
    if error["loc"] and error["loc"][-1] == "[key]":
        place = _key_place(node, taken)
    words = _WORDS.get(error["type"], _verbatim)
    if error["input"] is None and error["type"] not in ("job", "value_error"):
        required = any(taken[-1] in one.get("required", ()) for one in _schemas(root, taken[:-1]))
        remedy = "Give one" if required else "Give one, or leave the key out"
        return Fault(taken, place, "the value is missing", remedy)
    what, remedy = words(error)
    return Fault(taken, place, what, remedy)


def _key_place(node: Node, path: Path) -> Place:
    """Find where the last key of a path stands."""
    _, table = find(node, path[:-1])
    if isinstance(table.value, Mapping) and path and path[-1] in table.value:
        return table.value[str(path[-1])].place
    return table.place


def _one(node: Node, error: Mapping[str, Any], root: Mapping[str, Any]) -> Fault:
    """Put one error into words."""
    if error["type"] == "extra_forbidden":
        return _unknown_key(node, error, root)
    if error["type"] == "missing":
        return _missing_key(node, error, root)
    return _bad_value(node, error, root)


def _is_of_choice(node: Node, error: Mapping[str, Any]) -> bool:
    """Whether the error is that of one member of a choice, and not of anything within it."""
    taken, _ = find(node, error["loc"])
    if error["type"] == "too_short":  # also said of a list whose items are wrong
        return True
    return len(taken) < len(error["loc"]) and error["type"] not in ("extra_forbidden", "missing")


def _merged(pairs: list[tuple[Fault, bool]]) -> Iterator[Fault]:
    """Tell one story of each choice: the deepest fault, else what the members expected."""
    for fault, of_choice in pairs:
        if not of_choice:
            yield fault
            continue
        deeper = any(
            len(other.path) > len(fault.path) and other.path[: len(fault.path)] == fault.path
            for other, _ in pairs
        )
        alike = [other for other, choice in pairs if choice and other.path == fault.path]
        if not deeper and fault is alike[0]:
            yield _either(alike)


def _either(faults: list[Fault]) -> Fault:
    """Join what the members of a choice expected."""
    first = faults[0]
    parts = [fault.what.removeprefix("expected ").rsplit(", got ", 1) for fault in faults]
    if any(len(part) != 2 for part in parts):
        own = [fault for fault, part in zip(faults, parts, strict=True) if len(part) != 2]
        return own[0]
    wanted = " or ".join(dict.fromkeys(part[0] for part in parts))
    remedy = next((fault.remedy for fault in faults if "Did" in fault.remedy), "")
    return Fault(first.path, first.place, f"expected {wanted}, got {parts[0][1]}", remedy)


def translate(node: Node, errors: list[Any], root: Mapping[str, Any]) -> list[Fault]:
    """Turn pydantic's errors into faults at their places.

    Parameters
    ----------
    node : Node
        The tree that was validated.
    errors : list of dict
        As ``ValidationError.errors()`` gives them.
    root : dict
        The JSON schema of the job.
    """
    pairs = [(_one(node, error, root), _is_of_choice(node, error)) for error in errors]
    return list(_merged(pairs))
