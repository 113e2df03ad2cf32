"""Whose data it is, in the words that they ask for, and how to cite what was made of it.

It knows credits of sensors, inputs and context. It does not know licences' texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landcover.outputs.credits import credits_of, drawn_credits
from landcover.outputs.report.inputs import context_of, group_of, name_of, zones_of
from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Block, Listing, Section

__all__ = ["credits_section"]


def credits_section(teller: Teller) -> Section:
    """Give credits and a citation."""
    return Section("credits", teller.words("section_credits"), tuple(_blocks(teller)))


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    lines = [(line,) for line in credits_of(teller.shown, teller.language)]
    if lines:
        yield Listing(tuple(lines))
    own = tuple(_credits(teller, zones_of(teller)))
    if own:
        yield teller.paragraph("credits_inputs")
        yield Listing(own)
    context = sorted(drawn_credits(teller.shown))
    drawn = tuple(_credits(teller, context_of(teller)))
    told = " ".join(line for (line,) in drawn)
    drawn += tuple((line,) for line in context if line not in told)
    if drawn:
        yield teller.paragraph("credits_context")
        yield Listing(drawn)
    yield teller.heading("cite")
    yield from _citation(teller)


def _credits(teller: Teller, files: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Give what is known of each file."""
    for one in files:
        told = [str(one.get(key, "")) for key in ("credit", "licence")]
        told = [text for text in told if text] or [teller.words("credit_missing")]
        key = "credit_input" if one in zones_of(teller) else "credit_drawn"
        file = name_of(teller, one)
        yield (teller.words(key, group=group_of(one), file=file, told="; ".join(told)),)


def _citation(teller: Teller) -> Iterator[Block]:
    """Say how to cite the software and these results."""
    run, about = teller.shown.run, teller.shown.about
    version = str(run.get("landcover", ""))
    digest = str(run.get("scenes", {}).get("sha256", ""))[:12]
    yield teller.paragraph("cite_software", version=version)
    yield teller.paragraph(
        "cite_results", title=about.title(teller.language), job=about.name,
        first=about.period.start, last=about.period.last, version=version, digest=digest,
    )  # fmt: skip
