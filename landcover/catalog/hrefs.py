"""Which addresses, paths and ids of an item may be used at all.

An item comes from outside: its hrefs may name files of this machine, or speak GDAL's own
syntax. It knows text and folders. It opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from landcover.catalog.endpoints import hosts_of, is_among
from landcover.errors import HostileFileError
from landcover.net import redact, unsigned, web_address
from landcover.net.hosts import host_of, is_inside, is_own
from landcover.settings import is_url

__all__ = ["check_id", "check_syntax", "resolve", "safe_name"]

LONGEST_HREF = 2048
"""Characters; what servers commonly accept in an address."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+._-]+:")  # two letters or more: C: is a drive
_DECODINGS = 3
"""Rounds of percent-decoding looked through: %252e%252e is .. after two."""


def _refuse(href: str, what: str, remedy: str = "") -> HostileFileError:
    """Make the refusal; it shows the start of the href, without secrets."""
    return HostileFileError("href", f"{redact(href)[:120]!r} {what}", remedy)


def check_id(name: object) -> str:
    """Return an item's id if it may be part of a file name.

    Raises
    ------
    HostileFileError
        It is not 1 to 200 letters, digits, dots, hyphens and underscores, or holds ``..``.
    """
    if isinstance(name, str) and _ID.fullmatch(name) and ".." not in name:
        return name
    raise HostileFileError("id", f"{str(name)[:80]!r} is not safe in a file name")


def safe_name(name: object) -> str:
    """Spell any id so that it can stand in a table: unsafe characters become ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", str(name))[:80].strip("._-") or "unnamed"


def check_syntax(href: str) -> None:
    """Refuse what GDAL would read as more than a file's name.

    Raises
    ------
    HostileFileError
        XML or JSON text, a ``/vsi`` path, a driver prefix, a pipe or control characters.
    """
    for text in _decodings(href):
        if len(text) > LONGEST_HREF or not text.strip():
            raise _refuse(href, "is empty or too long")
        if any(ord(c) < 32 or ord(c) == 127 for c in text) or text != text.strip():
            raise _refuse(href, "holds control characters or spaces at its ends")
        if text[0] in "<{[" or "|" in text or "<VRT" in text or '"' in text:
            raise _refuse(href, "is not the name of a file")
        if re.match(r"[/\\]?vsi[a-z0-9_]*[/\\]", text, re.IGNORECASE):
            raise _refuse(href, "is a GDAL virtual path")
        if _SCHEME.match(text) and not is_url(text):
            raise _refuse(href, "is neither an https address nor a path")


def _decodings(href: str) -> list[str]:
    """Return the href, and what it is after each round of percent-decoding."""
    found = [href]
    for _ in range(_DECODINGS):
        text = unquote(found[-1])
        if text == found[-1]:
            break
        found.append(text)
    return found


def resolve(href: object, place: str, roots: Sequence[Path]) -> str:
    """Turn an item's href into an unsigned https address or an absolute path.

    Objects in buckets that are known (``s3://eodata/...``) become their web addresses.

    Parameters
    ----------
    href : str
        As it stands in the item.
    place : str
        Address or path of the document that holds it.
    roots : sequence of Path
        Folders, resolved, under which a local file may lie. Empty for remote catalogs.

    Raises
    ------
    HostileFileError
        It leaves its folder, is not https, or is no plain name of a file.
    """
    if not isinstance(href, str):
        raise HostileFileError("href", f"{str(href)[:80]!r} is not text")
    if any("\ud800" <= sign <= "\udfff" for sign in href):
        raise HostileFileError("href", f"{ascii(href)[:80]} is not text")
    if href.lower().startswith("s3://"):
        href = web_address(href)
    check_syntax(href)
    if is_url(href):
        return _remote(href, place)
    if is_url(place):
        return _remote(_joined(place, href), place)
    return _local(href, place, roots)


def _joined(place: str, href: str) -> str:
    """Return the address that a relative one leads to."""
    try:
        return urljoin(place, href)
    except ValueError:  # "//[x" opens a bracket
        raise _refuse(href, "is no address") from None


def _remote(address: str, place: str) -> str:
    """Check an http(s) address."""
    host, here = host_of(address), host_of(place)
    if not host:
        raise _refuse(address, "has no host, or one that can be read in more than one way")
    parts = urlsplit(address)
    if any(".." in text.replace("\\", "/").split("/") for text in _decodings(parts.path)):
        raise _refuse(address, "climbs out of its folder")
    if is_url(place) and is_own(host) and not is_own(here):
        raise _refuse(address, "names this machine, from a catalog elsewhere")
    if is_url(place) and is_inside(host) and not is_inside(here):
        raise _refuse(address, "names a machine of this network, from a catalog elsewhere")
    if parts.scheme.lower() != "https" and not is_own(host):
        raise _refuse(address, "is not https")
    hosts = hosts_of(place)
    if hosts and not is_among(address, hosts):
        raise _refuse(address, "lies at a host that its catalog is not known to use")
    return unsigned(address)


def _local(href: str, place: str, roots: Sequence[Path]) -> str:
    """Check a path: after all links are followed, it lies under one of the roots."""
    if any(".." in re.split(r"[/\\]", text) for text in _decodings(href)[1:]):
        raise _refuse(href, "hides a climb in percent signs")
    try:
        path = (Path(place).parent / href).resolve()
    except (OSError, RuntimeError, ValueError):
        raise _refuse(href, "is not a path") from None
    if not any(path.is_relative_to(root) for root in roots):
        raise _refuse(
            href,
            "lies outside the catalog's folder and allow_paths",
            "Add its folder to allow_paths.",
        )
    return str(path)
