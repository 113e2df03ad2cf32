"""Whose data it is, in the words that they ask for, and how to cite what was made of it.

It knows credits of sensors, inputs and context. It does not know licences' texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landcover.outputs.report.inputs import context_of, group_of, name_of, zones_of
from landcover.outputs.report.teller import Teller, day_of
from landcover.outputs.section import Block, Listing, Section

__all__ = ["credit_lines", "credits_section"]

YEAR = "[year]"
"""Stands in a provider's words for the years of the data."""


def credits_section(teller: Teller) -> Section:
    """Give credits and a citation."""
    return Section("credits", teller.words("section_credits"), tuple(_blocks(teller)))


def credit_lines(teller: Teller) -> tuple[str, ...]:
    """Return the providers' own sentences, with the years of the data filled in."""
    years = _years(teller)
    return tuple(one.replace(YEAR, years) for one in teller.shown.about.credits)


def _years(teller: Teller) -> str:
    """Write the years of the scenes that were read; of none, those of the period."""
    period = teller.shown.about.period
    first, last = period.start, period.last
    sheet = teller.sheet("data_used")
    if sheet is not None:
        days = sheet.frame[["first_date", "last_date"]].dropna()
        if len(days):
            first = day_of(days["first_date"].min()) or first
            last = day_of(days["last_date"].max()) or last
    return str(first.year) if first.year == last.year else f"{first.year}\u2013{last.year}"


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    lines = [(line,) for line in credit_lines(teller)]
    if lines:
        yield Listing(tuple(lines))
    own = tuple(_credits(teller, zones_of(teller)))
    if own:
        yield teller.paragraph("credits_inputs")
        yield Listing(own)
    context = sorted({str(c) for frame in teller.shown.context.values() for c in frame["credit"]
                      if c and c == c})  # fmt: skip
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
