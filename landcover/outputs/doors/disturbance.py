"""What `disturbance` brings to those who show results."""

from __future__ import annotations

from landcover.outputs.doors import plain
from landcover.outputs.doors.base import Door

__all__ = ["DOOR"]

DOOR = Door("disturbance", plain.style)
