"""Text without secrets: what is hidden, what stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.net import redact, unsigned

SECRET = "s3cr3tV4lue0987"


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
    ],
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_an_address_loses_its_signature_and_nothing_else() -> None:
    assert (
        unsigned("https://u:p@a.example/b%20c.tif?v=1&sig=x&se=y#z")
        == "https://a.example/b%20c.tif?v=1"
    )
    assert unsigned("/data/sig=1?/b.tif") == "/data/sig=1?/b.tif"


@pytest.mark.parametrize("piece", ["x", "?token", "token", "a://", "Bearer ", "/", "@", "=", '"'])
def test_long_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.perf_counter()
    redact(text)
    assert time.perf_counter() - start < 2
