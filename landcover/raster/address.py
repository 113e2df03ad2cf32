"""Addresses of remote files, and names for the overviews within them.

It knows texts. It asks for nothing.
"""

from __future__ import annotations

__all__ = ["meant", "named"]

_OVERVIEW = "#overview="
"""Comes between a file's address and the overview that is meant; it is never sent."""


def named(href: str, overview: int) -> str:
    """Name an overview of a file, so many times as coarse; 1 is the file itself.

    Examples
    --------
    >>> named("https://a.example/b.tif", 2)
    'https://a.example/b.tif#overview=2'
    """
    return href if overview == 1 else f"{href}{_OVERVIEW}{overview}"


def meant(name: str) -> tuple[str, int]:
    """Read a name back: the file's address, and the overview.

    Examples
    --------
    >>> meant("https://a.example/b.tif#overview=2"), meant("https://a.example/b.tif")
    (('https://a.example/b.tif', 2), ('https://a.example/b.tif', 1))
    """
    href, mark, overview = name.rpartition(_OVERVIEW)
    return (href, int(overview)) if mark and overview.isdecimal() else (name, 1)
