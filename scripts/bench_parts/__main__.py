"""`scripts/bench`: measure landcover side by side with the floor and with its peers.

Everything runs on made-up scenes, each program in a process of its own. Prints a table, writes
bench.json, and ends with 1 where a figure that must hold does not.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

import psutil
from agree import DisagreeError
from measure import FailedError
from parts import PARTS, Setting
from report import Report, line


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "--part", action="append", choices=list(PARTS), help="only this part; repeatable"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small scenes, one run, nothing judged: does it work?"
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="paired runs, of which the median counts"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/bench"), help="scenes and results"
    )
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where figures go")
    return parser.parse_args()


def main() -> int:
    """Run the parts and write what was found."""
    given = arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    setting = Setting(given.folder.resolve(), 1 if given.quick else given.runs, given.quick)
    report = Report(judged=not given.quick)
    report.runs["machine"] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "quick": given.quick,
    }
    failed = False
    for name in given.part or list(PARTS):
        print(f"-- {name}: {(PARTS[name].__doc__ or '').splitlines()[0]}", flush=True)
        try:
            PARTS[name](setting, report)
        except (FailedError, DisagreeError) as error:
            print(error, file=sys.stderr)
            failed = True
    report.write(given.json)
    for figure in report.missed:
        print(f"missed: {line(figure)}")
    print(f"Figures are in {given.json}")
    return int(failed or bool(report.missed))


if __name__ == "__main__":
    sys.exit(main())
