"""The seeds, once, through the front door."""

from __future__ import annotations

import asyncio

from services.ingest.sending import Order, Verdict, send_all, sources
from shared.client import Client
from shared.host import Host
from shared.logs import log
from shared.settings import ROOT

FOLDER = ROOT / "seeds" / "documents"


async def add_seeds(host: Host) -> None:
    """Add seeds/documents unless they have been added before: what was corrected or retracted since stays as it is."""
    marker = host.key("seeded")
    if await host.redis.exists(marker):
        return
    names = await asyncio.to_thread(lambda: list(sources([str(FOLDER)])))
    async with Client(host.settings) as client:
        results = [outcome async for outcomes in send_all(client, names, Order(jobs=2)) for outcome in outcomes]
    taken = sum(outcome.verdict is Verdict.TAKEN for outcome in results)
    if taken == len(names):
        await host.redis.set(marker, taken)
    log.info("seeds.added", documents=taken, of=len(names))
