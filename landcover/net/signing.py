"""Addresses made fit to be opened: tokens and keys are added at the last moment, and renewed.

Addresses are stored unsigned. Whoever opens one calls `signed` just before, in the process that
opens it, so that a run of ten hours outlives a token of 45 minutes. It knows tokens and when
they die. It does not know rasters or catalogs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from landcover.errors import NetworkError
from landcover.net.credentials import keys_of, login_of, subscription
from landcover.net.hosts import host_of, is_own
from landcover.net.presigned import presigned
from landcover.net.secrets import redact, unsigned
from landcover.net.stores import Keyed, Login, SharedAccess, store_of
from landcover.net.tokens import Token, login_token, shared_access_token

__all__ = ["forget", "login_headers", "signed"]


@dataclass(slots=True)
class _Held:
    """A token of this process, and the lock under which it is renewed."""

    token: Token | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


FRESH_S = 5.0
"""A token younger than this is not dropped (s): of many requests that an old one failed, the
first has it replaced, and the others try again with the new one."""

_held: dict[tuple[str, str], _Held] = {}
_held_lock = threading.Lock()


def signed(href: str) -> str:
    """Return the address to open now: signed where its host wants that, else as it is.

    Call it right before each request or opening; it is quick, since tokens are kept until they
    have less than a minute left. Threads may call it at the same time.

    Parameters
    ----------
    href : str
        An address, unsigned or signed once upon a time, or a path, which is left alone.

    Returns
    -------
    str
        Not to be stored, logged or shown.

    Raises
    ------
    NetworkError
        Keys are missing, or the token cannot be had.
    """
    store = _trusted(href)
    if isinstance(store, SharedAccess):
        plain = unsigned(href)
        token = _token(store, plain).value
        return f"{plain}{'&' if '?' in plain else '?'}{token}" if token else plain
    if isinstance(store, Keyed):
        keys = keys_of(store)
        if keys is None:
            names = " and ".join(store.variables[0])
            raise NetworkError(
                redact(href), f"{store.name} wants S3 keys: set {names}", store.where
            )
        return presigned(unsigned(href), *keys, store.region, time.time())
    return href


def login_headers(href: str) -> dict[str, str]:
    """Return the headers that the host of an address wants; none for most.

    They are not to be stored, logged or shown, nor sent on to another host.
    """
    store = _trusted(href)
    if not isinstance(store, Login):
        return {}
    token = _token(store, href).value
    return {"Authorization": f"Bearer {token}"} if token else {}


def forget(href: str) -> bool:
    """Drop the token of an address that was refused with it; whether another try may help."""
    store = store_of(href)
    if store is None or isinstance(store, Keyed):
        return False
    held = _hold(store, href)
    with held.lock:
        had = held.token
        if had is not None and time.time() - had.born > FRESH_S:
            held.token = None
    return had is not None and bool(had.value)


def _trusted(href: str) -> SharedAccess | Keyed | Login | None:
    """Return what an address wants; nothing secret is ever put on the air without TLS."""
    parts = urlsplit(href)
    safe = parts.scheme == "https" or is_own(host_of(href))
    return store_of(href) if safe else None


def _hold(store: SharedAccess | Login, href: str) -> _Held:
    """Return where the token for an address is kept: one a container, or one a login."""
    kind = "/".join(container(href)) if isinstance(store, SharedAccess) else ""
    with _held_lock:
        return _held.setdefault((store.name, kind), _Held())


def _token(store: SharedAccess | Login, href: str) -> Token:
    """Return a token with enough life left, fetched by one thread while others wait."""
    held = _hold(store, href)
    with held.lock:
        if held.token is None or held.token.stale(time.time()):
            held.token = _renewed(held.token, lambda: _fetch(store, href))
        return held.token


def _fetch(store: SharedAccess | Login, href: str) -> Token:
    """Fetch a token."""
    if isinstance(store, Login):
        return login_token(store, login_of(store))
    return shared_access_token(store, container(href), subscription(store))


def _renewed(old: Token | None, fetch: Callable[[], Token]) -> Token:
    """Fetch a token; if that fails, the old one serves while it lives."""
    failure: NetworkError
    try:
        return fetch()
    except NetworkError as error:
        failure = error
    if old is not None and old.until > time.time():
        return old
    raise failure


def container(href: str) -> tuple[str, str]:
    """Return (account, container) of an address in Azure's storage.

    Examples
    --------
    >>> container("https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/36/N/B04.tif")
    ('sentinel2l2a01', 'sentinel2-l2')
    """
    parts = urlsplit(href)
    return (parts.hostname or "").split(".")[0], parts.path.lstrip("/").split("/")[0]
