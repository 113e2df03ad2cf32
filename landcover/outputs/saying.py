"""What a run says of itself, fit to be shown: no secret, and no folder of a machine.

It knows addresses and paths. It does not know what went wrong.
"""

from __future__ import annotations

import re

from landcover.net import redact

__all__ = ["said"]

_AT_FIRST = re.compile(r"^(?:[A-Za-z]:)?[\\/][^:]*[\\/]([^\\/:]+)(?=: )")
"""A whole path at the beginning, as messages have it ("where: what is wrong"); spaces and all."""

_PATH = re.compile(r"(?<![\w:/.])(?:[A-Za-z]:)?[\\/](?:[^\s\\/:'\"]+[\\/])+([^\s\\/:'\"]*)")
"""A whole path of a machine; not an address, nor a path within the folder of results."""


def said(text: str) -> str:
    """Return what a run said of itself without secrets, and with files by their names alone."""
    return _PATH.sub(r"\1", _AT_FIRST.sub(r"\1", redact(text)))
