"""What every test gets: no network but loopback, and a loud word where something is missing.

The guard has two halves. Python's own sockets refuse to connect anywhere but to loopback, and a
test that tried fails even where the code under test swallowed the refusal. Libraries with sockets
of their own (GDAL, libcurl) and child processes are sent to a proxy that does not exist: port 9 of
loopback, where nobody listens; loopback itself is exempt.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEAD_PROXY = "http://127.0.0.1:9"
LOOPBACK = "127.0.0.1,localhost,::1"
OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "ftp_proxy"), DEAD_PROXY),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"), DEAD_PROXY),
    "no_proxy": LOOPBACK,
    "NO_PROXY": LOOPBACK,
    "GDAL_HTTP_PROXY": DEAD_PROXY,
    "GDAL_HTTPS_PROXY": DEAD_PROXY,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PROJ_NETWORK": "OFF",
}
# At import, before any test module imports GDAL or PROJ, which read these once.
os.environ.update(OFFLINE)


class NetworkBlockedError(OSError):
    """A test tried to leave this machine."""


def is_loopback(host: object) -> bool:
    """Whether a socket address's host is this machine."""
    if host is None or host in ("", "localhost", b"localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _stays_here(sock: socket.socket, address: object) -> bool:
    """Whether talking to `address` stays on this machine.

    Connecting a datagram socket sends nothing; dask does it to learn the machine's own address.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type == socket.SOCK_DGRAM:
        return True
    return isinstance(address, tuple) and is_loopback(address[0])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse, note and afterwards report every attempt to leave this machine."""
    attempts: list[str] = []

    def refuse(target: object) -> NetworkBlockedError:
        attempts.append(repr(target))
        return NetworkBlockedError(f"Tests may only talk to this machine, not to {target!r}.")

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(sock: socket.socket, address: object) -> Any:
            if not _stays_here(sock, address):
                raise refuse(address)
            return real(sock, address)

        return connect

    real_lookup = socket.getaddrinfo

    def lookup(host: object, *args: Any, **options: Any) -> Any:
        if not is_loopback(host):
            raise refuse(host)
        return real_lookup(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield attempts
    if attempts:
        pytest.fail(f"The test tried to leave this machine: {', '.join(attempts)}")


@pytest.fixture
def shared() -> Path:
    """Return the folder of real data beside the checkout; skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder `shared` with real data is not beside this checkout")
    return folder


@pytest.fixture
def service() -> Callable[[bool, str], None]:
    """Return ``service(present, reason)``: skip where a service is missing, but fail in CI."""

    def need(present: bool, reason: str) -> None:
        if present:
            return
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"missing in CI: {reason}")
        pytest.skip(reason)

    return need
