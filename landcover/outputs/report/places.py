"""Zones and sites one by one, each with an anchor of its own, and a table of all of them.

It knows places and what tables have of them. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.keeping import Kept, kept_of
from landcover.outputs.report.patching import patches_of
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.watch import DISTURBED, Watch, watch_of
from landcover.outputs.report.zoning import Near, Place, children, near, sites, wholes
from landcover.outputs.section import Block, Heading, Link, Paragraph, Section

__all__ = ["anchor_of", "places_section"]

MOST_PLACES = 30
"""Zones, and sites, with a part of their own: those with the most found. A table has all."""

MOST_PICTURED = 12
"""Zones, and sites, of these that are shown close up as well: a picture each is 60 kB."""

MOST_OPEN = 60
"""Rows of a table that is not folded away."""


def anchor_of(number: int, group: Near | None = None) -> str:
    """Return a place's anchor: ids are other people's texts, numbers are ours."""
    return f"zone-{number}" if group is None else f"site-{group.number}-{number}"


def places_section(teller: Teller) -> Section | None:
    """Tell of zones and of listed sites one by one; None where nothing was looked for."""
    watch = watch_of(teller)
    if watch is None:
        return None
    blocks: list[Block] = []
    zones = wholes(teller)
    if len(zones) > 1 or any(children(teller, zone) for zone in zones):
        blocks += _all_of(teller, watch, zones, "all_zones")
    for group in near(teller):
        blocks += _all_of(teller, watch, sites(teller, group), "all_sites", group)
    if not blocks:
        return None
    return Section("places", teller.words("section_places"), tuple(blocks))


def _all_of(
    teller: Teller, watch: Watch, found: tuple[Place, ...], key: str, group: Near | None = None
) -> Iterator[Block]:
    """Give the table of some places, then those with the most that was found one by one."""
    amounts = [watch.kinds.value(place.rows, DISTURBED) for place in found]
    order = sorted(range(len(found)), key=lambda n: (-_or_less(amounts[n]), n))
    own = set(order[:MOST_PLACES])
    kept = kept_of(teller, group) if group else Kept((), {})
    rows = []
    for n in order:
        place = found[n]
        name: Link | str = Link(place.name, anchor_of(n, group)) if n in own else place.name
        rows.append(((name, place.id, *kept.cells.get(place.id, ())), place.rows))
    values = {"metres": teller.metres(group.metres) if group else ""}
    note = teller.words(f"note_{key}", **values)
    yield teller.table(
        f"{key}-{group.number}" if group else key, watch.kinds,
        ("site" if group else "name", "id", *kept.columns),
        watch.of_site if group else watch.columns, rows, note,
        len(rows) > MOST_OPEN, title=f"table_{key}",
    )  # fmt: skip
    for rank, n in enumerate(order[:MOST_PLACES]):
        yield from _one(teller, watch, found[n], anchor_of(n, group), group, rank < MOST_PICTURED)


def _close_up(teller: Teller, place: Place, anchor: str) -> Iterator[Block]:
    """Show one place as pixels tell of it."""
    from landcover.outputs.drawing.close import close_up  # what draws takes a second to load

    ids = set(teller.zones.rows(place.rows)["zone_id"])
    shapes = teller.shown.zones
    of = shapes[shapes["zone_id"].isin(ids)]
    figure = close_up(teller.shown, teller.language, of, f"{anchor}-close", place.name)
    if figure is not None:
        yield figure


def _or_less(value: float) -> float:
    """Put what nobody looked at last."""
    return value if value == value else -1.0


def _one(
    teller: Teller, watch: Watch, place: Place, anchor: str, group: Near | None, pictured: bool
) -> Iterator[Block]:
    """Tell of one place."""
    yield Heading(anchor, teller.words("place", name=place.name, id=place.id))
    name = place.name
    if group:
        name = teller.words("within", metres=teller.metres(group.metres), name=name)
    yield Paragraph(watch.found(name, place.rows, whole=True))
    if pictured:
        yield from _close_up(teller, place, anchor)
    yield watch.years_table(place.rows, f"{anchor}-years")
    inner = children(teller, place)
    if inner:
        rows = [((teller.distances(one.from_m, one.to_m),), one.rows) for one in inner]
        yield teller.table(f"{anchor}-rings", watch.kinds, ("distance",), watch.columns, rows,
                           title=f"place_rings_{'site' if group else 'zone'}")  # fmt: skip
    yield from patches_of(teller, place, group, anchor)
