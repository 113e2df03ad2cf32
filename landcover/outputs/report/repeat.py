"""How to repeat the run: what was read, with what, and what came out, by their hashes.

It knows the account of a run. It computes no hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from typing import Literal

from landcover.outputs.repeating import commands_of
from landcover.outputs.report.inputs import inputs_of, is_withheld, name_of
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.watch import sentences
from landcover.outputs.section import Block, Column, Commands, Listing, Parts, Section, TableView
from landcover.outputs.shown import Shown

__all__ = ["TRAIL_OF", "repeat", "which_sums"]

DRIFT = "landcover status job.yaml --out . --drift"
"""What says whether the scenes of a run have changed since."""


ADDRESSES = ("Source", "Repository", "Homepage")
"""Names that a package gives to the address of its source, the best first."""

TABLES_OF = {
    "none": "repeat_tables",
    "summed": "repeat_tables_summed",
    "public": "repeat_tables_public",
}
"""What is said of the tables, by where sums near sensitive sites stand."""

TRAIL_OF = {"summed": "trail_summed", "public": "trail_public"}
"""What is said of such sums where numbers are traced."""


def repeat(teller: Teller) -> Section:
    """Say how to repeat the run."""
    return Section("repeat", teller.words("section_repeat"), tuple(_blocks(teller)))


def which_sums(shown: Shown) -> Literal["none", "summed", "public"]:
    """Say where sums near sensitive sites stand: on this page alone, or in the tables too."""
    if shown.summed:
        return "summed"
    return "public" if shown.kept_back else "none"


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    run = teller.shown.run
    packages = run.get("packages", {})
    lines = commands_of(teller.shown.out, run)
    if lines and any(is_withheld(teller, one) for one in inputs_of(teller)):
        yield teller.paragraph("repeat_in_readme")
    elif lines:
        yield teller.paragraph("repeat_how")
        yield Commands((*lines, DRIFT))
    else:
        yield teller.paragraph("repeat_elsewhere")
    yield Listing(
        (
            _software(teller),
            teller.say("repeat_lock", digest=str(run.get("scenes", {}).get("sha256", ""))),
            teller.say(
                "repeat_versions",
                version=str(run.get("landcover", "")),
                python=str(run.get("python", "")),
                packages=", ".join(f"{name} {one}" for name, one in packages.items()),
            ),
            teller.say("repeat_inputs"),
            teller.say(TABLES_OF[which_sums(teller.shown)]),
        )
    )
    copies = _copies(teller)
    if copies:
        yield copies
    rasters = run.get("rasters", {})
    if rasters:
        yield _rasters(teller, rasters)


def _software(teller: Teller) -> Parts:
    """Say where to get the version that made the figures: the address that it names, if any."""
    run = teller.shown.run
    version, code = str(run.get("landcover", "")), str(run.get("code_sha256", ""))
    address = _address()
    told = (
        teller.say("repeat_software_at", version=version, address=address)
        if address
        else teller.say("repeat_software", version=version)
    )
    return sentences(told, teller.say("repeat_code", code=code) if code else ())


def _address() -> str:
    """Return the address of the software's source, as its package names it."""
    try:
        told = metadata("landcover").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = dict(one.split(", ", 1) for one in told if ", " in one)
    return next((named[key] for key in ADDRESSES if key in named), "")


def _copies(teller: Teller) -> TableView | None:
    """List the copies of files that the job named, and their hashes; not those withheld."""
    rows = tuple(
        (name_of(teller, one), f"inputs/{one['copy']}", str(one.get("copy_sha256", "")))
        for one in inputs_of(teller)
        if one.get("copy")
        and not is_withheld(teller, one)
        and (teller.shown.out / "inputs" / str(one["copy"])).is_file()
    )
    if not rows:
        return None
    columns = tuple(Column(key, teller.words(f"col_{key}")) for key in ("file", "copy", "sha256"))
    title, note = teller.words("table_copies"), teller.words("note_copies")
    return TableView("copies", title, columns, rows, "inputs/inputs.json", note)


def _rasters(teller: Teller, rasters: dict[str, dict[str, object]]) -> TableView:
    """List the rasters and their hashes."""
    columns = tuple(Column(name, teller.words(f"col_{name}")) for name in ("file", "sha256"))
    rows = tuple((name, str(one.get("sha256", ""))) for name, one in sorted(rasters.items()))
    note = teller.words("note_rasters")
    title = teller.words("table_rasters")
    return TableView("rasters", title, columns, rows, "run.json", note, is_long=True)
