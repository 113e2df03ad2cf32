"""What in a job is allowed, and yet probably not what its author meant.

It knows common slips. It refuses nothing.
"""

from __future__ import annotations

from datetime import timedelta

from landcover.job.keys import Job
from landcover.model import Note

__all__ = ["hints"]


def hints(job: Job) -> tuple[Note, ...]:
    """List what the author of a job may want to look at again."""
    end = job.period.end
    after = end + timedelta(days=1)
    if after.month == end.month:
        return ()
    # the last day of a month is what people write who take it for included
    what = f"the last day used is {job.period.last}"
    return (Note("period.end", what, f"Write {after} to use {end} too"),)
