"""How the reason is worded why a scene's numbers are taken so, when pixels had a say in it.

It knows words. It does not know rules or pixels.
"""

from __future__ import annotations

__all__ = ["by_pixels", "denied", "first_reason", "is_by_pixels", "is_untold", "trusted"]

_DECLARED = "; declared was: "
_TAKEN = "; taken so all the same, since the job says offset: trust"
_DENIED = "; denied by "
_UNTOLD = "; its pixels cannot tell"


def by_pixels(offset: float, seen: str, declared: str) -> str:
    """Word an offset (reflectance) that pixels decided, by what was seen."""
    return f"offset {offset:g}: decided by its pixels ({seen}){_DECLARED}{declared}"


def trusted(declared: str) -> str:
    """Word an unreliable offset that the job takes as it is declared."""
    return f"{declared}{_UNTOLD}{_TAKEN}"


def denied(declared: str, whose: str) -> str:
    """Word an offset that the job takes as it is declared, though pixels deny it."""
    return f"{declared}{_DENIED}{whose}{_TAKEN}"


def first_reason(reason: str) -> str:
    """Return what was said before pixels were asked.

    Examples
    --------
    >>> first_reason(denied("offset as declared", "its pixels"))
    'offset as declared'
    >>> first_reason(by_pixels(0.0, "dark ground", "offset as declared, but unreliable"))
    'offset as declared, but unreliable'
    """
    reason = reason.rpartition(_DECLARED)[2]
    for mark in (_DENIED, _UNTOLD):
        reason = reason.partition(mark)[0]
    return reason


def is_by_pixels(reason: str) -> bool:
    """Whether pixels decided the offset, against or without what is declared."""
    return _DECLARED in reason


def is_untold(reason: str) -> bool:
    """Whether a scene was left out since pixels did not tell its offset."""
    return _UNTOLD in reason
