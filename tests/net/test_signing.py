"""Tokens, keys and logins: when they are fetched, renewed and shared, and that none is shown."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from landcover.errors import HostileFileError, NetworkError
from landcover.net import (
    forget,
    login_headers,
    signed,
    signing,
    stores,
    tokens,
    unsigned,
    web_address,
)
from landcover.net.presigned import presigned
from landcover.net.tokens import Token

Make = Callable[..., Any]
SECRET = "sv=2024-05-04&sr=c&sp=rl&sig=SECRETSIGNATURE%3D"
VARIABLES = (
    "PC_SDK_SAS_URL", "PC_SDK_SUBSCRIPTION_KEY", "CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY",
    "CDSE_TOKEN", "CDSE_USERNAME", "CDSE_PASSWORD", "EARTHDATA_TOKEN",
)  # fmt: skip


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin without tokens, and without the secrets of whoever runs the tests."""
    monkeypatch.setattr(signing, "_held", {})
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def sas(life_s: float, token: str = SECRET) -> bytes:
    expiry = datetime.now(UTC) + timedelta(seconds=life_s)
    told = {"msft:expiry": expiry.isoformat().replace("+00:00", "Z"), "token": token}
    return json.dumps(told).encode()


@pytest.fixture
def azure(server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take loopback for Azure's storage and for where its tokens are fetched."""
    local = replace(stores.SAS[0], hosts=("127.0.0.1",))
    monkeypatch.setattr(stores, "SAS", (local,))
    monkeypatch.setenv("PC_SDK_SAS_URL", f"{server.url}/token")
    return f"{server.url}/box/B04.tif"


def test_a_token_of_the_container_is_added_and_kept(azure: str, server: Any, reply: Make) -> None:
    server.replies["*"] = [reply(body=sas(2700))]
    assert signed(azure) == f"{azure}?{SECRET}"
    assert signed(f"{server.url}/box/B08.tif?v=1") == f"{server.url}/box/B08.tif?v=1&{SECRET}"
    assert server.seen == [("GET", "/token/127/box")]
    signed(f"{server.url}/other/B08.tif")
    assert server.seen[1:] == [("GET", "/token/127/other")]


def test_an_address_that_was_signed_once_is_signed_anew(
    azure: str, server: Any, reply: Make
) -> None:
    server.replies["*"] = [reply(body=sas(2700))]
    assert signed(f"{azure}?se=2020-01-01&sig=old") == f"{azure}?{SECRET}"
    assert unsigned(signed(azure)) == azure


@pytest.mark.parametrize(("life_s", "fetches"), [(2700, 1), (90, 1), (0, 2)])
def test_a_token_is_renewed_while_it_still_lives(
    azure: str, server: Any, reply: Make, life_s: float, fetches: int
) -> None:
    server.replies["*"] = [reply(body=sas(life_s))]
    signed(azure)
    signed(azure)
    assert len(server.seen) == fetches


def test_when_a_token_is_stale() -> None:
    """45 minutes: renewed under 60 s left; 2 s: renewed half-way."""
    long, short = Token("a", 0.0, 2700.0), Token("a", 0.0, 2.0)
    assert [long.stale(now) for now in (0, 2639, 2641, 2800)] == [False, False, True, True]
    assert [short.stale(now) for now in (0, 0.9, 1.1, 3)] == [False, False, True, True]


def test_a_busy_token_server_is_asked_again(azure: str, server: Any, reply: Make) -> None:
    server.replies["*"] = [reply(429), reply(503), reply(500), reply(body=sas(2700))]
    assert signed(azure).endswith(SECRET)


def test_while_it_lives_an_old_token_serves_where_none_can_be_had(
    azure: str, server: Any, reply: Make
) -> None:
    now = time.time()
    held = signing._Held(Token("sig=old", now - 2650, now + 50))
    signing._held["Planetary Computer", "127/box"] = held
    server.replies["*"] = [reply(503)]
    assert signed(azure).endswith("?sig=old")
    held.token = Token("sig=old", now - 2750, now - 50)
    with pytest.raises(NetworkError, match="no token: the server answered 503"):
        signed(azure)


def test_a_container_that_the_server_does_not_know_is_open(
    azure: str, server: Any, reply: Make
) -> None:
    server.replies["*"] = [reply(404)]
    assert [signed(azure), signed(azure)] == [azure, azure]
    assert len(server.seen) == 1
    assert not forget(azure)


def test_a_refused_token_is_forgotten(azure: str, server: Any, reply: Make) -> None:
    server.replies["*"] = [reply(body=sas(2700, "sig=a")), reply(body=sas(2700, "sig=b"))]
    assert not forget(azure)
    assert signed(azure).endswith("?sig=a")
    held = signing._held["Planetary Computer", "127/box"]
    assert held.token is not None
    held.token = replace(held.token, born=held.token.born - 60)
    assert forget(azure)
    assert signed(azure).endswith("?sig=b")
    assert forget(azure), "another request that failed with the old one"
    assert signed(azure).endswith("?sig=b")
    assert len(server.seen) == 2


def test_threads_fetch_one_token_between_them(azure: str, server: Any, reply: Make) -> None:
    server.replies["*"] = [reply(body=sas(2700))]
    gate = threading.Barrier(16)

    def ask(_: int) -> str:
        gate.wait()
        return signed(azure)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {f"{azure}?{SECRET}"}
    assert len(server.seen) == 1


def test_a_wrong_clock_does_not_matter(
    azure: str, server: Any, reply: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop a day behind or ahead: lives are measured by the server's own clock."""
    server.replies["*"] = [reply(body=sas(2700))]
    for day in (-86_400, 86_400):
        off = SimpleNamespace(time=lambda day=day: time.time() + day)
        for module in (signing, tokens):
            monkeypatch.setattr(module, "time", off)
        signing._held.clear()
        server.seen.clear()
        signed(azure)
        signed(azure)
        assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 7}', b"<html>log in</html>"])
def test_an_answer_without_a_token_is_told(
    azure: str, server: Any, reply: Make, body: bytes
) -> None:
    server.replies["*"] = [reply(body=body)]
    with pytest.raises(NetworkError, match="the answer holds no token"):
        signed(azure)


def test_keys_and_tokens_are_in_no_error_and_no_log(
    azure: str,
    server: Any,
    reply: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "SECRETKEY")
    elsewhere = {"Location": "http://127.0.0.1:9/SECRETPLACE"}
    for bad in (reply(403, body=sas(9)), reply(302, headers=elsewhere), reply(body=sas(9), cut=5)):
        server.replies["*"] = [bad]
        with pytest.raises(NetworkError) as caught:
            signed(azure)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
        told = "".join(traceback.format_exception(caught.value, chain=True))
        assert "SECRET" not in told
    server.replies["*"] = [reply(body=sas(9))]
    signed(azure)
    assert "SECRET" not in caplog.text
    assert "SECRET" not in repr(signing._held)


def test_storage_without_tokens_is_left_alone() -> None:
    for href in (
        "https://ai4edatasetspublicassets.blob.core.windows.net/a/b.tif",
        "https://sentinel-cogs.s3.us-west-2.amazonaws.com/a.tif",
        "http://sentinel2l2a01.blob.core.windows.net/a/b.tif",  # no TLS: no secret
        "/data/a.tif",
        "C:\\data\\a.tif",
    ):
        assert signed(href) == href
        assert login_headers(href) == {}


# --- S3 keys -----------------------------------------------------------------------------------


def test_the_signature_is_that_of_amazons_own_example() -> None:
    """The worked example of "Authenticating Requests: Using Query Parameters"."""
    url = presigned(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        "".join(("AKIA", "IOSFODNN7EXAMPLE")),
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "us-east-1",
        datetime(2013, 5, 24, tzinfo=UTC).timestamp(),
        86_400,
    )
    assert parse_qs(urlsplit(url).query)["X-Amz-Signature"] == [
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    ]


EODATA = "https://eodata.dataspace.copernicus.eu/eodata/Sentinel-2/T35NNA_B04_10m.jp2"


def test_eodata_is_signed_with_the_users_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", "MYACCESS")
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", "MYSECRET\n")
    url = signed(EODATA)
    assert url.startswith(f"{EODATA}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=MYACCESS%2F")
    assert "MYSECRET" not in url
    assert unsigned(url) == EODATA
    assert not forget(EODATA)


def test_missing_keys_are_one_sentence() -> None:
    with pytest.raises(NetworkError) as caught:
        signed(EODATA)
    assert str(caught.value) == (
        f"{EODATA}: Copernicus Data Space wants S3 keys: set CDSE_S3_ACCESS_KEY and "
        "CDSE_S3_SECRET_KEY. Make keys at https://eodata-s3keysmanager.dataspace.copernicus.eu."
    )


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("s3://eodata/Sentinel-2/a B.jp2", f"{EODATA[:45]}/Sentinel-2/a%20B.jp2"),
        (
            "s3://sentinel-cogs/a/B04.tif",
            "https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B04.tif",
        ),
        (
            "s3://deafrica-sentinel-2-l2a-c1-dev/a/B04.tif",
            "https://deafrica-sentinel-2-l2a-c1-dev.s3.af-south-1.amazonaws.com/a/B04.tif",
        ),
    ],
)
def test_buckets_have_web_addresses(href: str, address: str) -> None:
    assert web_address(href) == address


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("s3://usgs-landsat/a.tif", "its reader pays"),
        ("s3://sentinel-s1-l1c/a.tif", "not terrain-corrected"),
        ("s3://secrets/a.tif", "landcover does not know it"),
        ("s3://deafrica-x.evil.example/a.tif", "landcover does not know it"),
        ("s3://deafrica-x@evil/a.tif", "landcover does not know it"),
        ("s3://eodata", "landcover does not know it"),
    ],
)
def test_buckets_that_are_not_read(href: str, why: str) -> None:
    with pytest.raises(HostileFileError, match=why):
        web_address(href)


# --- logins ------------------------------------------------------------------------------------


@pytest.fixture
def portal(server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take loopback for hosts that want a login."""
    local = replace(stores.LOGINS[0], hosts=("127.0.0.1",), issuer=f"{server.url}/login")
    monkeypatch.setattr(stores, "LOGINS", (local,))
    return f"{server.url}/a/B04.jp2"


def given(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def test_a_login_of_the_environment_is_changed_for_a_token(
    portal: str, server: Any, reply: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDSE_USERNAME", "me")
    monkeypatch.setenv("CDSE_PASSWORD", "SECRETWORD")
    server.replies["*"] = [reply(body=given({"access_token": "abc", "expires_in": 600}))]
    assert login_headers(portal) == {"Authorization": "Bearer abc"}
    assert login_headers(portal) == {"Authorization": "Bearer abc"}
    assert server.seen == [("POST", "/login")]
    signing._held.clear()
    server.replies["*"] = [reply(401)]
    with pytest.raises(NetworkError, match="no token: the server answered 401") as caught:
        login_headers(portal)
    assert caught.value.__context__ is None


def test_a_login_of_netrc(portal: str, server: Any, reply: Make, tmp_path: Path) -> None:
    assert login_headers(portal) == {}
    signing._held.clear()
    (tmp_path / "netrc").write_text("machine dataspace.copernicus.eu login me password X1\n")
    (tmp_path / "netrc").chmod(0o600)
    server.replies["*"] = [reply(body=given({"access_token": "abc"}))]
    assert login_headers(portal) == {"Authorization": "Bearer abc"}


def test_a_token_as_it_is(portal: str, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDSE_TOKEN", "mine")
    assert login_headers(portal) == {"Authorization": "Bearer mine"}
    assert signed(portal) == portal
    assert server.seen == []
