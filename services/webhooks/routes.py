"""The operator's door to partners and deliveries: /partners."""

from __future__ import annotations

import secrets as chance
import uuid
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import SecretStr

from services.webhooks.deliveries import Deliveries, Notice
from services.webhooks.outbound import Outbound
from services.webhooks.partners import Partner, Partners
from services.webhooks.pump import Pump
from services.webhooks.requests import NewPartner, PartnerChange, body_of, described
from services.webhooks.signing import SECRET_BYTES, key_of, secret_of
from shared import notices
from shared.clock import Clock
from shared.errors import Conflict
from shared.host import Host
from shared.logs import log
from shared.openapi import problems

PATH = "/partners"
Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=200)]


class Door:
    """What the routes do; each method is one of them."""

    def __init__(
        self, partners: Partners, deliveries: Deliveries, outbound: Outbound, pump: Pump, clock: Clock
    ) -> None:
        self._partners = partners
        self._deliveries = deliveries
        self._outbound = outbound
        self._pump = pump
        self._clock = clock

    async def add(self, wanted: Annotated[NewPartner, Depends(body_of(NewPartner))]) -> dict[str, Any]:
        """Add a partner; the only answer that ever shows the secret."""
        secret = wanted.secret or secret_of(chance.token_bytes(SECRET_BYTES))
        key_of(secret)
        await self._outbound.admit(wanted.url)
        partner = Partner(
            id=chance.token_hex(8),
            name=wanted.name,
            url=wanted.url,
            secrets=(SecretStr(secret),),
            events=wanted.events,
            created_at=self._clock.now(),
        )
        await self._partners.add(partner)
        log.info("partner.added", partner=partner.id, name=partner.name)
        return partner.shown() | {"secret": secret}

    async def all(self) -> dict[str, Any]:
        """All partners, oldest first, without their secrets."""
        return {"partners": [await self._with_waiting(partner) for partner in await self._partners.all()]}

    async def one(self, partner: Id) -> dict[str, Any]:
        """One partner, without its secret."""
        return await self._with_waiting(await self._partners.get(partner))

    async def change(
        self, partner: Id, wanted: Annotated[PartnerChange, Depends(body_of(PartnerChange))]
    ) -> dict[str, Any]:
        """Change name, address or events of a partner; disable it, or enable it again, and what waits goes out."""
        fields = wanted.model_dump(exclude_none=True)
        if wanted.url is not None:
            await self._outbound.admit(wanted.url)
        if wanted.enabled is not None:
            fields["disabled_reason"] = None if wanted.enabled else "by the operator"
        changed = await self._partners.change(partner, **fields)
        self._pump.wake()
        log.info("partner.changed", partner=partner, fields=sorted(fields))
        return changed.shown()

    async def remove(self, partner: Id) -> None:
        """Remove a partner, and all that was to be sent to it."""
        await self._partners.remove(partner, self._clock.now())
        log.info("partner.removed", partner=partner)

    async def test(self, partner: Id) -> dict[str, Any]:
        """Send a `webhook.test` the way every event goes."""
        found = await self._enabled(partner)
        now, event = self._clock.now(), str(uuid.uuid4())
        notice = Notice(event, notices.TEST, notices.trial_body(event, found.id, found.name, now))
        await self._deliveries.schedule(notice, [found.id], now)
        self._pump.wake()
        return {"delivery": notices.message_id(event, found.id)}

    async def deliveries(self, partner: Id, limit: Limit = 50) -> dict[str, Any]:
        """A partner's newest deliveries with every attempt, newest first."""
        await self._partners.get(partner)
        return {"deliveries": await self._deliveries.recent(partner, limit)}

    async def resend(self, partner: Id, delivery: Id) -> dict[str, Any]:
        """Send a delivery again, under the same webhook-id."""
        await self._enabled(partner)
        word = await self._deliveries.resend(partner, delivery, self._clock.now())
        self._pump.wake()
        log.info("delivery.resent", partner=partner, delivery=delivery, verdict=word)
        return {"delivery": delivery, "verdict": word}

    async def _enabled(self, partner: str) -> Partner:
        found = await self._partners.get(partner)
        if not found.enabled:
            raise Conflict("the partner is disabled; enable it first", partner=partner)
        return found

    async def _with_waiting(self, partner: Partner) -> dict[str, Any]:
        return partner.shown() | {"waiting": await self._deliveries.waiting(partner.id)}


def open_door(host: Host, door: Door) -> None:
    """Put the routes up; every one of them needs the operator's token."""
    common: dict[str, Any] = {"tags": ["partners"], "dependencies": [Depends(host.operator)]}
    one, delivery = f"{PATH}/{{partner}}", f"{PATH}/{{partner}}/deliveries"
    known, add = problems(404, 422), host.web.add_api_route
    made: dict[str, Any] = described(NewPartner) | {"responses": problems(422), "status_code": 201}
    add(PATH, door.add, methods=["POST"], **made, **common)
    add(PATH, door.all, methods=["GET"], **common)
    add(one, door.one, methods=["GET"], responses=known, **common)
    add(one, door.change, methods=["PATCH"], responses=known, **described(PartnerChange), **common)
    add(one, door.remove, methods=["DELETE"], responses=known, status_code=204, **common)
    add(f"{one}/test", door.test, methods=["POST"], responses=known | problems(409), status_code=202, **common)
    add(delivery, door.deliveries, methods=["GET"], responses=known, **common)
    again: dict[str, Any] = {"responses": known | problems(409), "status_code": 202}
    add(f"{delivery}/{{delivery}}/resend", door.resend, methods=["POST"], **again, **common)
