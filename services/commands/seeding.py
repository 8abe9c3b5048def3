"""The seeds, once, through the front door."""

from __future__ import annotations

import asyncio

from services.ingest.sending import Verdict, send_all, sources
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
    files = await asyncio.to_thread(lambda: list(sources([FOLDER])))
    async with Client(host.settings) as client:
        outcomes = [outcome async for outcome in send_all(client, files, jobs=2, media_type=None, dry_run=False)]
    taken = sum(outcome.verdict is Verdict.TAKEN for outcome in outcomes)
    if taken == len(files):
        await host.redis.set(marker, taken)
    log.info("seeds.added", documents=taken, of=len(files))
