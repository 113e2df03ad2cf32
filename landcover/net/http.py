"""Sessions that retry, and downloads that are capped, cached and whole.

It knows status codes, time-outs and redirects. It does not know catalogs or zones.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from landcover.errors import InputError, NetworkError
from landcover.files import replacing, sha256_of
from landcover.net.hosts import host_of, is_inside
from landcover.net.secrets import redact
from landcover.net.stamps import read_stamp, write_stamp

__all__ = [
    "Download",
    "cached",
    "download",
    "get_json",
    "no_answer",
    "refused",
    "renew",
    "session",
]

TRIES = 5
"""Retries of one request; what recovered every 503 and 429 at 30 % faults (measured)."""
BACKOFF_S = 0.5
"""First pause between tries (s); it doubles: 0.5, 1, 2, 4, 8."""
LONGEST_WAIT_S = 60.0
"""The longest pause that a server's Retry-After may ask for (s)."""
TIMEOUT_S = (10.0, 60.0)
"""To connect, and between two bytes (s). Generous, since field links are slow."""
RETRIED = (429, 500, 502, 503, 504)
"""HTTP states that pass: too many requests, and a server or gateway in trouble."""
FILE_CAP_BYTES = 2 * 1024**3
"""Largest file fetched unless the caller says otherwise (2 GiB): vectors, not imagery."""
JSON_CAP_BYTES = 64 * 1024**2
"""Largest JSON answer (64 MiB): a page of 100 items is about 2 MB."""
PIECE_BYTES = 1024**2
NOT_MODIFIED = 304
REDIRECTS = 5

_CUT_SHORT = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


@dataclass(frozen=True, slots=True)
class Download:
    """A fetched file: where it lies, its sha256, and its address without secrets."""

    path: Path
    sha256: str
    url: str


class _Patience(Retry):
    """Retries that obey Retry-After, but not for hours."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return the pause that the server asks for (s), at most `LONGEST_WAIT_S`."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_WAIT_S)


class _Adapter(HTTPAdapter):
    """A transport with time-outs and retries on every request, POST too."""

    def __init__(self) -> None:
        # allowed_methods=None: a STAC search is a POST, and repeating it changes nothing
        super().__init__(
            max_retries=_Patience(
                total=TRIES,
                backoff_factor=BACKOFF_S,
                status_forcelist=RETRIED,
                allowed_methods=None,
                raise_on_status=False,
            )
        )

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send with the room's time-outs unless the caller set some."""
        chosen = TIMEOUT_S if timeout is None else timeout
        return super().send(request, stream, chosen, verify, cert, dict(proxies or {}))


def session() -> requests.Session:
    """Make a session that retries, times out, and follows redirects only to http(s).

    Retried are time-outs, broken connections and the states 429, 500, 502, 503 and 504,
    whatever the method; Retry-After is obeyed up to a minute. An address that is not http(s), or a
    redirect from https to http, raises `NetworkError`.
    """
    made = requests.Session()
    made.max_redirects = REDIRECTS
    made.headers["User-Agent"] = user_agent()
    made.adapters.clear()
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Adapter())
    made.hooks["response"].append(_check_redirect)
    return made


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Return who asks: the program and its version."""
    try:
        return f"landcover/{version('landcover')}"
    except PackageNotFoundError:  # a checkout that is not installed
        return "landcover"


def _check_redirect(answer: requests.Response, *_: Any, **__: Any) -> None:
    """Refuse a redirect out of http(s), or from https down to http."""
    if not answer.is_redirect:
        return
    target = _target(answer.url, answer.headers["location"])
    allowed = ("https",) if answer.url.startswith("https:") else ("http", "https")
    if urlsplit(target).scheme.lower() not in allowed:
        raise NetworkError(
            redact(answer.url),
            f"redirects to {redact(target)!r}, which is not {' or '.join(allowed)}",
            "Use the address of the file itself.",
        )
    if is_inside(host_of(target)) and not is_inside(host_of(answer.url)):
        what = "redirects to this machine, or its network"
        raise NetworkError(redact(answer.url), what, "Use the address of the file itself.")


def _target(url: str, where: str) -> str:
    """Return the address that a redirect leads to."""
    try:
        return urljoin(url, where)
    except ValueError:
        what = "redirects to what is no address"
        raise NetworkError(redact(url), what, "Use the address of the file itself.") from None


def _check_address(url: str) -> None:
    """Refuse what is not an http(s) address with a host."""
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise InputError(
            redact(url), "not an http or https address", "Use a path or an https address."
        )


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for: an address; a body makes it a POST; `wait_s` is for the first byte."""

    url: str
    body: Mapping[str, Any] | None = None
    wait_s: float | None = None
    headers: Mapping[str, str] | None = None

    def send(self, door: requests.Session) -> requests.Response:
        """Send it; the body of the answer is left on the line."""
        timeout = None if self.wait_s is None else (TIMEOUT_S[0], self.wait_s)
        if self.body is None:
            return door.get(self.url, headers=self.headers, stream=True, timeout=timeout)
        answer = door.post(self.url, json=self.body, stream=True, timeout=timeout)
        if answer.request.method != "POST":  # what 301 and 302 make of it
            answer.close()
            raise NetworkError(
                redact(self.url),
                "redirects a search, which loses what was asked",
                f"Use the address that it leads to, {redact(answer.url)}",
            )
        return answer


def get_json(
    url: str,
    max_bytes: int = JSON_CAP_BYTES,
    door: requests.Session | None = None,
    *,
    body: Mapping[str, Any] | None = None,
    wait_s: float | None = None,
) -> Any:
    """Fetch and parse one JSON document; with a body, by POST.

    Parameters
    ----------
    url : str
        An http(s) address.
    max_bytes : int, bytes
        A longer answer is refused.
    door : requests.Session, optional
        A `session` that is open already, so that many documents share connections.
    body : mapping, optional
        What is posted, as JSON.
    wait_s : float, seconds, optional
        How long the answer, and each next part of it, may let wait.

    Raises
    ------
    NetworkError
        It does not answer, answers more than `max_bytes`, or answers no JSON.
    """
    _check_address(url)
    request, sink = _Request(url, body, wait_s), io.BytesIO()
    if door is None:
        with session() as own:
            _pour(request, sink, max_bytes, own)
    else:
        _pour(request, sink, max_bytes, door)
    try:
        return json.loads(sink.getvalue())
    except (ValueError, RecursionError) as error:
        raise NetworkError(
            redact(url), "the answer is not JSON", "Open the address in a browser to see it."
        ) from error


def download(url: str, folder: Path, max_bytes: int = FILE_CAP_BYTES) -> Download:
    """Fetch a file into a folder, once: a second call finds the first one's file.

    The file appears under its name only when it is whole. The name is the address's own file
    name with 12 hex digits of the address's sha256 before its suffix.

    Parameters
    ----------
    url : str
        An http(s) address.
    folder : Path
        The cache; it is made if needed.
    max_bytes : int, bytes
        A longer file is refused.
    """
    _check_address(url)
    path = cached(url, folder)
    if not path.exists():
        with replacing(path) as part, part.open("wb") as file, session() as door:
            answer = _pour(_Request(url), file, max_bytes, door)
        write_stamp(path, answer.headers)
    return Download(path, sha256_of(path), redact(url))


def renew(url: str, folder: Path, max_bytes: int = FILE_CAP_BYTES) -> None:
    """Ask again for a file that `download` put into a folder; what the address has now wins.

    A server that names versions (ETag, Last-Modified) sends nothing where it is still the same.

    Raises
    ------
    NetworkError
        It does not answer, or refuses; the file is as it was.
    """
    _check_address(url)
    path = cached(url, folder)
    request = _Request(url, headers=read_stamp(path).headers())
    with replacing(path) as part:
        with part.open("wb") as file, session() as door:
            answer = _pour(request, file, max_bytes, door)
        if answer.status_code == NOT_MODIFIED:
            part.write_bytes(path.read_bytes())
    write_stamp(path, answer.headers)


def cached(url: str, folder: Path) -> Path:
    """Return where `download` puts a file; if it is there, nothing is asked for."""
    return folder / _cache_name(url)


def _cache_name(url: str) -> str:
    """Name the cached file: readable, safe on every system, one per address."""
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    stem, suffix = re.fullmatch(r"(.*?)((?:\.[A-Za-z0-9]{1,8}){0,2})", name, re.S).groups()  # type: ignore[union-attr]
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", stem)[:40].strip("_") or "file"
    return f"{safe}-{hashlib.sha256(url.encode()).hexdigest()[:12]}{suffix.lower()}"


def _pour(
    request: _Request, sink: BinaryIO, max_bytes: int, door: requests.Session
) -> requests.Response:
    """Write one whole answer into `sink`; return it, for its headers.

    urllib3 retries up to the headers; a body that is cut short is asked for again here,
    from its start, since not every server keeps ranges of the same bytes.
    """
    for left in range(TRIES, -1, -1):
        sink.seek(0)
        sink.truncate()
        try:
            return _pour_once(door, request, sink, max_bytes)
        except _CUT_SHORT as error:
            if left == 0:
                raise no_answer(request.url, error) from None
        except requests.RequestException as error:  # its own retries are spent
            raise no_answer(request.url, error) from None
    raise AssertionError("the last try returns or raises")


def _pour_once(
    door: requests.Session, request: _Request, sink: BinaryIO, max_bytes: int
) -> requests.Response:
    """Write the body of one answer, up to a size."""
    size = 0
    with request.send(door) as answer:
        if not answer.ok:
            raise refused(request.url, answer)
        for piece in answer.iter_content(PIECE_BYTES):
            size += len(piece)
            if size > max_bytes:
                raise NetworkError(
                    redact(request.url),
                    f"more than {max_bytes / 1e6:,.0f} MB",
                    "Fetch it by hand, and give its path.",
                )
            sink.write(piece)
    return answer


def refused(url: str, answer: requests.Response) -> NetworkError:
    """Say which state the server answered, and what it means for the user."""
    remedies = {
        401: "It wants a login.",
        403: "It wants a login or a token, or the address has expired.",
        404: "Check the address.",
        429: "It limits requests; try again later.",
    }
    error = NetworkError(
        redact(url),
        f"the server answered {answer.status_code} {answer.reason or ''}".rstrip(),
        remedies.get(answer.status_code, "Try again later."),
    )
    error.state = answer.status_code
    return error


def no_answer(url: str, error: Exception) -> NetworkError:
    """Say in one clause why nothing came, without the address's secrets."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (requests.exceptions.SSLError, "the certificate does not hold"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.Timeout, "no answer in time"),
        (requests.exceptions.TooManyRedirects, f"more than {REDIRECTS} redirects"),
        (requests.exceptions.ChunkedEncodingError, "the answer was cut short"),
        (requests.exceptions.ConnectionError, "no connection"),
    )
    what = next((text for kind, text in kinds if isinstance(error, kind)), "no answer")
    late = _is_late(error)
    remedy = "Check the network and the address, then try again."
    told = NetworkError(redact(url), "no answer in time" if late else what, remedy)
    told.state = 408 if late else 0
    return told


def _is_late(error: Exception) -> bool:
    """Whether a request ran out of time; requests calls that a lost connection after retries."""
    inner = error.args[0] if error.args else None
    late = (requests.exceptions.ReadTimeout, ReadTimeoutError)
    return any(isinstance(one, late) for one in (error, inner, getattr(inner, "reason", None)))
