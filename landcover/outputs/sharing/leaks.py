"""Looking for ids of secrets in finished files: the last door before they leave the house.

It knows how an id is spelled in one format and another. It does not know who wrote what, and does
not look for places: a shape or a pixel that tells one has no id.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from landcover.outputs.sharing.reading import words_of

__all__ = ["leaks"]

SHORTEST_ID = 5
"""Letters and digits of an id that is looked for; shorter ones stand in any file by chance."""


def leaks(folder: Path, words: Sequence[str]) -> tuple[str, ...]:
    """Name the files below a folder in whose name or content an id is found.

    Parameters
    ----------
    folder : Path
    words : sequence of str
        Ids and names. Names of places may be anybody's, and numbers anything: only what has
        both letters and digits and no space is looked for.

    Returns
    -------
    tuple of str
        Paths within the folder, in order.
    """
    ids = [word for word in words if _is_id(word)]
    if not ids:
        return ()
    spelled = sorted({form for one in ids for form in _spelled(one)}, key=len, reverse=True)
    wanted = re.compile(b"|".join(map(re.escape, spelled)))
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            if wanted.search(name.encode()) or any(map(wanted.search, words_of(path))):
                found.append(name)
    return tuple(found)


def _spelled(word: str) -> Iterator[bytes]:
    """Give a word as texts, pages, scripts, addresses and older PDFs have it."""
    yield from (word.encode(form) for form in ("utf-8", "utf-16-be", "utf-16-le"))
    if max(word) <= "\xff":
        yield word.encode("latin-1")
    yield from (one.encode() for one in (html.escape(word), json.dumps(word)[1:-1], quote(word)))


def _is_id(word: str) -> bool:
    """Whether a word is nobody else's by chance."""
    whole = len(word) >= SHORTEST_ID and not any(letter.isspace() for letter in word)
    return whole and any(map(str.isdigit, word)) and any(map(str.isalpha, word))
