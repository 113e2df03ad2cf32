"""What must not be shown: tokens, keys and passwords in addresses and messages.

It knows the shapes of secrets in text. It does not know where secrets are kept or got.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

__all__ = ["redact", "unsigned"]

_HIDDEN = "***"

_SAS = ("se", "sig", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "spr", "sr", "st", "sv")
"""Query parts of an Azure shared access signature (learn.microsoft.com, "Service SAS")."""

_AWS = (
    "awsaccesskeyid",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
)
"""Query parts of an AWS signed address (docs.aws.amazon.com, "Query parameters, Signature V4")."""

_WORDS = (
    "access_token",
    "access_key",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "client_secret",
    "credential",
    "expires",
    "id_token",
    "key",
    "password",
    "passwd",
    "pwd",
    "refresh_token",
    "secret",
    "signature",
    "subscription-key",
    "token",
)

_SIGNING = frozenset(_SAS + _AWS + _WORDS)

_IN_QUERY = re.compile(
    r"(?P<start>[?&;]|%3F|%26)(?P<name>" + "|".join(map(re.escape, sorted(_SIGNING))) + r")"
    r"(?P<equals>=|%3D)[^&;\s\"'<>]+",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    # NAME=value or "name": "value", where NAME ends in one of the telling words
    r"(?P<name>(?:password|passwd|pwd|secret(?:[_-]access)?(?:[_-]key)?|token|api[_-]?key"
    r"|access[_-]key(?:[_-]id)?|subscription[_-]key))"
    r"(?P<equals>[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&}]+",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(
    r"(?P<name>authorization[\"']?\s*[:=]\s*[\"']?)(?:(?:Bearer|Basic|Digest|Token)\s+)?[^\s\"',}]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<name>\b(?:Bearer|Basic)\s+)[A-Za-z0-9+/=_.~-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<name>://)[^/\s?#\"'<>]*@")


def redact(text: str) -> str:
    """Hide tokens, keys and passwords in a message or an address.

    Query parts that sign or authorise, ``user:password@`` in addresses, Authorization
    headers, and ``password=...`` in running text are replaced by ``***``. Redacting twice
    is the same as redacting once.

    Examples
    --------
    >>> redact("https://a.example/b.tif?sv=2024&sig=abc%3D&x=1 failed")
    'https://a.example/b.tif?sv=***&sig=***&x=1 failed'
    >>> redact("https://ann:pw@a.example/ and Authorization: Bearer abcdef")
    'https://***@a.example/ and Authorization: ***'
    """
    text = _USERINFO.sub(rf"\g<name>{_HIDDEN}@", text)
    text = _IN_QUERY.sub(rf"\g<start>\g<name>\g<equals>{_HIDDEN}", text)
    text = _AUTHORIZATION.sub(rf"\g<name>{_HIDDEN}", text)
    text = _BEARER.sub(rf"\g<name>{_HIDDEN}", text)
    return _IN_WORDS.sub(rf"\g<name>\g<equals>{_HIDDEN}", text)


def unsigned(href: str) -> str:
    """Return an address without the query parts that sign it, and without a login.

    A signed address dies within the hour; the bare one is what can be kept and signed again.

    Examples
    --------
    >>> unsigned("https://a.example/b.tif?se=2024&sig=abc")
    'https://a.example/b.tif'
    >>> unsigned("https://a.example/b.tif?version=3&token=abc")
    'https://a.example/b.tif?version=3'
    """
    if "://" not in href:
        return href
    parts = urlsplit(href)
    host = parts.netloc.rpartition("@")[2]
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _SIGNING
    ]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(kept), ""))
