"""A `Job` as YAML text with its defaults filled in, which loads back to an equal `Job`.

It knows how keys are spelt. It does not write files.
"""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel

from landcover.job.keys import Job

__all__ = ["dump"]


class _Dumper(yaml.SafeDumper):
    """Writes text that needs it in quotes, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out each time it occurs."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists within tables, as people do."""
        del indentless
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quote any text that a reader of YAML could take for something else."""
    style = None if text.isidentifier() and text.isascii() and not _is_odd(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_odd(word: str) -> bool:
    """Whether some readers of YAML take the word for a truth value or for nothing."""
    return word.lower() in {"yes", "no", "on", "off", "true", "false", "y", "n", "null"}


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    """Write a number so that every reader takes it for one: never as 1e-07 or 1e16."""
    whole = value.is_integer() and abs(value) < 1e15
    text = f"{value:.1f}" if whole else repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)


def dump(job: Job) -> str:
    """Write a job as YAML, every default filled in; paths are absolute.

    Keys without a value, which mean the same when left out, are left out.
    """
    tree = _pruned(job, job.model_dump(mode="json", by_alias=True))
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _pruned(value: Any, dumped: Any) -> Any:
    """Leave out what is None by default."""
    if isinstance(value, BaseModel):
        return _pruned_table(value, dumped)
    if isinstance(value, dict):
        return {key: _pruned(one, dumped[key]) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_pruned(one, dumped[place]) for place, one in enumerate(value)]
    return dumped


def _pruned_table(model: BaseModel, dumped: dict[str, Any]) -> dict[str, Any]:
    """Write the keys of one table."""
    table = {}
    for name, field in type(model).model_fields.items():
        key, value = field.alias or name, getattr(model, name)
        if value is not None or field.get_default() is not None:
            table[key] = _pruned(value, dumped[key])
    return table
