"""Opening an address with GDAL: signed at that moment, and asked again where it was down.

It knows GDAL's way to HTTP and its memory of failures. It does not know what a file should hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from landcover.errors import NetworkError
from landcover.net import forget, login_headers, signed

__all__ = ["NOWHERE", "hush", "open_remote"]

NOWHERE = "has no place on the ground"
"""What is said of a file without georeference."""

_REFUSALS = ("401", "403")
"""States with which servers turn an old token away."""

_lost: set[str] = set()
"""Addresses that did not open: GDAL would remember that, and never ask the server again."""


def open_remote(href: str, driver: str, opener: Callable[..., Any]) -> Any:
    """Open an address with its one driver, or return in one clause why not.

    A token that the server refuses is renewed once. What GDAL says holds the signed address: it
    goes no further than here, not even as the cause of an error.
    """
    answer = _attempt(href, driver, opener)
    if answer in _REFUSALS and forget(href):
        answer = _attempt(href, driver, opener)
    if not isinstance(answer, str) or answer == NOWHERE:
        return answer
    if answer == "":
        why = "the server does not answer with one"
    else:
        why = f"the server answers {answer}" if answer.isdigit() else answer
    return f"cannot be fetched as {driver}: {why}"


def _attempt(href: str, driver: str, opener: Callable[..., Any]) -> Any:
    """Open an address; return the state that the server answers, or other words, where it fails."""
    try:
        path, options = f"/vsicurl/{signed(href)}", _login(href)
    except NetworkError as error:
        return error.what
    if href in _lost:
        options["CPL_VSIL_CURL_NON_CACHED"] = path
    try:
        with rasterio.Env(**options) if options else nullcontext():
            return opener(path, driver=driver, sharing=False)
    except NotGeoreferencedWarning:
        return NOWHERE
    except (RasterioError, OSError, ValueError) as error:
        told = re.search(r"HTTP response code: (\d+)", str(error))
        _lost.add(href)
        return told[1] if told else ""


def _login(href: str) -> dict[str, str]:
    """Return GDAL's options for an address that wants a login; it drops them at redirects."""
    headers = "\r\n".join(f"{key}: {value}" for key, value in login_headers(href).items())
    return {"GDAL_HTTP_HEADERS": headers} if headers else {}


def hush(error: BaseException) -> None:
    """Empty an error of GDAL's words and causes, which hold the signed address."""
    error.args, error.__cause__, error.__context__ = ("a read failed",), None, None
