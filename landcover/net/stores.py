"""Where pixels are kept, as data: which hosts want a token, keys or a login, and which of these.

It knows hosts, buckets and the names of variables. It fetches nothing and holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from landcover.errors import HostileFileError

__all__ = [
    "KEYED",
    "LIMITS",
    "LOGINS",
    "SAS",
    "Keyed",
    "Limit",
    "Login",
    "SharedAccess",
    "limit_of",
    "store_of",
    "web_address",
]


@dataclass(frozen=True, slots=True)
class SharedAccess:
    """Azure storage that wants a token of a container, which anybody may fetch.

    `hosts` are names, or ends of names with a leading dot; `open_hosts` of them want none. The
    token is fetched from the `issuer`, or the address in `url_variable`; `key_variable` may hold
    a key for more requests.
    """

    name: str
    hosts: tuple[str, ...]
    open_hosts: tuple[str, ...]
    issuer: str
    url_variable: str
    key_variable: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """S3 storage that wants the keys of an account: each address is signed with them.

    `variables` are pairs of names that may hold the access key and the secret key.
    """

    name: str
    hosts: tuple[str, ...]
    region: str
    variables: tuple[tuple[str, str], ...]
    where: str


@dataclass(frozen=True, slots=True)
class Login:
    """Hosts that want ``Authorization: Bearer``: a token as it is, or one for a login.

    `bearer_variable` may hold a token. `issuer` gives one for the name and password that
    `login_variables` hold, or that a netrc file keeps under `netrc_host`.
    """

    name: str
    hosts: tuple[str, ...]
    bearer_variable: str
    issuer: str = ""
    client: str = ""
    login_variables: tuple[str, str] = ("", "")
    netrc_host: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """What hosts allow one account: connections at a time, and requests a minute (count)."""

    name: str
    hosts: tuple[str, ...]
    connections: int
    per_minute: int


SAS: tuple[SharedAccess, ...] = (
    SharedAccess(
        name="Planetary Computer",
        # what its own package signs: planetary_computer/sas.py, 1.0
        hosts=(".blob.core.windows.net",),
        open_hosts=("ai4edatasetspublicassets.blob.core.windows.net",),
        issuer="https://planetarycomputer.microsoft.com/api/sas/v1/token",
        # the variables of that package's settings.py
        url_variable="PC_SDK_SAS_URL",
        key_variable="PC_SDK_SUBSCRIPTION_KEY",
    ),
)

KEYED: tuple[Keyed, ...] = (
    Keyed(
        name="Copernicus Data Space",
        hosts=("eodata.dataspace.copernicus.eu",),
        region="default",  # documentation.dataspace.copernicus.eu, "Access to EO data via S3"
        variables=(("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY"),),
        where="Make keys at https://eodata-s3keysmanager.dataspace.copernicus.eu",
    ),
)

LOGINS: tuple[Login, ...] = (
    Login(
        name="Copernicus Data Space",
        hosts=("download.dataspace.copernicus.eu", "zipper.dataspace.copernicus.eu"),
        bearer_variable="CDSE_TOKEN",
        # the `oidc` scheme that its items declare; its public client
        issuer="https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/"
        "openid-connect/token",
        client="cdse-public",
        login_variables=("CDSE_USERNAME", "CDSE_PASSWORD"),
        netrc_host="dataspace.copernicus.eu",
    ),
    Login(
        name="Earthdata",
        hosts=(".earthdata.nasa.gov", ".earthdatacloud.nasa.gov"),
        bearer_variable="EARTHDATA_TOKEN",
    ),
)

LIMITS: tuple[Limit, ...] = (
    Limit(
        # documentation.dataspace.copernicus.eu, "Quotas and limitations"
        name="cdse",
        hosts=(
            "eodata.dataspace.copernicus.eu",
            "download.dataspace.copernicus.eu",
            "zipper.dataspace.copernicus.eu",
        ),
        connections=4,
        per_minute=2000,
    ),
)
"""Hosts that shut out who asks too much at a time."""

_EODATA = "https://eodata.dataspace.copernicus.eu/eodata"
_SERVED: Mapping[str, str] = {
    # anonymous buckets of Earth Search's items: registry.opendata.aws tells their regions
    "sentinel-cogs": "https://sentinel-cogs.s3.us-west-2.amazonaws.com",
    "e84-earth-search-sentinel-data": (
        "https://e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com"
    ),
    "copernicus-dem-30m": "https://copernicus-dem-30m.s3.eu-central-1.amazonaws.com",
    "eodata": _EODATA,
    "EODATA": _EODATA,
}
"""Bucket -> its web address."""

_AFRICA = "deafrica-"
"""How the buckets of Digital Earth Africa begin: anonymous, all in af-south-1."""

_PAID = "its reader pays (S3 requester pays), which landcover does not do"
_REFUSED: Mapping[str, str] = {
    "usgs-landsat": _PAID,
    "sentinel-s2-l2a": _PAID,
    "sentinel-s2-l1c": _PAID,
    "sentinel-s1-l1c": "it holds Sentinel-1 GRD, which is not terrain-corrected",
}


def store_of(url: str) -> SharedAccess | Keyed | Login | None:
    """Return what the host of an address wants, None where it wants nothing known.

    Examples
    --------
    >>> store_of("https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/a.tif").name
    'Planetary Computer'
    >>> store_of("https://sentinel-cogs.s3.us-west-2.amazonaws.com/a.tif") is None
    True
    """
    host = (urlsplit(url).hostname or "").lower()
    for access in SAS:
        if _among(host, access.hosts) and not _among(host, access.open_hosts):
            return access
    tables: tuple[Keyed | Login, ...] = (*KEYED, *LOGINS)
    return next((one for one in tables if _among(host, one.hosts)), None)


def limit_of(url: str) -> Limit | None:
    """Return what the host of an address allows, None where it sets no limit that is known.

    Examples
    --------
    >>> limit_of("https://eodata.dataspace.copernicus.eu/eodata/a.jp2").connections
    4
    """
    host = (urlsplit(url).hostname or "").lower()
    return next((one for one in LIMITS if _among(host, one.hosts)), None)


def _among(host: str, names: tuple[str, ...]) -> bool:
    """Whether a host is one of some names, or ends like one that begins with a dot."""
    return any(host == name or (name[0] == "." and host.endswith(name)) for name in names)


def web_address(href: str) -> str:
    """Return the https address of an ``s3://`` object in a bucket that is known.

    Raises
    ------
    HostileFileError
        The bucket is not known, or may not be read; it says why.

    Examples
    --------
    >>> web_address("s3://deafrica-sentinel-2/a/B04.tif")
    'https://deafrica-sentinel-2.s3.af-south-1.amazonaws.com/a/B04.tif'
    """
    bucket, _, key = href.partition("://")[2].partition("/")
    address = _SERVED.get(bucket, "")
    if bucket.startswith(_AFRICA) and bucket.replace("-", "").isalnum():
        address = f"https://{bucket}.s3.af-south-1.amazonaws.com"
    if not address or not key:
        why = _REFUSED.get(bucket, "landcover does not know it")
        raise HostileFileError("href", f"bucket {bucket[:63]!r} cannot be read: {why}")
    return f"{address}/{quote(key)}"
