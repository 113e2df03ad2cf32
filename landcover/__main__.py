"""`python -m landcover`: the command line."""

from __future__ import annotations

import sys

from landcover.cli import main

if __name__ == "__main__":  # spawned workers import this module again
    sys.exit(main())
