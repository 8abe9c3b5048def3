"""The door to partners: /partners for the operator, and what lies under one partner for that partner too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from services.webhooks.deliveries import Deliveries
from services.webhooks.delivery_log import DeliveryLog
from services.webhooks.ledger import Ledger
from services.webhooks.pages import page
from services.webhooks.partner import Partner
from services.webhooks.pump import Pump
from services.webhooks.registry import Registry, mark_of
from services.webhooks.replays import Replays
from services.webhooks.requests import (
    NewKey,
    NewPartner,
    NewReplay,
    PartnerChange,
    Recovery,
    body_of,
    described,
)
from services.webhooks.sending import operational
from services.webhooks.serving import Serving
from shared import notices
from shared.access import same
from shared.errors import Conflict
from shared.host import Host
from shared.logs import log
from shared.openapi import PARTNER, guarding, problems

PATH = "/partners"
PAGE = File(__file__).parent / "page.html"
Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=200)]
Only = Annotated[Literal["dead"] | None, Query(description="only what was given up")]


class Door:
    """What the routes do; each method is one of them."""

    def __init__(
        self,
        host: Host,
        registry: Registry,
        deliveries: Deliveries,
        deliveries_log: DeliveryLog,
        ledger: Ledger,
        replays: Replays,
        pump: Pump,
    ) -> None:
        self.host = host
        self.registry = registry
        self.serving = Serving(registry.partners, ledger, deliveries_log)
        self._deliveries = deliveries
        self._log = deliveries_log
        self._ledger = ledger
        self._replays = replays
        self._pump = pump

    async def add(self, wanted: Annotated[NewPartner, Depends(body_of(NewPartner))]) -> dict[str, Any]:
        """Add a partner and ask its address for consent; the only answer that ever shows its secret and its token."""
        return await self.registry.add(wanted)

    async def all(self) -> dict[str, Any]:
        """All partners, oldest first, without their secrets."""
        return {"partners": [await self._with_waiting(partner) for partner in await self.registry.partners.all()]}

    async def one(self, partner: Id) -> dict[str, Any]:
        """One partner, without its secrets."""
        return await self._with_waiting(await self.registry.partners.get(partner))

    async def change(
        self, partner: Id, wanted: Annotated[PartnerChange, Depends(body_of(PartnerChange))]
    ) -> dict[str, Any]:
        """Change a partner; disable it, or enable it again, and what waits goes out."""
        before = await self.registry.partners.get(partner)
        if wanted.enabled or wanted.url:  # before it: the next sweep would judge it by what is over
            await self._deliveries.forgive(partner)
        changed = await self.registry.change(partner, wanted)
        if before.filter.empty and not changed.filter.empty:
            await self._ledger.remember(changed)
        await self._deliveries.look_at([partner], self.host.clock.now())
        self._pump.wake()
        return changed.shown()

    async def remove(self, partner: Id) -> None:
        """Remove a partner, and all that was to be sent to it."""
        await self.registry.partners.remove(partner, self.host.clock.now())
        log.info("partner.removed", partner=partner)

    async def confirm(self, partner: Id) -> dict[str, Any]:
        """Ask the partner's address once more whether it wants our messages."""
        return await self.registry.confirm(partner)

    async def rotate(self, partner: Id, wanted: Annotated[NewKey, Depends(body_of(NewKey))]) -> dict[str, Any]:
        """Give a partner its next signing key, shown only now; the present ones sign along for the overlap."""
        return await self.registry.rotate(partner, wanted)

    async def renew(self, partner: Id) -> dict[str, str]:
        """Give a partner another token of its own, shown only now."""
        return await self.registry.new_token(partner)

    async def test(self, partner: Id) -> dict[str, Any]:
        """Send a `webhook.test` the way every event goes."""
        found = await self._told(partner)
        now, data = self.host.clock.now(), {"partner": found.id, "name": found.name}
        notice = operational(notices.TEST, data, self.host.settings.base_url, now)
        await self._deliveries.schedule(notice, [found.id], now)
        self._pump.wake()
        return {"delivery": notices.message_id(notice.event, found.id)}

    async def deliveries(self, partner: Id, limit: Limit = 50, only: Only = None) -> dict[str, Any]:
        """A partner's newest deliveries with every attempt, newest first."""
        await self.registry.partners.get(partner)
        return {"deliveries": await self._log.recent(partner, limit, state=only)}

    async def delivery(self, partner: Id, delivery: Id) -> dict[str, Any]:
        """One delivery with every attempt, and when the next one is due."""
        return await self._log.one(partner, delivery)

    async def dead(self, partner: Id) -> dict[str, Any]:
        """How many deliveries were given up, by their cause."""
        await self.registry.partners.get(partner)
        return {"causes": await self._log.dead(partner)}

    async def resend(self, partner: Id, delivery: Id) -> dict[str, Any]:
        """Send a delivery again, under the same webhook-id."""
        await self._told(partner)
        word = await self._deliveries.resend(partner, delivery, self.host.clock.now())
        self._pump.wake()
        log.info("delivery.resent", partner=partner, delivery=delivery, verdict=word)
        return {"delivery": delivery, "verdict": word}

    async def recover(self, partner: Id, wanted: Annotated[Recovery, Depends(body_of(Recovery))]) -> dict[str, Any]:
        """Send again everything that was given up since a moment."""
        await self._told(partner)
        sent = await self._deliveries.recover(partner, wanted.since, self.host.clock.now())
        self._pump.wake()
        log.info("deliveries.recovered", partner=partner, deliveries=sent)
        return {"resent": sent}

    async def replay(self, partner: Id, wanted: Annotated[NewReplay, Depends(body_of(NewReplay))]) -> dict[str, Any]:
        """Send events of the ledger again, by a query; with `dry_run` only count them."""
        found = await self._told(partner)
        if wanted.dry_run:
            return {"events": await self._replays.count(found, wanted)}
        return await self._replays.start(found, wanted)

    async def replayed(self, partner: Id, replay: Id) -> dict[str, Any]:
        """How a replay stands."""
        return await self._replays.one(partner, replay)

    async def stop(self, partner: Id, replay: Id) -> dict[str, Any]:
        """Stop a replay; what it has planned goes out."""
        return await self._replays.stop(partner, replay)

    async def _told(self, partner: str) -> Partner:
        found = await self.registry.partners.get(partner)
        if not found.enabled:
            raise Conflict("the partner is disabled; enable it first", partner=partner)
        if found.confirmed is None:
            raise Conflict("the partner's address has not confirmed that it wants messages", partner=partner)
        return found

    async def _with_waiting(self, partner: Partner) -> dict[str, Any]:
        ((waiting, failing),) = await self._deliveries.standing([partner.id])
        return partner.shown() | {"waiting": waiting, "failing_since": failing}


def open_door(host: Host, door: Door) -> None:
    """Put the routes up: those of the operator, those that a partner's own token opens too, and those that need none."""
    known, busy, bad = problems(404), problems(404, 409), problems(404, 422)
    _open(host, f"{PATH}/page", _page, "GET", hidden=True)
    for method in ("GET", "POST"):
        _open(host, f"{PATH}/consent/{{word}}", _consent(door), method, hidden=True)
    operator = Depends(host.operator)
    _open(
        host, PATH, door.add, "POST", operator, described(NewPartner) | {"responses": problems(422), "status_code": 201}
    )
    _open(host, PATH, door.all, "GET", operator)
    one = f"{PATH}/{{partner}}"
    _open(host, one, door.change, "PATCH", operator, described(PartnerChange) | {"responses": bad | busy})
    _open(host, one, door.remove, "DELETE", operator, {"responses": known, "status_code": 204})
    _open(host, f"{one}/confirm", door.confirm, "POST", operator, {"responses": known})
    _open(host, f"{one}/secret", door.rotate, "POST", operator, described(NewKey) | {"responses": bad | busy})
    _open(host, f"{one}/token", door.renew, "POST", operator, {"responses": known})
    _open(host, f"{one}/keys", door.serving.keys, "GET", None, {"responses": known})
    partner, later = Depends(guarding(_partner(door), PARTNER)), {"responses": busy | problems(422), "status_code": 202}
    _open(host, one, door.one, "GET", partner, {"responses": known})
    _open(host, f"{one}/test", door.test, "POST", partner, {"responses": busy, "status_code": 202})
    _open(host, f"{one}/deliveries", door.deliveries, "GET", partner, {"responses": bad})
    _open(host, f"{one}/deliveries/{{delivery}}", door.delivery, "GET", partner, {"responses": known})
    _open(host, f"{one}/deliveries/{{delivery}}/resend", door.resend, "POST", partner, later)
    _open(host, f"{one}/dead", door.dead, "GET", partner, {"responses": known})
    _open(host, f"{one}/recover", door.recover, "POST", partner, described(Recovery) | later)
    _open(host, f"{one}/replays", door.replay, "POST", partner, described(NewReplay) | later)
    _open(host, f"{one}/replays/{{replay}}", door.replayed, "GET", partner, {"responses": known})
    _open(host, f"{one}/replays/{{replay}}", door.stop, "DELETE", partner, {"responses": known})
    _open(host, f"{one}/events", door.serving.events, "GET", partner, {"responses": bad | problems(410)})
    _open(host, f"{one}/ledger", door.serving.ledger, "GET", partner, {"responses": known})


def _open(
    host: Host,
    path: str,
    route: Callable[..., Awaitable[Any]],
    method: str,
    guard: Any = None,
    more: dict[str, Any] | None = None,
    *,
    hidden: bool = False,
) -> None:
    guards = {"dependencies": [guard]} if guard else {}
    words: dict[str, Any] = {"tags": ["partners"], "include_in_schema": not hidden} | guards | (more or {})
    host.web.add_api_route(path, route, methods=[method], **words)


def _partner(door: Door) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets the operator pass, and the partner of the address by its own token."""

    async def pass_on(request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        known = (await door.registry.partners.current()).get(request.path_params["partner"])
        own = known is not None and known.token != "" and scheme.lower() == "bearer"
        if own and known and same(mark_of(given.strip()), known.token):
            return
        await door.host.operator(request)

    return pass_on


def _consent(door: Door) -> Callable[..., Awaitable[Response]]:
    async def consent(word: Annotated[str, Path(max_length=200)]) -> Response:
        """An address says yes later than it was asked."""
        await door.registry.consented(word)
        return PlainTextResponse("Thank you; this address gets messages from now on.\n")

    return consent


async def _page() -> Response:
    """Partners on a page; it holds nothing until it is given the operator's token."""
    return page(PAGE)
