"""The route to partners: on which terms each is told, the signed message itself, and what follows from a 410."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from services.webhooks.deliveries import Deliveries
from services.webhooks.items import Notice, Taken
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Answer, Outbound
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.pump import MOST_PER_LANE, Terms
from services.webhooks.signing import headers
from shared import notices
from shared.clock import Clock
from shared.logs import log

BATCH_TYPE = "application/cloudevents-batch+json"
"""CloudEvents 1.0.2, "JSON Event Format", section 4: an array of events."""


class PartnerRoute:
    """Route (pump.py) to the partners. `origin`: the name under which they let us in; `disabled`: what else is done about a 410."""

    def __init__(
        self,
        partners: Partners,
        keyring: Keyring,
        outbound: Outbound,
        disabled: Callable[[str, str], Awaitable[None]],
        origin: str = "localhost",
    ) -> None:
        self._partners = partners
        self._keyring = keyring
        self._outbound = outbound
        self._disabled = disabled
        self._origin = origin
        self._view: Mapping[str, Partner] = {}
        self._terms: dict[str, Terms] = {}
        self._own: dict[str, dict[str, str]] = {}

    async def lanes(self) -> Mapping[str, Terms]:
        view = await self._partners.current()
        if view is not self._view:
            self._view = view
            # Whose secrets do not open here waits: for a process that has the right key, or for the next secret.
            told = [partner for partner in view.values() if partner.ready and self._keyring.serves(partner)]
            self._terms = {partner.id: terms_of(partner) for partner in told}
            self._own = {}
        return self._terms

    async def send(self, taken: Taken, at: datetime) -> Answer:
        partner = self._view[taken.lane]
        message, media_type, body = message_of(taken, partner)
        signed = headers(
            self._keyring.signers(partner.keys, partner.id, at), message, int(at.timestamp()), body
        ) | self._own_headers(partner)
        return await self._outbound.post(partner.url, body, signed, media_type)

    async def ended(self, lane: str, reason: str) -> None:
        await self._disabled(lane, reason)

    def _own_headers(self, partner: Partner) -> dict[str, str]:
        if (known := self._own.get(partner.id)) is None:
            own = self._keyring.headers(partner.sealed_headers, partner.id)
            known = self._own[partner.id] = {"WebHook-Request-Origin": self._origin} | own
        return known


def terms_of(partner: Partner) -> Terms:
    """On which terms a partner is told."""
    batch = partner.batch
    return Terms(
        most=partner.concurrency or MOST_PER_LANE,
        rate=partner.pace,
        together=batch.most if batch else 1,
        linger_ms=round(batch.seconds * 1000) if batch else 0,
        form=partner.form,
        schedule=partner.schedule,
        ordered=partner.ordered,
    )


def message_of(taken: Taken, partner: Partner) -> tuple[str, str, bytes]:
    """The webhook-id, the media type and the body of a message: one event, or an array of several."""
    if not partner.batch and not taken.along:
        return taken.id, notices.MEDIA_TYPES[partner.version], taken.body
    media_type = BATCH_TYPE if partner.version > 1 else notices.MEDIA_TYPES[1]
    # An id of its own: alone, the first event would come under the same id with another body.
    return "bat_" + taken.id.removeprefix("msg_"), media_type, b"[" + b",".join([taken.body, *taken.along]) + b"]"


def operational(kind: str, data: dict[str, Any], base_url: str, now: datetime) -> Notice:
    """What no document caused, in every version: whom it goes to may change to another one before it goes."""
    event = str(uuid.uuid4())
    bodies = {
        str(version): notices.operational(event, kind, now, data, base_url, version) for version in notices.VERSIONS
    }
    return Notice(event, kind, bodies)


class Disabling:
    """Ends what goes to a partner, and tells those that wanted to know."""

    def __init__(self, partners: Partners, deliveries: Deliveries, clock: Clock, base_url: str) -> None:
        self._partners = partners
        self._deliveries = deliveries
        self._clock = clock
        self._base_url = base_url

    async def __call__(self, partner: str, reason: str) -> None:
        """Disable a partner; who asked for `partner.disabled` is told once."""
        if not await self._partners.disable(partner, reason):
            return
        log.error("partner.disabled", partner=partner, reason=reason)
        known = await self._partners.current(at_most_seconds_old=0)
        told = [each for each in known.values() if each.wants(notices.DISABLED) and each.id != partner]
        if not told:
            return
        now, waiting = self._clock.now(), await self._deliveries.waiting(partner)
        data = {"partner": partner, "name": known[partner].name, "reason": reason, "waiting": waiting}
        notice = operational(notices.DISABLED, data, self._base_url, now)
        await self._deliveries.schedule(notice, [each.id for each in told], now)
