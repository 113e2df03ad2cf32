"""Fetching tokens that live for minutes: shared access signatures, and tokens for a login.

It knows how two kinds of servers are asked for them. It does not know what they open. Nothing
that it raises holds a token, a key or a password, nor an exception that does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from landcover.errors import NetworkError
from landcover.net.credentials import Bearer, Password
from landcover.net.http import no_answer, refused, session
from landcover.net.stores import Login, SharedAccess

__all__ = ["Token", "login_token", "shared_access_token"]

RENEW_S = 60.0
"""A token with less left than this is renewed (s), as Planetary Computer's own package does."""

RENEW_SHARE = 0.5
"""Of a token's life: one that lives for less than two minutes is renewed half-way."""

UNKNOWN_LIFE_S = 300.0
"""Life of a token whose answer tells none (s): half of the shortest known, CDSE's 10 min."""

PUBLIC_LIFE_S = 3600.0
"""How long a container that wants no token is not asked about again (s)."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and its life, in seconds since 1970 by this machine's clock; empty: none is wanted.

    The clock of the wall, not of the processor: a laptop that slept has old tokens.
    """

    value: str = field(repr=False)
    born: float
    until: float

    def stale(self, now: float) -> bool:
        """Whether it should be renewed before it is used again."""
        return self.until - now <= min(RENEW_S, RENEW_SHARE * (self.until - self.born))


def shared_access_token(store: SharedAccess, place: tuple[str, str], access: Bearer) -> Token:
    """Fetch the token of a container in Azure's storage, for which anybody may ask.

    Parameters
    ----------
    store : SharedAccess
    place : (str, str)
        Account and container.
    access : Bearer
        Where to ask, and a subscription's key, if there is one.

    Returns
    -------
    Token
        Empty where the server does not know the container: it wants none.
    """
    url = f"{access.url.rstrip('/')}/{place[0]}/{place[1]}"
    headers = {"Ocp-Apim-Subscription-Key": access.key} if access.key else {}
    state, told, age = _ask("GET", url, headers=headers)
    now = time.time()
    if state == 404:
        return Token("", now, now + PUBLIC_LIFE_S)
    value, expiry = told.get("token"), told.get("msft:expiry")
    if not isinstance(value, str) or not value:
        raise _nonsense(url, store.name)
    return Token(value, now, now + _life_until(expiry, age))


def login_token(store: Login, login: Password | str | None) -> Token:
    """Return the token of hosts that want a login: the user's own, or one fetched for it.

    Parameters
    ----------
    store : Login
    login : Password, str or None
        A name and a password, or a token as it is; without any, a host may answer all the same.
    """
    now = time.time()
    if login is None or isinstance(login, str):
        return Token(login or "", now, now + PUBLIC_LIFE_S)
    form = {
        "grant_type": "password",
        "client_id": store.client,
        "username": login.user,
        "password": login.secret,
    }
    state, told, _ = _ask("POST", store.issuer, data=form)
    value, life = told.get("access_token"), told.get("expires_in")
    if state == 404 or not isinstance(value, str) or not value:
        raise _nonsense(store.issuer, store.name)
    known = life if isinstance(life, int | float) and life > 0 else UNKNOWN_LIFE_S
    return Token(value, now, now + known)


def _ask(method: str, url: str, **more: Any) -> tuple[int, dict[str, Any], float]:
    """Ask for a token; return state, answer and the server's own time (s since 1970).

    What requests raises holds the request, with its key or password: it does not get out. No
    redirect is followed, for the same reason.
    """
    try:
        with session() as door:
            answer = door.request(method, url, allow_redirects=False, **more)
    except requests.RequestException as error:
        failure = no_answer(url, error)
    else:
        if answer.status_code == 200 or answer.status_code == 404:
            return answer.status_code, _json(answer), _server_time(answer)
        failure = refused(url, answer)
    raise NetworkError(failure.where, f"no token: {failure.what}", failure.remedy)


def _json(answer: requests.Response) -> dict[str, Any]:
    """Read an answer as an object; an empty one where it is none."""
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _server_time(answer: requests.Response) -> float:
    """Return the time at which a server says that it answered: laptops' clocks are wrong.

    It tells whole seconds, cut off: the later end is taken, so that no life is told too long.
    """
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp() + 1.0
    except (KeyError, ValueError, TypeError):
        return time.time()


def _life_until(expiry: object, now: float) -> float:
    """Return how long a token lives (s) that dies at an RFC 3339 time."""
    try:
        until = datetime.fromisoformat(str(expiry))
    except ValueError:
        return UNKNOWN_LIFE_S
    zoned = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max(0.0, zoned.timestamp() - now)


def _nonsense(url: str, name: str) -> NetworkError:
    return NetworkError(url, "the answer holds no token", f"Ask the operators of {name}.")
