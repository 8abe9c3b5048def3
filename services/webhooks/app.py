"""documents.published → partners, WebSub subscribers"""

from __future__ import annotations

from services.webhooks.confirmation import Confirmation
from services.webhooks.deliveries import Deliveries
from services.webhooks.delivery_log import DeliveryLog
from services.webhooks.hub.opening import install_hub
from services.webhooks.items import Kept
from services.webhooks.keyring import Keyring
from services.webhooks.ledger import Ledger
from services.webhooks.notifying import Notifier
from services.webhooks.outbound import Outbound
from services.webhooks.outcome import SCHEDULE
from services.webhooks.partners import Partners
from services.webhooks.pump import Pump
from services.webhooks.registry import Registry
from services.webhooks.replays import Replays
from services.webhooks.routes import Door, open_door
from services.webhooks.sending import Disabling, PartnerRoute
from services.webhooks.sweeping import Sweeper
from shared.events import DocumentPublished
from shared.host import Host, turn_for_ever

DRAIN_SECONDS = 3.0


def install(host: Host) -> None:
    """Tell partners of what is published, and give operators the say over partners."""
    settings, clock, stream = host.settings, host.clock, host.key(DocumentPublished.stream)
    address = settings.webhooks_url or settings.base_url
    keyring = Keyring.of(settings)
    newsroom = install_hub(host, keyring)
    partners = Partners(host.redis, host.key, beside=newsroom.revisions, directory=newsroom.directory)
    kept = Kept(settings.webhook_deliveries_kept)
    deliveries = Deliveries(host.redis, host.key, kept=kept, ordered_by=stream)
    ledger = Ledger(host.redis, deliveries.base, stream)
    outbound = Outbound(settings.partner_networks, total_seconds=settings.webhook_seconds)
    confirmation = Confirmation(outbound, keyring, address)
    registry = Registry(partners, keyring, outbound, confirmation, clock)
    disabling = Disabling(partners, deliveries, clock, address)
    replays = Replays(deliveries, ledger, partners, clock)
    pump = Pump(
        deliveries=deliveries,
        route=PartnerRoute(partners, keyring, outbound, disabling, confirmation.origin),
        clock=clock,
        schedule=settings.webhook_schedule_seconds or SCHEDULE,
    )
    notifier = Notifier(partners, deliveries, ledger, pump, newsroom, clock, settings.base_url)
    sweeper = Sweeper(host, registry, deliveries, ledger, disabling)

    async def deliver() -> None:
        try:
            await turn_for_ever("webhooks.pump", pump.turn)
        finally:
            await pump.drain(min(DRAIN_SECONDS, settings.drain_seconds))
            await outbound.close()

    host.belt.consume_batches(DocumentPublished.stream, group="webhooks", work=notifier.notify, small=True)
    host.background("webhooks.pump", deliver)
    host.background("webhooks.sweep", sweeper.turn)
    host.background("webhooks.asking", sweeper.asking)
    host.background("webhooks.replays", sweeper.turning(replays))
    open_door(host, Door(host, registry, deliveries, DeliveryLog(host.redis, deliveries.base), ledger, replays, pump))
