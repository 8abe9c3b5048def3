"""What is looked after every few seconds: bounds, the ledger's end, partners that fail for days, addresses that did not confirm yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.webhooks.deliveries import Deliveries
from services.webhooks.ledger import Ledger
from services.webhooks.partner import Partner
from services.webhooks.registry import Registry
from services.webhooks.replays import Replays
from services.webhooks.sending import Disabling
from shared.host import Host
from shared.logs import log

SWEEP_SECONDS = 5.0
REPLAY_SECONDS, NO_REPLAY_SECONDS = 0.1, 1.0
REMOVED_KEPT = timedelta(minutes=10)
"""A process that has not yet seen a removal can still plan a delivery; so removed partners are swept for a while."""
SEALED_ELSEWHERE = "partners that wait: SYNDICATE_WEBHOOKS_KEY (or DATA/webhooks.key) does not open their secrets"
LONGEST_FAILURE_SECONDS = 5 * 24 * 3600.0
"""After five days without one success a partner is disabled (Standard Webhooks: "disable after long failure")."""


class Sweeper:
    """One process's part; whatever it does can be done by several at once."""

    def __init__(
        self, host: Host, registry: Registry, deliveries: Deliveries, ledger: Ledger, disabling: Disabling
    ) -> None:
        self._host = host
        self._registry = registry
        self._deliveries = deliveries
        self._ledger = ledger
        self._disabling = disabling

    async def turn(self) -> None:
        """Look after everything once, then wait."""
        await self.sweep()
        await asyncio.sleep(SWEEP_SECONDS)

    async def asking(self) -> None:
        """Ask the addresses that did not confirm yet, then wait; beside all else, for some do not answer."""
        await self._registry.ask_again()
        await asyncio.sleep(SWEEP_SECONDS)

    def turning(self, replays: Replays) -> Callable[[], Awaitable[None]]:
        """A turn of the replays."""

        async def turn() -> None:
            await asyncio.sleep(REPLAY_SECONDS if await replays.turn() else NO_REPLAY_SECONDS)

        return turn

    async def sweep(self) -> None:
        """Look after everything once."""
        partners, settings, now = self._registry.partners, self._host.settings, self._host.clock.now()
        for removed in await partners.removed():
            await self._deliveries.forget(removed)
        await partners.swept(removed_before=now - REMOVED_KEPT)
        known = await partners.current()
        for partner in known.values():
            await self._look_at(partner)
        await self._deliveries.look_at([partner.id for partner in known.values() if partner.ready], now)
        await self._ledger.trim(settings.webhook_events_kept)
        self._warn([*(await partners.current()).values()])
        await self._registry.seal()

    async def _look_at(self, partner: Partner) -> None:
        now = self._host.clock.now()
        most = self._host.settings.webhook_backlog
        if given_up := await self._deliveries.bound(partner.id, most, now):
            log.warning("deliveries.given_up", partner=partner.id, deliveries=given_up, cause="backlog")
        failing = await self._deliveries.failing_since(partner.id)
        if partner.enabled and failing and now.timestamp() - failing > LONGEST_FAILURE_SECONDS:
            await self._disabling(partner.id, "every attempt failed for five days")

    def _warn(self, partners: list[Partner]) -> None:
        off = [
            f"{each.name} ({each.disabled_reason})" for each in partners if each.disabled_reason and not by_hand(each)
        ]
        unsure = [each.name for each in partners if each.confirmed is None and each.enabled]
        self._host.warn("partners disabled", ", ".join(off)[:500])
        self._host.warn("partners that did not confirm their address", ", ".join(unsure)[:500])
        sealed = self._registry.sealed_elsewhere(each for each in partners if each.ready)
        self._host.warn(SEALED_ELSEWHERE, ", ".join(sealed)[:500])


def by_hand(partner: Partner) -> bool:
    """Whether an operator disabled it."""
    return partner.disabled_reason == "by the operator"
