"""What an answer to a request for a range is worth: right, passing, refused, or another file.

It knows states and headers of HTTP (RFC 9110). It opens no connection.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import urllib3
from urllib3 import BaseHTTPResponse

from landcover.errors import NetworkError
from landcover.net.secrets import redact

__all__ = [
    "DENIED",
    "IS_ANOTHER",
    "NO_CONNECTION",
    "PassingError",
    "Piece",
    "Version",
    "Want",
    "check_range",
    "check_state",
    "check_whole",
    "refusal",
    "why",
]

ASKED_PAUSE_MAX_S = 60.0
"""The longest pause that a server's Retry-After may ask for (s)."""
WHOLE_MAX_BYTES = 16 * 2**20
"""Largest file that is taken whole from a server that knows no ranges (bytes)."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP states that pass: too early, too many requests, and a server or gateway in trouble."""
DENIED = frozenset({401, 403})
"""States of a token that ran out: they pass where a new one can be had."""
NO_CONNECTION = "no connection"

_REPLACED = "the file was replaced while it was read"
_SHORTER = "the file is shorter than it was"

IS_ANOTHER = frozenset({_REPLACED, _SHORTER})
"""What is wrong where a file is not any more what its other bytes were of."""

_CONTENT_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Version:
    """What a server says of one state of a file: its size (bytes), and its marks of change."""

    size: int
    etag: str = ""
    modified: str = ""

    def same(self, other: Version) -> bool:
        """Whether both can be one state of the file; the ETag goes before the date.

        Examples
        --------
        >>> Version(9, '"a"', "Mon").same(Version(9, '"a"', "Tue"))
        True
        >>> Version(9, '"a"').same(Version(9, '"b"')), Version(9).same(Version(8))
        (False, False)
        """
        if self.size != other.size:
            return False
        if self.etag and other.etag:
            return self.etag == other.etag
        return not (self.modified and other.modified) or self.modified == other.modified


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of a range, and the version of the file that they belong to.

    `whole` holds the file where its server knows no ranges, else nothing.
    """

    data: bytes
    version: Version
    whole: bytes = b""


@dataclass(slots=True)
class Want:
    """A range that is being fetched: what came of it so far, and the file's version once known.

    `denied` counts refusals for want of a good token.
    """

    url: str
    start: int
    stop: int
    version: Version | None
    got: bytearray = field(default_factory=bytearray)
    denied: int = 0


class PassingError(Exception):
    """A try that failed and may be repeated, and how long the server asks to wait (s)."""

    def __init__(self, what: str, wait_s: float = 0.0) -> None:
        self.what, self.wait_s = what, wait_s
        super().__init__(what)


def check_state(url: str, answer: BaseHTTPResponse) -> None:
    """Let 206 and 200 through; any other state is an error.

    Raises
    ------
    PassingError
        The state may pass.
    NetworkError
        It will not.
    """
    if answer.status in (200, 206):
        return
    if answer.status in PASSING:
        raise PassingError(f"the server answered {answer.status}", _retry_after(answer))
    raise refusal(url, answer)


def refusal(url: str, answer: BaseHTTPResponse) -> NetworkError:
    """Say which state the server answered, and what it means."""
    state = answer.status
    if state == 416:
        return NetworkError(redact(url), _SHORTER, "Run again")
    remedies = {
        401: "It wants a login",
        403: "It wants a login or a token",
        404: "The file is no longer there",
        410: "The file is no longer there",
    }
    what = f"the server answered {state} {answer.reason or ''}".rstrip()
    return NetworkError(redact(url), what, remedies.get(state, "Try again later"))


def _retry_after(answer: BaseHTTPResponse) -> float:
    """Return how long a server asks to wait (s), at most a minute; 0 where it does not say."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return min(float(told), ASKED_PAUSE_MAX_S)
    try:
        until = parsedate_to_datetime(told).timestamp()
    except (ValueError, TypeError):
        return 0.0
    return min(max(until - time.time(), 0.0), ASKED_PAUSE_MAX_S)


def check_range(want: Want, answer: BaseHTTPResponse, first: int) -> Version:
    """Check that an answer holds the range asked for, from `first` on, and of the same file.

    The first answer fixes the file's version, and where a range ends that reaches beyond it.

    Raises
    ------
    PassingError
        It holds something else.
    NetworkError
        The file is another by now.
    """
    told = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if told is None:
        raise PassingError("the server does not say which range it sends")
    begin, last, size = (int(number) for number in told.groups())
    seen = _version(want, answer, size)
    end = min(want.stop, size) if want.version is None else want.stop
    if (begin, last + 1) != (first, end):
        raise PassingError("the server sends another range than it was asked for")
    if answer.length_remaining is not None and answer.length_remaining != end - first:
        raise PassingError("the server announces another length than it was asked for")
    want.version, want.stop = seen, end
    return seen


def check_whole(want: Want, answer: BaseHTTPResponse) -> Version:
    """Check that an answer without a range is the file itself, and small enough to be taken whole.

    A proxy's page for logging in comes with the same state: pages are no files.

    Raises
    ------
    PassingError
        It is a page, or does not say how long it is.
    NetworkError
        It is too large, or the file is another by now.
    """
    size = answer.length_remaining
    if size is None or answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise PassingError("the server answers with a page in place of the file")
    seen = _version(want, answer, size)
    if size > WHOLE_MAX_BYTES:
        what = "its server knows no ranges, and would send all of each file for each block"
        raise NetworkError(redact(want.url), what, "Use another copy of the files")
    return seen


def _version(want: Want, answer: BaseHTTPResponse, size: int) -> Version:
    """Return the version of the file that an answer is of; refuse another than before."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise PassingError("the server packs what it sends")
    seen = Version(size, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
    if want.version is not None and not want.version.same(seen):
        raise NetworkError(redact(want.url), _REPLACED, "Run again to read the new one")
    return seen


def why(error: Exception) -> str:
    """Say in one clause why a request failed; the error's own text may hold the address."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (urllib3.exceptions.SSLError, "the certificate does not hold"),
        (urllib3.exceptions.ProxyError, "the proxy refused"),
        (urllib3.exceptions.NewConnectionError, NO_CONNECTION),
        (urllib3.exceptions.ConnectTimeoutError, NO_CONNECTION),
        (urllib3.exceptions.TimeoutError, "no answer in time"),
        (urllib3.exceptions.IncompleteRead, "the answer was cut short"),
        (urllib3.exceptions.ProtocolError, "the connection was cut"),
    )
    return next((text for kind, text in kinds if isinstance(error, kind)), "no answer")
