"""Where a user keeps secrets: variables of the environment, and the netrc file.

It knows names. It hands values to `signing` alone, and shows none.
"""

from __future__ import annotations

import netrc
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from landcover.net.stores import KEYED, LOGINS, SAS, Keyed, Login, SharedAccess

__all__ = ["Bearer", "Password", "keys_of", "login_of", "netrc_file", "present", "subscription"]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Where tokens are fetched, and the key that is shown there; empty where there is none."""

    url: str
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """A login."""

    user: str = field(repr=False)
    secret: str = field(repr=False)


def _value(name: str) -> str:
    """Return a variable's value without the spaces that copying adds; empty where it is unset."""
    return os.environ.get(name, "").strip() if name else ""


def subscription(store: SharedAccess) -> Bearer:
    """Return where to ask for the tokens of a store, and with which key."""
    return Bearer(_value(store.url_variable) or store.issuer, _value(store.key_variable))


def keys_of(store: Keyed) -> tuple[str, str] | None:
    """Return (access key, secret key) of a store, None where either is not set."""
    for access, secret in store.variables:
        if _value(access) and _value(secret):
            return _value(access), _value(secret)
    return None


def login_of(store: Login) -> Password | str | None:
    """Return a token as it is, or a login for which one is fetched, or None."""
    if token := _value(store.bearer_variable):
        return token
    user, secret = (_value(name) for name in store.login_variables)
    if user and secret:
        return Password(user, secret)
    kept = _from_netrc(store.netrc_host) if store.issuer else None
    return Password(kept[0], kept[2] or "") if kept else None


def netrc_file() -> Path:
    """Return where the netrc file would be."""
    return Path(os.environ.get("NETRC") or Path.home() / ".netrc")


def _from_netrc(host: str) -> tuple[str, str, str] | None:
    """Return what a netrc file keeps for a host; a broken file keeps nothing."""
    try:
        found = netrc.netrc(netrc_file()).authenticators(host)
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError, RuntimeError):
        return None
    return (found[0], found[1] or "", found[2] or "") if found and found[0] and found[2] else None


def present() -> Iterator[tuple[str, str]]:
    """Yield (store, what is there or missing to open it), never a value."""
    for access in SAS:
        more = f"; {access.key_variable} is set" if _value(access.key_variable) else ""
        yield access.name, f"anybody may fetch its tokens{more}"
    for store in KEYED:
        names = " and ".join(store.variables[0])
        there = keys_of(store) is not None
        yield f"{store.name} (S3)", f"{names} are set" if there else f"{names} are not both set"
    for login in LOGINS:
        yield f"{login.name} (login)", _said(login)


def _said(login: Login) -> str:
    """Say where a login comes from, or what would give one."""
    if _value(login.bearer_variable):
        return f"{login.bearer_variable} is set"
    names = " and ".join(login.login_variables)
    if login_of(login) is None:
        pair = f", nor are {names}, nor has netrc {login.netrc_host}" if login.issuer else ""
        return f"{login.bearer_variable} is not set{pair}"
    if all(map(_value, login.login_variables)):
        return f"{names} are set"
    return f"netrc has a login for {login.netrc_host}"
