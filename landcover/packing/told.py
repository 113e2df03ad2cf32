"""``PARCEL.txt``: what a parcel holds, what it leaves out, and how to repeat the run.

It knows sentences. It does not know files.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from landcover import __version__
from landcover.outputs.sharing.cells import FEWEST, MARGIN_KM
from landcover.outputs.sharing.policy import DEFAULT_KM
from landcover.outputs.shown import About
from landcover.outputs.wording import Words

__all__ = ["COMMAND", "COPY", "NOTE", "Parcel", "hidden_in", "job_comment", "told"]

COPY = "cp -r . ../again && cd ../again"
"""What keeps the results that came: a run writes over those of its folder."""

COMMAND = "landcover run job.yaml --out . --locked"
"""What repeats the run of a parcel, in a copy of its folder."""

NOTE = "PARCEL.txt"
"""What a parcel says of itself."""

LINE = 88
"""Characters of a line."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What there is to say of a parcel.

    `missing` are files that were not to be handed on -> whom to ask; `own_scenes` says that scenes
    lay on the machine that ran the job. `drawn` counts layers of context that a public one has,
    `lost` those that it lacks.
    """

    about: About
    public: bool
    light: bool
    missing: Mapping[str, str]
    own_scenes: bool
    drawn: int = 0
    lost: int = 0


def told(parcel: Parcel) -> bytes:
    """Write the sentences in each language of the job."""
    pages = [_page(parcel, language) for language in parcel.about.languages]
    return ("\n\n".join(pages) + "\n").encode()


def job_comment(about: About) -> str:
    """Say on top of a public job why positions are called exact in it; nothing where they are."""
    if not about.secret:
        return ""
    lines = (Words("parcel", language)("job_positions") for language in about.languages)
    return "".join(f"# {line}\n" for text in lines for line in textwrap.wrap(text, LINE))


def _page(parcel: Parcel, language: str) -> str:
    """Write the sentences in one language."""
    words = Words("parcel", language)
    head = words("title", title=" ".join(parcel.about.title(language).split()))
    lines = [head, "=" * min(len(head), LINE)]
    for text in (_public if parcel.public else _archive)(parcel, words):
        if text == COMMAND:
            lines += ["", f"    {COPY}", f"    {COMMAND}"]
        else:
            lines += ["", *textwrap.wrap(text, LINE)]
    return "\n".join(lines)


def _archive(parcel: Parcel, words: Words) -> Iterator[str]:
    """Say what an archive is for."""
    yield words("made", version=__version__)
    if parcel.light:
        yield words("light")
    if parcel.about.secret:
        yield words("exact", groups=", ".join(sorted(parcel.about.secret)))
    for path, ask in sorted(parcel.missing.items()):
        yield words("missing", path=path, ask=ask)
    if parcel.own_scenes:
        yield words("scenes")
    yield words("repeat")
    yield COMMAND
    yield words("repeat_why")
    yield words("repeat_hash")


def _public(parcel: Parcel, words: Words) -> Iterator[str]:
    """Say what is hidden, and how, so that nobody takes a hole for a finding."""
    yield words("made", version=__version__)
    yield words("public")
    if parcel.light:
        yield words("light")
    hidden = hidden_in(parcel.about, words.language)
    yield from hidden or (words("nothing_hidden"),)
    if parcel.drawn:
        yield words("context_cut" if hidden else "context_drawn")
    if parcel.lost:
        yield words("context_lost" if parcel.lost > 1 else "context_lost_one", count=parcel.lost)


def hidden_in(about: About, language: str) -> tuple[str, ...]:
    """Say what is hidden of a run's secret groups, and how; nothing where it has none."""
    if not about.secret:
        return ()
    words = Words("parcel", language)
    groups = ", ".join(sorted(about.secret))
    if about.positions == "withheld":
        first = words("hidden_withheld", groups=groups)
    else:
        km = words.number(float(about.positions or DEFAULT_KM), 1).rstrip("0").rstrip(".,")
        first = words("hidden_coarse", groups=groups, km=km)
    rasters = words("hidden_rasters", margin=words.number(MARGIN_KM, 0))
    return first, rasters, words("hidden_tables", fewest=FEWEST)
