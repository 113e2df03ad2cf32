"""How to repeat the run: what was read, with what, and what came out, by their hashes.

It knows the account of a run. It computes no hash.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.repeating import commands_of
from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Block, Column, Commands, Listing, Section, TableView

__all__ = ["repeat"]

DRIFT = "landcover status job.yaml --out . --drift"
"""What says whether the scenes of a run have changed since."""


def repeat(teller: Teller) -> Section:
    """Say how to repeat the run."""
    return Section("repeat", teller.words("section_repeat"), tuple(_blocks(teller)))


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    run = teller.shown.run
    packages = run.get("packages", {})
    lines = commands_of(teller.shown.out, run)
    if lines:
        yield teller.paragraph("repeat_how")
        yield Commands((*lines, DRIFT))
    else:
        yield teller.paragraph("repeat_elsewhere")
    yield Listing(
        (
            teller.say("repeat_lock", digest=str(run.get("scenes", {}).get("sha256", ""))),
            teller.say(
                "repeat_versions",
                version=str(run.get("landcover", "")),
                python=str(run.get("python", "")),
                packages=", ".join(f"{name} {one}" for name, one in packages.items()),
            ),
            teller.say("repeat_inputs"),
            teller.say("repeat_tables"),
        )
    )
    rasters = run.get("rasters", {})
    if rasters:
        yield _rasters(teller, rasters)


def _rasters(teller: Teller, rasters: dict[str, dict[str, object]]) -> TableView:
    """List the rasters and their hashes."""
    columns = tuple(Column(name, teller.words(f"col_{name}")) for name in ("file", "sha256"))
    rows = tuple((name, str(one.get("sha256", ""))) for name, one in sorted(rasters.items()))
    note = teller.words("note_rasters")
    title = teller.words("table_rasters")
    return TableView("rasters", title, columns, rows, "run.json", note, is_long=True)
