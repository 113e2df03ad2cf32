"""The one door to HTTP: sessions that retry, capped downloads, signing, text without secrets.

It knows addresses, time-outs, retries and what must not be shown. It does not know what
the bytes mean. The names are loaded on first use, so that reading settings stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.net.http import Download, cached, download, get_json, renew, session
    from landcover.net.secrets import redact, unsigned
    from landcover.net.signing import forget, login_headers, signed
    from landcover.net.stamps import read_stamp, stamp_file
    from landcover.net.stores import web_address

__all__ = [
    "Download",
    "cached",
    "download",
    "forget",
    "get_json",
    "login_headers",
    "read_stamp",
    "redact",
    "renew",
    "session",
    "signed",
    "stamp_file",
    "unsigned",
    "web_address",
]

_HOMES = {
    "forget": "signing",
    "login_headers": "signing",
    "read_stamp": "stamps",
    "redact": "secrets",
    "signed": "signing",
    "stamp_file": "stamps",
    "unsigned": "secrets",
    "web_address": "stores",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'http')}"), name)
