"""The way to the feeds over HTTP: one request in, one answer out; what is certain from memory is answered before any routing."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from os import urandom

from services.feeds.freshness import Freshness
from services.feeds.politeness import Politeness
from services.feeds.press import Edition, Press
from services.feeds.serving import DELTA_CACHING, SHOWN_AS_XML, Asked, Headers, asked, described, not_modified, own_tags
from shared.clock import Clock
from shared.errors import Overloaded
from shared.request_ids import REQUEST_ID, Application, Receive, Scope, Send, said
from shared.syndication.addresses import Address, Format, Site

MOST_TARGETS = 20_000
LONGEST_TARGET = 2_500
"""Characters of an address that is remembered: a question has 2,000, but what means nothing in the address of a feed may be of any length."""
REQUEST_ID_HEADER = REQUEST_ID.lower().encode()


class TooOften(Overloaded):
    """An unchanged feed was fetched whole too many times in a row."""

    code = "too-often"
    title = "Ask whether the feed has changed: send If-None-Match with its ETag"
    status = 429


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as ASGI sends it."""

    status: int
    headers: Headers
    body: bytes = b""


class Door:
    """Answers for feeds."""

    def __init__(self, site: Site, press: Press, politeness: Politeness, freshness: Freshness, clock: Clock) -> None:
        self._site = site
        self._press = press
        self._politeness = politeness
        self._freshness = freshness
        self._clock = clock
        self._targets: OrderedDict[tuple[str, bytes], tuple[Address, Format]] = OrderedDict()

    async def answer(self, address: Address, form: Format, scope: Scope) -> Reply | None:
        """The answer for a feed; None if there is no such feed. Raises TooOften."""
        request = asked(scope["method"], scope["headers"])
        edition = await self._press.edition(address, form, whole=False)
        if edition is None:
            return None
        if len(scope["path"]) + len(scope["query_string"]) <= LONGEST_TARGET:
            self._targets[scope["path"], scope["query_string"]] = address, form
        if len(self._targets) > MOST_TARGETS:
            self._targets.popitem(last=False)
        if edition.head is None and not self._has(request, edition):
            edition = await self._press.edition(address, form, whole=True)
        if edition is None:
            return None
        return self._reply(address, form, edition, request, scope, await self._freshness.recent())

    def at_hand(self, scope: Scope) -> Reply | None:
        """The answer, if it can be given from memory."""
        target = self._targets.get((scope["path"], scope["query_string"]))
        edition = target and self._press.at_hand(*target)
        fresh = self._freshness.header
        if not target or not edition or not fresh:
            return None
        request = asked(scope["method"], scope["headers"])
        if edition.head is None and not self._has(request, edition):
            return None
        try:
            return self._reply(*target, edition, request, scope, fresh)
        except TooOften:  # said as a problem by the route
            return None

    def _reply(
        self, address: Address, form: Format, edition: Edition, request: Asked, scope: Scope, fresh: tuple[bytes, bytes]
    ) -> Reply:
        common, of_body = self._headers(address, form, edition, gzip=request.gzip)
        common = [*common, *edition.date(self._clock.now()), fresh]
        if request.browser and form is not Format.JSON:
            of_body = [SHOWN_AS_XML, *of_body[1:]]
        if self._has(request, edition):
            return Reply(304, common)
        if request.wants_delta and (delta := self._delta(address, form, edition, request)):
            kept = [pair for pair in common if pair[0] != b"cache-control"]
            return _with_body(
                226, [*kept, (b"im", b"feed"), (b"cache-control", DELTA_CACHING), *of_body], delta, request
            )
        if not request.conditional and request.method == "GET":
            self._be_patient(address, form, edition, scope)
        return _with_body(200, [*common, *of_body], edition.body(gzip=request.gzip), request)

    def _has(self, request: Asked, edition: Edition) -> bool:
        return not_modified(request, edition.tag, edition.modified, self._clock.now())

    def _delta(self, address: Address, form: Format, edition: Edition, request: Asked) -> bytes | None:
        seen = self._press.seen(address, form, own_tags(request.if_none_match or ""))
        return edition.delta(seen, gzip=request.gzip) if seen else None

    def _be_patient(self, address: Address, form: Format, edition: Edition, scope: Scope) -> None:
        client = (scope.get("client") or ("",))[0]
        seconds = self._politeness.patience(client, (address, form), edition.tag, time.monotonic())
        if seconds:
            raise TooOften("whoever asks conditionally may come as often as they like", retry_after=seconds)

    def _headers(self, address: Address, form: Format, edition: Edition, *, gzip: bool) -> tuple[Headers, Headers]:
        if gzip not in edition.told:
            links = self._links(address, form, edition)
            edition.told[gzip] = described(edition.tag, form, links, gzip=gzip, archive=address.archive)
        return edition.told[gzip]

    def _links(self, address: Address, form: Format, edition: Edition) -> str:
        links = {"self": self._site.feed(address, form)}
        if edition.older:
            links["prev-archive"] = self._site.feed(edition.older, form)
        if address.archive:
            links["current"] = self._site.feed(address.at(None), form)
        elif edition.hub:
            links["hub"] = edition.hub
        return ", ".join(f'<{href}>; rel="{rel}"' for rel, href in links.items())


def _with_body(status: int, headers: Headers, body: bytes, request: Asked) -> Reply:
    length = (b"content-length", str(len(body)).encode())
    return Reply(status, [*headers, length], b"" if request.method == "HEAD" else body)


class FirstDoor:
    """An ASGI application around all others that answers for feeds at hand: a tenth of what routing costs."""

    def __init__(self, app: Application, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = None
        if scope["type"] == "http" and scope["path"].startswith("/feeds/") and scope["method"] in {"GET", "HEAD"}:
            reply = self._door.at_hand(scope)
        if reply is None:
            await self._app(scope, receive, send)
            return
        named = (REQUEST_ID_HEADER, (said(scope) or urandom(16).hex()).encode())
        await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, named]})
        await send({"type": "http.response.body", "body": reply.body})
