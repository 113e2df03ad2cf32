"""Bytes of remote files, range by range, over many connections: whole, checked, tried again.

It knows connections, tries and redirects. It does not know what the bytes mean, nor where
tokens come from.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from landcover.errors import NetworkError
from landcover.net.answers import (
    DENIED,
    NO_CONNECTION,
    PassingError,
    Piece,
    Version,
    Want,
    check_range,
    check_state,
    check_whole,
    why,
)
from landcover.net.crew import Crew
from landcover.net.http import user_agent
from landcover.net.secrets import redact
from landcover.net.stores import Limit, limit_of
from landcover.net.turns import Turns

__all__ = ["CONNECTIONS", "Access", "Piece", "RangeDoor", "Traffic", "Version"]

CONNECTIONS = 64
"""Connections of one machine (count). At 100 ms of delay 64 read 1.3 to 2.3 times as fast as 32
(measured three times, on two busy cores)."""
TRIES = 10
"""How often one range is asked for: at 30 % of faults, one in 170,000 fails all of them."""
WEARY_TRIES = 2
"""The same for an address that failed all of them just before, or whose host could not be
reached: a dead file must not cost each tile its half minute, and one that is back must be found."""
DENIED_TRIES = 3
"""The same for an address that is refused with a token, each time with a new one."""
BACKOFF_S = 0.25
"""First pause between tries (s); it doubles, and each is shortened by up to a half at random, so
that connections that failed together do not come back together."""
PAUSE_MAX_S = 8.0
"""The longest pause of our own (s): nine of them take half a minute."""
TIMEOUT = urllib3.Timeout(connect=20.0, read=60.0)
"""To connect, and between two pieces (s). Generous, since field links are slow."""
BODY_MAX_S = 1800.0
"""The longest that one body may take (s): 4 MiB over a 32nd of 2 Mbit/s take 540."""
PIECE_BYTES = 256 * 1024
DRAIN_BYTES = 64 * 1024
"""Longest rest of a body that is read, so that its connection can be used again (bytes)."""
REDIRECTS = 5
MOVED = frozenset({301, 302, 303, 307, 308})

_Result = TypeVar("_Result")

_dice = random.SystemRandom()

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def _unchanged(url: str) -> str:
    """Sign nothing: the address is good as it is."""
    return url


def _no_headers(url: str) -> Mapping[str, str]:
    """Send no headers along."""
    del url
    return _NO_HEADERS


def _nothing_to_forget(url: str) -> bool:
    """Hold no token."""
    del url
    return False


@dataclass(frozen=True, slots=True)
class Access:
    """What gets a request in. All are asked anew for every request: tokens die within a run.

    `sign` turns an address into one to open; `headers` go to the address's own host only;
    `forget` drops a token that was refused, and says whether another try may help. A redirect
    may lead to the host that was asked, and to `hosts`.
    """

    sign: Callable[[str], str] = _unchanged
    headers: Callable[[str], Mapping[str, str]] = _no_headers
    forget: Callable[[str], bool] = _nothing_to_forget
    hosts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Traffic:
    """What a door has moved: requests, bytes of bodies, and tries that failed."""

    requests: int = 0
    bytes: int = 0
    failed: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def add(self, requests: int = 0, size: int = 0, failed: int = 0) -> None:
        """Count."""
        with self._lock:
            self.requests += requests
            self.bytes += size
            self.failed += failed


class RangeDoor:
    """Fetches ranges of files; safe between threads, one a process.

    Parameters
    ----------
    connections : int
        How many ranges are fetched at once.
    access : Access
    """

    def __init__(self, connections: int = CONNECTIONS, access: Access | None = None) -> None:
        self.connections, self.access = connections, access or Access()
        self.traffic = Traffic()
        self._crew = Crew(connections)
        self._pools: dict[tuple[str, str | None], urllib3.PoolManager] = {}
        self._weary: set[str] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._turns: dict[Limit, Turns] = {}

    def close(self) -> None:
        """Give up what is waiting, and close every connection."""
        self._closed.set()
        self._crew.close()
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    def run(
        self,
        task: Callable[[], _Result],
        urgency: int = 0,
        future: Future[_Result] | None = None,
    ) -> Future[_Result]:
        """Do something on one of the connections' threads; it may call `fetch`."""
        return self._crew.submit(task, urgency, future)

    def submit(
        self, url: str, start: int, stop: int, version: Version | None = None, urgency: int = 0
    ) -> Future[Piece]:
        """Begin to fetch a range: see `fetch`. Lower `urgency` goes first."""
        return self._crew.submit(lambda: self.fetch(url, start, stop, version), urgency)

    def fetch(self, url: str, start: int, stop: int, version: Version | None = None) -> Piece:
        """Fetch the bytes [start, stop) of a file, in the calling thread.

        Parameters
        ----------
        url : str
            An http(s) address, unsigned.
        start, stop : int, bytes
        version : Version, optional
            What the file was when its other bytes were fetched. Without it, a file that ends
            before `stop` gives what it has.

        Returns
        -------
        Piece

        Raises
        ------
        NetworkError
            The server refuses, does not answer properly in ten tries, or has another version
            of the file by now. No message holds a token.
        """
        want, host = Want(url, start, stop, version), urlsplit(url).netloc
        tries = WEARY_TRIES if {url, host} & self._weary else TRIES
        for number in range(tries):
            try:
                piece = self._once(want)
            except PassingError as error:
                self.traffic.add(failed=1)
                last = error
            else:
                self._weary.difference_update((url, host))
                return piece
            if number + 1 < tries:
                self._rest(number, last.wait_s)
        self._weary.add(host if last.what == NO_CONNECTION else url)
        what = f"{last.what}, {tries} times in a row"
        raise NetworkError(redact(url), what, "Check the network, then run again")

    def _rest(self, number: int, asked_s: float) -> None:
        """Wait between two tries."""
        own = min(BACKOFF_S * 2**number, PAUSE_MAX_S) * _dice.uniform(0.5, 1.0)
        if self._closed.wait(max(own, asked_s)):
            raise NetworkError("the network", "the run is being ended")

    def _once(self, want: Want) -> Piece:
        """Ask once for what is still missing; what came is kept."""
        first = want.start + len(want.got)
        try:
            asked = f"bytes={first}-{want.stop - 1}"
            with self._turn(want.url), self._answer(want, asked) as answer:
                if answer.status == 200:
                    return self._whole(want, answer)
                version = check_range(want, answer, first)
                self._pour(answer, want.got, want.stop - want.start)
        except ValueError:
            what = "its address cannot be understood, or that to which its server sends on"
            raise NetworkError(redact(want.url), what, "Ask the catalog's provider") from None
        except (HTTPError, OSError) as error:
            raise PassingError(why(error)) from None
        return Piece(bytes(want.got), version)

    def _turn(self, url: str) -> AbstractContextManager[None]:
        """Wait until the host lets another request in."""
        limit = limit_of(url)
        if limit is None:
            return nullcontext()
        with self._lock:
            turns = self._turns.setdefault(limit, Turns(limit, self._closed))
        return turns.one()

    def _whole(self, want: Want, answer: BaseHTTPResponse) -> Piece:
        """Take a whole file from a server that knows no ranges."""
        version, body = check_whole(want, answer), bytearray()
        self._pour(answer, body, version.size)
        return Piece(bytes(body[want.start : want.stop]), version, bytes(body))

    def _pour(self, answer: BaseHTTPResponse, got: bytearray, size: int) -> None:
        """Read a body until there are `size` bytes."""
        before, until = len(got), time.monotonic() + BODY_MAX_S
        try:
            while len(got) < size:
                piece = answer.read(min(PIECE_BYTES, size - len(got)))
                if not piece:
                    raise PassingError("the answer was cut short")
                got += piece
                if time.monotonic() > until:
                    raise PassingError("the answer came too slowly")
        finally:
            self.traffic.add(size=len(got) - before)

    @contextmanager
    def _answer(self, want: Want, asked: str) -> Iterator[BaseHTTPResponse]:
        """Yield the answer to one request, after redirects to hosts that are allowed."""
        url = want.url
        address, own = self.access.sign(url), dict(self.access.headers(url))
        for _ in range(REDIRECTS + 1):
            answer = self._request(address, {"Range": asked, **own})
            try:
                where = answer.headers.get("Location")
                if answer.status not in MOVED or not where:
                    self._let_in(want, answer)
                    yield answer
                    return
                target = self._next(url, address, where)
                if _place(urlsplit(target)) != _place(urlsplit(address)):
                    own = {}
                address = target
            finally:
                _let_go(answer)
        raise NetworkError(redact(url), f"more than {REDIRECTS} redirects", "Check the address")

    def _let_in(self, want: Want, answer: BaseHTTPResponse) -> None:
        """Refuse any state that is no answer; a token that ran out is replaced."""
        if answer.status in DENIED:
            want.denied += 1
            if want.denied < DENIED_TRIES and self.access.forget(want.url):
                raise PassingError(f"the server answered {answer.status}")
        check_state(want.url, answer)

    def _request(self, address: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Send one request; the body is left on the line."""
        self.traffic.add(requests=1)
        # identity: a packed body has other lengths than the range that was asked for
        told = {"User-Agent": user_agent(), "Accept-Encoding": "identity", **headers}
        return self._pool(urlsplit(address)).request(
            "GET", address, headers=told, redirect=False, retries=False, preload_content=False,
            decode_content=False, timeout=TIMEOUT,
        )  # fmt: skip

    def _pool(self, address: SplitResult) -> urllib3.PoolManager:
        """Return the connections for an address, through the proxy that the system names."""
        key = (address.scheme, address.hostname)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = _new_pool(address.geturl(), self.connections)
            return self._pools[key]

    def _next(self, url: str, address: str, where: str) -> str:
        """Return where a redirect leads, if that is allowed."""
        target = urljoin(address, where)
        here, there = urlsplit(address), urlsplit(target)
        known = _place(here) == _place(there) or (there.hostname or "") in self.access.hosts
        downgrade = here.scheme == "https" and there.scheme != "https"
        if there.scheme not in ("http", "https") or downgrade or not known:
            host = f"{there.scheme}://{there.hostname or ''}"
            what = f"its server sends on to {redact(host)[:100]}, which is not allowed"
            raise NetworkError(redact(url), what, "Ask the catalog's provider")
        return target


def _place(address: SplitResult) -> tuple[str, int]:
    """Return the host and port of an address; the usual ports of http and https count as one."""
    port = address.port or 443
    return (address.hostname or "").lower(), 443 if port == 80 else port


def _new_pool(url: str, connections: int) -> urllib3.PoolManager:
    """Make a pool of connections, with the proxies and certificates that requests would use."""
    with requests.Session() as session:
        found = session.merge_environment_settings(url, {}, True, None, None)
    verify = found["verify"]
    trust = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
    proxy = select_proxy(url, found["proxies"])
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=connections, ca_certs=trust)
    return urllib3.PoolManager(maxsize=connections, ca_certs=trust)


def _let_go(answer: BaseHTTPResponse) -> None:
    """Give the connection back where its body was read or soon is, else close it."""
    try:
        if (answer.length_remaining or 0) <= DRAIN_BYTES:
            answer.read(DRAIN_BYTES)  # where nothing is left, too: so does it end
        if answer.length_remaining == 0:
            answer.release_conn()
            return
    except (HTTPError, OSError):
        pass
    answer.close()
