"""The floor of reading over HTTP: the same ranges, fetched in parallel, and nothing done with them.

    python plain.py ADDRESS LOG CONNECTIONS

LOG holds one range a line: path, first and last byte.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

Span = tuple[str, str, str]


def fetch(address: str, waiting: SimpleQueue[Span]) -> int:
    """Fetch ranges over one connection until none is left; return the bytes."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    total = 0
    while True:
        try:
            name, first, last = waiting.get_nowait()
        except Empty:
            connection.close()
            return total
        connection.request("GET", f"/{name}", headers={"Range": f"bytes={first}-{last}"})
        total += len(connection.getresponse().read())


def main(given: Sequence[str]) -> None:
    """Fetch all ranges and print seconds and bytes."""
    address, log, connections = given[0], Path(given[1]), int(given[2])
    waiting: SimpleQueue[Span] = SimpleQueue()
    for line in log.read_text("utf-8").splitlines():
        name, first, last = line.split()
        waiting.put((name, first, last))
    count = waiting.qsize()
    begin = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        total = sum(pool.map(fetch, repeat(address, connections), repeat(waiting)))
    seconds = time.perf_counter() - begin
    print(json.dumps({"work_seconds": seconds, "bytes": total, "requests": count}))


if __name__ == "__main__":
    main(sys.argv[1:])
