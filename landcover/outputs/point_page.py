"""The page of one place: was it cleared, or was it cloud? One file, which needs no network.

It writes what was found, in one language; nothing is computed here.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

from landcover.kernels.breaks import ABRUPT, GRADUAL, UNSEEN
from landcover.model import LegendClass
from landcover.net import redact
from landcover.outputs.png import encode
from landcover.outputs.point import Story
from landcover.outputs.point_chart import chart
from landcover.outputs.wording import Words, template, text_in
from landcover.products.disturbance import KIND_LEGEND
from landcover.products.mapped import OnMap
from landcover.products.tracing import Break, Chip, Look

__all__ = ["page"]

_ANSWERS = {True: "yes", False: "no", None: "unknown"}
"""How the answers of `Story.kept` are named among the phrases."""


def _paragraphs(sentences: Iterable[str]) -> str:
    """Write sentences, one a paragraph."""
    return "\n".join(f"<p>{escape(one)}</p>" for one in sentences if one)


def _degrees(story: Story, words: Words) -> dict[str, str]:
    """Write the place: five digits are a metre."""
    return {"lat": words.number(story.lat, 5), "lon": words.number(story.lon, 5)}


def _zones(story: Story, words: Words) -> Iterator[str]:
    """Name the zones that hold a place, each with its kind."""
    for name, kind in story.zones:
        yield f"{name} ({words(f'zone_{kind}')})"


def _kind(code: int, language: str) -> str:
    """Name a kind of disturbance."""
    found: dict[int, LegendClass] = {one.value: one for one in KIND_LEGEND.classes}
    return found[code].names[language] if code in found else ""


def _no_break(story: Story, words: Words) -> str:
    """Say that nothing broke, or why that cannot be said."""
    told = story.followed
    clear = sum(look.used and told.history.holds(look.day) for look in story.looks)
    late = told.kind == UNSEEN and told.watched_looks >= told.run
    return words(
        "verdict_until" if late else f"verdict_{told.kind}",
        index=story.index, clear=clear, last=words.day(told.last),
        start=words.day(told.watched.start), end=words.day(told.watched.last),
        hstart=words.day(told.history.start), hend=words.day(told.history.last),
    )  # fmt: skip


def _verdict(story: Story, words: Words) -> Iterator[str]:
    """Say what was found, in a few sentences."""
    told = story.followed
    if told.breaks:
        one = told.breaks[0]
        before = words.day(one.before) or words("unknown")
        key = "alarm" if told.tells_alarm else "gain" if _gains(one) else "break"
        yield words(f"verdict_{key}", index=story.index, day=words.day(one.day), before=before)
        kind, sure = _kind(one.kind, words.language), words(f"confidence_{one.confidence}")
        yield words("verdict_kind", kind=kind, confidence=sure)
        if one.kind in (ABRUPT, GRADUAL) and one.recovered_24 is None:
            yield words("verdict_open")
        if told.count > 1:
            yield words("verdict_more", count=told.count)
    else:
        yield _no_break(story, words)
    if story.on_map is not None:
        yield _on_map(story.on_map, story, words)


def _gains(one: Break) -> bool:
    """Whether a break goes upwards, which bfast tells where the job asks for it."""
    return one.drop is not None and one.drop > 0


def _unit(story: Story, words: Words) -> dict[str, str]:
    """Write the mapping unit; hectares as the job does."""
    least = 1 if story.on_map is None else story.on_map.least_px
    ha = f"{story.followed.settings.min_ha:g}"
    return {
        "ha": ha.replace(".", ",") if words.language == "fr" else ha,
        "least": words.number(least, 0),
    }


def _on_map(found: OnMap, story: Story, words: Words) -> str:
    """Say what the run's map says here; nothing where there is none and it would not differ."""
    breaks = story.followed.breaks
    if found.state == "none" and (not breaks or found.least_px == 1):
        return ""
    shown = [one.day for one, kept in zip(breaks, found.kept, strict=False) if kept]
    state = "unclear" if found.state == "partly" and None in found.kept else found.state
    return words(
        f"map_{state}", kind=_kind(found.kind, words.language) or words("map_nothing"),
        day=words.day(shown[0] if shown else None), **_unit(story, words),
    )  # fmt: skip


def _counts(story: Story, words: Words) -> Iterator[str]:
    """Count what became of the scenes."""
    states = Counter(
        "spare" if look.state == "clear" and not look.used else look.state for look in story.looks
    )
    names = ("clear", "spare", "class", "grown", "nodata", "outside", "unread")
    days = len({look.day for look in story.looks})
    counted = {name: states[name] for name in names}
    said = words("looks", total=len(story.looks), days=days, **counted)
    yield f"{said} {words(f'scenes_{story.origin}', index=story.index)}"
    if counted["unread"]:
        yield words("unread_note", unread=counted["unread"])


def _watched(story: Story, words: Words) -> Iterator[str]:
    """Say when it was monitored, by how many looks."""
    told = story.followed
    clear = sum(look.used and told.watched.holds(look.day) for look in story.looks)
    yield words(
        "watched_none" if told.last is None else "watched", clear=clear,
        start=words.day(told.watched.start), end=words.day(told.watched.last),
        watched=told.watched_looks, last=words.day(told.last),
    )  # fmt: skip
    if told.last is not None and clear > told.watched_looks:
        yield words("watched_not")
    if told.last is not None and told.run > 1:
        yield words("watched_last", run=told.run, fewer=told.run - 1)


def _how(story: Story, words: Words) -> Iterator[str]:
    """Say by which settings it was judged, and on how much."""
    told = story.followed
    keys = told.settings
    whole = story.on_map is not None and story.on_map.least_px == 1
    settings = ("own_settings_all" if whole else "own_settings") if story.own else "usual_settings"
    yield words(settings, index=story.index, **_unit(story, words))
    history = told.history
    yield words(
        "history", start=words.day(history.start), end=words.day(history.last),
        used=told.used_looks,
    )  # fmt: skip
    yield " ".join(_watched(story, words))
    test = keys.bfast.test.upper()
    said = words(f"method_{keys.method}", run=keys.robust.run, test=test)
    yield said if told.alarm is None else f"{said} {words('alarm', day=words.day(told.alarm))}"
    if told.scale is not None:
        yield words("scale", scale=words.number(told.scale))
    yield from _counts(story, words)


# --- pictures ----------------------------------------------------------------------------------


def _chip(chip: Chip, story: Story, words: Words) -> str:
    """Draw one picture with the pixel's frame."""
    data = base64.b64encode(encode(chip.pixels)).decode("ascii")
    height, width = chip.pixels.shape[:2]
    frame = (
        f"left:{100 * chip.column / width:.2f}%;top:{100 * chip.row / height:.2f}%;"
        f"width:{100 / width:.2f}%;height:{100 / height:.2f}%"
    )
    day = words.day(chip.day)
    alt = escape(words("chip_alt", day=day), quote=True)
    when = ""
    if story.break_days:
        after = "chips_on" if chip.day == story.break_days[0] else "chips_after"
        when = f" · {words(after if chip.after else 'chips_before')}"
    return (
        f'<figure{" class=after" if chip.after else ""}><div class="chip">'
        f'<img alt="{alt}" src="data:image/png;base64,{data}"><i style="{frame}"></i></div>'
        f"<figcaption>{escape(day + when)}</figcaption></figure>"
    )


def _chips(story: Story, words: Words) -> str:
    """Draw the pictures, or say why there are none."""
    if not story.chips:
        why = words(story.why, sensor=story.sensor)
        return _paragraphs([words("chips_none", why=why)])
    metres = words.number(story.chips[0].pixels.shape[1] * story.side_m, 0)
    said = words("chips_break" if story.break_days else "chips_last", metres=metres)
    drawn = "\n".join(_chip(chip, story, words) for chip in story.chips)
    return f'<p class="quiet">{escape(said)}</p>\n<div class="chips">\n{drawn}\n</div>'


# --- tables ------------------------------------------------------------------------------------


def _cells(tag: str, cells: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Write one row: (class, text) of each cell."""
    made = "".join(
        f'<{tag} class="{name}">{escape(text)}</{tag}>'
        if name
        else f"<{tag}>{escape(text)}</{tag}>"
        for name, text in cells
    )
    return f'<tr class="{kind}">{made}</tr>' if kind else f"<tr>{made}</tr>"


def _head(words: Words, names: Iterable[str]) -> str:
    """Write the row of columns' names."""
    return _cells("th", (("", words(f"column_{name}")) for name in names))


def _breaks(story: Story, words: Words) -> str:
    """List the breaks."""
    if not story.followed.breaks:
        return ""
    told = story.followed
    first = "change" if any(map(_gains, told.breaks)) else "first"
    names = (
        "alarm" if told.tells_alarm else first, "before", "kind", "confidence", "drop",
        "magnitude", "recovered_12", "recovered_24",
    )  # fmt: skip
    mapped = ("mapped",) if story.on_map is not None and story.on_map.state != "none" else ()
    rows = [_head(words, ("break", *names, *mapped))]
    for number, one in enumerate(told.breaks):
        cells = (
            words.day(one.day), words.day(one.before), _kind(one.kind, words.language),
            words(f"confidence_{one.confidence}"), words.number(one.drop),
            words.number(one.magnitude), words.percent(one.recovered_12),
            words.percent(one.recovered_24),
        )  # fmt: skip
        kinds = ("day", "day", "", "", "", "", "", "")
        row = [("", str(number + 1))]
        row += [(kind, cell or words("unknown")) for kind, cell in zip(kinds, cells, strict=True)]
        if mapped:
            row.append(("", words(f"mapped_{_ANSWERS[story.kept(number)]}")))
        rows.append(_cells("td", row))
    return (
        f"<h2>{escape(words('breaks'))}</h2>\n"
        f'<div class="wide"><table>\n{chr(10).join(rows)}\n</table></div>'
    )


def _state(look: Look, story: Story, words: Words) -> str:
    """Say whether a look was clear, or why not."""
    if look.state == "clear" and not look.used:
        return words("state_spare")
    metres = words.number(story.grown_m, 0)
    name = look.name_in(words.language)
    bits = [f"bit_{one}" for one in name.split(", ")]
    if name and all(words.has(bit) for bit in bits):
        name = ", ".join(words(bit) for bit in bits)
    reason = redact(look.reason)
    return words(f"state_{look.state}", name=name, code=look.code, metres=metres, reason=reason)


def _looks(story: Story, words: Words) -> str:
    """List every scene."""
    told = story.followed
    lines = [("fit", told.expected), ("boundary", told.boundary), ("process", told.process)]
    shown = [(name, line) for name, line in lines if (line == line).any()]
    places = {day: number for number, day in enumerate(told.dates)}
    rows = [_head(words, ("date", "state", "value", *(name for name, _ in shown), "scene"))]
    for look in story.looks:
        at = places[look.day]
        kind = "break" if look.used and look.day in story.break_days else "used" * look.used
        cells = [
            ("day", words.day(look.day)), ("", _state(look, story, words)),
            ("number", words.number(look.value)),
            *(("number", words.number(float(line[at]))) for _, line in shown),
            ("scene", look.scene.id),
        ]  # fmt: skip
        rows.append(_cells("td", cells, kind))
    return f"<table>\n{chr(10).join(rows)}\n</table>"


def _footer(story: Story, words: Words, version: str, table: str) -> Iterator[str]:
    """Say where the numbers are, what made the page and whose data they are."""
    yield words("data", file=table, digest=story.digest)
    yield words("made", version=version, credit=text_in(story.credit, words.language))


def page(story: Story, language: str, version: str, table: str) -> str:
    """Write the page of a place.

    Parameters
    ----------
    story : Story
    language : str
    version : str
        Of landcover.
    table : str
        Name of the file with the same numbers.

    Returns
    -------
    str
        HTML, whole: its chart and pictures lie within.
    """
    words, where = Words("point", language), _degrees(story, Words("point", language))
    place = words(
        "place", side=words.number(story.side_m, 0 if story.side_m >= 1 else 2), row=story.row,
        column=story.column, crs=story.crs, **where,
    )  # fmt: skip
    said = [place, words("zones", zones=", ".join(_zones(story, words)))]
    said += [words("patch", patch=story.patch)] if story.patch else []
    job = story.titles[language]
    return template("point.html").substitute(
        language=language,
        title=escape(words("title", job=job, **where)),
        job=escape(job),
        heading=escape(words("heading", **where)),
        place=escape(" ".join(said)),
        fall=" fall" if story.break_days else "",
        verdict=_paragraphs(_verdict(story, words)),
        chart_title=escape(words("chart", index=story.index)),
        chart=chart(story, words),
        chips_title=escape(words("chips")),
        chips=_chips(story, words),
        breaks=_breaks(story, words),
        how_title=escape(words("how")),
        how=_paragraphs(_how(story, words)),
        looks_title=escape(words("all_looks")),
        looks=_looks(story, words),
        footer=_paragraphs(_footer(story, words, version, table)),
    )
