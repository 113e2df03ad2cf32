"""The program `landcover`, also as `python -m landcover`: Ctrl-C from its first moment on.

Spawned workers import this module again, so it loads nothing before it is told to start.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

__all__ = ["start"]

_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended (128 + SIGINT)."""


class _CtrlC(KeyboardInterrupt):
    """Ctrl-C, by a name of its own.

    A bare KeyboardInterrupt that passes through `exec`, which libraries call while they are
    imported, has Python end by the signal, whatever exit code was returned.
    """


def _stop(*_: object) -> NoReturn:
    """Take Ctrl-C."""
    raise _CtrlC


def start() -> int:
    """Run one verb and return its exit code; loading the verbs may be interrupted too."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else: to be ignored
            signal.signal(signal.SIGINT, _stop)
        from landcover.cli import main
    except KeyboardInterrupt:
        sys.stderr.write("landcover: interrupted before it began.\n")
        return _INTERRUPTED
    return main()


if __name__ == "__main__":
    sys.exit(start())
