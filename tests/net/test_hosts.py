"""Which machine an address names, however it is spelt."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.errors import NetworkError
from landcover.net import get_json
from landcover.net.hosts import host_of, is_inside, is_own


@given(st.integers(0, 2**24 - 1), st.sampled_from(["{}", "{:#x}", "0{:o}"]))
def test_every_number_of_this_machine(rest: int, form: str) -> None:
    """The whole of 127.0.0.0/8, as one number in any base that the system takes."""
    host = form.format(127 * 2**24 + rest)
    assert socket.inet_aton(host)[0] == 127
    assert is_own(host_of(f"https://{host}/"))


@given(st.text(max_size=30))
def test_any_text_has_a_host_or_none(text: str) -> None:
    host = host_of(f"https://{text}")
    assert host == host.lower()
    assert not set(host) & set("/\\@[] ")
    assert host.isascii()
    assert not (is_own(host) and not is_inside(host))


@pytest.mark.parametrize("where", ["http://127.1:9/x", "http://169.254.169.254/x", "//0/x"])
def test_a_redirect_inwards_is_refused(
    monkeypatch: pytest.MonkeyPatch, server: Any, reply: Any, where: str
) -> None:
    """Loopback stands for a host elsewhere; only the address that it sends on to is inside."""
    monkeypatch.setattr(
        "landcover.net.http.is_inside",
        lambda host: host != "127.0.0.1" and is_inside(host),
    )
    server.replies["/a"] = [reply(302, headers={"Location": where})]
    with pytest.raises(NetworkError, match="redirects to this machine, or its network"):
        get_json(f"{server.url}/a")


def test_a_redirect_to_nonsense_is_refused(server: Any, reply: Any) -> None:
    server.replies["/a"] = [reply(302, headers={"Location": "http://[bad"})]
    with pytest.raises(NetworkError, match="no address"):
        get_json(f"{server.url}/a")
