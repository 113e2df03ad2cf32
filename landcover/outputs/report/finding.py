"""The first part of a report: what was found, in plain words.

It knows what readers ask first. It does not know how a page looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.inputs import group_of, is_withheld, name_of, zones_of
from landcover.outputs.report.surety import bounded, sureness
from landcover.outputs.report.teller import Teller, Value, day_of
from landcover.outputs.report.trending import trend_sentences
from landcover.outputs.report.watch import DISTURBED, WATCHED, Watch, sentences, watch_of
from landcover.outputs.report.zoning import (
    Near,
    Place,
    Ring,
    all_zones,
    children,
    mains,
    near,
    sites,
)
from landcover.outputs.section import Block, Link, Listing, Paragraph, Parts, Section

__all__ = ["finding"]

MOSTLY = 0.5
"""Share of a site's nearest ring (no unit) above which it is told that it could not be judged."""

LEADS = 3
"""Zones told of in sentences; where there are more, a table has them all."""


def finding(teller: Teller) -> Section:
    """Say what was found, in which years, near what, how sure that is and what was not seen."""
    watch = watch_of(teller)
    blocks = _watched(teller, watch) if watch else _seen(teller)
    return Section("finding", teller.words("section_finding"), tuple(blocks))


def _watched(teller: Teller, watch: Watch) -> Iterator[Block]:
    """Tell of a run that looked for disturbance."""
    places, groups = mains(teller), near(teller)
    yield from _leads(teller, watch, places[:LEADS], groups)
    if watch.has_found:
        yield teller.paragraph("loss_between", first=watch.first)
    yield teller.paragraph("mapped", "note", link=_link(teller, "sure", "head_sure"))
    if watch.both_ways:
        yield teller.paragraph("both_ways", "warning")
    yield teller.paragraph("not_mining", "warning")
    if len(places) > LEADS:
        yield _overview(teller, watch, places)
    if places:
        yield teller.heading("years")
        yield from _years(teller, watch, places)
    rings = _outside(teller, watch, places)
    if rings:
        yield teller.heading("outside")
        yield Listing(rings)
    if places and groups:
        yield teller.heading("near")
        for group in groups:
            yield Paragraph(_near(teller, watch, group))
            yield watch.year_by_year(group.rows, f"years-near-{group.number}")
            yield from _unjudged(teller, watch, group)
    yield teller.heading("sure")
    yield teller.paragraph("sure_classes")
    yield from sureness(teller)
    told = [(place.name, place.rows) for place in places[:LEADS]]
    told += [(teller.near_list(group.metres, group.group), group.rows) for group in groups]
    yield from bounded(teller, watch, told)
    yield from _and_then(teller)


def _leads(
    teller: Teller, watch: Watch, places: tuple[Place, ...], groups: tuple[Near, ...]
) -> Iterator[Block]:
    """Tell of the first place in few words, with what is not counted; then the rest of it."""
    if not places:
        for n, group in enumerate(groups):
            parts = _near(teller, watch, group)
            lead = (*parts, " ", *watch.not_counted())
            yield Paragraph(parts, "") if n else Paragraph(lead, "lead")
        return
    first, *others = places
    headline = watch.headline(first.name, first.rows)
    yield Paragraph(sentences(headline, watch.not_counted()), "lead")
    more = sentences(watch.split(first.rows), watch.outside(first.rows))
    if more:
        yield Paragraph(more)
    for place in others:
        yield Paragraph(watch.found(place.name, place.rows))


def _and_then(teller: Teller) -> Iterator[Block]:
    """Say where the rest stands, and what is not shown."""
    yield teller.heading("rest")
    secret = ", ".join(sorted(teller.shown.about.secret))
    if secret:
        yield teller.paragraph("positions_hidden", "note", groups=secret)
    if teller.shown.kept_back:
        yield teller.paragraph("kept_back", "warning")
    yield Listing(
        (
            teller.say("see_blind", link=_link(teller, "blind", "head_blind")),
            teller.say(
                "see_boundaries",
                files=", ".join(dict.fromkeys(_files(teller))) or "–",
                link=_link(teller, "boundaries", "head_boundaries"),
            ),
            teller.say("see_repeat", link=_link(teller, "repeat", "section_repeat")),
        )
    )


def _files(teller: Teller) -> Iterator[str]:
    """Name the files that zones were read from; of lists that are withheld, their groups."""
    for one in zones_of(teller):
        if is_withheld(teller, one):
            yield teller.words("withheld_list", group=group_of(one))
        else:
            yield name_of(teller, one)


def _link(teller: Teller, anchor: str, phrase: str) -> Link:
    """Lead to another part of the report."""
    return Link(teller.words(phrase), anchor)


def _years(teller: Teller, watch: Watch, places: tuple[Place, ...]) -> Iterator[Block]:
    """Tell of each year."""
    for n, place in enumerate(places[:LEADS]):
        if len(places) > 1:
            yield teller.paragraph("years_of", name=place.name)
        yield watch.year_by_year(place.rows, f"years-{n}")
    link = _link(teller, "table-years", "table_years")
    yield teller.paragraph("years_more", "quiet", link=link)


def _outside(teller: Teller, watch: Watch, places: tuple[Place, ...]) -> tuple[Parts, ...]:
    """Say what lies in the rings outside of zones."""
    return tuple(
        _ring(teller, watch, place, ring)
        for place in places[:LEADS]
        for ring in children(teller, place)
        if place.kind != "site"
    )


def _ring(teller: Teller, watch: Watch, place: Place, ring: Ring) -> Parts:
    """Say what lies in one ring outside of a zone."""
    sheet, rows = watch.kinds, ring.rows
    metres = teller.distances(ring.from_m, ring.to_m)
    name = teller.words("outside", name=place.name, metres=metres)
    watched = teller.hectares(sheet, rows, WATCHED)
    area = teller.hectares(sheet, rows, "area_ha")
    if not watched.value > 0:
        return teller.say("outside_blind", name=name, area=area)
    told = teller.say(
        "outside_found", name=name, area=area, watched=watched,
        disturbed=teller.hectares(sheet, rows, DISTURBED),
        blind=teller.hectares(sheet, rows, watch.blind),
        blind_share=teller.percent(sheet, rows, f"{watch.blind}/area_ha", 1),
    )  # fmt: skip
    return sentences(told, watch.outside(rows), watch.split(rows))


def _near(teller: Teller, watch: Watch, group: Near) -> Parts:
    """Say what lies near listed sites."""
    sheet, rows = watch.kinds, group.rows
    values: dict[str, Value] = {"metres": teller.metres(group.metres), "group": group.group}
    days: dict[str, Value] = {"first": watch.first, "last": watch.last}
    area = teller.hectares(sheet, rows, "area_ha")
    watched = teller.hectares(sheet, rows, WATCHED)
    if not watched.value > 0:
        return teller.say("near_blind", **values, **days, area=area)
    disturbed = teller.hectares(sheet, rows, DISTURBED)
    values |= {"disturbed": disturbed, "watched": watched}
    told = (
        teller.say(
            "near_found", **values, **days,
            share=teller.percent(sheet, rows, f"{DISTURBED}/{WATCHED}"),
        )
        if disturbed.value > 0
        else teller.say("near_none", **values, **days)
    )  # fmt: skip
    rest = teller.say(
        "near_rest", area=area, blind=teller.hectares(sheet, rows, watch.blind),
        blind_share=teller.percent(sheet, rows, f"{watch.blind}/area_ha", 1),
    )  # fmt: skip
    return sentences(told, watch.split(rows), rest, watch.outside(rows), teller.say("near_once"))


def _unjudged(teller: Teller, watch: Watch, group: Near) -> Iterator[Block]:
    """Name the sites of whose nearest ring most could not be judged, the worst first."""
    shares: list[tuple[float, str, Ring]] = []
    for site in sites(teller, group):
        for ring in children(teller, site)[:1]:
            share = watch.kinds.value(ring.rows, f"{watch.blind}/area_ha")
            if share > MOSTLY:
                shares.append((share, site.name, ring))
    worst = sorted(shares, key=lambda one: -one[0])[:LEADS]
    if worst:
        yield teller.paragraph("near_unjudged", "warning")
        yield Listing(tuple(_blind_ring(teller, watch, name, ring) for _, name, ring in worst))


def _blind_ring(teller: Teller, watch: Watch, name: str, ring: Ring) -> Parts:
    """Say how much of a site's nearest ring could not be judged."""
    return sentences(
        teller.say(
            "near_unjudged_site", name=name, metres=teller.distances(ring.from_m, ring.to_m),
            blind=teller.hectares(watch.kinds, ring.rows, watch.blind),
            share=teller.percent(watch.kinds, ring.rows, f"{watch.blind}/area_ha", 1),
        ),
        watch.reasons(ring.rows),
    )  # fmt: skip


def _overview(teller: Teller, watch: Watch, places: tuple[Place, ...]) -> Block:
    """Show what was found in every zone that the report is about."""
    rows = [((place.name,), place.rows) for place in places]
    return teller.table("overview", watch.kinds, ("name",), watch.columns, rows)


def _seen(teller: Teller) -> Iterator[Block]:
    """Tell of a run that did not look for disturbance: trends if it has them, else looks."""
    places = mains(teller) or all_zones(teller)
    told = [parts for place in places[:LEADS] for parts in trend_sentences(teller, place)] or [
        _looks(teller, place) for place in places[:LEADS]
    ]
    for n, parts in enumerate(told):
        yield Paragraph(parts, "" if n else "lead")
    yield teller.paragraph("no_watch", "note")
    yield from _and_then(teller)


def _looks(teller: Teller, place: Place) -> Parts:
    """Say how often a place was seen."""
    sheet = teller.zones
    clear = teller.count(sheet, place.rows, "dates_clear")
    row = sheet.rows(place.rows).iloc[0]
    values: dict[str, Value] = {
        "name": place.name,
        "area": teller.hectares(sheet, place.rows, "area_ha"),
        "seen": teller.count(sheet, place.rows, "dates_seen"),
        "clear": clear,
    }
    first, last = day_of(row["first_date"]), day_of(row["last_date"])
    if not clear.value > 0 or first is None or last is None:
        return teller.say("looks_none", **values)
    return teller.say("looks_some", **values, first=first, last=last)
