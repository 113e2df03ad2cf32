"""Asking whether an address answers, once and without patience.

It knows one request. It does not know what the answer means.
"""

from __future__ import annotations

import time

import requests

from landcover.errors import NetworkError
from landcover.net.secrets import redact

__all__ = ["reachable"]


def reachable(url: str, patience_s: float) -> float:
    """Return how long an address took to answer (s).

    Nothing is retried, and only the head of the answer is read.

    Raises
    ------
    NetworkError
        It does not answer within `patience_s`, or refuses.
    """
    began = time.monotonic()
    try:
        with requests.get(url, timeout=patience_s, stream=True) as answer:
            state = answer.status_code
    except requests.RequestException as error:
        what = f"no answer ({type(error).__name__})"
        raise NetworkError(redact(url), what, "Check the network and the address") from None
    if state >= 400:
        raise NetworkError(redact(url), f"the server answered {state}", "Check the address")
    return time.monotonic() - began
