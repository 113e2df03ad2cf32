"""Where sensitive places are, kept from those who read results.

It knows which groups of a job are secret, and how what tells of them is made coarse or left out.
The rule: readers get what a run without the secret groups would have given, less the squares in
which these lie, and sums of at least `cells.FEWEST` places together.
"""

from __future__ import annotations

from landcover.outputs.sharing.guarded import for_readers
from landcover.outputs.sharing.policy import secret_context, secret_groups

__all__ = ["for_readers", "secret_context", "secret_groups"]
