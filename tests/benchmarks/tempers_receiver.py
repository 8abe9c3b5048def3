"""Twenty partners of every temper in one process: each verifies what comes, writes it down, and then behaves as it is.

Each line of the log is: time, partner, webhook-id. A message is written down when it is whole and verified, and before it is answered
with 2xx; who never answers so is not written down. Confirms every address by the CloudEvents handshake.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook

TEMPERS = {
    "fast": 6,
    "slow": 3,
    "flaky": 4,
    "drips": 1,
    "floods": 1,
    "hangs": 2,
    "drips-head": 1,
    "closes": 1,
    "gone": 1,
}
PARTNERS = [f"{temper}-{number}" for temper, count in TEMPERS.items() for number in range(count)]
GOOD = ("fast", "slow", "flaky", "drips", "floods")
"""Those that take a message in the end."""
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNK = b"x" * 65_536
FLOOD = 1_000_000_000
FAILS = 0.3


@dataclass
class Partners:
    """All of them. `log`: a file descriptor."""

    log: int
    key: Webhook
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(_pair(line) for line in head[1:] if line)
        method, path, _ = head[0].split(" ")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "OPTIONS":
            writer.write(b"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\ncontent-length: 0\r\n\r\n")
            return True
        partner = path.strip("/")
        self.key.verify(body, headers, json_parse=False)
        return await self._behave(partner, headers["webhook-id"], writer)

    async def _behave(self, partner: str, message: str, writer: asyncio.StreamWriter) -> bool:  # noqa: PLR0911
        match partner.rpartition("-")[0]:
            case "slow":
                await asyncio.sleep(self.chance.uniform(0.02, 0.2))
            case "flaky" if self.chance.random() < FAILS:
                writer.write(b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno")
                return True
            case "hangs":
                await asyncio.sleep(3_600)
            case "drips":
                self._note(partner, message)
                await self._drip(b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 60, writer)
                return False
            case "drips-head":
                await self._drip(b"", b"HTTP/1.1 200 OK and so on", writer)
                return False
            case "floods":
                self._note(partner, message)
                await self._flood(writer)
                return False
            case "closes":
                writer.write(b"HTTP/1.1 20")
                return False
            case "gone":
                writer.write(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n")
                return True
        self._note(partner, message)
        writer.write(OK)
        return True

    async def _drip(self, first: bytes, rest: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for byte in rest:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _flood(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % FLOOD)
        for _ in range(FLOOD // len(CHUNK)):
            writer.write(CHUNK)
            await writer.drain()

    def _note(self, partner: str, message: str) -> None:
        os.write(self.log, f"{time.time():.3f} {partner} {message}\n".encode())


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


async def serve(port: int, log: str, secret: str) -> None:
    """Listen until SIGTERM."""
    partners = Partners(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), Webhook(secret))
    server = await asyncio.start_server(partners.serve, "127.0.0.1", port, backlog=2048)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    os._exit(0)  # those that hang would hang on


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
