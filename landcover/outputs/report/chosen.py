"""Why a run read as many scenes as it did: what its job took of what catalogs list.

It knows the keys of a source that choose among scenes. It asks no catalog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Block, Listing, Parts
from landcover.outputs.wording import NO_BREAK_SPACE

__all__ = ["chosen"]


def chosen(teller: Teller) -> Iterator[Block]:
    """Say by which rules scenes were taken, and that catalogs need not list all there are."""
    yield teller.paragraph("chosen_why")
    rules = tuple(rule for source in _sources(teller) for rule in _rules(teller, source))
    if rules:
        yield teller.paragraph("chosen_rules")
        yield Listing(rules)
    else:
        yield teller.paragraph("chosen_all")


def _sources(teller: Teller) -> tuple[Mapping[str, Any], ...]:
    """Return the sources of the job; none where the folder lacks it."""
    path = teller.shown.out / "job.yaml"
    if not path.is_file():
        return ()
    job = yaml.safe_load(path.read_text("utf-8"))
    return tuple(one for one in job.get("sources") or () if isinstance(one, dict))


def _rules(teller: Teller, source: Mapping[str, Any]) -> Iterator[Parts]:
    """Give the rules of one source."""
    name = str(source.get("name", ""))
    most = source.get("max_cloud_percent")
    if most is not None:
        yield teller.say("chosen_cloud", source=name, percent=_percent(teller, float(most)))
    best = source.get("best")
    if isinstance(best, dict):
        per = teller.words(f"per_{best.get('per')}")
        yield teller.say("chosen_best", source=name, count=str(best.get("count")), per=per)
    for key in ("platform", "orbit"):
        if source.get(key) is not None:
            yield teller.say(f"chosen_{key}", source=name, value=str(source[key]))


def _percent(teller: Teller, value: float) -> str:
    """Write percent that a job gives."""
    digits = 0 if value == int(value) else 1
    sign = f"{NO_BREAK_SPACE}%" if teller.language == "fr" else "%"
    return teller.words.number(value, digits) + sign
