"""documents.published → partners"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from services.webhooks.deliveries import Deliveries, Notice
from services.webhooks.outbound import Outbound
from services.webhooks.outcome import SCHEDULE
from services.webhooks.partners import Partner, Partners
from services.webhooks.pump import Pump
from services.webhooks.routes import Door, open_door
from shared.consumer import Batch
from shared.events import DocumentPublished, Event
from shared.host import Host, turn_for_ever
from shared.notices import body_of, kind_of
from shared.steps import Step

DRAIN_SECONDS = 3.0
SWEEP_SECONDS = 5.0
REMOVED_KEPT = timedelta(minutes=10)
"""A process that has not yet seen a removal can still plan a delivery; so removed partners are swept for a while."""


def install(host: Host) -> None:
    """Tell partners of what is published, and give operators the say over partners."""
    partners = Partners(host.redis, host.key)
    deliveries = Deliveries(host.redis, host.key)
    outbound = Outbound(host.settings.partner_networks, total_seconds=host.settings.webhook_seconds)
    pump = Pump(
        deliveries=deliveries,
        partners=partners,
        outbound=outbound,
        clock=host.clock,
        schedule=host.settings.webhook_schedule_seconds or SCHEDULE,
        lease_seconds=2 * host.settings.webhook_seconds,
    )

    def announced(event: Event, known: Iterable[Partner]) -> Step | Exception:
        try:
            return announce(host, deliveries, event, known)
        except Exception as fault:
            return fault

    async def notify(batch: Batch) -> None:
        known = (await partners.current(at_most_seconds_old=0)).values()
        await batch.commit([announced(event, known) for event in batch.events])
        pump.wake()

    async def deliver() -> None:
        try:
            await turn_for_ever("webhooks.pump", pump.turn)
        finally:
            await pump.drain(min(DRAIN_SECONDS, host.settings.drain_seconds))

    async def sweep() -> None:
        for partner in await partners.removed():
            await deliveries.forget(partner)
        await partners.swept(removed_before=host.clock.now() - REMOVED_KEPT)
        await asyncio.sleep(SWEEP_SECONDS)

    host.belt.consume_batches(DocumentPublished.stream, group="webhooks", work=notify)
    host.background("webhooks.pump", deliver)
    host.background("webhooks.sweep", sweep)
    open_door(host, Door(partners, deliveries, outbound, pump, host.clock))


def announce(host: Host, deliveries: Deliveries, event: Event, partners: Iterable[Partner]) -> Step:
    """One due delivery for each partner that wants to know of the event."""
    kind = kind_of(event)
    told = [partner.id for partner in partners if kind and partner.wants(kind)]
    if not kind or not told:
        return Step("told_nobody", quiet=True)
    notice = Notice(
        event.event_id, kind, body_of(event, host.settings.base_url), event.document_id, event.correlation_id
    )
    writes = deliveries.planned(notice, told, host.clock.now())
    return Step("announced", writes=writes, facts={"partners": len(told), "type": kind})
