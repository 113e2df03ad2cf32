"""A server of a folder's files that answers ranges after a delay, on loopback.

    python serving.py FOLDER LATENCY_MS LOG

Prints its address as JSON, then serves until it is ended. LOG gets one line a request: path, first
and last byte. It sleeps without holding anything up, so that only the delay is felt.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

_ASKED = re.compile(rb"GET /([\w.-]+) HTTP/1\.1\r\n")
_RANGE = re.compile(rb"\r\nrange: bytes=(\d+)-(\d+)\r\n", re.IGNORECASE)


class Server:
    """Answers each request after the same delay; files are held in memory."""

    def __init__(self, folder: Path, latency_s: float, log: Path) -> None:
        self.folder, self.latency_s = folder, latency_s
        self.log = log.open("w", encoding="utf-8", buffering=1)
        self.held: dict[str, bytes] = {}

    def body(self, name: str) -> bytes:
        """Return a file's bytes."""
        if name not in self.held:
            self.held[name] = (self.folder / name).read_bytes()
        return self.held[name]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(self.latency_s)
                writer.write(self.answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, head: bytes) -> bytes:
        """Return the answer to a request for a range."""
        asked, span = _ASKED.match(head), _RANGE.search(head)
        if asked is None or span is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        name = asked[1].decode()
        data = self.body(name)
        first, last = int(span[1]), min(int(span[2]), len(data) - 1)
        self.log.write(f"{name} {first} {last}\n")
        told = (
            f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/{len(data)}\r\n"
            f'Content-Length: {last - first + 1}\r\nETag: "{name}"\r\n\r\n'
        )
        return told.encode() + data[first : last + 1]


async def main() -> None:
    """Serve until ended."""
    server = Server(Path(sys.argv[1]), float(sys.argv[2]) / 1000, Path(sys.argv[3]))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=256)
    port = listening.sockets[0].getsockname()[1]
    print(json.dumps({"address": f"http://127.0.0.1:{port}"}), flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
