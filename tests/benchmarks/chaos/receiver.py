"""A process that is three partners: verifies what comes in by an independent library, and writes down every webhook id.

Each line of the log is: partner, webhook id, type, document, version. It is never killed: what it wrote down is what was received.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.notices import CHALLENGE

REFUSED = "refused"


@dataclass(frozen=True)
class Errand:
    """What the process is told, as JSON in its only argument."""

    port: int
    secret: str
    log: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message that came in, verified."""

    partner: str
    webhook_id: str
    kind: str
    document: str
    version: int


def receipts(log: Path) -> tuple[list[Receipt], int]:
    """What was received, in its order, and how many messages proved nothing."""
    rows = [line.split(" ") for line in log.read_text().splitlines()] if log.exists() else []
    good = [Receipt(row[0], row[1], row[2], row[3], int(row[4])) for row in rows if row[0] != REFUSED]
    return good, len(rows) - len(good)


def application(errand: Errand) -> web.Application:
    """One address for each partner: POST /partners/{partner}."""
    log = os.open(errand.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    key = Webhook(errand.secret)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            content = key.verify(body, dict(request.headers))
        except WebhookVerificationError:
            os.write(log, f"{REFUSED}\n".encode())
            return web.Response(status=401)
        about = content["data"]
        if content["type"] == CHALLENGE:
            return web.json_response({"challenge": about["challenge"]})
        facts = (
            request.match_info["partner"],
            request.headers["webhook-id"],
            content["type"],
            about["id"],
            about.get("version", 0),
        )
        os.write(log, (" ".join(map(str, facts)) + "\n").encode())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/partners/{partner}", take)
    return app


async def serve(errand: Errand) -> None:
    """Listen until SIGTERM."""
    runner = web.AppRunner(application(errand), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", errand.port, backlog=2048).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Errand(**json.loads(sys.argv[1]))))
