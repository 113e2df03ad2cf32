"""A YAML file into a frozen `Job`, with every problem at its file, line and column.

It composes the settings of all rooms into one schema. It computes nothing, and opens no
file that a job names, but sensor profiles.
"""

from __future__ import annotations

from landcover.job.hints import hints
from landcover.job.keys import Job, Products
from landcover.job.loading import load, loads, place, schema
from landcover.job.reference import document
from landcover.job.writing import dump

__all__ = ["Job", "Products", "document", "dump", "hints", "load", "loads", "place", "schema"]
