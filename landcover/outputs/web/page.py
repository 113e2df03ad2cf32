"""The map as one file: it opens from a disk, asks for nothing, and runs only its own script.

Leaflet and our script are written into the page; its policy names the sha256 of each, so that
no text from outside can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from landcover.files import write_whole
from landcover.outputs.credits import credits_of, drawn_credits
from landcover.outputs.shown import Shown
from landcover.outputs.web.content import as_script, content, ground_of
from landcover.outputs.web.still import still, table
from landcover.outputs.wording import Words

__all__ = ["write_map"]

ROOM = "landcover.outputs"

SCRIPTS = ("start.js", "shapes.js", "charts.js", "popups.js", "overlays.js", "places.js",
           "filters.js", "search.js", "panel.js", "main.js")  # fmt: skip
"""Our own, in the order in which they build on each other."""


def _text(*steps: str) -> str:
    """Read a file that ships with the package."""
    return files(ROOM).joinpath(*steps).read_text("utf-8")


@lru_cache(maxsize=1)
def _leaflet() -> str:
    """Return Leaflet without the line that names its source map, which is not here."""
    return re.sub(r"\n?//# sourceMappingURL=.*", "", _text("vendor", "leaflet", "leaflet.js"))


@lru_cache(maxsize=1)
def _own() -> str:
    """Return our own script."""
    return "\n".join(["'use strict';", *(_text("web", name) for name in SCRIPTS)])


@lru_cache(maxsize=1)
def _styles() -> str:
    """Return Leaflet's style and ours, without the pictures that Leaflet's names."""
    leaflet = re.sub(r"[^\n]*url\([^)]*\);?", "", _text("vendor", "leaflet", "leaflet.css"))
    return leaflet + _text("web", "map.css")


def _hashed(text: str) -> str:
    """Name a text in a content security policy."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _policy(scripts: tuple[str, ...], styles: str) -> str:
    """Allow these texts and pictures within the page, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_hashed(one) for one in scripts)}",
            f"style-src {_hashed(styles)}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _credits(shown: Shown, words: Words) -> list[str]:
    """Gather the sentences that providers of scenes, zones and context ask for."""
    return [
        *credits_of(shown, words.language),
        *(words("credits_context", credit=credit) for credit in drawn_credits(shown)),
        words("credits_map"),
    ]


def _links(shown: Shown, language: str) -> list[dict[str, str]]:
    """Name the report, where it stands beside, and the same map in the job's other languages."""
    report = f"report.{language}.html"
    own = [{"language": language, "href": report, "text": Words("map", language)("report_link")}]
    return (own if (shown.out / report).is_file() else []) + [
        {"language": one, "href": f"map.{one}.html", "text": Words("map", one).raw("this_language")}
        for one in shown.about.languages
        if one != language
    ]


def _render(**values: Any) -> str:
    """Fill in the page's frame; what comes from outside is escaped."""
    from jinja2 import Environment, StrictUndefined

    frame = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return frame.from_string(_text("templates", "map.html")).render(**values)


def write_map(shown: Shown, language: str) -> tuple[Path, ...]:
    """Write ``map.<language>.html``: the run's rasters and places, in a browser without a network.

    Parameters
    ----------
    shown : Shown
        Of which sites may be shown as they are: `landcover.outputs.sharing` sees to that.
    language : str

    Returns
    -------
    tuple of Path
        The page.
    """
    words, period = Words("map", language), shown.about.period
    leaflet, own, styles = _leaflet(), _own(), _styles()
    page = _render(
        t=words,
        language=language,
        title=shown.about.title(language),
        subtitle=words("subtitle", first=words.day(period.start), last=words.day(period.last)),
        policy=_policy((leaflet, own), styles),
        styles=styles,
        leaflet=leaflet,
        own=own,
        data=as_script(content(shown, language)),
        still=still(shown, ground_of(shown), words),
        table=table(shown, words),
        credits=_credits(shown, words),
        links=_links(shown, language),
    )
    path = shown.out / f"map.{language}.html"
    write_whole(path, page)
    return (path,)
