"""A room with real Redis, and partners on loopback that behave in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from services.webhooks.deliveries import Deliveries
from services.webhooks.delivery_log import DeliveryLog
from services.webhooks.items import Kept, Notice
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Outbound
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.pump import Pump
from services.webhooks.sending import Disabling, PartnerRoute
from shared.clock import FakeClock
from shared.notices import PUBLISHED

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = (ip_network("127.0.0.0/8"),)
DEADLINE_SECONDS = 10.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Heard:
    """One request as a receiver got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    def unproved(self, secrets: Collection[str]) -> bool:
        """Whether it is a signed message that `standardwebhooks` or `svix` would not have signed so with any of these secrets.

        Their `sign`, not their `verify`, which looks at the real clock; what is signed by Ed25519 alone, they know nothing of.
        """
        given = [each for each in self.headers.get("webhook-signature", "").split() if each.startswith("v1,")]
        if not given:
            return False
        name, at = self.headers["webhook-id"], datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        return not all(
            any(verifier(secret).sign(name, at, self.body.decode()) in given for secret in secrets)
            for verifier in (StandardWebhook, SvixWebhook)
        )


@dataclass
class Receiver:
    """A partner's server: what it heard, and what it answers next; the last answer is repeated. `consents`: to OPTIONS of anyone."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[int | Handler] = field(default_factory=lambda: [204])
    consents: bool = True

    @property
    def ids(self) -> list[str]:
        """The webhook-ids in the order in which they came."""
        return [heard.headers["webhook-id"] for heard in self.heard]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and give the next answer."""
        if request.method == "OPTIONS" and self.consents:
            return web.Response(headers={"WebHook-Allowed-Origin": "*"})
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(Heard(request.path, headers, await request.read()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer, text="noted") if isinstance(answer, int) else await answer(request)


RECEIVERS: list[Receiver] = []
"""Every receiver of the test that is running."""


@asynccontextmanager
async def served(handle: Handler) -> AsyncIterator[str]:
    """A server on a free port of loopback that answers every request so; gives its address, without a path."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def receiver(*answers: int | Handler) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    found = Receiver(answers=list(answers) or [200])
    RECEIVERS.append(found)
    async with served(found.handle) as address:
        found.url = f"{address}/hook"
        yield found


@dataclass
class Room:
    """The webhooks' parts on one Redis, with a clock that is moved by hand."""

    redis: Any
    stack: AsyncExitStack
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))
    partners: Partners = field(init=False)
    deliveries: Deliveries = field(init=False)
    log: DeliveryLog = field(init=False)
    keyring: Keyring = field(default_factory=lambda: Keyring(bytes(32)))

    def __post_init__(self) -> None:
        self.partners = Partners(self.redis, self.key)
        self.deliveries = Deliveries(self.redis, self.key, kept=Kept(settled=5))
        self.log = DeliveryLog(self.redis, self.deliveries.base)

    def key(self, *parts: str) -> str:
        """As Host.key."""
        return ":".join(("{test}", *parts))

    def pump(self, *, total_seconds: float = 5.0, **options: Any) -> Pump:
        """A pump of a process of its own."""
        outbound = Outbound(options.pop("allowed", LOOPBACK), total_seconds=total_seconds)
        partners = Partners(self.redis, self.key)
        disabling = Disabling(partners, self.deliveries, self.clock, "http://127.0.0.1")
        route = PartnerRoute(partners, self.keyring, outbound, disabling)
        pump = Pump(deliveries=self.deliveries, route=route, clock=self.clock, chance=lambda: 0.0, **options)
        self.stack.push_async_callback(outbound.close)
        self.stack.push_async_callback(pump.drain, 0)
        return pump

    async def receiver(self, *answers: int | Handler) -> Receiver:
        """A receiver that lives as long as the test."""
        return await self.stack.enter_async_context(receiver(*answers))

    async def partner(self, url: str, name: str = "harbour", **fields: Any) -> Partner:
        """A partner that is stored, and confirmed."""
        key = self.keyring.stored(SECRET, name)
        facts: dict[str, Any] = {"id": name, "name": name, "url": url, "keys": (key,), "created_at": self.clock.now()}
        partner = Partner(**(facts | fields))
        await self.partners.add(partner)
        return partner

    async def notify(self, *partners: str, event: str = "e1", body: bytes = b'{"type":"document.published"}') -> None:
        """Make deliveries of one event."""
        await self.deliveries.schedule(Notice(event, PUBLISHED, {"2": body, "1": body}), partners, self.clock.now())

    async def last(self, partner: str = "harbour") -> dict[str, Any]:
        """A partner's newest delivery."""
        return (await self.log.recent(partner, 1))[0]


async def turn_until(pump: Pump, done: Callable[[], bool | Awaitable[bool]]) -> None:
    """Turn the pump until something holds and nothing is under way; fails at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            await pump.turn()
            held = done()
            if held if isinstance(held, bool) else await held:
                return


async def turn_until_settled(pump: Pump, room: Room, *partners: str) -> None:
    """Turn the pump until no delivery of the partners is under way, and each was tried at least once."""

    async def done() -> bool:
        found = [each for partner in partners or ("harbour",) for each in await room.log.recent(partner, 200)]
        return all(each["state"] != "attempting" and each["attempts"] for each in found)

    await turn_until(pump, done)


async def until(done: Callable[[], bool], *, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until something holds, looking every millisecond; fails at the deadline."""
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - what is waited for happens in other processes' code too
            await asyncio.sleep(0.001)
