"""A process that sends documents by HTTP until each is acknowledged, and can be killed at any time.

Each acknowledgement is a line of the journal, written before the next document is sent; what has none is sent again after a restart.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.benchmarks.chaos.words import Documents, from_file, synthetic

LANES = 16
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.2
END_OF_LINE = b" .\n"


@dataclass(frozen=True)
class Errand:
    """What the process is told, as JSON in its only argument."""

    url: str
    token: str
    journal: str
    documents: int
    rate: float
    seed: int
    corpus: str | None

    def texts(self) -> Documents:
        return from_file(Path(self.corpus)) if self.corpus else synthetic(self.seed)


def acknowledged(journal: Path) -> dict[int, str]:
    """The ids of the documents that were accepted, by number. A line that a kill cut off does not count."""
    if not journal.exists():
        return {}
    lines = journal.read_bytes().split(b"\n")[:-1]
    words = (line.decode().split(" ") for line in lines if line.endswith(END_OF_LINE[:-1]))
    return {int(number): identity for number, identity, _ in words}


async def send_all(errand: Errand) -> None:
    """Send what the journal does not have, at the rate, from several lanes."""
    known = acknowledged(Path(errand.journal))
    numbers = iter([number for number in range(errand.documents) if number not in known])
    journal = os.open(errand.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(journal, b"\n")  # whatever a kill cut off ends here
    texts, began = errand.texts(), time.monotonic()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Authorization": f"Bearer {errand.token}"}) as session:

        async def lane(turns: Iterator[tuple[int, int]]) -> None:
            for turn, number in turns:
                await asyncio.sleep(max(0.0, began + turn / errand.rate - time.monotonic()))
                identity = await _accepted(session, errand.url, json.dumps(texts(number)).encode())
                os.write(journal, f"{number} {identity}".encode() + END_OF_LINE)

        turns = enumerate(numbers)
        await asyncio.gather(*(lane(turns) for _ in range(LANES)))


async def _accepted(session: aiohttp.ClientSession, url: str, body: bytes) -> str:
    """Send a document as often as it takes; its id."""
    while True:
        try:
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/documents", data=body, headers=headers) as answer:
                if answer.status in {200, 202}:
                    return str((await answer.json())["id"])
                if answer.status < 500:
                    raise SystemExit(f"refused: {answer.status} {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    asyncio.run(send_all(Errand(**json.loads(sys.argv[1]))))
