"""Text without secrets: what is hidden, what stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.net import redact, unsigned

SECRET = "s3cr3tV4lue0987"
KEY_ID = "AKIA" + "ABCDEFGH12345678"


@pytest.mark.parametrize(
    "template",
    [
        "https://a.example/x.tif?sv=2024-05&se=2026-01-01&sig={}",
        "https://a.example/x.tif?SIG={}&a=1",
        "https://a.example/x.tif?a=1&st={};b=2",
        "https://a.example/x.tif?token={} could not be opened",
        "https://a.example/x?X-Amz-Signature={}&X-Amz-Date=2",
        "https://a.example/x?subscription-key={}",
        "https://a.example/x?redirect=https%3A%2F%2Fb.example%3Fsig%3D{}",
        "https://ann:{}@a.example/x",
        "https://{}@a.example/x",
        "Authorization: Bearer {}",
        "{{'Authorization': 'Basic {}'}}",
        '{{"authorization":"{}"}}',
        "used Bearer {} in vain",
        "AWS_SECRET_ACCESS_KEY={}",
        "AWS_SESSION_TOKEN: {}",
        "password={} for ann",
        '{{"access_token": "{}"}}',
        "PC_SDK_SUBSCRIPTION_KEY={}",
        "/vsicurl/https://a.example/x.tif?sig={}",
        "https://ann:{}/%2F?x@a.example/b.tif",
        "https://ann:{}@ss@a.example/b.tif",
        "passwd: {}",
        "passwd:{} for ann",
        "password: {} was refused",
        "password: {}.",
        "passphrase = {}",
        "secret access key: {}",
        "api key: {}",
        "private_key: {}",
        "mot de passe : {}",
        "password='two words {} and more'",
        'password="{0};{0},{0}" x',
        'token="a\\"{}"',
        '{{\\"token\\": \\"{}\\"}}',
        "{{b'token': b'{}'}}",
        "{{'token': ['{}']}}",
        "/vsicurl?header.Authorization=Bearer%20{}&url=https%3A%2F%2Fa.example",
        "Authorization: token {}",
        "Authorization: Custom {}",
        "Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature={}",
        'Proxy-Authorization: Digest username="ann", response="{}"',
        "Set-Cookie: session={}; Path=/",
        "the token eyJhbGciOiJIUzI1NiJ9.{}.abc was refused",
    ],
)
def test_no_secret_remains(template: str) -> None:
    shown = redact(template.format(SECRET))
    assert SECRET not in shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/collections/x/items?limit=100&bbox=1,2,3,4",
        "scene S2B_T35NNA_20240101T081329_L2A: no asset for band red.",
        "/home/ann/jobs/okapi.yaml:4:3: sources.0.catalog: missing.",
        "mail ann@a.example about the key findings",
        "/etc/passwd: no such file or directory",
        "/etc/passwd: Permission denied",
        "passwd: the file cannot be read. Check its permissions.",
        "sources[0].token: missing. Add it.",
        "zones.sites.token: unknown key. Did you mean 'tokens'?",
        "unknown key 'token': did you mean 'tokens'?",
        "password: wrong, or expired by now",
        "the secret: it lies in the file",
        "no api key: set one in the environment",
        "authorization: the server refused the request",
        "Authorization: required by https://a.example/v1",
        "Basic statistics of the scene, and basic information.",
        "bearer certificates are not read; basic read/write access is enough",
        "token=",
        'password: ""',
        "https://a.example:8080/path/@v1/x.tif",
        "http://[::1]:8080/x@2x.tif",
        "https://a.example/~user@host/b.tif",
    ],
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.example/x?sig=abc. Leave it.", "https://a.example/x?sig=***. Leave it."),
        ("(https://a.example/x?token=abc), retry", "(https://a.example/x?token=***), retry"),
        ("token=abc. Ask for another.", "token=***. Ask for another."),
        ("password: letmein\nThe server hung up", "password: ***\nThe server hung up"),
        ("password: letmein, user: ann", "password: ***, user: ann"),
        ("password: letmein user: ann", "password: *** user: ann"),
        ("{'token': 'abc', 'limit': 5}", "{'token': '***', 'limit': 5}"),
        ("Authorization: Bearer abcdef, then more", "Authorization: ***, then more"),
        (f"denied to {KEY_ID} of ann", "denied to *** of ann"),
    ],
)
def test_a_secret_goes_and_the_sentence_around_it_stays(text: str, shown: str) -> None:
    assert redact(text) == shown


PIECES = (
    "token", "password", ": ", "=", ":", " ", "\n", "missing", "Bearer ", "authorization",
    "abc1", "word", "'", '"', "\\", ".", ",", "https://", "a:b", "@", "?sig=", "/", "Cookie: ",
    "a=b", "***", "Digest ", KEY_ID, "secret key", "{", "}", "[",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_redacting_twice_is_redacting_once_whatever_is_put_together(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text(max_size=200))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_an_address_loses_its_signature_and_nothing_else() -> None:
    assert (
        unsigned("https://u:p@a.example/b%20c.tif?v=1&sig=x&se=y#z")
        == "https://a.example/b%20c.tif?v=1"
    )
    assert unsigned("/data/sig=1?/b.tif") == "/data/sig=1?/b.tif"


@pytest.mark.parametrize(
    "piece",
    [
        *"x/@=\"' ",
        "?token",
        "token",
        "a://",
        "a:b",
        "://a:b",
        "Bearer ",
        "token='",
        'token: "',
        "token: a ",
        "token: a. ",
        "authorization: a ",
        "authorization: a 1",
        "cookie: a",
        "eyJ",
        "passwd:",
        "?key=.",
        "secret ",
        "token \\",
    ],
)
def test_long_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.perf_counter()
    redact(text)
    assert time.perf_counter() - start < 2
