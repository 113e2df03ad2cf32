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
    r"(?P<name>(?:[?&;]|%3F|%26)(?:" + "|".join(map(re.escape, sorted(_SIGNING))) + r")(?:=|%3D))"
    r"(?P<value>[^&;\s\"'<>]+)",
    re.IGNORECASE,
)
_QUOTE = r"\\?[\"']"
"""A quotation mark; JSON within JSON has it behind a backslash."""

_NAMED = (
    # NAME= or "name":, where the name ends in one of the telling words
    r"(?P<name>(?:pass(?:word|wd|phrase)|pwd|mot de passe|token|api[ _-]?key"
    r"|secret(?:[ _-]access)?(?:[ _-]key)?|(?:access|private|subscription)[ _-]key(?:[ _-]id)?"
    rf"|authorization)(?:{_QUOTE})?\s*[=:]"
)
_QUOTED = re.compile(
    rf"{_NAMED}\s*[\[(]?[bru]?(?P<quote>{_QUOTE}))"
    # no possessive group: Python 3.11.2, which is Debian's, loses its way in one (CPython 101955)
    r"(?P<value>(?:(?!(?P=quote))(?:\\.|[^\n\\]|\\(?!.)))+)(?=(?P=quote))",
    re.IGNORECASE,
)
_UNQUOTED = re.compile(
    rf"{_NAMED}(?P<space>\s*)(?:{_QUOTE})?)(?P<value>[^\s\"',;&}}\\]+)", re.IGNORECASE
)
_HEADER = re.compile(
    # schemes of several parts go up to the end of the line
    rf"(?P<name>authorization(?:{_QUOTE})?\s*[:=]\s*(?:{_QUOTE})?)(?P<value>"
    r"(?:Digest|OAuth|GoogleLogin|AWS4-HMAC-SHA256)\s[^\n]+"
    r"|(?:(?:Bearer|Basic|Token|ApiKey|Negotiate|NTLM)\s+|[\w-]+[ ]+(?=\S*\d)(?!\S*://))"
    r"[^\s\"',}\\]+)",
    re.IGNORECASE,
)
_COOKIE = re.compile(
    rf"(?P<name>cookie(?:{_QUOTE})?\s*:\s*(?:{_QUOTE})?)(?P<value>(?!\*\*\*)[^\s=\"']+=[^\n\"'}}]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<name>\b(?:Bearer|Basic)\s+)(?P<value>[\w+/=.~-]{8,})", re.IGNORECASE)
_BARE = re.compile(
    # known by their own shape: JSON web tokens, keys of AWS, GitHub and Google
    r"(?P<name>\b)(?P<value>eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?|(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|gh[opsu]_\w{20,}|github_pat_\w{20,}|AIza[\w-]{35})"
)
_USERINFO = re.compile(
    # a port is digits: after any other colon comes a password, whatever signs it has
    r"(?P<name>://)(?P<value>(?:[^/\s?#\"'<>@:\[]+:(?!\d{1,5}[/?#])[^\s\"'<>@]{0,256}+"
    r"|[^/\s?#\"'<>@]*)(?:@[^/\s?#\"'<>@]*)*)(?=@)"
)

WORD_MAX = 20
"""Letters of the longest thing that is taken for an ordinary word (count)."""

_STOPS = ".,:)]!?"
"""Signs at the end of a value that belong to the sentence around it."""

_SENTENCE = re.compile(r",?[ \t]+[^\W\d_]+(?![^\W\d_])(?!\w*\\?[\"']?\s*[=:])(?!\w)")
"""What goes on after a word of a sentence: another word, which is not a name with a value."""


def _is_word(text: str) -> bool:
    """Whether a text is one ordinary word: letters alone, none but its first a capital.

    Examples
    --------
    >>> [_is_word(text) for text in ("missing", "The", "read/write", "hunter2", "aZbY", "")]
    [True, True, True, False, False, False]
    """
    letters = text.translate({ord(sign): None for sign in "-/’"})
    return letters.isalpha() and letters[1:] == letters[1:].lower() and len(text) <= WORD_MAX


def _hidden(found: re.Match[str]) -> str:
    """Hide a value; signs that close the sentence around it stay."""
    value = found["value"]
    stops = value[len(value.rstrip(_STOPS)) :]
    return found[0] if stops == value else f"{found['name']}{_HIDDEN}{stops}"


def _all_hidden(found: re.Match[str]) -> str:
    """Hide a value to its last sign."""
    return f"{found['name']}{_HIDDEN}"


def _hidden_if_odd(found: re.Match[str]) -> str:
    """Hide what follows `Bearer` or `Basic`, unless it is a word (basic statistics)."""
    return found[0] if _is_word(found["value"].rstrip(_STOPS)) else _hidden(found)


def _hidden_unless_said(found: re.Match[str]) -> str:
    """Hide a value, unless it is a word in a sentence (/etc/passwd: no such file)."""
    value, text, end = found["value"], found.string, found.end()
    said = ":" in found["name"] and found["space"] and _is_word(value.rstrip(_STOPS))
    closed = value[-1] in ".!?" and not text[end : end + 1].strip()
    if said and (closed or _SENTENCE.match(text, end)):
        return found[0]
    return _hidden(found)


_RULES = (
    (_USERINFO, _all_hidden),
    (_IN_QUERY, _hidden),
    (_HEADER, _hidden),
    (_COOKIE, _all_hidden),
    (_BEARER, _hidden_if_odd),
    (_BARE, _all_hidden),
    (_QUOTED, _all_hidden),
    (_UNQUOTED, _hidden_unless_said),
)
"""What is looked for, and how it is hidden, in this order."""


def redact(text: str) -> str:
    """Hide tokens, keys and passwords in a message or an address.

    Query parts that sign or authorise, ``user:password@`` in addresses, Authorization
    headers and cookies, ``password=...`` in running text, and keys that are known by their
    shape are replaced by ``***``. After a colon and a space, a plain word that a sentence
    goes on from is left: it says what is wrong. Redacting twice is redacting once.

    Examples
    --------
    >>> redact("https://a.example/b.tif?sv=2024&sig=abc%3D&x=1 failed")
    'https://a.example/b.tif?sv=***&sig=***&x=1 failed'
    >>> redact("https://ann:pw@a.example/ and Authorization: Bearer abcdef")
    'https://***@a.example/ and Authorization: ***'
    >>> redact("/etc/passwd: permission denied. The line was passwd: hunter2")
    '/etc/passwd: permission denied. The line was passwd: ***'
    """
    for pattern, hide in _RULES:
        text = pattern.sub(hide, text)
    return text


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
