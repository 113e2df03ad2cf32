"""Looking for secrets in finished files: the last door before they leave the house.

It knows bytes, and zips within them. It does not know who wrote what.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

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
    wanted = re.compile(b"|".join(re.escape(one.encode()) for one in ids))
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            if wanted.search(name.encode()) or _holds(path, wanted):
                found.append(name)
    return tuple(found)


def _is_id(word: str) -> bool:
    """Whether a word is nobody else's by chance."""
    whole = len(word) >= SHORTEST_ID and not any(letter.isspace() for letter in word)
    return whole and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _holds(path: Path, wanted: re.Pattern[bytes]) -> bool:
    """Whether an id stands in a file, or in one of those that it holds."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if wanted.search(content):
            return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as held:
        return any(wanted.search(held.read(name)) for name in held.namelist())
