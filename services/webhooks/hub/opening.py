"""How the hub's parts are put together, and what of it goes on in the background."""

from __future__ import annotations

from collections.abc import Sequence

from services.webhooks.deliveries import Deliveries
from services.webhooks.hub.desk import Desk
from services.webhooks.hub.distributing import Distributing
from services.webhooks.hub.edition import Renderer
from services.webhooks.hub.newsroom import Newsroom
from services.webhooks.hub.pinging import Pinging
from services.webhooks.hub.route import HubRoute
from services.webhooks.hub.routes import open_hub
from services.webhooks.hub.subscriptions import Subscriptions
from services.webhooks.hub.sweeping import HubSweeper
from services.webhooks.hub.verifying import Verifying
from services.webhooks.items import Kept
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Outbound
from services.webhooks.outcome import SCHEDULE
from services.webhooks.pump import Pump
from shared.events import DocumentPublished
from shared.host import Host, Loop, turn_for_ever
from shared.syndication.addresses import Site

ROOM = "hub"
NOTHING_KEPT = Kept(settled=0, dead=0, tries=3)
"""What has ended leaves no trace but in the log and the metrics: subscribers are many, and nobody reconciles with them."""
DRAIN_SECONDS = 3.0
ASKING_SECONDS = 10.0
"""How long a callback may think about whether it meant it; well below the lease of the question (verifying.LEASE)."""


def install_hub(host: Host, keyring: Keyring) -> Newsroom:
    """Open the hub; gives what has to be told of events."""
    settings, clock, redis = host.settings, host.clock, host.redis
    site = Site(settings.base_url, settings.title, settings.hub_url)
    outbound = Outbound(settings.partner_networks, total_seconds=settings.webhook_seconds)
    asking = Outbound(settings.partner_networks, total_seconds=min(settings.webhook_seconds, ASKING_SECONDS))
    deliveries = Deliveries(redis, host.key, kept=NOTHING_KEPT, room=ROOM)
    subscriptions = Subscriptions(redis, deliveries.base)
    linger, with_duplicates = settings.hub_seconds, settings.feed_duplicates
    stream = host.key(DocumentPublished.stream)
    newsroom = Newsroom(
        redis, subscriptions, site, clock, linger_seconds=linger, with_duplicates=with_duplicates, stream=stream
    )
    route = HubRoute(subscriptions, keyring, outbound, clock, site)
    pump = Pump(deliveries=deliveries, route=route, clock=clock, schedule=settings.webhook_schedule_seconds or SCHEDULE)
    verifying = Verifying(redis, subscriptions, asking, clock, pump.wake)
    distributing = Distributing(redis, newsroom, Renderer(site), clock, pump.wake)
    pinging = Pinging(redis, deliveries.base, outbound, distributing, clock)
    desk = Desk(settings, site, subscriptions, deliveries, newsroom, verifying, pinging, keyring, asking)

    sweeper = HubSweeper(subscriptions, deliveries, desk, clock)
    for name, turn in (
        ("verifying", verifying.turn),
        ("distributing", distributing.turn),
        ("pinging", pinging.turn),
        ("sweep", sweeper.turn),
    ):
        host.background(f"hub.{name}", turn)
    host.background(
        "hub.pump", _sending(pump, verifying, (outbound, asking), min(DRAIN_SECONDS, settings.drain_seconds))
    )
    open_hub(host, desk)
    return newsroom


def _sending(pump: Pump, verifying: Verifying, clients: Sequence[Outbound], seconds: float) -> Loop:
    """The pump's loop; at the end what is in hand has `seconds` to come to its end."""

    async def send() -> None:
        try:
            await turn_for_ever("hub.pump", pump.turn)
        finally:
            await verifying.drain(seconds)
            await pump.drain(seconds)
            for client in clients:
                await client.close()

    return send
