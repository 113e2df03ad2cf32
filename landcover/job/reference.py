"""The reference of all job keys (docs/job.md), made from the schema.

It knows how a schema reads as a table. It knows no key by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from landcover.job.loading import schema
from landcover.products import PRODUCTS

__all__ = ["document"]

Schema = Mapping[str, Any]

_HEAD = """# The job file

<!-- Made by `landcover schema --document` from the schema. Do not edit. -->

A job is one YAML file. It says where to look (`zones`), at what (`sources`), when
(`period`) and what for (`products`). `landcover init` writes one to start from,
`landcover check` finds every mistake in it, and `landcover schema` prints these keys as a
JSON schema, which editors understand.

* Paths are relative to the folder of the job file. Lengths are in metres, as the names say.
* A period is two dates, of which the second is not included any more, or two whole years,
  both included: `[2015, 2021]` is seven years. Its days are solar days, by which scenes are
  both chosen and dated: the date at the scene's centre, where noon is when the sun is highest.
  A scene of 22:20 UTC at 28.5° E is of the next day.
* Every reader of YAML must read a job alike. So there are no aliases, anchors or tags, no
  key stands twice, and numbers are plain: 12, 0.5, not 012, 1e3 or 12:30. A text that looks
  like a number stands in quotes.
* Where a list is expected, one word may stand alone if the table says "or".
"""


def document() -> str:
    """Write docs/job.md: every key with its type, default and meaning."""
    root = schema()
    parts = [_HEAD, "## All keys\n", *_table(root, root)]
    for key, found in root["properties"].items():
        if key == "products":
            parts += _products(found, root)
        else:
            parts += _section(key, found, root)
    return "\n".join([*parts, *_sensors()]).rstrip() + "\n"


def _follow(found: Schema, root: Schema) -> Schema:
    """Follow a reference, if it is one."""
    reference = found.get("$ref")
    return root["$defs"][reference.rsplit("/", 1)[1]] if reference else found


def _members(found: Schema, root: Schema) -> list[Schema]:
    """List what a value may be; nothing (null) is not told, since keys may be left out."""
    followed = _follow(found, root)
    if "anyOf" not in followed:
        return [followed] if followed.get("type") != "null" else []
    return [one for member in followed["anyOf"] for one in _members(member, root)]


def _tables_within(found: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the tables of keys that a value may hold, each with how it is reached."""
    for member in _members(found, root):
        if "properties" in member:
            yield "", member
        for inner in (member.get("additionalProperties"), *_patterned(member)):
            if isinstance(inner, Mapping):
                yield from ((f".NAME{path}", table) for path, table in _tables_within(inner, root))
        if isinstance(member.get("items"), Mapping):
            within = _tables_within(member["items"], root)
            yield from ((f"[]{path}", table) for path, table in within)


def _patterned(member: Schema) -> list[Schema]:
    """List the schemas of freely named keys."""
    return list(member.get("patternProperties", {}).values())


def _section(key: str, found: Schema, root: Schema) -> Iterator[str]:
    """Write the keys of one section, if it has any of its own, and of what lies within."""
    for path, table in _tables_within(found, root):
        yield f"\n## {key}{path}\n"
        if table.get("description"):
            yield f"{table['description']}\n"
        yield from _table(table, root)
        for name, inner in table["properties"].items():
            yield from (_deeper(line) for line in _section(f"{key}{path}.{name}", inner, root))


def _deeper(line: str) -> str:
    """Set a heading one level lower."""
    return line.replace("\n## ", "\n### ") if line.startswith("\n## ") else line


def _products(found: Schema, root: Schema) -> Iterator[str]:
    """Write the keys of every product."""
    table = _follow(found, root)
    yield "\n## products\n"
    yield f"{found['description']} A product named without keys has its usual settings."
    for name, inner in table["properties"].items():
        yield f"\n### products.{name}\n"
        yield f"{_prose(PRODUCTS[name].documentation) or PRODUCTS[name].title}\n"
        for path, keys in _tables_within(inner, root):
            yield from _table(keys, root)
            for key, value in keys["properties"].items():
                within = _section(f"products.{name}{path}.{key}", value, root)
                yield from (_deeper(_deeper(line)) for line in within)


def _prose(docstring: str) -> str:
    """Turn a module's docstring into Markdown: one kind of quote for code."""
    return docstring.strip().replace("``", "`")


def _sensors() -> list[str]:
    """List the shipped sensor profiles."""
    from landcover import sensors

    head = ["\n## Sensors\n", "Profiles that are shipped, for `sources[].sensor`:\n"]
    head += ["| name | title | bands |", "|---|---|---|"]
    profiles = [sensors.load(name) for name in sensors.shipped()]
    return head + [f"| `{p.name}` | {_cell(p.title)} | {', '.join(p.bands)} |" for p in profiles]


def _table(table: Schema, root: Schema) -> Iterator[str]:
    """Write the keys of one table as rows."""
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    required = table.get("required", [])
    for key, found in table["properties"].items():
        default = "required" if key in required else _default(found)
        meaning = _cell(found.get("description") or _follow(found, root).get("description", ""))
        yield f"| `{key}` | {_cell(_type(found, root))} | {_cell(default)} | {meaning} |"


def _cell(text: str) -> str:
    """Keep a text within its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _default(found: Schema) -> str:
    """Write a default; tables have theirs key by key."""
    value = found.get("default")
    if value in (None, "", [], {}) or isinstance(value, Mapping):
        return ""
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
    "array": "list",
}


def _type(found: Schema, root: Schema) -> str:
    """Say what a value may be, in words."""
    return " or ".join(dict.fromkeys(_member(member, root) for member in _members(found, root)))


def _member(member: Schema, root: Schema) -> str:
    """Say what one sort of value is."""
    if "const" in member or "enum" in member:
        choices = member.get("enum", [member.get("const")])
        return ", ".join(f"`{choice}`" for choice in choices)
    if member.get("format") == "date":
        return "date"
    if member.get("type") == "array" and isinstance(member.get("items"), Mapping):
        return f"list of {_type(member['items'], root)}"
    if member.get("type") == "object" and "properties" not in member:
        return "table of freely named keys"
    return _NAMES.get(str(member.get("type")), "value") + _limits(member)


def _limits(member: Schema) -> str:
    """Say the limits of a number."""
    words = {
        "exclusiveMinimum": "above",
        "minimum": "from",
        "exclusiveMaximum": "below",
        "maximum": "to",
    }
    said = [f"{word} {member[key]:g}" for key, word in words.items() if key in member]
    return f" {' '.join(said)}" if said else ""
