r"""Which machine an address names, in whatever way it is spelt.

`https://2130706433/`, `https://0x7f.1/` and `https://[::ffff:127.0.0.1]/` are this machine, and
`https://127.0.0.1\@data.example/` is one host to Python and another to urllib3. It knows
text and numbers. It asks no name server: a name that stands for this machine is not seen through.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

__all__ = ["host_of", "is_inside", "is_own"]

_PLACE = re.compile(
    r"(?:[^@\\\s]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(?::[0-9]{0,5})?"
)
"""A login, a host and a port, as far as all programs read them alike."""


def host_of(address: str) -> str:
    r"""Return the host of an http(s) address in lower case, without a dot at its end.

    Empty where it has none, or one that programs may read in different ways: names that are not
    ASCII (they have a spelling in ASCII), backslashes, more than one ``@``.

    Examples
    --------
    >>> host_of("https://ann:pw@A.example.:443/b?c"), host_of("https://[::1]/")
    ('a.example', '::1')
    >>> host_of("https://127.0.0.1\\@a.example/"), host_of("https://[bad/"), host_of("a/b")
    ('', '', '')
    """
    try:
        parts = urlsplit(address)
        found = _PLACE.fullmatch(parts.netloc) if parts.port != 0 else None
    except ValueError:  # brackets that do not close, a port beyond 65535
        return ""
    return found["host"].strip("[]").rstrip(".").lower() if found else ""


def is_own(host: str) -> bool:
    """Whether a host is this machine.

    Examples
    --------
    >>> [is_own(host) for host in ("localhost", "127.1", "0x7f000001", "::ffff:127.0.0.1", "0")]
    [True, True, True, True, True]
    >>> is_own("a.example"), is_own("10.0.0.1")
    (False, False)
    """
    number = _number(host)
    if number is None:
        return host == "localhost" or host.endswith(".localhost")
    return number.is_loopback or number.is_unspecified


def is_inside(host: str) -> bool:
    """Whether a host is a number that no machine of the open Internet has.

    Examples
    --------
    >>> [is_inside(host) for host in ("10.0.0.1", "169.254.169.254", "fe80::1", "8.8.8.8", "a.b")]
    [True, True, True, False, False]
    """
    number = _number(host)
    return is_own(host) if number is None else not number.is_global


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """Return the number that a host is, in any of the ways that the system takes one."""
    try:
        number = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return getattr(number, "ipv4_mapped", None) or number
