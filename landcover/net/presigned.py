"""Addresses signed with S3 keys (Signature Version 4, in the query).

It knows the arithmetic. It does not know keys' owners, nor what lies at the address.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit, urlunsplit

__all__ = ["presigned"]

LIFE_S = 3600
"""How long a signed address may be used (s): far longer than one opening takes."""


def presigned(
    url: str, access: str, secret: str, region: str, now: float, life_s: int = LIFE_S
) -> str:
    """Sign an address of S3 storage for reading.

    Parameters
    ----------
    url : str
        Without a query.
    access, secret : str
        The keys.
    region : str
        "default" where the storage has none.
    now : float, seconds since 1970
    life_s : int, seconds

    References
    ----------
    docs.aws.amazon.com/AmazonS3/latest/API, "Authenticating Requests: Using Query Parameters"
    """
    parts = urlsplit(url)
    path = quote(unquote(parts.path), safe="/~")
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    query = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in (
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{access}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(life_s)),
            ("X-Amz-SignedHeaders", "host"),
        )
    )
    request = f"GET\n{path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.new(_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()
    return urlunsplit(
        (parts.scheme, parts.netloc, path, f"{query}&X-Amz-Signature={signature}", "")
    )


def _key(secret: str, scope: str) -> bytes:
    """Derive the key for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
