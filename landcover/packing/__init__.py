"""Results in one zip: an archive that can be run again, or a parcel for the public.

It joins the folder of a run with what may leave the house. It computes nothing.
"""

from __future__ import annotations

from landcover.packing.pack import Packed, pack

__all__ = ["Packed", "pack"]
