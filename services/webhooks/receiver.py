"""A partner's side, to try things out: confirms its address, verifies what comes in, drops repeats, keeps the last thousand, shows them.

It answers the signed challenge, and not the OPTIONS handshake: who can sign is who it has the secret of, and anybody can ask.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from services.webhooks.signing import Proof, SignatureRejected, verify
from shared.notices import CHALLENGE

MOST_KEPT = 1_000
MAX_BODY_BYTES = 1_000_000
SHOWN_ROWS = 100
SIGNED_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""Shown with the exact body, so that anyone can verify again what was received (Standard Webhooks, "Webhook headers")."""

Keys = Callable[[], Awaitable[Sequence[Proof]]]
Record = dict[str, Any]

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Inbox</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}
</style><h1>Inbox</h1><p>{summary}</p><table><thead><tr><th>Received<th>Type<th>Title<th>Times</thead><tbody>{rows}</tbody></table></html>"""


class Inbox:
    """What was received, newest last. `keys`: what senders may have signed with; `heard`: told of each new delivery."""

    def __init__(
        self, keys: Keys, *, heard: Callable[[Record], None] = lambda _: None, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._heard = heard
        self._now = now
        self._kept: dict[str, Record] = {}
        self.repeats = 0
        self.refused = 0

    async def take(self, request: Request) -> Response:
        """POST: 204 for a verified message, also for a repeat; 401 for one that proves nothing; 413, 422."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return self._refuse(413, "too-large")
        try:
            message = verify(await self._keys(), dict(request.headers), body, now=self._now())
            text = body.decode()
            content = json.loads(text)
        except SignatureRejected as error:
            return self._refuse(401, error.code)
        except ValueError:
            return self._refuse(422, "bad-json")
        if isinstance(content, dict) and content.get("type") == CHALLENGE:
            return JSONResponse({"challenge": content["data"]["challenge"]})
        headers = {name: request.headers[name] for name in SIGNED_HEADERS}
        self._keep(message, content, {"headers": headers, "body": text})
        return Response(status_code=204)

    async def show(self, request: Request) -> Response:
        """GET: what was received, newest first, as JSON, or as a page for browsers."""
        newest = list(reversed(self._kept.values()))
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self._page(newest[:SHOWN_ROWS]))
        counts = {"received": len(newest), "repeats": self.repeats, "refused": self.refused}
        return JSONResponse(counts | {"deliveries": newest})

    def _refuse(self, status: int, code: str) -> Response:
        self.refused += 1
        return JSONResponse({"code": code}, status)

    def _keep(self, message: str, content: Any, signed: Record) -> None:
        if message in self._kept:
            self.repeats += 1
            self._kept[message]["times"] += 1
            return
        record = {"id": message, "received_at": self._now(), "times": 1, "content": content}
        self._kept[message] = record | {"signed": signed}
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._heard(record)

    def _page(self, newest: list[Record]) -> str:
        summary = f"{len(self._kept)} received, {self.repeats} repeats dropped, {self.refused} refused."
        return PAGE.replace("{summary}", summary).replace("{rows}", "".join(map(_row, newest)))


def _row(record: Record) -> str:
    content = record["content"] if isinstance(record["content"], dict) else {}
    data = content.get("data") if isinstance(content.get("data"), dict) else {}
    moment = time.strftime("%H:%M:%S", time.gmtime(record["received_at"])) + " UTC"
    title = (data or {}).get("title") or (data or {}).get("name") or ""
    cells = (moment, content.get("type", ""), title, record["times"])
    return "<tr>" + "".join(f"<td>{html.escape(str(cell))}" for cell in cells)


def receiver(inbox: Inbox) -> Starlette:
    """The inbox as an application of its own, at /."""
    return Starlette(routes=[Route("/", inbox.take, methods=["POST"]), Route("/", inbox.show, methods=["GET"])])
